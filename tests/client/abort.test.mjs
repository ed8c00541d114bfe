// An abort in each phase of a drive: it ends at once, unless a request that acts is in flight.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertBooks, world } from "./setup.mjs";

/** How long the end of a drive may take after the abort, in ms: what each phase waits for takes a second and more. */
const SOON_MS = 700;
const HANGS = "hang";
const LOGS = ["/v2/workflows/logs", "/v2/workflows/events"];
const RESUME = "/v2/workflows/dlq/resume";
const never = { runs: { afterMs: 600_000 } };
const isResume = ({ path }) => path.startsWith(RESUME);
const isOfLogs = ({ path }) => LOGS.some((one) => path.startsWith(one));
const waitsFor = (why) => (event) => event.waiting === why;

/**
 * Each phase: what makes it last far longer than the test, and how it shows in `onProgress`; or by the request that the
 * service has got and does not answer.
 */
const PHASES = [
  {
    phase: "the opening list is in flight",
    faults: [{ match: { method: "GET" }, action: HANGS }],
    sent: ({ method }) => method === "GET",
  },
  {
    phase: "a list ahead of the batches is in flight",
    faults: [{ match: { method: "GET" }, nth: 2, action: HANGS }],
    drive: { strategy: "batches" },
    sent: ({ method }, n) => method === "GET" && n > 0,
  },
  {
    phase: "the rate asked for is kept",
    drive: { maxRunsPerSecond: 1, pageSize: 1 },
    seen: (event) => event.done > 0 && event.waiting !== undefined,
  },
  {
    phase: "a rate limit is waited for",
    faults: [
      {
        match: { path: RESUME },
        action: {
          type: "status",
          status: 429,
          body: { error: "slow" },
          headers: { "Retry-After": 60 },
        },
      },
    ],
    seen: waitsFor("rateLimit"),
  },
  {
    phase: "a pause before a repeat",
    faults: [{ match: { path: RESUME }, action: 503 }],
    client: { retry: { attempts: 5, initialDelay: 30_000, maxDelay: 60_000 } },
    seen: waitsFor("pause"),
    // The response did not tell whether anything was done.
    exact: false,
  },
  {
    phase: "the canary's runs are waited for",
    seed: never,
    drive: { canary: { entries: 5 } },
    seen: (event) => event.canary !== undefined && event.waiting !== undefined,
  },
  {
    phase: "a question about the canary's runs is in flight",
    seed: never,
    drive: { canary: { entries: 5 } },
    faults: LOGS.map((path) => ({ match: { path }, action: HANGS })),
    sent: isOfLogs,
  },
  {
    phase: "the new runs are waited for",
    seed: never,
    drive: { follow: { interval: 60_000 } },
    seen: (event) => event.outcome !== undefined && event.waiting !== undefined,
  },
  {
    phase: "a question about the new runs is in flight",
    seed: never,
    drive: { follow: { interval: 20 } },
    faults: LOGS.map((path) => ({ match: { path }, action: HANGS })),
    sent: isOfLogs,
  },
];

/** Resolves once the service has got a request for which `is` holds. */
async function received(emulator, is) {
  while (!(await emulator.requests()).requests.some(is)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("an abort ends a drive at once", () => {
  for (const { phase, faults = [], drive, seed, client: own, seen, sent, exact } of PHASES) {
    test(`while ${phase}`, { timeout: 20_000 }, async (t) => {
      const { emulator, client } = await world(t, { entries: 20, seed, client: own });
      await emulator.faults(faults);
      const stop = new AbortController();
      const options = { ...drive, signal: stop.signal };
      let running;
      const shown = new Promise((resolve) => {
        const onProgress = (event) => seen?.(event) && resolve();
        running = client.dlq.resumeAll({ all: true }, {}, { ...options, onProgress });
      });
      await (seen ? shown : received(emulator, sent));
      const began = performance.now();
      stop.abort();
      const summary = await running;
      const took = performance.now() - began;
      assert.ok(took < SOON_MS, `${Math.round(took)} ms`);
      assert.equal(summary.reason, "aborted");
      await emulator.faults([]);
      await assertBooks(emulator, summary, { exact });
    });
  }

  test("and waits for the response to a request that acts", { timeout: 20_000 }, async (t) => {
    const { emulator, client } = await world(t, { entries: 100 });
    const slow = { type: "slowHeaders", ms: 400 };
    await emulator.faults([{ match: { path: RESUME }, when: "after", action: slow }]);
    const stop = new AbortController();
    const running = client.dlq.resumeAll({ all: true }, {}, { signal: stop.signal, pageSize: 10 });
    await received(emulator, isResume);
    const began = performance.now();
    stop.abort();
    const summary = await running;
    const took = performance.now() - began;
    assert.ok(took < 400 + SOON_MS, `${Math.round(took)} ms`);
    assert.deepEqual([summary.reason, summary.unconfirmed], ["aborted", 0]);
    await assertBooks(emulator, summary);
  });
});
