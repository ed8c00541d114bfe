// Driving a selection to its end: strategies, conditions, canary, refusals and progress.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as dlq from "upstash-workflow-dlq";
import { assertBooks, failure, requestsTo, world } from "./setup.mjs";

const RESUME = "/v2/workflows/dlq/resume";
const query = (request) => new URLSearchParams(request.path.split("?")[1]);
/** The summary without what differs from run to run. */
const counts = ({ resumed, notFound, unconfirmed, failed }) => [
  resumed,
  notFound,
  unconfirmed,
  failed,
];

describe("pages", { concurrency: true }, () => {
  test("everything, with overrides on every request", async (t) => {
    const { emulator, client } = await world(t, { entries: 250 });
    const overrides = {
      retries: 5,
      delay: "10s",
      retryDelay: "pow(2, retried) * 1000",
      flowControl: { key: "repair", parallelism: 10, rate: 5, period: "1m" },
      label: ["night", "incident-7"],
      failureCallback: "https://example.com/failed",
    };
    const summary = await client.dlq.resumeAll({ all: true }, overrides);
    assert.deepEqual(counts(summary), [250, 0, 0, 0]);
    assert.equal(summary.done, true);
    assert.equal(summary.reason, "complete");
    assert.equal(summary.checkpoint, undefined);
    await assertBooks(emulator, summary);
    const sent = await requestsTo(emulator, RESUME);
    assert.equal(sent.length, 3);
    // A list at the beginning, and one at the end.
    assert.equal(summary.requests, 5);
    for (const request of sent) {
      assert.equal(query(request).get("count"), "100");
      assert.ok(query(request).get("toDate"), "the bound is pinned");
      const { headers } = request;
      assert.equal(headers["upstash-retries"], "5");
      assert.equal(headers["upstash-delay"], "10s");
      assert.equal(headers["upstash-retry-delay"], "pow(2, retried) * 1000");
      assert.equal(headers["upstash-flow-control-key"], "repair");
      assert.equal(headers["upstash-flow-control-value"], "parallelism=10, rate=5, period=1m");
      assert.equal(headers["upstash-label"], "night,incident-7");
      assert.equal(headers["upstash-failure-callback"], "https://example.com/failed");
    }
  });

  for (const cap of [1, 7, 50]) {
    test(`a service that gives ${cap} at most`, async (t) => {
      const { emulator, client } = await world(t, { entries: 60, config: { pageCap: cap } });
      const summary = await client.dlq.resumeAll({ all: true });
      assert.equal(summary.resumed, 60);
      await assertBooks(emulator, summary);
    });
  }

  test("a service that refuses to list more than a hundred", async (t) => {
    const config = { listOverCap: "400" };
    const { emulator, client } = await world(t, { entries: 150, config });
    const pageSize = 1_000;
    assert.equal((await client.dlq.preview({ all: true }, { pageSize })).count, 150);
    const drive = { strategy: "batches", pageSize };
    const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.equal(summary.resumed, 150);
    await assertBooks(emulator, summary);
  });

  for (const contentType of ["text/plain", null]) {
    test(`JSON that says it is ${contentType}`, async (t) => {
      const { emulator, client } = await world(t, { entries: 120, config: { contentType } });
      const summary = await client.dlq.resumeAll({ all: true });
      assert.equal(summary.resumed, 120);
      await assertBooks(emulator, summary);
      await assert.rejects(client.dlq.get("1-0"), { status: 404, detail: /not found/ });
    });
  }

  for (const endCursor of ["empty", "null", "absent"]) {
    test(`the end: a cursor that is ${endCursor}, after an empty page`, async (t) => {
      const config = { endCursor, trailingEmptyPage: true };
      const { emulator, client } = await world(t, { entries: 200, config });
      const summary = await client.dlq.resumeAll({ all: true });
      assert.equal(summary.resumed, 200);
      await assertBooks(emulator, summary);
    });
  }

  for (const limit of [1, 99, 100, 101, 150, 1_000]) {
    test(`limit ${limit} of 250`, async (t) => {
      const { emulator, client } = await world(t, { entries: 250 });
      const summary = await client.dlq.resumeAll({ all: true }, {}, { limit });
      assert.equal(summary.resumed, Math.min(limit, 250));
      assert.equal(summary.reason, limit < 250 ? "limit" : "complete");
      assert.equal(summary.done, true);
      await assertBooks(emulator, summary);
    });
  }

  test("a limit is not passed when answers are lost", async (t) => {
    const { emulator, client } = await world(t, { entries: 250 });
    await emulator.faults([{ match: { method: "POST" }, every: 2, when: "after", action: 500 }]);
    const drive = { limit: 100, pageSize: 20 };
    const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.ok(summary.resumed + summary.unconfirmed <= 100);
    const audit = await assertBooks(emulator, summary, { exact: false });
    assert.ok(audit.resumed <= 100);
  });

  test("a filter: only what matches", async (t) => {
    const seed = { labels: ["a", "b", null], workflowUrls: ["https://app.example/one"] };
    const { emulator, client } = await world(t, { entries: 90, seed });
    const summary = await client.dlq.resumeAll({ filter: { label: ["a", "b"] } });
    assert.equal(summary.resumed, 60);
    await assertBooks(emulator, summary);
  });

  test("nothing matches", async (t) => {
    const { emulator, client } = await world(t, { entries: 10 });
    const summary = await client.dlq.resumeAll({ filter: { label: "none" } });
    assert.deepEqual(counts(summary), [0, 0, 0, 0]);
    assert.equal(summary.reason, "complete");
    assert.equal((await requestsTo(emulator, RESUME)).length, 0);
  });

  test("what fails again is not resumed again", async (t) => {
    const seed = { runs: { failAgain: 1, afterMs: 1 } };
    const { emulator, client } = await world(t, { entries: 100, seed });
    const summary = await client.dlq.resumeAll({ all: true }, {}, { pageSize: 10 });
    assert.equal(summary.resumed, 100);
    assert.equal(summary.reason, "complete");
    await emulator.idle();
    const audit = await assertBooks(emulator, summary);
    assert.equal(audit.failedAgain, 100);
    assert.equal(audit.remaining, 100);
  });

  test("unless it is asked for, within a bound", async (t) => {
    const seed = { runs: { failAgain: 1, afterMs: 0 } };
    const { client } = await world(t, { entries: 10, seed });
    const drive = { freeze: false, limit: 25, pageSize: 5 };
    const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.equal(summary.reason, "limit");
    assert.equal(summary.resumed, 25);
  });

  for (const dateSkewMs of [-90_000, 90_000]) {
    test(`a clock that is off by ${dateSkewMs} ms`, async (t) => {
      const config = { dateSkewMs };
      const seed = { runs: { failAgain: 1, afterMs: 1 }, to: Date.now() - 100_000 };
      const { emulator, client } = await world(t, { entries: 50, seed, config });
      const summary = await client.dlq.resumeAll({ all: true }, {}, { pageSize: 10 });
      assert.equal(summary.done, true);
      const audit = await emulator.audit({ summary: true });
      assert.deepEqual(audit.resumedTwice, []);
      assert.equal(summary.resumed, audit.resumed);
    });
  }
});

describe("ids", { concurrency: true }, () => {
  for (const strategy of ["batches", "each"]) {
    test(`${strategy}: each in exactly one place, whatever is missing`, async (t) => {
      for (const notFound of ["atomic", "rest", "stop-at-first"]) {
        const { emulator, client, ids } = await world(t, { entries: 120, config: { notFound } });
        await client.dlq.delete(ids.slice(50, 55));
        const wanted = [...ids, "1752829295505-9", ids[3], ids[4]];
        const drive = { strategy, report: "entries", pageSize: 30 };
        const summary = await client.dlq.resumeAll(wanted, {}, drive);
        const { resumed, unconfirmed, failed } = summary;
        assert.equal(resumed + summary.notFound + unconfirmed + failed, 121);
        assert.equal(failed, 0);
        const audit = await emulator.audit();
        assert.deepEqual(audit.resumedTwice, []);
        if (strategy === "each") assert.deepEqual(counts(summary), [115, 6, 0, 0]);
        assert.equal(summary.entries.length, 121);
        assert.equal(new Set(summary.entries.map(({ dlqId }) => dlqId)).size, 121);
        for (const { dlqId, workflowRunId, outcome } of summary.entries) {
          const truth = audit.byEntry[dlqId]?.resumed ?? 0;
          if (outcome === "resumed") assert.equal(truth, 1, dlqId);
          if (outcome === "notFound") assert.equal(truth, 0, dlqId);
          if (strategy === "each" && outcome === "resumed") {
            assert.deepEqual(audit.byEntry[dlqId].workflowRunIds, [workflowRunId]);
          }
        }
        assert.equal(audit.remaining, 0);
      }
    });
  }

  test("thousands never make a URL that servers refuse", async (t) => {
    const { emulator, client, ids } = await world(t, { entries: 3_000 });
    const summary = await client.dlq.resumeAll(ids, {}, { pageSize: 1_000 });
    assert.equal(summary.resumed, 3_000);
    await assertBooks(emulator, summary);
    for (const { path } of await requestsTo(emulator, RESUME)) assert.ok(path.length <= 8_000);
  });

  test("one call with too many is refused before it is sent", async (t) => {
    const { emulator, client, ids } = await world(t, { entries: 1_000 });
    const error = await failure(client.dlq.resume(ids));
    assert.ok(error instanceof dlq.ValidationError);
    assert.equal(error.issues[0].code, "url_too_long");
    assert.match(error.message, /resumeAll/);
    assert.equal((await emulator.requests()).total, 0);
  });

  test("an entry that can't be resumed is failed, the others are resumed", async (t) => {
    const { emulator, client } = await world(t);
    const entries = Array.from({ length: 40 }, (_, i) => ({ unresumable: i === 7 || i === 31 }));
    const { dlqIds } = await emulator.seed({ entries });
    const drive = { report: "entries", pageSize: 20 };
    const summary = await client.dlq.resumeAll(dlqIds, {}, drive);
    assert.deepEqual(counts(summary), [38, 0, 0, 2]);
    const failed = summary.entries.filter(({ outcome }) => outcome === "failed");
    assert.deepEqual(failed.map(({ dlqId }) => dlqId).sort(), [dlqIds[7], dlqIds[31]].sort());
    await assertBooks(emulator, summary);
  });
});

describe("the other actions", { concurrency: true }, () => {
  for (const [method, done] of [
    ["restartAll", "restarted"],
    ["deleteAll", "deleted"],
  ]) {
    for (const what of ["all", "ids"]) {
      test(`${method} of ${what}`, async (t) => {
        const { emulator, client, ids } = await world(t, { entries: 150 });
        const selection = what === "all" ? { all: true } : ids;
        const args = method === "deleteAll" ? [selection] : [selection, { retries: 1 }];
        const summary = await client.dlq[method](...args);
        assert.equal(summary[done], 150);
        assert.equal(summary.resumed, undefined);
        await assertBooks(emulator, summary, { done });
      });
    }
  }

  test("pages of each", async (t) => {
    const { emulator, client } = await world(t, { entries: 30 });
    const seen = [];
    for await (const page of client.dlq.listPages({ all: true }, { pageSize: 10 })) {
      seen.push(...page.messages.map(({ dlqId }) => dlqId));
    }
    assert.equal(new Set(seen).size, 30);
    let restarted = 0;
    for await (const page of client.dlq.restartPages(
      { all: true },
      {},
      { pageSize: 10, limit: 10 },
    ))
      restarted += page.workflowRuns.length;
    assert.equal(restarted, 10);
    let deleted = 0;
    for await (const page of client.dlq.deletePages({ all: true }, { pageSize: 10 }))
      deleted += page.deleted;
    assert.equal(deleted, 20);
    const audit = await emulator.audit({ summary: true });
    assert.deepEqual([audit.restarted, audit.deleted, audit.remaining], [10, 20, 0]);
  });
});

describe("canary", { concurrency: true }, () => {
  const canary = { entries: 5, wait: 100, maxFailedAgain: 1 };
  for (const strategy of ["pages", "batches", "each"]) {
    test(`${strategy}: stops when the first ones fail again, and goes on when told to`, async (t) => {
      const seed = { runs: { failAgain: 1, afterMs: 1 } };
      const { emulator, client } = await world(t, { entries: 60, seed });
      const drive = { canary, strategy };
      const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
      assert.equal(summary.reason, "canary");
      assert.equal(summary.done, false);
      assert.equal(summary.resumed, 5);
      await assertBooks(emulator, summary);
      const rest = await client.dlq.continueFrom(summary.checkpoint);
      assert.equal(rest.reason, "complete");
      assert.equal(rest.resumed, 60);
      await assertBooks(emulator, rest);
    });

    test(`${strategy}: goes on once they have finished`, async (t) => {
      const { emulator, client, ids } = await world(t, { entries: 60 });
      const selection = strategy === "pages" ? { all: true } : ids;
      const summary = await client.dlq.resumeAll(selection, {}, { canary, strategy });
      assert.equal(summary.reason, "complete");
      assert.equal(summary.resumed, 60);
      await assertBooks(emulator, summary);
    });
  }

  test("a wait beyond the budget ends with a checkpoint, which looks when its time has come", async (t) => {
    const seed = { runs: { failAgain: 1, afterMs: 1 } };
    const { client } = await world(t, { entries: 60, seed });
    const drive = { canary: { ...canary, wait: 400 }, timeBudget: 200 };
    const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.equal(summary.reason, "time");
    assert.equal(summary.resumed, 5);
    const next = await client.dlq.continueFrom(summary.checkpoint);
    assert.equal(next.reason, "canary");
    assert.equal(next.resumed, 5);
  });
});

describe("what the service refuses", { concurrency: true }, () => {
  const refusal = { type: "status", status: 400, body: '{"error":"not like this"}' };
  test("every cursor: ids are sent instead", async (t) => {
    const { emulator, client } = await world(t, { entries: 100 });
    await emulator.faults([{ match: { method: "POST", query: "cursor=" }, action: refusal }]);
    const strategies = new Set();
    const onProgress = ({ strategy }) => strategies.add(strategy);
    const summary = await client.dlq.resumeAll({ all: true }, {}, { pageSize: 10, onProgress });
    assert.equal(summary.reason, "complete");
    assert.equal(summary.resumed, 100);
    assert.deepEqual([...strategies], ["pages", "batches"]);
    await assertBooks(emulator, summary);
    const sent = await requestsTo(emulator, RESUME);
    assert.ok(sent.some(({ path }) => path.includes("dlqIds=")));
  });

  test("an entry amid a filter: singled out", async (t) => {
    const { emulator, client } = await world(t);
    await emulator.seed({
      entries: Array.from({ length: 60 }, (_, i) => ({ unresumable: i === 33 })),
    });
    const summary = await client.dlq.resumeAll({ all: true }, {}, { pageSize: 10 });
    assert.deepEqual(counts(summary), [59, 0, 0, 1]);
    await assertBooks(emulator, summary);
  });

  test("everything: told as it is, not as so many entries", async (t) => {
    const { emulator, client, ids } = await world(t, { entries: 500 });
    await emulator.faults([{ match: { method: "POST" }, action: refusal }]);
    for (const selection of [ids, { all: true }]) {
      const error = await failure(client.dlq.resumeAll(selection));
      assert.equal(error.code, "bad_request");
      assert.match(error.message, /not like this/);
      assert.ok(error.summary.requests < 60, `${error.summary.requests} requests`);
    }
  });
});

describe("progress", { concurrency: true }, () => {
  test("the same id twice is one", async (t) => {
    const { client, ids } = await world(t, { entries: 10 });
    let last;
    const onProgress = (event) => {
      last = event;
    };
    const summary = await client.dlq.resumeAll([...ids, ...ids], {}, { onProgress });
    assert.deepEqual(counts(summary), [10, 0, 0, 0]);
    assert.deepEqual([last.done, last.of], [10, 10]);
  });

  test("counts rise, and the last is the summary", async (t) => {
    const { client, ids } = await world(t, { entries: 95 });
    const events = [];
    const onProgress = (event) => void events.push(event);
    const drive = { pageSize: 10, concurrency: 2, onProgress };
    const summary = await client.dlq.resumeAll(ids, {}, drive);
    assert.ok(events.length >= 10);
    events.reduce((before, event) => {
      assert.ok(event.done >= before.done);
      assert.equal(event.of, 95);
      assert.ok(event.inFlight <= 2);
      return event;
    });
    assert.equal(events.at(-1).done, summary.resumed);
    assert.equal(events.at(-1).requests, summary.requests);
  });
});
