// What the client tests share: an emulator and a client each, and the sums that have to hold.

import assert from "node:assert/strict";
import { startEmulator } from "../support/emulator.mjs";

export { startEmulator };

/** Waits as short as they can be: nothing here is about the length of a back-off. */
export const QUICK = { attempts: 3, initialDelay: 1, maxDelay: 5 };

/**
 * An emulator with `entries` seeded, and a client of it; both end with the test `t`.
 *
 * @param {import("node:test").TestContext} t
 */
export async function world(t, { entries = 0, seed = {}, config, client: options } = {}) {
  const { Client } = await import("upstash-workflow-dlq");
  const emulator = await startEmulator({ config });
  t.after(() => emulator.close());
  const make = (more) =>
    new Client(
      { baseUrl: emulator.url, token: emulator.token, retry: QUICK, ...options, ...more },
      {},
    );
  let ids = [];
  if (entries > 0) ({ dlqIds: ids } = await emulator.seed({ count: entries, ...seed, ids: true }));
  return { emulator, client: make(), make, ids };
}

/** The error of a promise that has to reject. */
export async function failure(promise) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  assert.ok(
    "error" in outcome,
    `it should have failed, and answered ${JSON.stringify(outcome.value)}`,
  );
  return outcome.error;
}

/** How many entries an audit says were taken by `operation` ("resumed", "restarted", "deleted"). */
const taken = (audit, done) => audit[done];

/**
 * The report against what was really done.
 *
 * `exact`: no answer was lost, so the two have to be equal.
 */
export async function assertBooks(emulator, summary, { done = "resumed", exact = true } = {}) {
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual(audit.resumedTwice, [], "nothing is resumed twice");
  assert.deepEqual(audit.takenTwice, [], "nothing is taken twice");
  const truth = taken(audit, done);
  const { [done]: counted, unconfirmed } = summary;
  if (exact) {
    assert.equal(counted, truth, "the report says what was done");
    assert.equal(unconfirmed, 0);
  } else {
    assert.ok(counted <= truth, `${counted} counted, ${truth} done`);
    assert.ok(truth <= counted + unconfirmed, `${truth} done, ${counted} + ${unconfirmed}`);
  }
  return audit;
}

/** The requests to `path` that reached the service, oldest first. */
export async function requestsTo(emulator, path, method = "POST") {
  const { requests } = await emulator.requests();
  return requests.filter((one) => one.method === method && one.path.startsWith(path));
}
