// Ranges of time that a list is loaded in, several at once.

// An equal share of a list for each lane; a few more of one whose end is not known.
const PIECES = 4;
const GROWTH = 8;
// What is older is one range, whatever a plan retains.
const FAR_MS = 30 * 24 * 60 * 60 * 1000;
const SHORTEST_MS = 100;

/**
 * Ranges that leave nothing out, whichever of an entry's dates the service compares. Where the list begins with
 * the oldest entry, they divide the time since then. Where it begins with the newest, how far back it goes is not
 * known: they grow with their distance, by what the first page spans.
 *
 * @param {number[]} dates of the first page's entries, in their order
 * @param {number} asOf nothing newer is listed
 * @returns {{ fromDate?: number, toDate: number }[]} both ends included; the last one ends at `asOf`
 */
export function ranges(dates, asOf) {
  const oldest = Math.min(...dates);
  const newest = Math.max(...dates);
  const edges = dates.at(0) > dates.at(-1) ? growing(oldest, newest, asOf) : equal(oldest, asOf);
  const ends = [...new Set(edges)].filter((edge) => edge < asOf).sort((a, b) => a - b);
  return [...ends, asOf].map((toDate, n) => ({
    ...(n > 0 && { fromDate: ends[n - 1] + 1 }),
    toDate,
  }));
}

/** The ends of the pieces between two moments, without the last. */
function equal(from, to) {
  const step = Math.max(1, Math.floor((to - from) / PIECES));
  return Array.from({ length: PIECES - 1 }, (_, n) => from + (n + 1) * step);
}

function growing(oldest, newest, asOf) {
  const edges = [oldest];
  let to = oldest;
  for (let span = Math.max(SHORTEST_MS, newest - oldest); asOf - to < FAR_MS; ) {
    span *= GROWTH;
    edges.push(...equal(to - span, to), to - span);
    to -= span;
  }
  return edges;
}
