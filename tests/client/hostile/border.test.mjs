// The border between the caller's code and the wasm: hooks are found where the core reads them, called in
// order, and nothing of the caller's runs while the core is in the middle of something.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "upstash-workflow-dlq";
import { harmless, outcome, PATIENCE, QUICK, TOKEN } from "./attack.mjs";
import { ALL, NEVER, side, THEN, thenable } from "./caller.mjs";
import { hostileFetch } from "./service.mjs";

describe("onCheckpoint", () => {
  test("is called for one checkpoint at a time, and the newest is stored last", async () => {
    const { dlq, ids } = side({ entries: 12 });
    const landed = [];
    let calls = 0;
    let running = 0;
    const onCheckpoint = async () => {
      const call = ++calls;
      running += 1;
      assert.equal(running, 1, "two stores at once");
      // The first is slow, and later ones are quick.
      await wait(call % 3 === 1 ? 20 : 1);
      landed.push(call);
      running -= 1;
    };
    const summary = await dlq.resumeAll(ids, {}, { pageSize: 2, concurrency: 4, onCheckpoint });
    assert.equal(summary.resumed, 12);
    assert.deepEqual(
      landed,
      landed.map((_, index) => index + 1),
    );
    // Requests that became due while a checkpoint was stored share the next one.
    assert.ok(landed.length < 6, `${landed.length} stores for 6 requests`);
  });

  // Whatever request the process dies in, the checkpoint that was stored last knows of it.
  for (let killed = 1; killed <= 8; killed += 1) {
    test(`covers each request before it is sent: the process dies in request ${killed}`, async () => {
      const service = hostileFetch({ entries: 8 });
      let alive = true;
      let stored;
      let requests = 0;
      const fetch = async (url, init) => {
        if (!alive) return NEVER;
        requests += 1;
        const response = service.good(url, init);
        if (requests === killed) alive = false;
        return alive ? response : NEVER;
      };
      let store = 0;
      const onCheckpoint = async (checkpoint) => {
        store += 1;
        await wait(store % 2 === 1 ? 8 : 1);
        if (alive) stored = checkpoint;
      };
      const controller = new AbortController();
      const { signal } = controller;
      const make = (fetch) => new Client({ token: TOKEN, fetch, retry: QUICK }, {});
      const drive = { strategy: "each", concurrency: 3, onCheckpoint, signal, timeout: 50 };
      const running = outcome(() => make(fetch).dlq.resumeAll(service.ids, {}, drive));
      while (alive) await wait(1);
      const rest = await make(async (url, init) => service.good(url, init)).dlq.continueFrom(
        stored,
      );
      assert.deepEqual([rest.done, rest.notFound, service.size()], [true, 0, 0]);
      assert.equal(rest.resumed + rest.unconfirmed, 8);
      controller.abort();
      await running;
    });
  }

  test("that fails withholds every request that waited for it, and stores nothing after", async () => {
    for (const failing of [1, 2, 3]) {
      const { dlq, ids, taken } = side({ entries: 12 });
      let calls = 0;
      const onCheckpoint = async () => {
        calls += 1;
        await wait(2);
        if (calls === failing) throw new Error("the disk is full");
      };
      const drive = { pageSize: 1, concurrency: 4, onCheckpoint };
      const { error } = await outcome(() => dlq.resumeAll(ids, {}, drive));
      assert.deepEqual([error?.code, error?.detail], ["checkpoint_hook", "the disk is full"]);
      assert.equal(calls, failing);
      assert.equal(error.summary.resumed, taken());
      assert.equal((await dlq.continueFrom(error.checkpoint)).resumed, 12);
    }
  });
});

describe("options are found by their position", () => {
  const TRAILING = [[], [undefined], [undefined, undefined], [{}], [null]];
  /** Each method that takes hooks or a signal: the arguments before its options. */
  const METHODS = {
    resumeAll: (ids) => [ids, {}],
    restartAll: (ids) => [ids, undefined],
    deleteAll: (ids) => [ids],
  };
  for (const [method, before] of Object.entries(METHODS)) {
    for (const trailing of TRAILING) {
      test(`${method} with ${trailing.length} arguments behind them: ${trailing}`, async () => {
        const { dlq, ids } = side();
        const calls = { onCheckpoint: 0, onProgress: 0 };
        const drive = {
          onCheckpoint: () => void calls.onCheckpoint++,
          onProgress: () => void calls.onProgress++,
        };
        await dlq[method](...before(ids), drive, ...trailing);
        assert.ok(calls.onCheckpoint > 0 && calls.onProgress > 0, JSON.stringify(calls));
      });
    }
  }

  test("a signal behind which undefined follows aborts", PATIENCE, async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    const { dlq, ids, seen } = side();
    for (const call of [
      () => dlq.list({}, { signal }, undefined),
      () => dlq.get(ids[0], { signal }, undefined),
      () => dlq.resume(ids, {}, { signal }, undefined),
      () => dlq.delete(ids, { signal }, undefined),
      () => dlq.listPages(ALL, { signal }, undefined).next(),
    ]) {
      assert.equal((await outcome(call)).error, reason);
    }
    for (const call of [
      () => dlq.resumeAll(ids, {}, { signal }, undefined),
      () => dlq.deleteAll(ids, { signal }, undefined),
      () => dlq.preview(ALL, { signal }, undefined),
    ]) {
      assert.equal((await call()).reason, "aborted");
    }
    assert.equal(seen.length, 0);
  });

  test("each of the caller's getters is run once", async () => {
    const reads = {};
    const counted = (name, object) =>
      Object.defineProperties(
        {},
        Object.fromEntries(
          Object.entries(object).map(([key, value]) => [
            key,
            {
              enumerable: true,
              get() {
                const place = `${name}.${key}`;
                reads[place] = (reads[place] ?? 0) + 1;
                return value;
              },
            },
          ]),
        ),
      );
    const service = hostileFetch();
    const options = counted("options", {
      token: TOKEN,
      fetch: service.fetch,
      onRequest: () => {},
      maxResponseSize: 1e6,
      retry: counted("retry", { retries: 2, backoff: () => 1 }),
    });
    const { dlq } = new Client(options, {});
    const drive = counted("drive", {
      onProgress: () => {},
      onCheckpoint: () => {},
      signal: new AbortController().signal,
      limit: 3,
    });
    await dlq.resumeAll(counted("selection", { dlqIds: service.ids }), {}, drive);
    assert.equal(Object.keys(reads).length, 12);
    for (const [place, count] of Object.entries(reads)) assert.equal(count, 1, place);
  });
});

describe("the caller's code may do anything, wherever it is called from:", () => {
  const after = (act, value) => {
    act();
    return value;
  };
  const good = '{"messages":[{"dlqId":"1-0"}],"workflowRuns":[{}],"deleted":1}';
  const text = async () => good;
  const response = (more) => ({ status: 200, headers: { get: () => null }, text, ...more });
  const chunk = new TextEncoder().encode(good);
  const getter = (key, value, act) =>
    Object.defineProperty(response(), key, { get: () => after(act, value) });
  /** A drive whose reading of a response calls `act`. */
  const answered = (make) => (act) => ({ fetch: async () => make(act) });
  const replaced = (object, name, call) => (act, t) => {
    const original = object[name];
    t.mock.method(object, name, (...args) => {
      act();
      return call ? call(...args) : original.apply(object, args);
    });
  };
  /** Where the caller's code is called; each gives client options, drive options, or replaces a global. */
  const PLACES = {
    fetch: (act) => ({ fetch: async () => after(act, new Response(good)) }),
    "fetch, before it answers anything": (act) => ({ fetch: () => after(act, new Response(good)) }),
    "a thenable for a response": (act) => ({
      fetch: () =>
        thenable((resolve) => {
          act();
          resolve(response());
        }),
    }),
    "a promise of a class with a then of its own": (act) => ({
      fetch: () => {
        class Own extends Promise {
          [THEN](...args) {
            act();
            return super[THEN](...args);
          }
        }
        return Own.resolve(response());
      },
    }),
    "response.status": answered((act) => getter("status", 200, act)),
    "response.type": answered((act) => getter("type", "basic", act)),
    "response.headers": answered((act) => getter("headers", new Headers(), act)),
    "response.body": answered((act) => getter("body", null, act)),
    "headers.get": answered((act) => response({ headers: { get: () => after(act, null) } })),
    "headers.get, of a 429": answered((act) =>
      response({ status: 429, headers: { get: () => after(act, null) } }),
    ),
    "headers.get, of a 500": answered((act) =>
      response({ status: 500, headers: { get: () => after(act, null) } }),
    ),
    "response.text": answered((act) => response({ text: async () => after(act, good) })),
    "a body that can be read": answered((act) => {
      const chunks = [chunk];
      const read = async () => after(act, { done: chunks.length === 0, value: chunks.pop() });
      return response({ body: { getReader: () => after(act, { read, cancel: async () => {} }) } });
    }),
    "a body that is too large": answered((act) => {
      const read = async () => ({ done: false, value: new Uint8Array(2_000_000) });
      const cancel = () => after(act, Promise.resolve());
      return response({ body: { getReader: () => ({ read, cancel }) } });
    }),
    "the abort event of the signal that fetch gets": (act) => ({
      fetch: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => after(act, reject(signal.reason)));
        }),
    }),
    "an error's message": (act) => ({
      fetch: async () => {
        throw Object.defineProperty(new Error(), "message", { get: () => after(act, "x") });
      },
    }),
    onRequest: (act) => ({ onRequest: act }),
    onProgress: (act) => ({ drive: { onProgress: act } }),
    onCheckpoint: (act) => ({ drive: { onCheckpoint: act } }),
    "what onCheckpoint throws": (act) => ({
      drive: {
        onCheckpoint: () => {
          throw Object.defineProperty(new Error(), "message", { get: () => after(act, "x") });
        },
      },
    }),
    "a getter of an option": (act) => ({
      drive: {
        get limit() {
          act();
          return 5;
        },
      },
    }),
    backoff: (act) => ({ retry: { retries: 2, backoff: () => after(act, 1) }, fails: true }),
    "console.error": (act, t) => {
      t.mock.method(console, "error", act);
      return {
        drive: {
          onProgress() {
            throw new Error("x");
          },
        },
      };
    },
    "the clock": replaced(Date, "now"),
    chance: replaced(Math, "random"),
    "JSON.parse": replaced(JSON, "parse"),
    setTimeout: replaced(globalThis, "setTimeout"),
    clearTimeout: replaced(globalThis, "clearTimeout"),
    queueMicrotask: replaced(globalThis, "queueMicrotask"),
    AbortController: (act, t) => {
      const { AbortController: Original } = globalThis;
      globalThis.AbortController = class extends Original {
        constructor() {
          super();
          act();
        }
        abort(reason) {
          act();
          super.abort(reason);
        }
      };
      t.after(() => {
        globalThis.AbortController = Original;
      });
    },
    "the stack of an error": (act, t) => {
      Error.prepareStackTrace = () => after(act, "a stack");
      t.after(() => {
        Error.prepareStackTrace = undefined;
      });
      return { fails: true };
    },
    "a setter of Object.prototype": (act, t) => {
      for (const key of ["done", "code", "checkpoint", "status"]) {
        Object.defineProperty(Object.prototype, key, {
          set(value) {
            act();
            Object.defineProperty(this, key, {
              value,
              enumerable: true,
              writable: true,
              configurable: true,
            });
          },
          configurable: true,
        });
      }
      t.after(() => {
        for (const key of ["done", "code", "checkpoint", "status"]) delete Object.prototype[key];
      });
    },
  };
  const fails = async () => new Response('{"error":"x"}', { status: 500 });

  for (const [place, prepare] of Object.entries(PLACES)) {
    test(place, PATIENCE, async (t) => {
      let calls = 0;
      let acting = false;
      let act = () => {};
      const called = () => {
        calls += 1;
        if (acting) return;
        acting = true;
        try {
          act();
        } finally {
          acting = false;
        }
      };
      const { drive, fails: failing, ...options } = prepare(called, t) ?? {};
      const { dlq } = side({
        options: {
          timeout: 40,
          maxResponseSize: 1e6,
          ...(failing && { fetch: fails }),
          ...options,
        },
      });
      for (const start of [
        (more) => dlq.resumeAll(ALL, {}, more),
        (more) => dlq.resumeAll(ALL, {}, { ...more, strategy: "batches", report: "entries" }),
        (more) => dlq.resumeAll(["1-0", "2-0"], {}, { ...more, strategy: "each" }),
        (more) => dlq.deleteAll(ALL, more),
        (more) => dlq.preview(ALL, more),
        (more) => dlq.resume("1-0", {}, { signal: more.signal }),
        (more) => dlq.list({}, { signal: more.signal }),
      ]) {
        for (const behaviour of [
          (controller) => controller.abort(),
          (controller, loop, turn) => {
            if (turn > 5) return controller.abort();
            loop.summary().catch(() => {});
            loop.next().catch(() => {});
            dlq.list().catch(() => {});
          },
        ]) {
          const controller = new AbortController();
          const loop = dlq.resumePages(["3-0"], {}, { timeBudget: 50, maxRequests: 3 });
          let turn = 0;
          act = () => behaviour(controller, loop, ++turn);
          const bounds = { timeBudget: 200, maxRequests: 20, signal: controller.signal };
          const properties = Object.getOwnPropertyDescriptors(drive ?? {});
          const found = await outcome(() => start(Object.defineProperties(bounds, properties)));
          act = () => {};
          await loop.return();
          const { error } = found;
          assert.ok(!/^wasm_/.test(error?.code), `${error?.code}: ${error?.detail}`);
          if (error?.name !== "AbortError" && error !== undefined) harmless(place, found);
        }
      }
      assert.ok(calls > 0, "it was never called");
    });
  }
});
