// A drive that stops early, at a budget or by a signal, and continues from its checkpoint.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as dlq from "upstash-workflow-dlq";
import { assertBooks, failure, requestsTo, world } from "./setup.mjs";

const RESUME = "/v2/workflows/dlq/resume";
/** The summary without what differs from run to run. */
const counts = ({ resumed, notFound, unconfirmed, failed }) => [
  resumed,
  notFound,
  unconfirmed,
  failed,
];

describe("budgets and checkpoints", { concurrency: true }, () => {
  const strategies = {
    pages: [{ all: true }, {}],
    "pages in lanes": [{ all: true }, { concurrency: 4 }],
    batches: ["ids", {}],
    "batches of a filter": [{ all: true }, { strategy: "batches" }],
    each: ["ids", { strategy: "each" }],
  };
  for (const [name, [selection, more]] of Object.entries(strategies)) {
    test(`${name}: in slices of so many requests, to the end`, async (t) => {
      const { emulator, client, ids } = await world(t, { entries: 60 });
      const budget = { ...more, pageSize: 10, maxRequests: 4 };
      const what = selection === "ids" ? ids : selection;
      let slices = 1;
      let summary = await client.dlq.resumeAll(what, {}, budget);
      while (!summary.done) {
        assert.equal(summary.reason, "requests");
        assert.equal(typeof summary.checkpoint, "string");
        assert.match(summary.checkpoint, /^[\x21-\x7e]+$/, "printable");
        slices += 1;
        assert.ok(slices < 50, "it gets on");
        const { strategy: _, ...call } = budget;
        summary = await client.dlq.continueFrom(summary.checkpoint, call);
      }
      assert.ok(slices > 1);
      assert.deepEqual(counts(summary), [60, 0, 0, 0]);
      assert.equal(summary.requests, (await emulator.requests()).total);
      await assertBooks(emulator, summary);
    });
  }

  test("the checkpoint in drive, with the same selection or none", async (t) => {
    const { client } = await world(t, { entries: 60 });
    const first = await client.dlq.resumeAll({ all: true }, { retries: 2 }, { maxRequests: 2 });
    const { checkpoint } = first;
    const other = await failure(
      client.dlq.resumeAll({ filter: { label: "x" } }, { retries: 2 }, { checkpoint }),
    );
    assert.ok(other instanceof dlq.CheckpointError);
    assert.equal(other.code, "checkpoint_mismatch");
    const restart = await failure(
      client.dlq.restartAll({ all: true }, { retries: 2 }, { checkpoint }),
    );
    assert.equal(restart.code, "checkpoint_mismatch");
    const rest = await client.dlq.resumeAll(undefined, undefined, { checkpoint });
    assert.equal(rest.resumed, 60);
  });

  test("one that outgrows a queue's message says so", async (t) => {
    const { client } = await world(t);
    const warned = t.mock.method(console, "warn", () => {});
    const ids = (count) =>
      Array.from(
        { length: count },
        (_, n) => `${1_790_000_000_000 - ((n * 2_654_435_761) % 7_776_000_000)}-${n % 7}`,
      );
    const short = await client.dlq.resumeAll(ids(100), {}, { timeBudget: 1, maxRequests: 1 });
    assert.equal(warned.mock.callCount(), 0);
    assert.ok(short.checkpoint.length < 4_000);
    const drive = { signal: AbortSignal.abort() };
    const long = await client.dlq.resumeAll(ids(20_000), {}, drive);
    assert.ok(long.checkpoint.length > 100_000 && long.checkpoint.length < 4_096 + 12 * 20_000);
    const message = String(warned.mock.calls.map(({ arguments: [text] }) => text));
    assert.match(message, new RegExp(`${Math.ceil(long.checkpoint.length / 1000)} KB`));
    assert.match(message, /128 KB/);
  });

  test("damaged, foreign, too new: refused, with what to do", async (t) => {
    const { emulator, client, make } = await world(t, { entries: 60 });
    const { checkpoint } = await client.dlq.resumeAll({ all: true }, {}, { maxRequests: 2 });
    const before = (await emulator.requests()).total;
    const at = checkpoint.length - 5;
    const flipped = checkpoint[at] === "A" ? "B" : "A";
    const cases = {
      checkpoint_damaged: [
        checkpoint.slice(0, -3),
        `${checkpoint.slice(0, at)}${flipped}${checkpoint.slice(at + 1)}`,
        "not one",
        "wdlq4..",
      ],
      checkpoint_version: ["wdlq3", "wdlq5"].map((version) => checkpoint.replace("wdlq4", version)),
    };
    for (const [code, texts] of Object.entries(cases)) {
      for (const text of texts) {
        const error = await failure(client.dlq.continueFrom(text));
        assert.ok(error instanceof dlq.CheckpointError, text);
        assert.equal(error.code, code, text);
      }
    }
    const elsewhere = make({ baseUrl: emulator.url.replace("127.0.0.1", "localhost") });
    const error = await failure(elsewhere.dlq.continueFrom(checkpoint));
    assert.equal(error.code, "checkpoint_mismatch");
    assert.equal((await emulator.requests()).total, before);
  });

  test("onCheckpoint comes before each request that may act, which waits for it", async (t) => {
    const { emulator, client } = await world(t, { entries: 50 });
    const stored = [];
    const onCheckpoint = async (checkpoint) => {
      const before = (await requestsTo(emulator, RESUME)).length;
      await new Promise((resolve) => setTimeout(resolve, 2));
      assert.equal(
        (await requestsTo(emulator, RESUME)).length,
        before,
        "nothing was sent meanwhile",
      );
      stored.push(checkpoint);
    };
    const summary = await client.dlq.resumeAll({ all: true }, {}, { pageSize: 10, onCheckpoint });
    assert.equal(summary.resumed, 50);
    assert.equal(stored.length, (await requestsTo(emulator, RESUME)).length);
    // Each stands for a process that was killed just after it was stored.
    for (const checkpoint of stored) {
      const rest = await client.dlq.continueFrom(checkpoint);
      assert.ok(rest.resumed + rest.unconfirmed >= 10);
    }
    assert.deepEqual((await emulator.audit({ summary: true })).resumedTwice, []);
  });

  for (const strategy of ["pages", "batches", "each"]) {
    test(`${strategy}: the lines that onCheckpoint got are what its checkpoint counts`, async (t) => {
      const { client } = await world(t, { entries: 40 });
      const drive = { strategy, report: "entries", pageSize: 10, concurrency: 3 };
      const ids = (await client.dlq.list({ count: 100 })).messages.map(({ dlqId }) => dlqId);
      const selection =
        strategy === "pages" ? { all: true } : [...ids.slice(0, 20), "17-0", ...ids.slice(20)];
      const lines = [];
      const stored = [];
      const onCheckpoint = (checkpoint, entries) => {
        lines.push(...entries);
        const certain = lines.filter(({ outcome }) => outcome !== "unconfirmed").length;
        stored.push({ checkpoint, certain });
      };
      const summary = await client.dlq.resumeAll(selection, {}, { ...drive, onCheckpoint });
      assert.deepEqual(lines, summary.entries.slice(0, lines.length), "in order, each once");
      assert.ok(lines.length >= 20);
      for (const { checkpoint, certain } of stored) {
        const signal = AbortSignal.abort();
        const { resumed, notFound } = await client.dlq.continueFrom(checkpoint, { signal });
        assert.equal(certain, resumed + notFound);
      }
    });
  }

  test("an onCheckpoint that rejects ends the drive before the request", async (t) => {
    const { emulator, client } = await world(t, { entries: 50 });
    let calls = 0;
    const onCheckpoint = async () => {
      calls += 1;
      if (calls === 3) throw new Error("the store is full");
    };
    const error = await failure(
      client.dlq.resumeAll({ all: true }, {}, { pageSize: 10, onCheckpoint }),
    );
    assert.ok(error instanceof dlq.CheckpointError);
    assert.equal(error.code, "checkpoint_hook");
    assert.match(error.message, /the store is full/);
    assert.equal(error.summary.resumed, 20);
    assert.equal(error.summary.unconfirmed, 0);
    await assertBooks(emulator, error.summary);
    assert.equal((await client.dlq.continueFrom(error.checkpoint)).resumed, 50);
  });
});

describe("abort", { concurrency: true }, () => {
  test("in a drive: what is in flight is accounted for, then a checkpoint", async (t) => {
    const { emulator, client } = await world(t, { entries: 100, config: { latencyMs: 30 } });
    const controller = new AbortController();
    const onProgress = ({ done }) => {
      if (done >= 20) controller.abort();
    };
    const drive = { pageSize: 10, signal: controller.signal, onProgress };
    const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.equal(summary.reason, "aborted");
    assert.equal(summary.done, false);
    await assertBooks(emulator, summary);
    const rest = await client.dlq.continueFrom(summary.checkpoint);
    assert.equal(rest.resumed, 100);
    await assertBooks(emulator, rest);
  });

  test("before it begins: nothing is sent", async (t) => {
    const { emulator, client, ids } = await world(t, { entries: 10 });
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    assert.equal(await failure(client.dlq.resume(ids, {}, { signal })), reason);
    assert.equal(await failure(client.dlq.list({}, { signal })), reason);
    const summary = await client.dlq.resumeAll({ all: true }, {}, { signal });
    assert.equal(summary.reason, "aborted");
    assert.equal((await emulator.requests()).total, 0);
  });

  test("in a call: rejects with the signal's reason", async (t) => {
    const { emulator, client, ids } = await world(t, { entries: 10 });
    await emulator.faults([{ match: {}, action: "hang" }]);
    const controller = new AbortController();
    const call = client.dlq.resume(ids, {}, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    const error = await failure(call);
    assert.equal(error, controller.signal.reason);
    assert.equal(error.name, "AbortError");
  });
});

describe("an abort while a checkpoint is being stored", { concurrency: true }, () => {
  for (const strategy of ["pages", "batches"]) {
    test(`${strategy}: its request is not sent any more`, async (t) => {
      const { emulator, client } = await world(t, { entries: 50 });
      const controller = new AbortController();
      let stored = 0;
      const onCheckpoint = async () => {
        stored += 1;
        if (stored < 2) return;
        controller.abort();
        await new Promise((resolve) => setTimeout(resolve, 50));
      };
      const drive = { strategy, pageSize: 10, signal: controller.signal, onCheckpoint };
      const summary = await client.dlq.resumeAll({ all: true }, {}, { ...drive, concurrency: 1 });
      assert.equal(summary.reason, "aborted");
      assert.deepEqual(counts(summary), [10, 0, 0, 0]);
      assert.equal(summary.requests, (await emulator.requests()).total);
      await assertBooks(emulator, summary);
      const rest = await client.dlq.continueFrom(summary.checkpoint);
      assert.deepEqual(counts(rest), [50, 0, 0, 0]);
      await assertBooks(emulator, rest);
    });
  }
});
