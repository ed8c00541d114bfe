// An operator's night: runs of four workflows of the real SDK fail for two hours, each kind for a reason of its own.
// The clock of the emulator makes twelve seconds of the two hours.

import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const CLOCK_FACTOR = 600;
const INCIDENT_MS = (2 * 3_600_000) / CLOCK_FACTOR;
// A list is as of a `Date` of the service's, which is in whole seconds: it may lack what failed within the last one.
const DATE_STEP_MS = 1_000;

/**
 * The part of the runs, the step that fails, what it needs to finish (a deploy, the carrier, or nothing helps), and as what
 * the app counts that it has.
 */
const WORKFLOWS = {
  order: { part: 0.3, step: "price", needs: "deploy", finished: "price, finished" },
  invoice: { part: 0.2, step: "total", needs: "deploy", finished: "total, finished" },
  parcel: { part: 0.4, step: "ship", needs: "carrier", finished: "ship, finished" },
  legacy: { part: 0.1, step: "convert", needs: "a miracle", finished: "convert, finished" },
};
const namesOf = (needs) => Object.keys(WORKFLOWS).filter((name) => WORKFLOWS[name].needs === needs);

/**
 * Brings the night about: the app, and `count` runs that have failed. The app is in a thread of its own: `node:test`
 * follows each promise of the thread that it runs in, which took an eighth of the test's processor time.
 *
 * @returns what repairs the app, what there is of each kind, and `assertBooks`
 */
export async function night(emulator, count) {
  await emulator.config({ clockFactor: CLOCK_FACTOR });
  const { url, token, currentSigningKey, nextSigningKey } = emulator;
  const thread = new Worker(new URL("night-app.mjs", import.meta.url), {
    workerData: {
      emulator: { url, token, currentSigningKey, nextSigningKey },
      workflows: WORKFLOWS,
      count,
      duringMs: INCIDENT_MS,
    },
  });
  /** What the thread posts next; an error that ends it rejects. */
  const answer = async () => (await once(thread, "message"))[0];
  const ask = (...question) => {
    const answered = answer();
    thread.postMessage(question);
    return answered;
  };
  const origin = await answer();
  const urlOf = (name) => origin + name;
  await emulator.idle();
  await sleep(DATE_STEP_MS);
  const { entries, remaining } = await emulator.audit({ summary: true });
  assert.deepEqual([entries, remaining], [count, count]);
  const runsOf = (needs) =>
    namesOf(needs).reduce((sum, name) => sum + count * WORKFLOWS[name].part, 0);
  return {
    fixable: runsOf("deploy"),
    outage: runsOf("carrier"),
    hopeless: runsOf("a miracle"),
    /** The URLs of the workflows that a deploy repairs. */
    urls: namesOf("deploy").map(urlOf),
    repair: () => ask("fix", "deploy"),
    carrierIsBack: () => ask("fix", "carrier"),
    close: () => ask("close"),
    assertBooks: async (states) => {
      await emulator.idle();
      return await assertBooks(emulator, { urlOf, counts: await ask("counts"), count }, states);
    },
  };
}

/**
 * At the end, the books agree to the last run. `states`: what the report says of each new run, by its id; of one that
 * it does not name nothing is known to it.
 */
async function assertBooks(emulator, { urlOf, counts, count }, states) {
  const counted = (name, runId = "") => counts.get(`${runId}/${name}`) ?? 0;
  const audit = await emulator.audit();
  assert.deepEqual([audit.takenTwice, audit.resumedTwice], [[], []]);
  const runs = (await emulator.runs()).filter(({ origin }) => origin === "resume");
  assert.equal(runs.length, audit.resumed, "each resumed entry is one new run");
  const names = { RUN_SUCCESS: "succeeded", RUN_FAILED: "failedAgain" };
  const byId = new Map(runs.map((run) => [run.workflowRunId, run]));
  for (const [id, state] of states) assert.equal(names[byId.get(id)?.state], state, id);
  let hopeless = 0;
  for (const [name, { part, needs, finished }] of Object.entries(WORKFLOWS)) {
    const own = runs.filter(({ workflowUrl }) => workflowUrl === urlOf(name));
    const succeeded = own.filter(({ state }) => state === "RUN_SUCCESS");
    const expected = needs === "a miracle" ? 0 : count * part;
    assert.equal(succeeded.length, expected, `${name}: the service`);
    assert.equal(counted(finished), expected, `${name}: the app`);
    for (const { workflowRunId } of succeeded) {
      assert.equal(counted(finished, workflowRunId), 1, `${name}: ${workflowRunId}`);
    }
    if (expected === 0) hopeless += count * part;
  }
  assert.equal(audit.remaining, hopeless, "what nothing helps is in the queue again");
  return { audit, runs };
}
