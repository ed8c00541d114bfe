// What became of the new runs, over the wire: runs that the emulator plans, and real workflows of the
// official SDK, with its default retries.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client as Sdk } from "@upstash/workflow";
import { startApp } from "../support/app.mjs";
import { failure, world } from "./setup.mjs";

/** Soon, and often: what takes minutes takes seconds here. */
const QUICKLY = { timeout: 15_000, interval: 30 };
const STATES = ["succeeded", "failedAgain", "canceled", "running", "retrying", "unknown"];

/** How many of the runs of resumed entries have ended in each way, by the emulator's own books. */
async function truth(emulator) {
  const { runStates } = await emulator.audit({ summary: true });
  const count = (state) => runStates[state] ?? 0;
  return {
    succeeded: count("RUN_SUCCESS"),
    failedAgain: count("RUN_FAILED"),
    canceled: count("RUN_CANCELED"),
  };
}

/** Each run is in exactly one class; those that have ended as the service says. */
async function assertOutcome(emulator, outcome, runs) {
  const sum = STATES.reduce((total, state) => total + outcome[state], 0);
  assert.equal(outcome.runs, runs);
  assert.equal(sum, runs, JSON.stringify(outcome));
  const { succeeded, failedAgain, canceled } = outcome;
  assert.deepEqual({ succeeded, failedAgain, canceled }, await truth(emulator));
  assert.deepEqual([outcome.done, outcome.reason], [true, "complete"]);
  assert.equal(outcome.checkpoint, undefined);
}

const MIXED = { failAgain: 0.2, flaky: 0.1, cancel: 0.1, afterMs: 200, spreadMs: 800 };
const FAILS = { status: 503, body: '{"error":"Error","message":"carrier down"}', step: "charge" };

describe("follow", { concurrency: true }, () => {
  test("the runs of an answer, each to its end, with their errors", async (t) => {
    const seed = { runs: { ...MIXED, failsWith: FAILS } };
    const { emulator, client } = await world(t, { entries: 80, seed });
    const page = await client.dlq.resume({ all: true, count: 80 });
    const events = [];
    const outcome = await client.dlq.follow(page, {
      ...QUICKLY,
      report: "entries",
      onProgress: (event) => events.push(event),
    });
    await assertOutcome(emulator, outcome, 80);
    assert.equal(outcome.logs, true);
    const ids = outcome.entries.map(({ workflowRunId }) => workflowRunId);
    assert.deepEqual(ids.toSorted(), page.workflowRuns.map((run) => run.workflowRunId).toSorted());
    const failed = outcome.entries.filter(({ state }) => state === "failedAgain");
    assert.equal(failed.length, outcome.failedAgain);
    for (const { newDlqId, status, step } of failed) {
      assert.deepEqual([status, step], [503, "charge"]);
      assert.equal((await client.dlq.get(newDlqId)).dlqId, newDlqId);
    }
    const [{ count, status, step, error }] = outcome.errors;
    assert.deepEqual([count, status, step], [outcome.failedAgain, 503, "charge"]);
    assert.match(error, /carrier down/);
    assert.ok(events.some((event) => event.outcome.succeeded > 0 && event.outcome.unknown > 0));
  });

  for (const strategy of ["pages", "batches", "each"]) {
    test(`the runs of a drive: ${strategy}`, async (t) => {
      const { emulator, client } = await world(t, { entries: 60, seed: { runs: MIXED } });
      const drive = { strategy, pageSize: 25, follow: QUICKLY, report: "entries" };
      const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
      assert.deepEqual([summary.done, summary.reason, summary.resumed], [true, "complete", 60]);
      await assertOutcome(emulator, summary.outcome, 60);
      if (strategy === "each") {
        const pairs = ({ dlqId, workflowRunId }) => `${dlqId} ${workflowRunId}`;
        const resumed = summary.entries.map(pairs).toSorted();
        assert.deepEqual(summary.outcome.entries.map(pairs).toSorted(), resumed);
      }
    });
  }

  test("the summary of a drive by each, and its lines", async (t) => {
    const { emulator, client } = await world(t, { entries: 20, seed: { runs: MIXED } });
    const drive = { strategy: "each", report: "entries" };
    const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.equal(summary.outcome, undefined);
    const outcome = await client.dlq.follow(summary, { ...QUICKLY, report: "entries" });
    await assertOutcome(emulator, outcome, 20);
    assert.ok(outcome.entries.every(({ dlqId }) => dlqId));
    const bare = await client.dlq.deleteAll({ all: true });
    assert.equal((await failure(client.dlq.follow(bare))).issues[0].code, "no_runs");
  });

  for (const [name, config] of Object.entries({
    "the older path alone": { logsPath: "events" },
    "the newer path alone": { logsPath: "logs" },
    "a list of runs is passed over": { logsByRuns: "ignored" },
    "a list of runs is refused": { logsByRuns: "400" },
    "logs are late": { logsDelayMs: 1_500 },
    "three runs a page": { logsPageCap: 3 },
    "a burst limit": { burst: { limit: 20, windowMs: 1_000 } },
  })) {
    test(`the outcome is exact where ${name}`, async (t) => {
      const seed = { runs: { ...MIXED, afterMs: 50, spreadMs: 300 } };
      const { emulator, client } = await world(t, { entries: 40, seed, config });
      const summary = await client.dlq.resumeAll({ all: true }, {}, { follow: QUICKLY });
      await assertOutcome(emulator, summary.outcome, 40);
    });
  }

  test("without logs, failures are seen in the DLQ, and nothing is said to have succeeded", async (t) => {
    const seed = { runs: { failAgain: 0.3, afterMs: 20 } };
    const config = { logsPath: "none" };
    const { emulator, client } = await world(t, { entries: 40, seed, config });
    const follow = { timeout: 600, interval: 30 };
    const { done, outcome } = await client.dlq.resumeAll({ all: true }, {}, { follow });
    assert.equal(done, true, "the entries are through");
    const { failedAgain } = await truth(emulator);
    assert.deepEqual([outcome.done, outcome.reason, outcome.logs], [false, "timeout", false]);
    assert.deepEqual([outcome.failedAgain, outcome.succeeded], [failedAgain, 0]);
    assert.equal(outcome.unknown, 40 - failedAgain);
  });

  test("what is under way when the time is up is said to be, and followed on from there", async (t) => {
    // Far longer than a busy machine needs for the first follow.
    const seed = { runs: { afterMs: 10_000 } };
    const { emulator, client } = await world(t, { entries: 12, seed });
    const { workflowRuns } = await client.dlq.resume({ all: true });
    const outcome = await client.dlq.follow(workflowRuns, { timeout: 200, interval: 20 });
    assert.deepEqual([outcome.done, outcome.reason, outcome.running], [false, "timeout", 12]);
    const rest = await client.dlq.follow(outcome.checkpoint, { ...QUICKLY, timeout: 60_000 });
    await assertOutcome(emulator, rest, 12);
    const other = await client.dlq.resumeAll({ all: true }, {}, { maxRequests: 1, follow: true });
    const error = await failure(client.dlq.follow("no checkpoint"));
    assert.equal(error.code, "checkpoint_damaged");
    if (other.checkpoint) {
      const mismatch = await failure(client.dlq.follow(other.checkpoint));
      assert.equal(mismatch.code, "checkpoint_mismatch");
    }
  });

  test("slices of three requests come to the same, by follow and by continueFrom", async (t) => {
    const seed = { runs: { ...MIXED, afterMs: 20, spreadMs: 200 } };
    const { emulator, client } = await world(t, { entries: 60, seed });
    let summary = await client.dlq.resumeAll(
      { all: true },
      {},
      { maxRequests: 3, follow: QUICKLY },
    );
    let slices = 1;
    for (; summary.checkpoint; slices++) {
      assert.equal(summary.reason, "requests");
      summary = await client.dlq.continueFrom(summary.checkpoint, { maxRequests: 3 });
    }
    assert.equal(summary.resumed, 60);
    await assertOutcome(emulator, summary.outcome, 60);
    assert.ok(slices > 3, `${slices} slices`);
  });

  test("an abort ends it, and says how far it came", async (t) => {
    const { client } = await world(t, { entries: 5, seed: { runs: { stuck: 1 } } });
    const { workflowRuns } = await client.dlq.resume({ all: true });
    const controller = new AbortController();
    const outcome = await client.dlq.follow(workflowRuns, {
      ...QUICKLY,
      signal: controller.signal,
      onProgress: ({ outcome }) => outcome.running === 5 && controller.abort(),
    });
    assert.deepEqual([outcome.reason, outcome.done, outcome.running], ["aborted", false, 5]);
    assert.ok(outcome.checkpoint.startsWith("wdlq"));
  });

  test("a sample says what it says of all, with its interval", async (t) => {
    const seed = { runs: { failAgain: 0.3, afterMs: 1 } };
    const { emulator, client } = await world(t, { entries: 400, seed });
    const follow = { ...QUICKLY, sample: 60 };
    const { outcome } = await client.dlq.resumeAll({ all: true }, {}, { follow });
    assert.deepEqual([outcome.runs, outcome.sample.of], [60, 400]);
    const { failedAgain } = await truth(emulator);
    const { low, high } = outcome.sample.failedAgain;
    assert.ok(low < high && low >= outcome.failedAgain && high <= 400);
    assert.ok(failedAgain > low - 40 && failedAgain < high + 40, `${low} ${failedAgain} ${high}`);
  });

  test("a token that is not good fails, with a checkpoint", async (t) => {
    const { client, make } = await world(t, { entries: 3 });
    const { workflowRuns } = await client.dlq.resume({ all: true });
    const error = await failure(make({ token: "wrong" }).dlq.follow(workflowRuns, QUICKLY));
    assert.deepEqual([error.code, error.mayHaveActed], ["unauthorized", false]);
    assert.equal(error.summary.runs, 3);
    await client.dlq.follow(error.checkpoint, QUICKLY);
  });

  test("a process that is killed while it follows goes on to the same", async (t) => {
    const seed = { runs: { ...MIXED, afterMs: 300, spreadMs: 1_200 } };
    const { emulator } = await world(t, { entries: 60, seed });
    const folder = mkdtempSync(join(tmpdir(), "follow-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const input = JSON.stringify({
      baseUrl: emulator.url,
      token: emulator.token,
      file: join(folder, "checkpoint"),
      selection: { all: true },
      drive: { follow: QUICKLY },
    });
    const program = fileURLToPath(new URL("lanes/killed.mjs", import.meta.url));
    let killed = 0;
    for (;;) {
      const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
      child.stdin.end(input);
      let out = "";
      child.stdout.on("data", (chunk) => {
        out += chunk;
      });
      const timer = killed < 3 && setTimeout(() => child.kill("SIGKILL"), 700);
      const [code] = await once(child, "close");
      clearTimeout(timer);
      if (code === 0) {
        const summary = JSON.parse(out);
        // A page whose response was lost with the process has runs without a name: at most a page of them.
        const { resumed, unconfirmed, outcome } = summary;
        assert.ok(resumed <= 60 && 60 <= resumed + unconfirmed, `${resumed} + ${unconfirmed}`);
        assert.equal(outcome.done, true);
        if (unconfirmed === 0) await assertOutcome(emulator, outcome, 60);
        break;
      }
      killed += 1;
    }
    assert.ok(killed > 0);
  });
});

describe("the canary, with real workflows and their default retries", { concurrency: true }, () => {
  /** An app whose runs have failed, in the DLQ: the step `ship` works once `state.fixed`. */
  async function shop(t, runs) {
    const { emulator, client } = await world(t);
    const state = { fixed: false, slow: false };
    const app = await startApp(emulator, {
      order: async (context, { step }) => {
        await step(context, "reserve");
        if (state.slow) await context.sleep("wait for the carrier", 2);
        await step(context, "ship", () => {
          if (!state.fixed) throw new Error("the carrier does not answer");
        });
      },
    });
    t.after(() => app.close());
    const sdk = new Sdk({ baseUrl: emulator.url, token: emulator.token });
    const one = { url: app.url("order"), retries: 0 };
    await sdk.trigger(Array.from({ length: runs }, () => one));
    await emulator.idle();
    return { emulator, client, app, state };
  }

  test("a fix that is still broken stops within seconds of the first failing attempt", async (t) => {
    const { client, app } = await shop(t, 20);
    const began = Date.now();
    const drive = { canary: { entries: 3 } };
    const summary = await client.dlq.resumeAll({ all: true }, { retries: 3 }, drive);
    assert.deepEqual([summary.reason, summary.resumed], ["canary", 3]);
    // The first retry of a run comes after twelve.
    assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`);
    assert.ok(summary.canary.retrying > 0, JSON.stringify(summary.canary));
    assert.equal(summary.canary.succeeded, 0);
    assert.equal(app.count("ship"), 20 + 3, "no more than the canary's runs were tried");
  });

  test("one that works goes on, and what became of all is known", async (t) => {
    const { client, state, app } = await shop(t, 20);
    state.fixed = true;
    const drive = { canary: { entries: 3 }, follow: QUICKLY };
    const summary = await client.dlq.resumeAll({ all: true }, { retries: 3 }, drive);
    assert.deepEqual([summary.reason, summary.resumed], ["complete", 20]);
    assert.equal(summary.canary, undefined);
    assert.deepEqual([summary.outcome.runs, summary.outcome.succeeded], [20, 20]);
    assert.equal(app.count("reserve"), 20, "finished steps do not run again");
  });

  test("slow ones are waited for", async (t) => {
    const { client, state } = await shop(t, 6);
    Object.assign(state, { fixed: true, slow: true });
    const began = Date.now();
    const summary = await client.dlq.resumeAll({ all: true }, {}, { canary: { entries: 2 } });
    assert.deepEqual([summary.reason, summary.resumed], ["complete", 6]);
    assert.ok(Date.now() - began >= 2_000, "they sleep for two seconds");
  });

  test("when the time is up before they have finished, it is undecided", async (t) => {
    const { client, state } = await shop(t, 6);
    Object.assign(state, { fixed: true, slow: true });
    const drive = { canary: { entries: 2, wait: 300 } };
    const undecided = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.deepEqual([undecided.reason, undecided.resumed], ["undecided", 2]);
    assert.deepEqual([undecided.done, undecided.canary.running], [false, 2]);
    const again = await client.dlq.continueFrom(undecided.checkpoint);
    assert.equal(again.reason, "undecided", "it looks again, for as long as before");
    const rest = await client.dlq.continueFrom(again.checkpoint, { canary: false });
    assert.deepEqual([rest.reason, rest.resumed], ["complete", 6]);
  });

  test("paused by flow control, they are waited for as well", async (t) => {
    const { client, state } = await shop(t, 4);
    state.fixed = true;
    const flowControl = { key: "slowly", rate: 1, period: "1s" };
    const drive = { canary: { entries: 3 } };
    const began = Date.now();
    const summary = await client.dlq.resumeAll({ all: true }, { flowControl }, drive);
    assert.deepEqual([summary.reason, summary.resumed], ["complete", 4]);
    assert.ok(Date.now() - began > 1_000);
  });
});
