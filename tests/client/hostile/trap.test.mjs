// The wasm executes `unreachable`: at the door, in the middle of a request, of a drive, and wherever
// else. Who was in there is told so and keeps what is left; who comes next finds all in order.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Client, init } from "upstash-workflow-dlq/slim";
import { everything, forms } from "../../support/secrets.mjs";
import { outcome, PATIENCE, promised, TOKEN } from "./attack.mjs";
import { fused } from "./fused.mjs";
import { hostileFetch } from "./service.mjs";

/** All instances that were made, the newest at the end. */
const made = [];
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...args) {
    super(...args);
    made.push(this);
  }
};
await init(fused());

/** The newest instance breaks down when it has entered so many functions more. */
const light = (functions = 1) => {
  made.at(-1).exports.fuse.value = functions;
};

const RETRY = { attempts: 3, initialDelay: 1, maxDelay: 2 };
const ALL = { all: true };

/** A client, and its service; `gate`, if there is one, is what each answer waits for. */
function side({ gate, retry = RETRY, ...options } = {}) {
  const service = hostileFetch(options);
  const fetch = async (...args) => {
    const answer = await service.fetch(...args);
    await gate;
    return answer;
  };
  const { dlq } = new Client({ token: TOKEN, fetch, retry }, {});
  return { dlq, ...service, taken: () => service.ids.length - service.size() };
}

/** What has to hold of every error of a trap. */
function broken(error, { acts }) {
  assert.equal(error?.code, "wasm_trapped", error?.stack);
  assert.equal(error.name, "DlqError");
  assert.match(error.message, /^The WebAssembly instance failed.*report.*next call/);
  assert.match(error.detail, /unreachable/);
  assert.equal(error.retryable, false);
  assert.equal(error.mayHaveActed, acts);
  assert.equal(error.message.includes("may have been executed"), acts);
  structuredClone(error.toJSON());
  const text = everything(error).join("\n");
  for (const form of forms(TOKEN)) assert.ok(!text.includes(form));
}

/** A summary whose numbers bound what the service has done. */
function bounded({ resumed, unconfirmed, reason, done }, taken) {
  assert.ok(resumed <= taken && taken <= resumed + unconfirmed, `${resumed}, ${taken}`);
  assert.deepEqual([reason, done], ["failed", false]);
}

describe("the wasm breaks down", PATIENCE, () => {
  test("as a client is made: the constructor throws, and the next one does not", () => {
    side();
    const before = made.length;
    light();
    assert.throws(side, (error) => {
      broken(error, { acts: false });
      return true;
    });
    side();
    assert.equal(made.length, before + 1);
  });

  test("at the door of a call: nothing was sent", async () => {
    const { dlq, seen } = side();
    light();
    broken((await outcome(() => dlq.resume("1-0"))).error, { acts: false });
    assert.equal(seen.length, 0);
    assert.equal((await dlq.list()).messages.length, 6);
  });

  test("with an answer: a list changed nothing, a resume may have", async () => {
    const { promise, keep } = promised();
    const { dlq, ids } = side({ gate: promise });
    const calls = [dlq.list(), dlq.resume(ids[0]), dlq.get(ids[1]), dlq.delete(ids[2])];
    await wait(5);
    const before = made.length;
    light();
    keep();
    const errors = (await Promise.allSettled(calls)).map(({ reason }) => reason);
    for (const [index, acts] of [false, true, false, true].entries()) {
      broken(errors[index], { acts });
    }
    assert.equal(new Set(errors).size, 4, "to each an error of its own");
    // The same client, in a new instance.
    assert.deepEqual(
      (await dlq.list()).messages.map(({ dlqId }) => dlqId),
      [ids[1], ...ids.slice(3)],
    );
    assert.equal(made.length, before + 1);
  });

  test("under two drives, a loop and a call: each keeps its summary and goes on", async () => {
    const { promise, keep } = promised();
    const one = side();
    const two = side({ gate: promise });
    const slow = { pageSize: 2, concurrency: 1, report: "entries" };
    const loop = one.dlq.resumePages(one.ids, {}, slow);
    const { value: page } = await loop.next();
    assert.equal(page.entries.length, 2);
    const begin = () => two.dlq.resumeAll(two.ids, {}, { pageSize: 2, report: "entries" });
    const drive = outcome(begin);
    const bulk = side({ gate: promise });
    const pages = outcome(() => bulk.dlq.resumeAll(ALL, {}, { pageSize: 4 }));
    await wait(5);
    // Somebody else is at fault.
    light();
    broken((await outcome(() => one.dlq.get("1-0"))).error, { acts: false });

    const { error } = await drive;
    broken(error, { acts: true });
    assert.deepEqual([error.summary.resumed, error.summary.unconfirmed], [0, two.taken()]);
    bounded(error.summary, two.taken());
    assert.equal(error.checkpoint, error.summary.checkpoint);
    keep();
    const rest = await two.dlq.continueFrom(error.checkpoint);
    assert.deepEqual([rest.done, rest.resumed + rest.unconfirmed, rest.notFound], [true, 6, 0]);
    assert.equal(two.taken(), 6);

    const other = (await pages).error;
    broken(other, { acts: true });
    bounded(other.summary, bulk.taken());

    const stopped = (await outcome(() => loop.next())).error;
    broken(stopped, { acts: true });
    assert.equal(stopped.summary.resumed, one.taken());
    assert.ok(stopped.summary.entries.length >= 2);
    bounded(await loop.summary(), one.taken());
    assert.deepEqual(await loop.return(), { done: true, value: undefined });
    assert.deepEqual(await loop.next(), { done: true, value: undefined });
    const last = await one.dlq.continueFrom(stopped.checkpoint);
    assert.deepEqual([last.done, last.resumed, last.unconfirmed], [true, 6, 0]);
  });

  test("a loop that is left afterwards ends", async () => {
    const { dlq, ids } = side();
    const loop = dlq.listPages(ids, { pageSize: 1, concurrency: 1 });
    await loop.next();
    light();
    await outcome(() => dlq.get("1-0"));
    const { error } = await outcome(() => loop.return("left"));
    if (error) broken(error, { acts: false });
    assert.deepEqual(await loop.next(), { done: true, value: undefined });
  });

  test("signals and hooks that come too late reach nobody", async () => {
    const { promise, keep } = promised();
    const { dlq, ids } = side({ gate: promise });
    const controller = new AbortController();
    const drive = outcome(() => dlq.resumeAll(ids, {}, { signal: controller.signal }));
    await wait(5);
    light();
    await outcome(() => dlq.get("1-0"));
    controller.abort();
    keep();
    broken((await drive).error, { acts: true });
    await wait(5);
  });
});

test("a stack without room breaks an instance, not what comes next", PATIENCE, async () => {
  const { promise, keep } = promised();
  const { dlq, ids, taken } = side({ gate: promise });
  const drive = outcome(() => dlq.resumeAll(ids));
  await wait(5);
  const errors = new Set();
  const deeper = () => {
    try {
      deeper();
    } catch {
      // From here upwards there is ever more room.
    }
    try {
      new Client({ token: TOKEN }, {});
    } catch (error) {
      errors.add(error.code ?? error.name);
    }
  };
  deeper();
  assert.ok(errors.has("wasm_trapped"), `${[...errors]}`);
  for (const code of errors) assert.match(code, /^(wasm_trapped|wasm_unavailable|RangeError)$/);
  const { error } = await drive;
  assert.equal(error.code, "wasm_trapped");
  bounded(error.summary, taken());
  keep();
  assert.deepEqual((await dlq.list()).messages, []);
});

test(
  "without timers, as where a Worker is only being loaded, nothing goes round for ever",
  PATIENCE,
  async (t) => {
    const words = "no timers in the global scope";
    // A drive that draws no wait at all would end by its attempts.
    const { dlq } = side({ retry: { attempts: 3, backoff: () => 1_000 } });
    const timers = t.mock.method(globalThis, "setTimeout", () => {
      throw new Error(words);
    });
    const call = await outcome(() => dlq.list());
    const drive = await outcome(() => dlq.resumeAll(ALL));
    timers.mock.restore();
    for (const { error } of [call, drive]) {
      assert.deepEqual([error.code, error.detail], ["timers_unavailable", words]);
      assert.match(error.message, /request handler/);
      assert.deepEqual([error.mayHaveActed, error.retryable], [false, false]);
      assert.equal(error.cause.message, words);
    }
    assert.deepEqual([drive.error.summary.reason, drive.error.summary.resumed], ["failed", 0]);
    assert.equal((await dlq.list()).messages.length, 6);
    assert.equal((await dlq.continueFrom(drive.error.checkpoint)).resumed, 6);
  },
);

test("at whatever moment it breaks down, nobody waits for ever and no entry is lost or taken twice", {
  timeout: 120_000,
}, async (t) => {
  const counts = { rounds: 0, whole: 0, stored: 0, nothing: 0 };
  const begun = [];
  let holds = false;
  // A prime, so that what comes again and again is met at each of its parts.
  for (let fuse = 1; !holds; fuse += 31) {
    const drives = [
      ["ids", { pageSize: 2 }, true],
      ["all", { strategy: "batches", pageSize: 3, concurrency: 2 }, false],
      ["all", { strategy: "pages", pageSize: 2 }, true],
    ].map(([what, options, stores]) => {
      const one = side();
      let stored;
      const onCheckpoint = (checkpoint) => {
        stored = checkpoint;
      };
      const drive = stores ? { ...options, onCheckpoint } : options;
      const begin = () => one.dlq.resumeAll(what === "ids" ? one.ids : ALL, {}, drive);
      return { ...one, begin, stored: () => stored };
    });
    const single = side();
    light(fuse);
    const call = single.dlq.resume(single.ids[0]);
    const ends = await Promise.all(drives.map(({ begin }) => outcome(begin)));
    const alone = await outcome(() => call);
    counts.rounds += 1;
    holds = made.at(-1).exports.fuse.value > 0;
    if (alone.error) assert.equal(alone.error.code, "wasm_trapped", alone.error.stack);
    if (single.taken() > 0 && alone.error) assert.equal(alone.error.mayHaveActed, true);
    for (const [index, { error, value }] of ends.entries()) {
      const { dlq, taken, stored, ids } = drives[index];
      if (!error) {
        assert.deepEqual([value.done, value.resumed], [true, ids.length]);
        continue;
      }
      assert.equal(error.code, "wasm_trapped", error.stack);
      if (taken() > 0) assert.equal(error.mayHaveActed, true);
      if (error.summary) {
        counts.whole += 1;
        const { resumed, unconfirmed } = error.summary;
        assert.ok(resumed <= taken() && taken() <= resumed + unconfirmed, `${fuse}`);
      } else if (error.checkpoint) {
        counts.stored += 1;
        assert.equal(error.checkpoint, stored());
      } else counts.nothing += 1;
      if (error.checkpoint) begun.push({ fuse, dlq, taken, ids, checkpoint: error.checkpoint });
    }
  }
  light(0);
  // All at once: each leaves what was lost two seconds to arrive.
  const goOn = async ({ fuse, dlq, taken, ids, checkpoint }) => {
    const rest = await dlq.continueFrom(checkpoint);
    const { done, resumed, unconfirmed, notFound, failed } = rest;
    const said = `${fuse}: ${JSON.stringify(rest)}`;
    assert.equal(taken(), ids.length, said);
    assert.ok(resumed <= ids.length && resumed + unconfirmed >= ids.length, said);
    assert.deepEqual([done, notFound, failed], [true, 0, 0], said);
  };
  await Promise.all(begun.map(goOn));
  t.diagnostic(JSON.stringify(counts));
  assert.ok(counts.whole > 500 && counts.stored > 30, "it is met in all states");
  assert.ok(
    counts.rounds > 100 && counts.whole > 100 && counts.stored > 10,
    JSON.stringify(counts),
  );
});
