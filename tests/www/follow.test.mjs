// What became of the new runs, in a job: live, in its report, at its end.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { events, mortalWorld, world } from "./world.mjs";

const over = ({ state }) => ["done", "cancelled", "stopped"].includes(state);
const order = { operation: "resume", selection: { all: true }, follow: true };
const failsWith = {
  status: 503,
  body: '{"error":"Error","message":"=carrier down"}',
  step: "charge",
};

describe("a job follows its runs", () => {
  let at;
  before(async () => {
    at = await world({ bindings: { REQUESTS_PER_SLICE: "10" } });
  });
  beforeEach(() => at.emulator.reset());
  after(() => at.close());

  test("to their end, slice by slice, with live numbers; the report says what became of each", async () => {
    const runs = { failAgain: 0.2, afterMs: 500, spreadMs: 1_500, failsWith };
    await at.emulator.seed({ count: 200, runs });
    const { id } = await at.start(order);
    const seen = [];
    for await (const job of events(await at.call(`/api/jobs/${id}/events`))) seen.push(job);
    const job = seen.at(-1);
    assert.deepEqual(
      [job.state, job.ended, job.done, job.phase],
      ["done", "complete", 200, "following"],
    );
    const { outcome } = job;
    const { runStates } = await at.emulator.audit({ summary: true });
    assert.deepEqual(
      [outcome.runs, outcome.succeeded, outcome.failedAgain],
      [200, runStates.RUN_SUCCESS, runStates.RUN_FAILED],
    );
    assert.deepEqual([outcome.done, outcome.logs], [true, true]);
    const [{ count, step, status }] = outcome.errors;
    assert.deepEqual([count, step, status], [outcome.failedAgain, "charge", 503]);
    assert.ok(
      seen.every(({ done }, n) => n === 0 || done >= seen[n - 1].done),
      "never back",
    );
    assert.ok(
      seen.some((one) => one.phase === "following" && one.outcome.succeeded < outcome.succeeded),
    );
    assert.ok(job.slices > 2);

    const text = await (await at.call(`/api/jobs/${id}/report`)).text();
    const lines = text.split("\n").filter(Boolean).map(JSON.parse);
    assert.equal(lines.length, 200);
    const failed = lines.filter(({ state }) => state === "failedAgain");
    assert.equal(failed.length, outcome.failedAgain);
    assert.equal(lines.filter(({ state }) => state === "succeeded").length, outcome.succeeded);
    for (const line of failed) {
      assert.deepEqual(
        [line.outcome, line.step, line.status, line.error],
        ["resumed", "charge", 503, "=carrier down"],
      );
      assert.ok(line.newDlqId);
    }
    const csv = await (await at.call(`/api/jobs/${id}/report?format=csv`)).text();
    assert.ok(csv.includes(",failedAgain,charge,503,'=carrier down\r\n"));
    const [summary] = (await at.json("/api/jobs")).jobs;
    assert.deepEqual(summary.outcome, outcome);
  });

  test("while it resumes, its numbers are live, and a pause ends the slice with the request under way", async () => {
    await at.emulator.seed(3_000);
    // A slice takes ten of them.
    await at.emulator.config({ latencyMs: 1_000 });
    const { id } = await at.start(order);
    const running = await at.until(id, ({ done }) => done > 0);
    assert.deepEqual([running.state, running.phase, running.slices], ["running", "acting", 1]);
    assert.equal(running.outcome, undefined);
    const began = performance.now();
    await at.post(`/api/jobs/${id}/pause`);
    const paused = await at.until(id, ({ state }) => state === "paused");
    const took = performance.now() - began;
    assert.ok(took < 5_000, `${Math.round(took)} ms`);
    assert.ok(paused.done < 1_000, `${paused.done}`);
    assert.equal(paused.phase, "acting");
    await at.emulator.config({ latencyMs: 0 });
    await at.post(`/api/jobs/${id}/cancel`);
  });

  test("a canary is judged by the states of its runs", async () => {
    await at.emulator.seed({ count: 100, runs: { failAgain: 1, retries: 3, failsWith } });
    const drive = { canary: { entries: 5 } };
    const { id } = await at.start({ ...order, drive });
    const job = await at.until(id, over);
    assert.deepEqual([job.state, job.ended, job.done], ["stopped", "canary", 5]);
    assert.equal(job.canary.retrying + job.canary.failedAgain > 0, true);
    assert.equal(
      (await at.emulator.audit({ summary: true })).resumed,
      5,
      "long before the last retry",
    );
  });

  test("paused while it follows, it continues; cancelled, what was done stays done", async () => {
    await at.emulator.seed({ count: 50, runs: { afterMs: 60_000 } });
    const { id } = await at.start(order);
    await at.until(id, ({ phase, done }) => phase === "following" && done === 50);
    await at.post(`/api/jobs/${id}/pause`);
    const paused = await at.until(id, ({ state }) => state === "paused");
    assert.equal(paused.done, 50);
    await at.post(`/api/jobs/${id}/continue`);
    await at.until(id, ({ state, phase }) => state !== "paused" && phase === "following");
    await at.post(`/api/jobs/${id}/cancel`);
    const job = await at.until(id, over);
    assert.deepEqual([job.state, job.done, job.outcome.runs], ["cancelled", 50, 50]);
    assert.ok((await at.emulator.requests()).total < 100, "it does not ask without a pause");
  });
});

test("a process that is killed while a job follows: the outcome and the report are exact, and nothing is done twice", async () => {
  const at = await mortalWorld({ bindings: { REQUESTS_PER_SLICE: "20" } });
  try {
    const runs = { failAgain: 0.3, afterMs: 1_000, spreadMs: 5_000, failsWith };
    await at.emulator.seed({ count: 300, runs });
    const { id } = await at.start(order);
    for (const share of [20, 120, 250]) {
      await at.until(id, ({ outcome, state }) => {
        const ended = (outcome?.succeeded ?? 0) + (outcome?.failedAgain ?? 0);
        return ended >= share || state === "done";
      });
      await at.kill();
      await at.begin();
    }
    const job = await at.until(id, over);
    const audit = await at.emulator.audit({ summary: true });
    assert.deepEqual(audit.resumedTwice, []);
    const { RUN_SUCCESS: succeeded, RUN_FAILED: failedAgain } = audit.runStates;
    assert.deepEqual(
      [job.state, job.done, job.outcome.succeeded, job.outcome.failedAgain],
      ["done", 300, succeeded, failedAgain],
    );
    const text = await (await at.call(`/api/jobs/${id}/report`)).text();
    const lines = text.split("\n").filter(Boolean).map(JSON.parse);
    const known = lines.filter(({ state }) => state === "succeeded" || state === "failedAgain");
    assert.deepEqual([lines.length, known.length], [300, 300], "each says what became of the run");
  } finally {
    await at.close();
  }
});
