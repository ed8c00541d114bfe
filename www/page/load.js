// The DLQ's entries, as they come: in several ranges of time at once.

import { lean } from "./entry.js";
import { serviceClock, watcher, withRoom } from "./gateway.js";
import { ranges } from "./ranges.js";
import { listed } from "./typed.js";
import { isMoment } from "./zone.js";

// A browser has six connections to a host; two are for everything else.
const LANES = 4;
// Maximum number of entries in a page of the list.
const LARGEST = 100;
// How often a list that grows is shown.
const SHOW_MS = 250;
// Time limit of a single page: over a slow connection one with fewer entries may still arrive.
const PAGE_MS = 20_000;

/** The first page, with fewer entries if it is larger than a response may be or takes too long. */
async function firstPage(dlq, signal, count = LARGEST) {
  try {
    const signals = [signal, AbortSignal.timeout(PAGE_MS)];
    return await dlq.list({ count }, { signal: AbortSignal.any(signals) });
  } catch (error) {
    const isTooMuch = error.code === "response_too_large" || error.name === "TimeoutError";
    if (count > 1 && isTooMuch) return firstPage(dlq, signal, count >> 5 || 1);
    throw error;
  }
}

/**
 * Entries that failed after a moment, a page of them.
 *
 * @returns {Promise<{ ids: string[], more: boolean }>} entries of that second are among them
 */
export async function newerThan(moment, signal) {
  const what = { count: LARGEST, filter: { fromDate: moment } };
  const { messages, cursor } = await watcher().dlq.list(what, { signal });
  return { ids: messages.map((message) => listed(message).dlqId), more: !!cursor };
}

/**
 * Loads everything and tells how far it is, as `list.js` takes it.
 *
 * @param {(event: { type: "arrived" | "loaded" | "failed", entries?: object[], asOf?: number, error?: Error }) => void} tell
 *   `entries` keeps growing; `asOf`: nothing newer is in the list
 * @returns {() => void} stops it
 */
export function load(tell) {
  const stop = new AbortController();
  run((event) => stop.signal.aborted || tell(event), stop.signal);
  return () => stop.abort();
}

async function run(tell, signal) {
  const entries = [];
  // A range whose cursor is refused begins again from its top.
  const seen = new Set();
  let shown = performance.now();
  const add = (messages) => {
    for (const message of messages) {
      const entry = lean(message);
      if (entry.id === undefined || seen.has(entry.id)) continue;
      seen.add(entry.id);
      entries.push(entry);
    }
    if (performance.now() - shown < SHOW_MS) return;
    shown = performance.now();
    tell({ type: "arrived", entries });
  };
  try {
    const first = await withRoom((dlq, count) => firstPage(dlq, signal, count));
    const asOf = serviceClock();
    add(first.messages);
    if (first.cursor) {
      tell({ type: "arrived", entries });
      const dates = entries.map(({ at }) => at).filter(isMoment);
      // The newest first: that is where people look.
      const waiting = ranges(dates, asOf).reverse();
      const lane = async () => {
        for (let filter = waiting.shift(); filter; filter = waiting.shift()) {
          // From the top of the range again, where an entry needs room.
          await withRoom(async (dlq, pageSize) => {
            const options = { signal, pageSize };
            for await (const { messages } of dlq.listPages({ filter }, options)) add(messages);
          });
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    }
    tell({ type: "loaded", entries, asOf });
  } catch (error) {
    tell({ type: "failed", error });
  }
}
