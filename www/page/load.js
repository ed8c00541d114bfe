// The DLQ's entries, as they come: in several ranges of time at once.

import { Client } from "upstash-workflow-dlq";
import { lean } from "./entry.js";

// A browser has six connections to a host; two are for everything else.
const RANGES = 4;
// How often a list that grows is shown.
const SHOW_MS = 250;

/** The service's clock, as of the latest answer. */
let clock;

export const { dlq } = new Client({
  auth: "none",
  baseUrl: "/api/dlq",
  fetch: async (...request) => {
    const response = await fetch(...request);
    clock = Date.parse(response.headers.get("date")) || Date.now();
    return response;
  },
});

/**
 * Loads everything, and calls `tell` with what there is, again and again.
 *
 * @param {(state: { entries: object[], done: boolean, asOf?: number, error?: Error }) => void} tell `entries`
 *   goes on growing; `asOf`: nothing newer is in there
 * @returns {() => void} stops it
 */
export function load(tell) {
  const stop = new AbortController();
  run(tell, stop.signal);
  return () => stop.abort();
}

async function run(tell, signal) {
  const entries = [];
  let shown = -Infinity;
  const add = (messages) => {
    for (const message of messages) entries.push(lean(message));
    if (signal.aborted || performance.now() - shown < SHOW_MS) return;
    shown = performance.now();
    tell({ entries, done: false });
  };
  try {
    const first = await dlq.list({ count: 100 }, { signal });
    const asOf = clock;
    if (first.cursor) {
      // Loaded once more with its range; until then there is something to see.
      tell({ entries: first.messages.map(lean), done: false });
      const oldest = Math.min(...first.messages.map(({ createdAt }) => createdAt));
      await Promise.all(
        ranges(oldest, asOf).map(async (filter) => {
          for await (const { messages } of dlq.listPages({ filter }, { signal })) add(messages);
        }),
      );
    } else add(first.messages);
    if (!signal.aborted) tell({ entries, done: true, asOf });
  } catch (error) {
    if (!signal.aborted) tell({ entries, done: true, error });
  }
}

/** Ranges of time that leave nothing out, whichever of an entry's dates the service compares. */
function ranges(oldest, newest) {
  const step = Math.max(1, Math.floor((newest - oldest) / RANGES));
  return Array.from({ length: RANGES }, (_, index) => ({
    ...(index > 0 && { fromDate: oldest + index * step + 1 }),
    toDate: index === RANGES - 1 ? newest : oldest + (index + 1) * step,
  }));
}
