// The recipes for Cloudflare, in workerd with its own crons, alarms, storage and queues.

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { assertResumedOnce, drained, followed, seeded, slices, workerOf } from "./setup.mjs";

const ENTRIES = 500;
// More than one invocation may send: 100 pages of 5.
const SMALL_PAGES = { config: { pageCap: 5 } };
// As many failures in a row as end a drive with an error.
const TROUBLE = [{ match: { method: "POST" }, times: 5, action: 500 }];
// A failed run that no list of these recipes can contain: a response has 16 MiB at most.
const LARGE = { count: 1, payloadBytes: 17_000_000 };
const NEWEST_FIRST = { order: "newest" };
/** Dates of entries that failed just now. */
const justNow = () => ({ from: Date.now(), to: Date.now() });

/** A recipe's Worker, and a wait for a line that it logs. */
async function logging(t, folder, credentials) {
  const lines = [];
  const seen = new EventEmitter();
  const worker = await workerOf(t, folder, credentials, (line) => {
    lines.push(line);
    seen.emit("line");
  });
  const logged = async (pattern) => {
    while (!lines.some((line) => pattern.test(line))) await once(seen, "line");
    lines.length = 0;
  };
  return { worker, logged };
}

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

  test("an entry that is too large to be listed ends the night, and not the next one", {
    timeout: 60_000,
  }, async (t) => {
    const { emulator, credentials } = await seeded(t, 5, { config: NEWEST_FIRST });
    await emulator.seed({ ...LARGE, ...justNow() });
    const { worker, logged } = await logging(t, "cloudflare-cron", credentials);
    await worker.cron();
    await logged(/larger than maxResponseSize: .*select by ids/);
    // The first entry of the list is another one: pages, which list nothing, take the large one as well.
    await emulator.seed({ count: 5, ...justNow() });
    await worker.cron();
    await drained(emulator, 11);
    await assertResumedOnce(emulator, 11);
  });

  test("an entry that can't be listed, nor resumed, does not keep it from those of the next night", {
    timeout: 60_000,
  }, async (t) => {
    const { emulator, credentials } = await seeded(t, 1, {
      ...LARGE,
      unresumable: 1,
      config: { ...NEWEST_FIRST, unresumable: "skip" },
    });
    await emulator.seed({ count: 20, ...justNow() });
    const { worker, logged } = await logging(t, "cloudflare-cron", credentials);
    await worker.cron();
    await logged(/larger than maxResponseSize/);
    assert.equal((await emulator.audit({ summary: true })).resumed, 20);
    await emulator.seed({ count: 30, ...justNow() });
    await worker.cron();
    await drained(emulator, 50);
    const { remaining } = await assertResumedOnce(emulator, 50);
    assert.equal(remaining, 1);
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
