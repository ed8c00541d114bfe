// The package's client over the Worker's gateway. It only reads: what acts are the Worker's jobs. Its WebAssembly is a
// file beside the page, which arrives and is compiled while the page begins.

import { Client, init } from "upstash-workflow-dlq/read";
import { sessionEnded } from "./api.js";
import { noteDate } from "./clock.js";

const client = (fetch, maxResponseSize) =>
  new Client({ auth: "none", baseUrl: "/api/dlq", fetch, maxResponseSize });

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

// Less than the 536,870,888 characters of V8's longest string.
const ROOM_BYTES = 500e6;

/**
 * Calls `ask`, and after a single entry that is larger than a response may be once more: one entry at a time, with a
 * client that takes larger responses.
 *
 * @template T
 * @param {(dlq: Client["dlq"], pageSize?: number) => Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function withRoom(ask) {
  const { dlq } = await gateway();
  try {
    return await ask(dlq);
  } catch (error) {
    if (error.code === "response_too_large") return ask(client(noted, ROOM_BYTES).dlq, 1);
    throw error;
  }
}

// What a look every few seconds may load, of a page of entries with large payloads.
const LOOK_BYTES = 4e6;

/** A client of its own for looks once the list is loaded, since the clock is as of the list's responses. */
export const watcher = () => client(fetch, LOOK_BYTES);

async function noted(...request) {
  const response = await fetch(...request);
  // The gateway answers 424 when it is the service that refuses.
  if (response.status === 401) sessionEnded();
  clock = noteDate(response.headers.get("date"));
  return response;
}

async function make() {
  await init(fetch("/core.wasm"));
  return client(noted);
}
