// The preview of a selection: runs a list drive to its end, while the core counts and groups its entries.

import { snapshotOf } from "./snapshot.js";
import { Warnings } from "./warnings.js";

const SAMPLE = 10;

const selectsIds = (selection) =>
  typeof selection === "string" || Array.isArray(selection) || selection?.dlqIds !== undefined;

/**
 * @param selection a copy of the caller's selection
 * @param own a copy of the drive's `where`, `limit`, `query` and `retention`
 * @param {boolean} canStop whether a budget or a signal may end the preview early
 */
export const preview = async (driver, selection, own, canStop) => {
  const { where = selection?.where, limit = selection?.limit, query, retention } = own;
  // No filter can select the first matching entries only, or express a query parameter.
  const isPart = limit !== undefined || query !== undefined;
  const sample = [];
  const warnings = new Warnings(retention);
  const ids = selectsIds(selection) || isPart || canStop ? [] : undefined;
  for (let page = await driver.next(); page; page = await driver.next()) {
    for (const message of page.messages ?? []) {
      // Entries of the service may be of any type.
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

/** The selection with `toDate` set, and its conditions. */
const bounded = ({ all, filter }, toDate, where) => {
  const by = toDate === undefined ? filter && { filter } : { filter: { ...filter, toDate } };
  return { ...(by ?? { all }), ...(where && { where }) };
};

/** The selections that previews of a client returned, with the number of entries of each. */
export class Previews {
  #made = new WeakMap();

  add({ selection, count, complete }) {
    // Ids need no list, and an empty result does not verify that the filter is applied.
    if (!complete || count === 0 || typeof selection !== "object" || Array.isArray(selection))
      return;
    this.#made.set(selection, { tape: snapshotOf([selection]).tape, entries: count });
  }

  /**
   * Number of entries that a preview counted for this selection; `undefined` if there was none, or if the
   * selection was changed since.
   */
  entriesOf(selection, { tape }) {
    const made = this.#made.get(selection);
    // Position 1 is the number of arguments, which differs.
    const same = made?.tape.every((value, at) => at === 1 || Object.is(value, tape[at]));
    return same ? made.entries : undefined;
  }
}
