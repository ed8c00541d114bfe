// The DLQ's entries, as they come: in several ranges of time at once.

import { lean } from "./entry.js";
import { gateway, serviceClock, watcher } from "./gateway.js";
import { withPageSize } from "./page-size.js";
import { ranges } from "./ranges.js";
import { listed } from "./typed.js";
import { isMoment } from "./zone.js";

// A browser has six connections to a host; two are for everything else.
const LANES = 4;
// How often a list that grows is shown.
const SHOW_MS = 250;

/**
 * Entries that failed after a moment, a page of them.
 *
 * @returns {Promise<{ ids: string[], more: boolean }>} entries of that second are among them
 */
export async function newerThan(moment, options) {
  const { dlq } = await watcher();
  const { messages, cursor } = await withPageSize((count) =>
    dlq.list({ count, filter: { fromDate: moment } }, options),
  );
  return { ids: messages.map((message) => listed(message).dlqId), more: Boolean(cursor) };
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
    const { dlq } = await gateway();
    const first = await withPageSize((count) => dlq.list({ count }, { signal }));
    const asOf = serviceClock();
    add(first.messages);
    if (first.cursor) {
      tell({ type: "arrived", entries });
      const dates = entries.map(({ at }) => at).filter(isMoment);
      // The newest first: that is where people look.
      const waiting = ranges(dates, asOf).reverse();
      const lane = async () => {
        for (let filter = waiting.shift(); filter; filter = waiting.shift()) {
          // From the top of the range again, where its pages have to be smaller.
          await withPageSize(async (pageSize) => {
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
