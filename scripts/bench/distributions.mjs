// Where the entries of a queue are in time.

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
/** A burst is over in this time. */
const BURST = 100 * SECOND;

/** Bands of a long tail: half of the entries are in the last, a quarter in the one before, and so on. */
const BANDS = 12;

/** `count` in parts as equal as can be. */
const parts = (count, number) =>
  Array.from(
    { length: number },
    (_, at) => Math.floor((count * (at + 1)) / number) - Math.floor((count * at) / number),
  );

const within = (count, now, oldest, length) => ({
  count,
  from: now - oldest,
  to: now - oldest + length,
});

const longTail = (count, now) => {
  const bands = [];
  let left = count;
  for (let band = 0; band < BANDS && left > 0; band += 1) {
    const part = band === BANDS - 1 ? left : Math.ceil(left / 2);
    const oldest = 10 * SECOND * 2 ** (band + 1);
    bands.push(within(part, now, oldest, oldest / 2 - 1));
    left -= part;
  }
  return bands;
};

/**
 * What to seed for `count` entries at the time `now`, by the name of the distribution.
 *
 * @type {Record<string, (count: number, now: number) => { count: number, from: number, to: number }[]>}
 */
export const DISTRIBUTIONS = {
  uniform: (count, now) => [within(count, now, DAY, DAY - SECOND)],
  burst: (count, now) => [within(count, now, DAY, BURST)],
  "three bursts": (count, now) =>
    parts(count, 3).map((part, at) => within(part, now, (DAY * (at + 1)) / 3, BURST)),
  "long tail": longTail,
  recent: (count, now) => [within(count, now, 601 * SECOND, 600 * SECOND)],
  "one millisecond": (count, now) => [within(count, now, DAY, 0)],
};

/** The one in which no range can be cut. */
export const UNCUT = "one millisecond";
