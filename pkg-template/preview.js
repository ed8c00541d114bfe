// What a selection comes to: a list drive is run to its end; the core counts and groups what it hands out.

import { Warnings } from "./warnings.js";

const SAMPLE = 10;

const selectsIds = (selection) =>
  typeof selection === "string" || Array.isArray(selection) || selection?.dlqIds !== undefined;

/**
 * @param selection the caller's, copied
 * @param own the drive's own `where`, `limit` and `retention`, copied
 */
export const preview = async (driver, selection, own) => {
  const sample = [];
  const warnings = new Warnings(own.retention);
  const ids = selectsIds(selection) ? [] : undefined;
  for (let page = await driver.next(); page; page = await driver.next()) {
    for (const message of page.messages ?? []) {
      // What is not an object says nothing.
      const entry = message ?? {};
      if (sample.length < SAMPLE) sample.push(entry);
      warnings.add(entry);
      ids?.push(message?.dlqId);
    }
  }
  const summary = driver.summary();
  const tally = driver.tally();
  const { reason } = summary;
  const complete = reason === "complete";
  const { where = selection?.where, limit = selection?.limit } = own;
  // A budget that ended it bounds what was shown.
  const most = complete || reason === "limit" ? limit : tally.count;
  const select = () => {
    if (selection === undefined) return undefined;
    if (ids) return complete ? selection : ids;
    return shown(selection, summary.frozenToDate, where, most);
  };
  return {
    ...tally,
    complete,
    reason,
    warnings: warnings.list(),
    sample,
    selection: select(),
    summary,
  };
};

/** The selection of what was shown: with its time bound pinned, its conditions, and its limit. */
const shown = (selection, toDate, where, limit) => {
  // Nothing was shown, and the empty array selects nothing.
  if (limit === 0) return [];
  const { all, filter } = selection;
  const by = toDate === undefined ? filter && { filter } : { filter: { ...filter, toDate } };
  return { ...(by ?? { all }), ...(where && { where }), ...(limit && { limit }) };
};
