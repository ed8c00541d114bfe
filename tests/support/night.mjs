// An operator's night: runs of four workflows of the real SDK fail for two hours, each kind for a reason of its own.
// The clock of the emulator makes twelve seconds of the two hours.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@upstash/workflow";
import { muteSdk, startApp } from "./app.mjs";

const CLOCK_FACTOR = 600;
const INCIDENT_MS = (2 * 3_600_000) / CLOCK_FACTOR;
const TRIGGERS_A_REQUEST = 50;
// A list is as of a `Date` of the service's, which is in whole seconds: it may lack what failed within the last one.
const DATE_STEP_MS = 1_000;

/** The part of the runs, the step that fails, and what it needs to finish: a deploy, the carrier, or nothing helps. */
const WORKFLOWS = {
  order: { part: 0.3, step: "price", needs: "deploy" },
  invoice: { part: 0.2, step: "total", needs: "deploy" },
  parcel: { part: 0.4, step: "ship", needs: "carrier" },
  legacy: { part: 0.1, step: "convert", needs: "a miracle" },
};
const ERRORS = {
  deploy: "currency is undefined",
  carrier: "the carrier does not answer",
  "a miracle": "this file format is not supported",
};
const finished = (step) => `${step}, finished`;
const namesOf = (needs) => Object.keys(WORKFLOWS).filter((name) => WORKFLOWS[name].needs === needs);

/**
 * Brings the night about: the app, and `count` runs that have failed.
 *
 * @returns the app with its switches, what there is of each kind, and `assertBooks`
 */
export async function night(emulator, count) {
  muteSdk();
  await emulator.config({ clockFactor: CLOCK_FACTOR });
  const works = new Set();
  const route =
    ({ step, needs }) =>
    (context, app) =>
      app.step(context, step, () => {
        if (!works.has(needs)) throw new Error(ERRORS[needs]);
        app.counted(finished(step), context.workflowRunId);
        return step;
      });
  const workflows = Object.entries(WORKFLOWS).map(([name, one]) => [name, route(one)]);
  const app = await startApp(emulator, Object.fromEntries(workflows));
  await fail(emulator, app, count);
  const runsOf = (needs) =>
    namesOf(needs).reduce((sum, name) => sum + count * WORKFLOWS[name].part, 0);
  return {
    app,
    fixable: runsOf("deploy"),
    outage: runsOf("carrier"),
    hopeless: runsOf("a miracle"),
    /** The URLs of the workflows that a deploy repairs. */
    urls: namesOf("deploy").map(app.url),
    repair: () => works.add("deploy"),
    carrierIsBack: () => works.add("carrier"),
    close: app.close,
    assertBooks: (states) => assertBooks(emulator, app, count, states),
  };
}

/** Triggers the runs, mixed as they are in life, over the two hours; all of them fail. */
async function fail(emulator, app, count) {
  const sdk = new Client({ baseUrl: emulator.url, token: emulator.token });
  const requests = Object.entries(WORKFLOWS).flatMap(([name, { part }]) =>
    Array.from({ length: count * part }, (_, n) => ({
      place: (n + 0.5) / (count * part),
      request: { url: app.url(name), body: { n }, retries: 0 },
    })),
  );
  const all = requests.sort((a, b) => a.place - b.place).map(({ request }) => request);
  const began = performance.now();
  for (let from = 0; from < all.length; from += TRIGGERS_A_REQUEST) {
    await sleep(began + (INCIDENT_MS * from) / all.length - performance.now());
    await sdk.trigger(all.slice(from, from + TRIGGERS_A_REQUEST));
  }
  await emulator.idle();
  await sleep(DATE_STEP_MS);
  const { entries, remaining } = await emulator.audit({ summary: true });
  assert.deepEqual([entries, remaining], [count, count]);
}

/**
 * At the end, the books agree to the last run. `states`: what the report says of each new run, by its id; of one that
 * it does not name nothing is known to it.
 */
async function assertBooks(emulator, app, count, states) {
  await emulator.idle();
  const audit = await emulator.audit();
  assert.deepEqual([audit.takenTwice, audit.resumedTwice], [[], []]);
  const runs = (await emulator.runs()).filter(({ origin }) => origin === "resume");
  assert.equal(runs.length, audit.resumed, "each resumed entry is one new run");
  const names = { RUN_SUCCESS: "succeeded", RUN_FAILED: "failedAgain" };
  const byId = new Map(runs.map((run) => [run.workflowRunId, run]));
  for (const [id, state] of states) assert.equal(names[byId.get(id)?.state], state, id);
  let hopeless = 0;
  for (const [name, { part, step, needs }] of Object.entries(WORKFLOWS)) {
    const own = runs.filter(({ workflowUrl }) => workflowUrl === app.url(name));
    const succeeded = own.filter(({ state }) => state === "RUN_SUCCESS");
    const expected = needs === "a miracle" ? 0 : count * part;
    assert.equal(succeeded.length, expected, `${name}: the service`);
    assert.equal(app.count(finished(step)), expected, `${name}: the app`);
    for (const { workflowRunId } of succeeded) {
      assert.equal(app.count(finished(step), workflowRunId), 1, `${name}: ${workflowRunId}`);
    }
    if (expected === 0) hopeless += count * part;
  }
  assert.equal(audit.remaining, hopeless, "what nothing helps is in the queue again");
  return { audit, runs };
}
