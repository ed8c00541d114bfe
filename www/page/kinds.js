// Kinds of errors: messages that differ in numbers, ids and quoted text alone, with what is known of each.
//
// A kind of one message is chosen by that message, as `filter.error`; a kind of several as `filter.fingerprint`.

import { errorName } from "./entry.js";
import { day, number, shortClock, span } from "./text.js";
import { isMoment } from "./zone.js";

/** Parts of a kind's curve. */
const PARTS = 24;
/** A kind is quiet once nothing of it has failed for this long, and for longer than between its failures. */
const QUIET_MS = 5 * 60_000;
const QUIET_GAPS = 10;

/**
 * @typedef {object} Kind
 * @property {string} fingerprint
 * @property {number} count
 * @property {number} first ms; `Infinity` where none of its entries has a date
 * @property {number} last ms
 * @property {Uint32Array} curve failures in equal parts of the time between the first and the last of all entries
 * @property {Map<string, number>} messages → how often
 */

/**
 * Collects kinds, entry by entry.
 *
 * @param {number} first the first failure of all, in ms
 * @param {number} last the last one
 * @returns {{ add: (entry: object) => void, sorted: () => Kind[] }} `sorted`: the most frequent first
 */
export function kindsBetween(first, last) {
  const kinds = new Map();
  const part = (last - first + 1) / PARTS;
  return {
    add({ fingerprint, error, at }) {
      let kind = kinds.get(fingerprint);
      if (kind === undefined) {
        const curve = new Uint32Array(PARTS);
        kind = {
          fingerprint,
          count: 0,
          first: Infinity,
          last: -Infinity,
          curve,
          messages: new Map(),
        };
        kinds.set(fingerprint, kind);
      }
      kind.count += 1;
      // Not by `Math.min`: an entry without a date would make it `NaN`.
      if (at < kind.first) kind.first = at;
      if (at > kind.last) kind.last = at;
      kind.curve[Math.floor((at - first) / part)] += 1;
      kind.messages.set(error, (kind.messages.get(error) ?? 0) + 1);
    },
    sorted: () => [...kinds.values()].sort((a, b) => b.count - a.count),
  };
}

/** Whether the kind is chosen and shown by its one message. */
const isOneMessage = ({ messages, fingerprint }, filter) =>
  messages.size === 1 && !filter.fingerprint.includes(fingerprint);

const onlyMessage = ({ messages }) => messages.keys().next().value;

/** The message of a kind that has one, else the message with what differs masked. */
export const kindName = (kind) =>
  errorName(kind.messages.size === 1 ? onlyMessage(kind) : kind.fingerprint);

export const isChosen = (filter, kind) =>
  isOneMessage(kind, filter)
    ? filter.error.includes(onlyMessage(kind))
    : filter.fingerprint.includes(kind.fingerprint);

/** The change of a filter that chooses a kind beside the others, or no longer. */
export function toggled(filter, kind) {
  const { fingerprint, messages } = kind;
  if (isOneMessage(kind, filter)) return { error: flipped(filter.error, onlyMessage(kind)) };
  return {
    fingerprint: flipped(filter.fingerprint, fingerprint),
    // Those of its messages that are chosen one by one are all in it.
    error: filter.error.filter((error) => !messages.has(error)),
  };
}

/** A list without a value that it has, or with one that it has not. */
export const flipped = (list, value) =>
  list.includes(value) ? list.filter((one) => one !== value) : [...list, value];

/** A filter of this kind alone, within what else is filtered by. */
export const onlyKind = (filter, kind) => ({
  ...filter,
  error: kind.messages.size === 1 ? [onlyMessage(kind)] : [],
  fingerprint: kind.messages.size === 1 ? [] : [kind.fingerprint],
});

/** `27 Nov, 19:46–21:16`; the day where it is not today's. */
export function sayTimes({ first, last }, now) {
  if (!isMoment(first)) return "unknown time";
  const today = day(now);
  const dated = (ms) => (day(ms) === today ? shortClock(ms) : `${day(ms)}, ${shortClock(ms)}`);
  if (shortClock(first) === shortClock(last) && day(first) === day(last)) return dated(first);
  return day(first) === day(last)
    ? `${dated(first)}–${shortClock(last)}`
    : `${dated(first)} – ${dated(last)}`;
}

/** Whether it still fails: `quiet for 2 hours`, `still failing`, `the last one 20 minutes ago`. */
export function sayEnd({ count, first, last }, now) {
  const quiet = now - last;
  if (count === 1) return `${span(quiet)} ago`;
  const gap = (last - first) / (count - 1);
  if (quiet > Math.max(QUIET_MS, QUIET_GAPS * gap)) return `quiet for ${span(quiet)}`;
  return quiet < QUIET_MS ? "still failing" : `the last one ${span(quiet)} ago`;
}

/** When it happened, and whether it still fails. */
export function sayWhen(kind, now) {
  const times = sayTimes(kind, now);
  return isMoment(kind.first) ? `${times}, ${sayEnd(kind, now)}` : times;
}

/** What happened, in a sentence: `2,300 × the carrier does not answer, 19:46–21:16, quiet for 2 hours`. */
export const sayKind = (kind, now) =>
  `${number(kind.count)} × ${kindName(kind)}, ${sayWhen(kind, now)}`;

/** A curve as the points of an SVG polygon, one unit wide for each part and `height` high. */
export function curvePoints(curve, height) {
  const most = Math.max(...curve, 1);
  const points = Array.from(curve, (count, part) => {
    const y = height - (count / most) * height;
    return `${part},${y.toFixed(1)} ${part + 1},${y.toFixed(1)}`;
  });
  return `0,${height} ${points.join(" ")} ${curve.length},${height}`;
}
