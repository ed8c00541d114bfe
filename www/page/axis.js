// The time axis of failures: bins, ticks, presets, and what a bin says.

import { number, shortTime, span } from "./text.js";

/** Most bins of an axis. */
const BINS = 96;
const DAY_MS = 86_400_000;
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
].map((seconds) => seconds * 1000);

/** Ranges that end with the list, by what their buttons say. */
export const PRESETS = [
  ["15 min", 900_000],
  ["1 h", 3_600_000],
  ["6 h", 21_600_000],
  ["24 h", DAY_MS],
  ["7 days", 7 * DAY_MS],
];

/**
 * Bins of equal, round length over a range of time, both ends included.
 *
 * @returns {{ from: number, step: number, all: Uint32Array, matching: Uint32Array }} `from`, `step` in ms
 */
export function binsOf(first, last) {
  const length = Math.max(last - first, 1);
  const step =
    STEPS.find((one) => length / one <= BINS) ?? Math.ceil(length / BINS / DAY_MS) * DAY_MS;
  const from = Math.floor(first / step) * step;
  const count = Math.floor((last - from) / step) + 1;
  return { from, step, all: new Uint32Array(count), matching: new Uint32Array(count) };
}

/**
 * What the axis shows: the filter's range, or all that has failed where it has none.
 *
 * @param {{ from?: number, to?: number }} filter
 * @returns {[first: number, last: number]}
 */
export function shownRange({ from, to }, first, last) {
  const shown = [from ?? Math.min(first, to ?? first), to ?? Math.max(last, from ?? last)];
  return shown[0] <= shown[1] ? shown : [first, last];
}

/**
 * A range of bins as a filter.
 *
 * @param {number} one index of the bin at one end
 * @param {number} other at the other end, in any order
 */
export const filterOf = ({ from, step }, one, other) => ({
  from: from + Math.min(one, other) * step,
  to: from + (Math.max(one, other) + 1) * step - 1,
});

/** The index of the bin that a moment is in; the nearest one for a moment beside the axis. */
export const binAt = ({ from, step, all }, ms) =>
  Math.min(all.length - 1, Math.max(0, Math.floor((ms - from) / step)));

/** The filter of a preset: up to the end of the list. */
export const presetOf = (length, asOf) => ({ from: asOf - length, to: undefined });

const lengthOf = ({ step }) => span(step);

/** `27 Nov, 05:25:00 to 05:30:00: 23 failed, 4 match` */
export function sayBin({ from, step, all, matching }, index, filtered) {
  const begins = from + index * step;
  const match = filtered ? `, ${number(matching[index])} match` : "";
  const end = shortTime(begins + step)
    .split(", ")
    .at(-1);
  const until = step < DAY_MS ? end : shortTime(begins + step);
  return `${shortTime(begins)} to ${until}: ${number(all[index])} failed${match}`;
}

/** `At most 120 in 5 minutes` */
export const sayMost = (bins) => `At most ${number(Math.max(...bins.all))} in ${lengthOf(bins)}`;

/** The axis in a sentence. */
export function sayAxis(bins) {
  const { from, step, all } = bins;
  const to = from + all.length * step;
  return `Failures from ${shortTime(from)} to ${shortTime(to)}. ${sayMost(bins)}.`;
}

/**
 * Labels of ticks. The date stands below the first tick, and below each that begins another day.
 *
 * @param {number[]} moments ms
 * @param {number} gap ms between two of them
 * @param {string} [timeZone] default: the local one
 */
export function tickLabels(moments, gap, timeZone) {
  const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone, ...options }).format;
  const day = format({ day: "2-digit", month: "short" });
  if (gap >= DAY_MS) return moments.map(day);
  const hour = format({
    hour: "2-digit",
    minute: "2-digit",
    ...(gap < 60_000 && { second: "2-digit" }),
  });
  return moments.map((ms, n) =>
    n > 0 && day(ms) === day(moments[n - 1]) ? hour(ms) : `${hour(ms)}\n${day(ms)}`,
  );
}

/**
 * Counts as heights: a bin that is not empty is high enough to be seen beside the largest.
 *
 * @param {number} pixels the height of the largest
 */
export function heightsOf(counts, pixels) {
  const least = (Math.max(...counts) * 2) / pixels;
  return Array.from(counts, (count) => (count === 0 ? 0 : Math.max(count, least)));
}
