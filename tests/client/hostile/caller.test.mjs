// Hooks that throw, never end or call back in; signals at every moment; loops left in the middle; drives
// side by side. Everything works as documented, nothing hangs, and the next call works.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "upstash-workflow-dlq";
import { harmless, outcome, PATIENCE, promised, TOKEN } from "./attack.mjs";
import { ALL, bang, NEVER, refused, side, THEN, thenable, unreadable } from "./caller.mjs";
import { hostileFetch } from "./service.mjs";

describe("hooks", () => {
  const HOOKS = ["onProgress", "onCheckpoint"];

  test("that only listen change nothing, whatever they do", async (t) => {
    const said = t.mock.method(console, "error", () => {});
    const odd = {
      throw: bang,
      reject: async () => bang(),
      "never end": () => NEVER,
      "answer a thenable that throws": () => thenable(bang),
      "answer one whose then can't be read": () => unreadable(THEN),
    };
    for (const [name, hook] of Object.entries(odd)) {
      said.mock.resetCalls();
      const { dlq, ids } = side({ options: { onRequest: hook } });
      const summary = await dlq.resumeAll(ids, {}, { onProgress: hook, pageSize: 1 });
      assert.equal(summary.resumed, 6, name);
      await wait(1);
      // Once for each, however often they are called.
      assert.equal(said.mock.callCount(), name === "never end" ? 0 : 2, name);
    }
  });

  test("a console that throws is nobody's end", async (t) => {
    t.mock.method(console, "error", bang);
    t.mock.method(console, "warn", bang);
    const { dlq, ids } = side();
    assert.equal((await dlq.resumeAll(ids, {}, { onProgress: bang })).resumed, 6);
  });

  test("onCheckpoint that fails ends the drive before the request", async () => {
    const odd = {
      throw: bang,
      reject: async () => bang(),
      "throw nothing": () => {
        throw undefined;
      },
      "throw what can't be read": () => {
        throw unreadable("message");
      },
      "answer a thenable that throws": () => thenable(bang),
    };
    for (const [name, onCheckpoint] of Object.entries(odd)) {
      const { dlq, ids, taken } = side();
      const { error } = await outcome(() => dlq.resumeAll(ids, {}, { onCheckpoint }));
      assert.equal(error?.code, "checkpoint_hook", name);
      assert.deepEqual([taken(), error.summary.resumed, error.mayHaveActed], [0, 0, false], name);
      harmless(name, {
        error: Object.assign(error, { detail: undefined, message: "", stack: "" }),
      });
      assert.equal((await dlq.continueFrom(error.checkpoint)).resumed, 6, name);
    }
  });

  test("onCheckpoint that never ends is waited for, until an abort", async () => {
    const { dlq, ids, taken } = side();
    const aborter = new AbortController();
    const drive = { onCheckpoint: () => NEVER, signal: aborter.signal, timeout: 30 };
    const going = dlq.resumeAll(ids, {}, drive);
    await wait(20);
    aborter.abort();
    const summary = await going;
    assert.deepEqual([summary.reason, summary.resumed, taken()], ["aborted", 0, 0]);
    assert.equal((await dlq.continueFrom(summary.checkpoint)).resumed, 6);
  });

  for (const name of HOOKS) {
    test(
      `${name} may use the same client, abort its own drive, and begin others`,
      PATIENCE,
      async () => {
        const { dlq, ids, taken } = side({ entries: 12 });
        const aborter = new AbortController();
        const begun = [];
        let calls = 0;
        const hook = () => {
          calls += 1;
          if (calls > 3) return;
          begun.push(dlq.list(), dlq.get(ids.at(-1)), dlq.preview(ids.slice(-1)));
          begun.push(dlq.resumeAll(ids.slice(-2), {}, { [name]: () => {} }));
          if (calls === 3) aborter.abort();
        };
        const drive = { [name]: hook, signal: aborter.signal, pageSize: 2, concurrency: 1 };
        const summary = await dlq.resumeAll(ids.slice(0, 10), {}, drive);
        assert.equal(summary.reason, "aborted");
        for (const { reason } of await Promise.allSettled(begun)) {
          if (reason) assert.equal(reason.code, "not_found", reason.stack);
        }
        const { resumed, unconfirmed } = summary;
        const mine = taken() - 2;
        assert.ok(resumed <= mine && mine <= resumed + unconfirmed, `${resumed}, ${mine}`);
        const rest = await dlq.continueFrom(summary.checkpoint);
        assert.deepEqual([rest.done, taken()], [true, 12]);
      },
    );
  }

  test("a hook of fetch and of retry may use the client as well", PATIENCE, async () => {
    let deep = 0;
    const inner = [];
    const one = hostileFetch();
    const fetch = (...args) => {
      if (deep++ < 5) inner.push(client.dlq.list());
      return one.fetch(...args);
    };
    const backoff = () => {
      inner.push(outcome(() => new Client({ token: TOKEN, fetch: one.fetch }, {}).dlq.list()));
      return 1;
    };
    const client = new Client({ token: TOKEN, fetch, retry: { retries: 2, backoff } }, {});
    assert.equal((await client.dlq.resumeAll(one.ids)).resumed, 6);
    await Promise.all(inner);
  });

  test("a backoff of odd answers is none that waits for ever", PATIENCE, async () => {
    for (const answer of [Number.NaN, -5, "x", 10n, null, {}, Symbol("x"), NEVER]) {
      const hostile = () => new Response("{}", { status: 500 });
      const { dlq } = side({ hostile, options: { retry: { retries: 2, backoff: () => answer } } });
      assert.equal((await outcome(() => dlq.list())).error.code, "server_error");
    }
  });
});

describe("an abort", { concurrency: true }, () => {
  /** Aborts at a moment of a call, and of a drive. */
  const MOMENTS = {
    "before it begins": ({ abort }) => abort(),
    "at once": ({ abort }) => void Promise.resolve().then(abort),
    "while a request is under way": ({ abort, asked }) => void asked.then(abort),
    "while it waits to try again": ({ abort, asked }) =>
      void asked.then(() => setTimeout(abort, 10)),
    "in a hook of the request": ({ abort, hooks }) => {
      hooks.onRequest = abort;
    },
    "in fetch itself": ({ abort, hooks }) => {
      hooks.fetch = abort;
    },
    twice: ({ abort, asked }) => void asked.then(abort).then(abort),
  };
  for (const [moment, at] of Object.entries(MOMENTS)) {
    for (const [kind, use] of Object.entries({
      call: (dlq, _, signal) => dlq.resume(ALL, {}, { signal }),
      drive: (dlq, ids, signal) => dlq.resumeAll(ids, {}, { signal, pageSize: 2 }),
      loop: async (dlq, ids, signal) => {
        for await (const _ of dlq.resumePages(ids, {}, { signal, pageSize: 2 }));
      },
      preview: (dlq, _, signal) => dlq.preview(ALL, { signal }),
    })) {
      test(`${moment}, of a ${kind}`, PATIENCE, async () => {
        const controller = new AbortController();
        const reason = new Error("enough");
        const hooks = {};
        const begun = promised();
        let calm = false;
        const waits = moment.includes("again");
        // It answers late, or that it is busy for ever.
        const hostile = async (url, init) => {
          hooks.fetch?.();
          begun.keep();
          if (calm) return one.good(url, init);
          if (waits) return new Response("{}", { status: 429, headers: { "Retry-After": "3" } });
          await wait(30);
          return one.good(url, init);
        };
        const onRequest = () => hooks.onRequest?.();
        const one = side({ hostile, options: { onRequest, retry: { attempts: 5 } } });
        at({ abort: () => controller.abort(reason), asked: begun.promise, hooks });
        const { error, value } = await outcome(() => use(one.dlq, one.ids, controller.signal));
        if (kind === "call" || kind === "loop") {
          // Where the answer was there already, it is handed over.
          if (error) assert.equal(error, reason);
          else assert.ok(moment.includes("hook"), moment);
        } else {
          assert.equal(error, undefined, error?.stack);
          if (kind === "drive") {
            assert.equal(value.reason, "aborted");
            const { resumed, unconfirmed, checkpoint } = value;
            const taken = one.taken();
            assert.ok(resumed <= taken && taken <= resumed + unconfirmed, `${resumed} ${taken}`);
            calm = true;
            const rest = await one.dlq.continueFrom(checkpoint);
            assert.deepEqual([rest.done, one.taken()], [true, 6]);
          } else assert.ok(value.complete || value.reason === "aborted");
        }
        calm = true;
        assert.ok((await one.dlq.list()).messages);
      });
    }
  }

  test("after the end reaches nobody", async () => {
    const { dlq, ids } = side();
    const controller = new AbortController();
    const { signal } = controller;
    await dlq.list({}, { signal });
    await dlq.resumeAll(ids.slice(0, 2), {}, { signal });
    const loop = dlq.listPages(ALL, { signal });
    await loop.next();
    await loop.return();
    controller.abort();
    await wait(1);
    assert.equal((await loop.summary()).done, false);
  });

  test("by signals that are none, or lie, does no harm", PATIENCE, async () => {
    const listeners = [];
    const signals = {
      "whose listeners can't be added": { aborted: false, addEventListener: bang },
      "whose listeners can't be removed": {
        aborted: false,
        addEventListener: (_, listener) => listeners.push(listener),
        removeEventListener: bang,
      },
      "that calls at once": { aborted: false, addEventListener: (_, listener) => listener() },
      "that is aborted and has no reason": { aborted: true, addEventListener() {} },
    };
    for (const [name, signal] of Object.entries(signals)) {
      const { dlq, ids } = side();
      for (const use of [
        () => dlq.list({}, { signal }),
        () => dlq.resumeAll(ids, {}, { signal }),
        () => dlq.preview(ALL, { signal }),
        () => dlq.resumePages(ids, {}, { signal }).next(),
      ]) {
        const found = await outcome(use);
        if ("error" in found) assert.equal(found.error?.name, "AbortError", name);
      }
    }
    assert.equal(listeners.length, 4);
    // Long after the drives have given back their memory; what is under way does not notice.
    const { promise, keep } = promised();
    const honest = hostileFetch();
    const fetch = (...args) => promise.then(() => honest.fetch(...args));
    const { dlq } = side({ options: { fetch } });
    const going = dlq.list();
    for (const listener of listeners) listener();
    keep();
    assert.equal((await going).messages.length, 6);
  });
});

describe("a loop over pages", () => {
  test("is asked for more than there is, all at once", async () => {
    const { dlq, ids } = side();
    const loop = dlq.resumePages(ids, {}, { pageSize: 2 });
    const steps = await Promise.all(Array.from({ length: 8 }, () => loop.next()));
    assert.deepEqual(
      steps.map(({ done }) => done),
      [false, false, false, true, true, true, true, true],
    );
    assert.equal(steps[3].value.resumed, 6);
  });

  for (const tick of [0, 1, 2, 3, 5, 8, 13, 21]) {
    test(`is left while a step is under way, ${tick} turns after it began`, PATIENCE, async () => {
      const { dlq, ids, taken } = side();
      const loop = dlq.resumePages(ids, {}, { pageSize: 3, concurrency: 1 });
      await loop.next();
      const steps = [loop.next(), loop.next()];
      for (let turn = 0; turn < tick; turn++) await null;
      const left = await Promise.allSettled([
        loop.return("x"),
        loop.throw(new Error("y")),
        ...steps,
      ]);
      assert.deepEqual(left[0].value, { done: true, value: "x" });
      assert.equal(left[1].reason.message, "y");
      for (const { status } of left.slice(2)) assert.equal(status, "fulfilled");
      assert.deepEqual(await loop.next(), { done: true, value: undefined });
      const { resumed, unconfirmed } = await loop.summary();
      assert.ok(resumed <= taken() && taken() <= resumed + unconfirmed);
      assert.ok((await dlq.list()).messages);
    });
  }

  test("that never began is left, and asked for its summary", async () => {
    const { dlq, ids, seen } = side();
    const loop = dlq.resumePages(ids);
    assert.equal((await loop.summary()).resumed, 0);
    await loop.return();
    assert.equal((await loop.summary()).resumed, 0);
    const bad = dlq.resumePages({ dlqIds: [] });
    assert.ok(refused(await outcome(() => bad.summary())));
    assert.deepEqual(await bad.return(), { done: true, value: undefined });
    assert.equal(seen.length, 0);
  });
});

test(
  "drives at once on one client, over the same entries: each takes its own",
  PATIENCE,
  async () => {
    const { dlq, ids, taken } = side({ entries: 60 });
    const drive = { pageSize: 5, report: "entries" };
    const all = await Promise.all([
      dlq.resumeAll(ids, {}, drive),
      dlq.resumeAll([...ids].reverse(), {}, drive),
      dlq.resumeAll(ids, {}, { ...drive, strategy: "each" }),
      dlq.deleteAll(ids.slice(20), { pageSize: 1 }),
    ]);
    assert.equal(taken(), 60);
    const done = all.reduce((sum, one) => sum + (one.resumed ?? one.deleted), 0);
    const maybe = all.reduce((sum, one) => sum + one.unconfirmed, 0);
    assert.ok(done <= 60 && 60 <= done + maybe, `${done} ${maybe}`);
    for (const { entries } of all.slice(0, 3)) assert.equal(entries.length, 60);
  },
);
