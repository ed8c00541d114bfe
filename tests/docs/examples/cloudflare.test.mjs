// The recipes for Cloudflare, in workerd with its own crons, alarms, storage and queues.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { assertResumedOnce, drained, followed, seeded, slices, workerOf } from "./setup.mjs";

const ENTRIES = 500;
// More than one invocation may send: 100 pages of 5.
const SMALL_PAGES = { config: { pageCap: 5 } };
// As many failures in a row as end a drive with an error.
const TROUBLE = [{ match: { method: "POST" }, times: 5, action: 500 }];

describe("a cron and a Durable Object", () => {
  test("drains the DLQ in slices of 40 requests, and leaves what fails again", async (t) => {
    const runs = { failAgain: 1, afterMs: 3 };
    const { emulator, credentials } = await seeded(t, ENTRIES, { ...SMALL_PAGES, runs });
    const worker = await workerOf(t, "cloudflare-cron", credentials);
    await worker.cron();
    await drained(emulator, ENTRIES);
    const { remaining } = await assertResumedOnce(emulator, ENTRIES);
    assert.equal(remaining, ENTRIES, "the new failures are for the next night");
    const sent = await slices(emulator, 500);
    assert.ok(sent.length >= 3, `${sent}`);
    assert.ok(Math.max(...sent) <= 40, `${sent}`);
  });

  test("a second cron while the first drains changes nothing", async (t) => {
    const { emulator, credentials } = await seeded(t, ENTRIES, SMALL_PAGES);
    const worker = await workerOf(t, "cloudflare-cron", credentials);
    await worker.cron();
    await worker.cron();
    await drained(emulator, ENTRIES);
    await followed(emulator);
    await assertResumedOnce(emulator, ENTRIES);
  });

  test("entries that can't be resumed do not keep it from those of the next night", {
    timeout: 60_000,
  }, async (t) => {
    const { emulator, credentials } = await seeded(t, 10, {
      unresumable: 1,
      config: { unresumable: "skip" },
    });
    await emulator.seed(20);
    const worker = await workerOf(t, "cloudflare-cron", credentials);
    await worker.cron();
    await drained(emulator, 20);
    await emulator.seed(30);
    // The first night may not be over yet.
    while ((await emulator.audit({ summary: true })).resumed < 50) {
      await worker.cron();
      await sleep(200);
    }
    const { remaining } = await assertResumedOnce(emulator, 50);
    assert.equal(remaining, 10);
  });

  test("goes on where the service failed it", async (t) => {
    const { emulator, credentials } = await seeded(t, ENTRIES, SMALL_PAGES);
    await emulator.faults(TROUBLE);
    const worker = await workerOf(t, "cloudflare-cron", credentials);
    await worker.cron();
    await drained(emulator, ENTRIES);
    await assertResumedOnce(emulator, ENTRIES);
  });
});

describe("a queue", () => {
  test("carries the checkpoint from message to message", async (t) => {
    const { emulator, credentials } = await seeded(t, ENTRIES, SMALL_PAGES);
    const worker = await workerOf(t, "cloudflare-queue", credentials);
    await worker.cron();
    await drained(emulator, ENTRIES);
    await followed(emulator);
    await assertResumedOnce(emulator, ENTRIES);
    const { requests } = await emulator.requests({ limit: 20_000 });
    assert.ok(requests.length > 80, "more than two messages may send");
    const resumes = requests.filter(({ method }) => method === "POST");
    assert.ok(resumes.every(({ headers }) => headers["upstash-retries"] === "3"));
  });

  test("a message that is delivered twice resumes nothing twice", async (t) => {
    const { emulator, credentials } = await seeded(t, ENTRIES, SMALL_PAGES);
    const worker = await workerOf(t, "cloudflare-queue", credentials);
    const queue = await worker.queue("DRIVES");
    const message = { selection: { all: true }, overrides: {} };
    await queue.sendBatch([{ body: message }, { body: message }]);
    await drained(emulator, ENTRIES);
    await assertResumedOnce(emulator, ENTRIES);
  });

  test("a drive that is cut short by the service goes on in a later message", async (t) => {
    const { emulator, credentials } = await seeded(t, ENTRIES, SMALL_PAGES);
    await emulator.faults(TROUBLE);
    const worker = await workerOf(t, "cloudflare-queue", credentials);
    const queue = await worker.queue("DRIVES");
    await queue.send({ selection: { all: true }, overrides: {} });
    await drained(emulator, ENTRIES);
    await assertResumedOnce(emulator, ENTRIES);
  });
});
