// What the filter leaves of the entries: rows, groups and the histogram, counted without holding up
// the page.

import { matcher } from "./filter.js";

// So many entries take a few milliseconds.
const CHUNK = 4_000;
const BINS = 96;
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
].map((seconds) => seconds * 1000);

export const GROUPS = {
  workflow: (entry) => entry.workflow || undefined,
  step: (entry) => entry.step || undefined,
  fingerprint: (entry) => entry.fingerprint,
  error: (entry) => entry.error,
  status: (entry) => entry.status,
  label: (entry) => entry.labels,
  state: (entry) => entry.state,
};

const pause = () =>
  globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve, 0));

/** Equal times of a round length over the entries' range. */
export function binsOf(first, last) {
  const span = Math.max(last - first, 1);
  const step =
    STEPS.find((one) => span / one <= BINS) ?? Math.ceil(span / BINS / 86_400_000) * 86_400_000;
  const from = Math.floor(first / step) * step;
  const count = Math.floor((last - from) / step) + 1;
  return { from, step, all: new Uint32Array(count), matching: new Uint32Array(count) };
}

/**
 * @param {object[]} entries the newest first
 * @param {() => boolean} stale whether nobody wants it any more
 * @returns {Promise<object | undefined>} `rows`, `groups`: name → [key, count] the most frequent first,
 *   `bins`, `first` and `last`
 */
export async function viewOf(entries, filter, stale) {
  const missed = matcher(filter);
  const rows = [];
  const groups = Object.fromEntries(Object.keys(GROUPS).map((name) => [name, new Map()]));
  const isVaried = varieties();
  let varied = false;
  let first = Infinity;
  let last = -Infinity;
  for (const { at } of entries) {
    if (at < first) first = at;
    if (at > last) last = at;
  }
  const bins = entries.length > 0 ? binsOf(first, last) : undefined;
  for (let from = 0; from < entries.length; from += CHUNK) {
    for (const entry of entries.slice(from, from + CHUNK)) {
      const miss = missed(entry);
      varied ||= isVaried(entry);
      const bin = Math.floor((entry.at - bins.from) / bins.step);
      bins.all[bin] += 1;
      if (miss === undefined) rows.push(entry);
      if (miss === undefined || miss === "date") bins.matching[bin] += 1;
      for (const name in GROUPS) {
        // A group's own choice does not hide its other values.
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
  // Kinds that have one message each say no more than the messages.
  if (!varied) sorted.find(([name]) => name === "fingerprint")[1] = [];
  return { rows, groups: Object.fromEntries(sorted), bins, first, last, total: entries.length };
}

/** Whether an entry's message differs from another of the same kind, asked of one entry after the other. */
function varieties() {
  const messages = new Map();
  return ({ fingerprint, error }) => {
    const known = messages.get(fingerprint);
    if (known === undefined) messages.set(fingerprint, error);
    return known !== undefined && known !== error;
  };
}

function count(counts, key) {
  if (Array.isArray(key)) {
    for (const one of key) count(counts, one);
  } else if (key !== undefined) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
}
