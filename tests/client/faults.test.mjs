// What goes wrong on the way: each fault gives the documented error or a retry, and the numbers add
// up to what the service really did.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as dlq from "upstash-workflow-dlq";
import { assertBooks, failure, QUICK, requestsTo, world } from "./setup.mjs";

const RESUME = "/v2/workflows/dlq/resume";
const status = (code, more) => ({ type: "status", status: code, ...more });
const error = (text) => JSON.stringify({ error: text });

/** Answers that end a single call, whatever it does. */
const FINAL = [
  [400, dlq.ApiError, "bad_request"],
  [401, dlq.AuthenticationError, "unauthorized"],
  [403, dlq.AuthenticationError, "forbidden"],
  [404, dlq.NotFoundError, "not_found"],
  [418, dlq.ApiError, "api_error"],
];

/** Answers after which a POST may have acted, and a GET is tried again. */
const LOST = {
  500: [status(500, { body: error("boom") }), dlq.ApiError, "server_error", 500],
  "500 without a body": [status(500), dlq.ApiError, "server_error", 500],
  "502 with HTML": ["html", dlq.ApiError, "server_error", 502],
  503: [status(503, { body: error("later") }), dlq.ApiError, "server_error", 503],
  504: [status(504), dlq.ApiError, "server_error", 504],
  408: [status(408), dlq.ApiError, "api_error", 408],
  "a dropped connection": ["drop", dlq.NetworkError, "network_error", undefined],
  "a body that breaks off": ["cutOff", dlq.NetworkError, "network_error", undefined],
};

/** Answers of success that can't be read. */
const UNREADABLE = {
  "200 with half of the JSON": { type: "cutOff", clean: true },
  "200 with a wrong shape": { type: "wrongShape" },
  "200 with an empty body": status(200),
  "200 with a list": { type: "wrongShape", body: [] },
  "200 with null": { type: "wrongShape", body: null },
};

describe("one call", { concurrency: true }, () => {
  for (const [code, Class, name] of FINAL) {
    test(`${code} is ${name}, at once`, async (t) => {
      const { emulator, client, ids } = await world(t, { entries: 1 });
      await emulator.faults([
        { match: {}, action: status(code, { body: error("the service's words") }) },
      ]);
      for (const call of [
        () => client.dlq.resume(ids[0]),
        () => client.dlq.list(),
        () => client.dlq.get(ids[0]),
        () => client.dlq.delete(ids),
      ]) {
        const found = await failure(call());
        assert.ok(found instanceof Class && found instanceof dlq.DlqError, found.name);
        assert.equal(found.code, name);
        assert.equal(found.status, code);
        assert.equal(found.retryable, false);
        assert.equal(found.mayHaveActed, false);
        assert.match(found.message, /the service's words/);
      }
      assert.equal((await emulator.requests()).total, 4);
    });
  }

  for (const [name, [action, Class, code, answered]] of Object.entries(LOST)) {
    test(`${name}: a read is tried again, what acts is not`, async (t) => {
      const { emulator, client, ids } = await world(t, { entries: 2 });
      await emulator.faults([{ match: { method: "GET" }, times: 2, action }]);
      assert.equal((await client.dlq.list()).messages.length, 2);

      await emulator.faults([{ match: {}, action }]);
      const read = await failure(client.dlq.get(ids[0]));
      assert.equal(read.code, code);
      assert.equal(read.attempts, QUICK.attempts);
      assert.equal(read.mayHaveActed, false);

      await emulator.faults([{ match: { method: "POST" }, when: "after", action }]);
      const before = (await requestsTo(emulator, RESUME)).length;
      const acted = await failure(client.dlq.resume([ids[0]]));
      assert.ok(acted instanceof Class, acted.name);
      assert.equal(acted.code, code);
      assert.equal(acted.status, answered);
      assert.equal(acted.retryable, true);
      assert.equal(acted.mayHaveActed, true);
      assert.match(acted.message, /may have been executed/i);
      assert.equal((await requestsTo(emulator, RESUME)).length, before + 1);
      assert.equal((await emulator.audit({ summary: true })).resumed, 1);
    });
  }

  for (const [name, action] of Object.entries(UNREADABLE)) {
    test(`${name} is a ResponseFormatError`, async (t) => {
      const { emulator, client, ids } = await world(t, { entries: 1 });
      await emulator.faults([{ match: { method: "POST" }, when: "after", action }]);
      const found = await failure(client.dlq.resume(ids));
      assert.ok(found instanceof dlq.ResponseFormatError, `${found.name}: ${found.message}`);
      assert.equal(found.mayHaveActed, true);
      assert.equal((await requestsTo(emulator, RESUME)).length, 1);
    });
  }

  test("a refused connection did nothing, so it is tried again", async (t) => {
    const { emulator, make, ids } = await world(t, { entries: 1 });
    await emulator.close();
    const found = await failure(make().dlq.resume(ids));
    assert.ok(found instanceof dlq.NetworkError);
    assert.equal(found.mayHaveActed, false);
    assert.equal(found.attempts, QUICK.attempts);
  });

  test("no answer in time is a TimeoutError", async (t) => {
    const { emulator, make, ids } = await world(t, { entries: 1 });
    await emulator.faults([{ match: {}, action: "hang" }]);
    const found = await failure(make({ timeout: 50 }).dlq.resume(ids));
    assert.ok(found instanceof dlq.TimeoutError, found.message);
    assert.equal(found.mayHaveActed, true);
    const slow = await failure(make().dlq.get(ids[0], { timeout: 20 }));
    assert.ok(slow instanceof dlq.TimeoutError);
    assert.equal(slow.mayHaveActed, false);
  });

  test("a redirect is not followed", async (t) => {
    const { emulator, client, ids } = await world(t, { entries: 1 });
    await emulator.faults([
      { match: {}, action: { type: "redirect", to: `${emulator.url}/elsewhere`, status: 302 } },
    ]);
    const found = await failure(client.dlq.resume(ids));
    assert.equal(found.code, "unexpected_redirect");
    const { requests } = await emulator.requests();
    assert.equal(requests.filter(({ path }) => path.includes("elsewhere")).length, 0);
  });
});

/** In how many ms at least a limit ends: a response takes a part of a second on a busy machine. */
const AWAY_MS = 1_000;
/** The forms in which a limit is told. */
const LIMITS = {
  "a burst's reset in seconds": [
    () => ({ "Burst-RateLimit-Limit": 1, "Burst-RateLimit-Reset": soon() }),
    "burst",
  ],
  "a burst's reset in ms": [
    () => ({ "Burst-RateLimit-Limit": 1, "Burst-RateLimit-Reset": Date.now() + AWAY_MS }),
    "burst",
  ],
  "a burst's reset as a delta": [
    () => ({ "Burst-RateLimit-Limit": 1, "Burst-RateLimit-Reset": 1 }),
    "burst",
  ],
  "the day's reset": [
    () => ({ "RateLimit-Limit": 10, "RateLimit-Remaining": 0, "RateLimit-Reset": soon() }),
    "daily",
  ],
  "Retry-After in seconds": [() => ({ "Retry-After": 1 }), undefined],
  "Retry-After as a date": [
    () => ({ "Retry-After": new Date(Date.now() + 1_000 + AWAY_MS).toUTCString() }),
    undefined,
  ],
  "no header at all": [() => ({}), undefined],
};
/** A reset at a whole second, at least `AWAY_MS` away. */
const soon = () => Math.ceil((Date.now() + AWAY_MS) / 1000);

describe("429", { concurrency: true }, () => {
  for (const [name, [headers, scope]] of Object.entries(LIMITS)) {
    test(`${name}: waited for, and nothing is lost`, async (t) => {
      const { emulator, client, make, ids } = await world(t, { entries: 20 });
      const limited = () => status(429, { headers: headers(), body: error("too many") });
      // Before the moment is chosen at which the limit ends.
      const begun = Date.now();
      await emulator.faults([{ match: {}, times: 1, action: limited() }]);
      const { workflowRuns } = await client.dlq.resume(ids.slice(0, 2));
      assert.equal(workflowRuns.length, 2);
      if (name !== "no header at all") assert.ok(Date.now() - begun >= 100, "it waited");

      await emulator.faults([{ match: {}, times: 2, action: limited() }]);
      const summary = await client.dlq.resumeAll({ all: true });
      assert.equal(summary.resumed, 18);
      await assertBooks(emulator, { ...summary, resumed: 20 });

      await emulator.faults([{ match: {}, action: limited() }]);
      const found = await failure(make({ retry: false }).dlq.resume(ids));
      assert.ok(found instanceof dlq.RateLimitError);
      assert.equal(found.code, "rate_limited");
      assert.equal(found.retryable, true);
      assert.equal(found.mayHaveActed, false);
      assert.equal(found.scope, scope);
      if (name === "no header at all") assert.equal(found.resetAt, undefined);
      else assert.ok(Math.abs(found.resetAt - Date.now()) < 10_000, `${found.resetAt}`);
    });
  }

  for (const [retry, attempts] of [
    [false, 1],
    [{ attempts: 2 }, 2],
  ]) {
    test(`for ever, with retry: ${JSON.stringify(retry)}: a drive ends with its checkpoint`, async (t) => {
      const { emulator, make } = await world(t, { entries: 20 });
      const headers = { "Retry-After": 1 };
      await emulator.faults([{ match: { method: "POST" }, action: status(429, { headers }) }]);
      const found = await failure(make({ retry }).dlq.resumeAll({ all: true }));
      assert.deepEqual([found.code, found.mayHaveActed], ["rate_limited", false]);
      assert.equal(typeof found.checkpoint, "string");
      const { requests } = await emulator.requests();
      assert.equal(requests.filter(({ method }) => method === "POST").length, attempts);
    });
  }

  test("as many as are in flight, at once, are one", async (t) => {
    const { emulator, client, ids } = await world(t, { entries: 200, config: { latencyMs: 20 } });
    const rule = { match: { method: "POST" }, times: 64, action: status(429) };
    await emulator.faults([rule]);
    const drive = { strategy: "each", concurrency: 64 };
    const summary = await client.dlq.resumeAll(ids, {}, drive);
    assert.equal(summary.resumed, 200);
    assert.equal(summary.retries, 64);
    await assertBooks(emulator, summary);
  });

  test("a wait past the time budget ends with a checkpoint", async (t) => {
    const { emulator, client } = await world(t, { entries: 20 });
    await emulator.faults([
      { match: { method: "POST" }, action: status(429, { headers: { "Retry-After": 8 } }) },
    ]);
    const begun = Date.now();
    const summary = await client.dlq.resumeAll({ all: true }, {}, { timeBudget: 4_000 });
    assert.ok(Date.now() - begun < 4_000, "it did not wait for what can't be had");
    assert.equal(summary.reason, "time");
    assert.equal(summary.done, false);
    assert.equal(summary.resumed, 0);
    await emulator.faults([]);
    const rest = await client.dlq.continueFrom(summary.checkpoint);
    assert.equal(rest.resumed, 20);
    await assertBooks(emulator, rest);
  });
});

/** Faults in the midst of a drive, and what they may leave open. */
const DRIVEN = {
  500: status(500, { body: error("boom") }),
  "502 with HTML": "html",
  "200 with half of the JSON": { type: "cutOff", clean: true },
  "200 with a wrong shape": { type: "wrongShape" },
  "a dropped connection": "drop",
  429: status(429, { body: error("too many") }),
};
const STRATEGIES = {
  pages: [{ all: true }, { pageSize: 25 }],
  "pages in lanes": [{ all: true }, { pageSize: 25, concurrency: 4 }],
  batches: ["ids", { pageSize: 25, concurrency: 3 }],
  "batches of a filter": [{ all: true }, { strategy: "batches", pageSize: 25 }],
  each: ["ids", { strategy: "each", concurrency: 8 }],
};

for (const [strategy, [selection, drive]] of Object.entries(STRATEGIES)) {
  describe(`a drive by ${strategy}`, { concurrency: true }, () => {
    for (const when of ["before", "after"]) {
      for (const [name, action] of Object.entries(DRIVEN)) {
        if (action.status === 429 && when === "after") continue;
        test(`${name} ${when} the work`, async (t) => {
          const { emulator, client, ids } = await world(t, { entries: 100 });
          await emulator.faults([{ match: { method: "POST" }, nth: 2, times: 1, when, action }]);
          const what = selection === "ids" ? ids : selection;
          const summary = await client.dlq.resumeAll(what, {}, drive);
          assert.equal(summary.reason, "complete");
          assert.equal(summary.done, true);
          const lost = when === "after" || strategy.startsWith("pages");
          const exact = action.status === 429 || !lost;
          const audit = await assertBooks(emulator, summary, { exact });
          assert.equal(audit.remaining, 0);
          assert.equal(audit.resumed, 100);
          assert.ok(summary.requests >= 2);
          if (strategy.includes("batches") || strategy === "each") {
            const { resumed, notFound, unconfirmed, failed } = summary;
            assert.equal(resumed + notFound + unconfirmed + failed, 100);
          }
          assert.ok((await emulator.faults()).struck);
        });
      }
    }

    for (const [code, Class, name] of FINAL.filter(([code]) => code === 401 || code === 403)) {
      test(`${code} ends it with the error, the summary and a checkpoint`, async (t) => {
        const { emulator, client, ids } = await world(t, { entries: 100 });
        await emulator.faults([{ match: { method: "POST" }, nth: 3, action: status(code) }]);
        const what = selection === "ids" ? ids : selection;
        const found = await failure(client.dlq.resumeAll(what, {}, { ...drive, concurrency: 1 }));
        assert.ok(found instanceof Class, found.message);
        assert.equal(found.code, name);
        assert.equal(found.summary.done, false);
        await assertBooks(emulator, found.summary);
        assert.ok(found.summary.resumed > 0);
        await emulator.faults([]);
        const rest = await client.dlq.continueFrom(found.checkpoint);
        assert.equal(rest.resumed, 100);
        await assertBooks(emulator, rest);
      });
    }
  });
}

describe("a drive that can't go on", { concurrency: true }, () => {
  /** Takes two pages, then meets `action` with every request. */
  const meet = async ({ emulator, client }, action) => {
    let pages = 0;
    const found = await failure(
      (async () => {
        for await (const page of client.dlq.resumePages({ all: true }, {}, { pageSize: 10 })) {
          if (page.workflowRuns.length > 0) pages += 1;
          if (pages === 2) await emulator.faults([{ match: { method: "POST" }, action }]);
        }
      })(),
    );
    await emulator.faults([]);
    assert.equal(pages, 2);
    return found;
  };

  test("an outage ends it after the attempts, and nothing is lost from the report", async (t) => {
    const here = await world(t, { entries: 100 });
    const found = await meet(here, status(503));
    assert.equal(found.code, "server_error");
    assert.equal(found.retryable, true);
    assert.equal(found.mayHaveActed, true);
    assert.equal(found.summary.resumed, 20);
    assert.equal(found.summary.retries, QUICK.attempts - 1);
    await assertBooks(here.emulator, found.summary, { exact: false });
    const rest = await here.client.dlq.continueFrom(found.checkpoint);
    const audit = await assertBooks(here.emulator, rest, { exact: false });
    assert.equal(audit.remaining, 0);
  });

  test("a cursor that does not move on", async (t) => {
    const here = await world(t, { entries: 100 });
    const found = await meet(here, "repeatCursor");
    assert.equal(found.code, "cursor_stuck");
    assert.equal(found.retryable, true);
    assert.equal(found.summary.resumed, 20);
    await assertBooks(here.emulator, found.summary);
    const rest = await here.client.dlq.continueFrom(found.checkpoint);
    assert.equal(rest.resumed, 100);
    await assertBooks(here.emulator, rest);
  });

  test("empty pages with a cursor are not the end", async (t) => {
    const { emulator, client } = await world(t, { entries: 100 });
    await emulator.faults([{ match: { method: "POST" }, every: 2, action: "emptyPage" }]);
    const summary = await client.dlq.resumeAll({ all: true }, {}, { pageSize: 10 });
    assert.equal(summary.resumed, 100);
    await assertBooks(emulator, summary);
  });
});
