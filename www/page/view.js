// What the filter leaves of the entries: rows, groups and bins of time, counted without holding up
// the page.

import { binsOf, shownRange } from "./axis.js";
import { matcher } from "./filter.js";
import { kindsBetween } from "./kinds.js";

// So many entries take a few milliseconds.
const CHUNK = 4_000;

export const GROUPS = {
  workflow: (entry) => entry.workflow || undefined,
  step: (entry) => entry.step || undefined,
  status: (entry) => entry.status,
  label: (entry) => entry.labels,
  state: (entry) => entry.state,
};

const pause = () =>
  globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve, 0));

/**
 * @param {object[]} entries the newest first
 * @param {() => boolean} stale whether nobody wants it any more
 * @param {number} [asOf] the moment of the list, where the time axis ends
 * @returns {Promise<object | undefined>} `rows`, `groups`: name → [key, count] the most frequent first,
 *   `kinds` of errors, `bins`, `first` and `last`; no bins where no entry has a date
 */
export async function viewOf(entries, filter, stale, asOf = -Infinity) {
  const missed = matcher(filter);
  const rows = [];
  const groups = Object.fromEntries(Object.keys(GROUPS).map((name) => [name, new Map()]));
  let first = Infinity;
  let last = -Infinity;
  for (const { at } of entries) {
    if (at < first) first = at;
    if (at > last) last = at;
  }
  const bins =
    first <= last ? binsOf(...shownRange(filter, first, Math.max(last, asOf))) : undefined;
  const kinds = kindsBetween(first, last);
  for (let from = 0; from < entries.length; from += CHUNK) {
    for (const entry of entries.slice(from, from + CHUNK)) {
      const miss = missed(entry);
      const bin = Math.floor((entry.at - bins?.from) / bins?.step);
      if (miss === undefined) rows.push(entry);
      if (bin >= 0 && bin < bins.all.length) {
        bins.all[bin] += 1;
        if (miss === undefined || miss === "date") bins.matching[bin] += 1;
      }
      // A group's own choice does not hide its other values.
      if (miss === undefined || miss === "error") kinds.add(entry);
      for (const name in GROUPS) {
        if (miss === undefined || miss === name) count(groups[name], GROUPS[name](entry));
      }
    }
    await pause();
    if (stale()) return undefined;
  }
  const sorted = Object.entries(groups).map(([name, counts]) => [
    name,
    [...counts].sort((a, b) => b[1] - a[1]),
  ]);
  return {
    rows,
    groups: Object.fromEntries(sorted),
    kinds: kinds.sorted(),
    ...{ bins, first, last },
  };
}

function count(counts, key) {
  if (Array.isArray(key)) {
    for (const one of key) count(counts, one);
  } else if (key !== undefined) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
}
