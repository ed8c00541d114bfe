// The events of a job, for whoever watches it.

import { streamSSE } from "hono/streaming";

const HEARTBEAT_MS = 20_000;
// How often it is asked whether the watcher may still watch.
const CHECK_MS = 5_000;
// A watcher that takes no event for so long is dropped.
const SLOW_MS = 30_000;
// The browser reconnects, and is asked who it is: an invocation has 50 subrequests, which are the checks.
const LONGEST_MS = 180_000;

/**
 * Sends how a job stands, now and whenever it changes, until it is over. An event is sent when the one before has
 * been taken, and holds what is true then: a slow reader gets fewer, and costs no memory.
 *
 * @param {import("hono").Context} c
 * @param {object} watched
 * @param {() => object | undefined} watched.view how the job stands; nothing when it is gone
 * @param {(view: object) => boolean} watched.isOver
 * @param {() => Promise<void>} watched.changed resolves at the next change
 * @param {() => Promise<boolean>} watched.allowed whether the watcher's sign-in still holds
 * @param {() => void} watched.ended called when nobody watches any more
 */
export const watch = (c, { view, isOver, changed, allowed, ended }) =>
  streamSSE(c, async (stream) => {
    const gone = new Promise((resolve) => stream.onAbort(resolve));
    // A watcher that has gone away; the compatibility flag `enable_request_signal` tells of it.
    c.req.raw.signal.addEventListener("abort", () => stream.abort());
    const until = Date.now() + LONGEST_MS;
    let checked = Date.now();
    let sent = Date.now();
    const send = async (work) => {
      if ((await first(work, SLOW_MS)) === "late") stream.abort();
      sent = Date.now();
    };
    const mayGoOn = async () => {
      if (stream.aborted || Date.now() > until) return false;
      if (Date.now() < checked + CHECK_MS) return true;
      checked = Date.now();
      return allowed();
    };
    try {
      while (await mayGoOn()) {
        const change = changed();
        const job = view();
        if (!job) return;
        await send(stream.writeSSE({ event: "job", data: JSON.stringify(job), retry: 1000 }));
        if (isOver(job)) return;
        while ((await first(Promise.race([change, gone]), CHECK_MS)) === "late") {
          if (!(await mayGoOn())) return;
          if (Date.now() > sent + HEARTBEAT_MS) await send(stream.write(":\n\n"));
        }
      }
    } finally {
      ended();
    }
  });

/** What `work` resolves with, or `"late"` after `ms`. */
async function first(work, ms) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms, "late");
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
