// The package's client over the Worker's gateway. It only reads: what acts are the Worker's jobs. Its WebAssembly is a
// file beside the page, which arrives and is compiled while the page begins.

import { Client, init } from "upstash-workflow-dlq/read";
import { sessionEnded } from "./api.js";
import { noteDate } from "./clock.js";

const OPTIONS = { auth: "none", baseUrl: "/api/dlq" };

/** The service's clock, as of the latest response. */
let clock;
export const serviceClock = () => clock;

let made;

/**
 * The client, as soon as there is one.
 *
 * @returns {Promise<Client>} rejects where the WebAssembly can't be had; the next call tries again
 */
export function gateway() {
  made ??= make().catch((error) => {
    made = undefined;
    throw error;
  });
  return made;
}

// What a look every few seconds may load, of a page of entries with large payloads.
const LOOK_BYTES = 4e6;
let watching;

/** A client of its own for what is asked in between, since the clock is as of the list's responses. */
export async function watcher() {
  await gateway();
  watching ??= new Client({ ...OPTIONS, maxResponseSize: LOOK_BYTES });
  return watching;
}

async function make() {
  await init(fetch("/core.wasm"));
  return new Client({
    ...OPTIONS,
    fetch: async (...request) => {
      const response = await fetch(...request);
      // The gateway answers 424 when it is the service that refuses.
      if (response.status === 401) sessionEnded();
      clock = noteDate(response.headers.get("date"));
      return response;
    },
  });
}
