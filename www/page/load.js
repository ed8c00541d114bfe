// The DLQ's entries, as they come: in several ranges of time at once.

import { Client } from "upstash-workflow-dlq";
import { sessionEnded } from "./api.js";
import { lean } from "./entry.js";
import { ranges } from "./ranges.js";

// A browser has six connections to a host; two are for everything else.
const LANES = 4;
// How often a list that grows is shown.
const SHOW_MS = 250;

/** The service's clock, as of the latest answer. */
let clock;

const client = new Client({
  auth: "none",
  baseUrl: "/api/dlq",
  fetch: async (...request) => {
    const response = await fetch(...request);
    // The gateway answers 424 when it is the service that refuses.
    if (response.status === 401) sessionEnded();
    clock = Date.parse(response.headers.get("date")) || Date.now();
    return response;
  },
});

export const { dlq } = client;

/** The logs of the runs that have an entry's run id, with each attempt's error. */
export const logsOf = ({ workflowRunId, workflowCreatedAt }, request) =>
  client.logs(
    { filter: { workflowRunId, ...(workflowCreatedAt && { workflowCreatedAt }) } },
    request,
  );

/** A client of its own, since the clock is as of the list's responses. */
const watching = new Client({ auth: "none", baseUrl: "/api/dlq" }).dlq;

/**
 * Entries that failed after a moment, a page of them.
 *
 * @returns {Promise<{ ids: string[], more: boolean }>} entries of that second are among them
 */
export async function newerThan(moment, options) {
  const { messages, cursor } = await watching.list(
    { count: 100, filter: { fromDate: moment } },
    options,
  );
  return { ids: messages.map(({ dlqId }) => dlqId), more: Boolean(cursor) };
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
      if (seen.has(message.dlqId)) continue;
      seen.add(message.dlqId);
      entries.push(lean(message));
    }
    if (performance.now() - shown < SHOW_MS) return;
    shown = performance.now();
    tell({ type: "arrived", entries });
  };
  try {
    const first = await dlq.list({ count: 100 }, { signal });
    const asOf = clock;
    add(first.messages);
    if (first.cursor) {
      tell({ type: "arrived", entries });
      const dates = entries.map(({ at }) => at);
      // The newest first: that is where people look.
      const waiting = ranges(dates, asOf).reverse();
      const lane = async () => {
        for (let filter = waiting.shift(); filter; filter = waiting.shift()) {
          for await (const { messages } of dlq.listPages({ filter }, { signal })) add(messages);
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    }
    tell({ type: "loaded", entries, asOf });
  } catch (error) {
    tell({ type: "failed", error });
  }
}
