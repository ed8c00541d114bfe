// What a selection comes to: a list drive is run to its end; the core counts and groups what it hands out.

import { snapshotOf } from "./snapshot.js";
import { Warnings } from "./warnings.js";

const SAMPLE = 10;

const selectsIds = (selection) =>
  typeof selection === "string" || Array.isArray(selection) || selection?.dlqIds !== undefined;

/**
 * @param selection the caller's, copied
 * @param own the drive's own `where`, `limit`, `query` and `retention`, copied
 * @param {boolean} canStop whether a budget or a signal may end it before all is shown
 */
export const preview = async (driver, selection, own, canStop) => {
  const { where = selection?.where, limit = selection?.limit, query, retention } = own;
  // No filter tells the first entries that match from the others, or what a query parameter selects.
  const isPart = limit !== undefined || query !== undefined;
  const sample = [];
  const warnings = new Warnings(retention);
  const ids = selectsIds(selection) || isPart || canStop ? [] : undefined;
  for (let page = await driver.next(); page; page = await driver.next()) {
    for (const message of page.messages ?? []) {
      // What is not an object says nothing.
      const entry = message ?? {};
      if (sample.length < SAMPLE) sample.push(entry);
      warnings.add(entry);
      if (typeof entry.dlqId === "string") ids?.push(entry.dlqId);
    }
  }
  const summary = driver.summary();
  const complete = summary.reason === "complete";
  const select = () => {
    if (selection === undefined) return undefined;
    if (ids && (isPart || !complete)) return ids;
    return selectsIds(selection) ? selection : bounded(selection, summary.frozenToDate, where);
  };
  return {
    ...driver.tally(),
    complete,
    reason: summary.reason,
    warnings: warnings.list(),
    sample,
    selection: select(),
    summary,
  };
};

/** The selection with its time bound pinned, and its conditions. */
const bounded = ({ all, filter }, toDate, where) => {
  const by = toDate === undefined ? filter && { filter } : { filter: { ...filter, toDate } };
  return { ...(by ?? { all }), ...(where && { where }) };
};

/** The selections that a client's previews have made, and how many entries each of them showed. */
export class Previews {
  #made = new WeakMap();

  add({ selection, count, complete }) {
    // Ids need no list, and an empty queue proves nothing.
    if (!complete || count === 0 || typeof selection !== "object" || Array.isArray(selection))
      return;
    this.#made.set(selection, { tape: snapshotOf([selection]).tape, entries: count });
  }

  /**
   * How many entries a preview has shown of the first of a drive's arguments; `undefined` where none has,
   * or where the selection was changed since.
   */
  entriesOf(selection, { tape }) {
    const made = this.#made.get(selection);
    // The numbers of arguments differ.
    const same = made?.tape.every((value, at) => at === 1 || Object.is(value, tape[at]));
    return same ? made.entries : undefined;
  }
}
