// What chosen ids come to, as the package's preview says it of a filter: from the list that is loaded.

import { now as clock } from "./clock.js";
import { warningsOf } from "./warnings.js";
import { isMoment } from "./zone.js";

const GROUPS = {
  workflow: (entry) => entry.workflow || undefined,
  error: (entry) => entry.error,
  failureFunctionState: (entry) => entry.state,
};

const byCount = (counts) =>
  [...counts].map(([key, count]) => ({ key, count })).sort((a, b) => b.count - a.count);

/**
 * @param {string[]} ids
 * @param {object[]} entries what is loaded
 * @param {number} [days] how long the service keeps entries
 * @returns {{ count: number, firstDate?: number, lastDate?: number, groups: object, warnings: object[] }} `count` is
 *   of the ids; all else is of those that are loaded
 */
export function previewOf(ids, entries, days, now = clock()) {
  const named = new Set(ids);
  const chosen = entries.filter(({ id }) => named.has(id));
  const groups = Object.fromEntries(Object.keys(GROUPS).map((name) => [name, new Map()]));
  for (const entry of chosen) {
    for (const [name, keyOf] of Object.entries(GROUPS)) {
      const key = keyOf(entry);
      if (key !== undefined) groups[name].set(key, (groups[name].get(key) ?? 0) + 1);
    }
  }
  const counted = Object.entries(groups).map(([name, counts]) => [
    name,
    { values: byCount(counts) },
  ]);
  const dates = chosen
    .map(({ at }) => at)
    .filter(isMoment)
    .sort((a, b) => a - b);
  return {
    count: ids.length,
    firstDate: dates.at(0),
    lastDate: dates.at(-1),
    groups: Object.fromEntries(counted),
    warnings: warningsOf(chosen, days, now),
  };
}
