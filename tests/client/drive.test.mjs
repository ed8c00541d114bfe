// Driving a selection to its end: strategies, bounds, budgets, checkpoints, hooks, abort.

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

describe("where", { concurrency: true }, () => {
  test("only entries whose error is the one", async (t) => {
    const seed = { statuses: [500, 503, 422], responseBodies: ["db is down", "bad input {i}"] };
    const { emulator, client } = await world(t, { entries: 120, seed });
    const where = { responseStatus: [503, 422], responseBody: "db is" };
    const preview = await client.dlq.preview({ all: true }, { where });
    assert.equal(preview.count, 40);
    const summary = await client.dlq.resumeAll({ all: true }, {}, { where });
    assert.equal(summary.resumed, 40);
    await assertBooks(emulator, summary);
    const { messages } = await client.dlq.list({ count: 100 });
    assert.ok(messages.every((m) => m.responseStatus === 500 || m.responseBody.startsWith("bad")));
  });

  const seed = { statuses: [500, 503], responseBodies: ["db is down", "row {i} is locked", ""] };
  const narrowed = (where, more) => ({ all: true, where, ...more });
  const collect = async (pages) => {
    const found = [];
    for await (const { messages } of pages) found.push(...messages);
    return found;
  };

  test("a limit counts what matches, in lists, previews and drives alike", async (t) => {
    const { emulator, client } = await world(t, { entries: 120, seed });
    const where = { responseBody: "down" };
    for (const selection of [narrowed(where, { limit: 15 }), narrowed(where)]) {
      const options = selection.limit ? {} : { limit: 15 };
      const listed = await collect(client.dlq.listPages(selection, { ...options, pageSize: 10 }));
      assert.equal(listed.length, 15);
      assert.ok(listed.every(({ responseBody }) => responseBody === "db is down"));
      const preview = await client.dlq.preview(selection, options);
      assert.deepEqual([preview.count, preview.reason], [15, "limit"]);
      assert.deepEqual(preview.groups.error.values, [{ key: "db is down", count: 15 }]);
    }
    const summary = await client.dlq.resumeAll(narrowed(where, { limit: 15 }));
    assert.deepEqual([summary.resumed, summary.reason], [15, "limit"]);
    await assertBooks(emulator, summary);
  });

  test("a list hands out only what matches", async (t) => {
    const { client } = await world(t, { entries: 120, seed });
    for (const [where, count] of [
      [{ error: "db is down" }, 40],
      [{ error: ["db is down", ""] }, 80],
      [{ error: "" }, 40],
      [{ error: "db is" }, 0],
      [{ fingerprint: "row # is locked" }, 40],
      [{ responseStatus: "5xx" }, 120],
      [{ responseStatus: ["4xx", 503] }, 60],
    ]) {
      const listed = await collect(client.dlq.listPages(narrowed(where), { pageSize: 25 }));
      assert.equal(listed.length, count, JSON.stringify(where));
      const preview = await client.dlq.preview({ all: true }, { where });
      assert.deepEqual([preview.count, preview.complete], [count, true]);
      assert.deepEqual(preview.selection.where, where);
    }
  });

  test("the keys of a preview's groups select the groups", async (t) => {
    const bodies = ['{"message":"Gr\\u00f6\\u00dfe 1\\/2"}', '{"error":"no \\"x\\""}', "plain {i}"];
    const { client } = await world(t, { entries: 90, seed: { ...seed, responseBodies: bodies } });
    const { groups } = await client.dlq.preview({ all: true });
    assert.deepEqual(
      groups.fingerprint.values.map(({ key }) => key).sort(),
      ["Größe #/#", 'no "…"', "plain #"].sort(),
    );
    assert.equal(groups.error.values.find(({ key }) => key === "Größe 1/2")?.count, 30);
    const fields = { error: "error", fingerprint: "fingerprint", status: "responseStatus" };
    for (const [group, field] of Object.entries(fields)) {
      for (const { key, count } of groups[group].values.slice(0, 3)) {
        const found = await client.dlq.preview(narrowed({ [field]: key }));
        assert.equal(found.count, count, `${group} ${key}`);
      }
    }
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

describe("preview", { concurrency: true }, () => {
  test("what would be done, by groups; and its selection does no more", async (t) => {
    const seed = {
      workflowUrls: ["https://app.example/a", "https://app.example/b"],
      labels: ["x", null],
      statuses: [500, 404],
    };
    const { emulator, client } = await world(t, { entries: 120, seed });
    const preview = await client.dlq.preview({ all: true });
    assert.equal(preview.count, 120);
    assert.equal(preview.complete, true);
    assert.deepEqual(
      preview.groups.workflow.values.map(({ count }) => count),
      [60, 60],
    );
    assert.deepEqual(preview.groups.label.values, [{ key: "x", count: 60 }]);
    assert.ok(preview.firstDate <= preview.lastDate);
    assert.ok(preview.sample.length > 0);
    assert.equal((await emulator.audit({ summary: true })).taken, 0);

    await new Promise((resolve) => setTimeout(resolve, 5));
    await emulator.seed({ count: 7, from: Date.now() + 1, to: Date.now() + 1 });
    const summary = await client.dlq.resumeAll(preview.selection);
    assert.equal(summary.resumed, 120);
    assert.equal((await emulator.audit({ summary: true })).remaining, 7);
  });

  test("its own selection needs no opening list, any other does", async (t) => {
    const { emulator, client } = await world(t, { entries: 100 });
    const requestsOf = async (change) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const { selection, count } = await client.dlq.preview({ all: true });
      assert.equal(count, 100);
      const summary = await client.dlq.resumeAll(...change(selection));
      assert.equal(summary.resumed, 100);
      await emulator.seed({ count: 100 });
      return summary.requests;
    };
    // A page and the closing list.
    assert.equal(await requestsOf((selection) => [selection]), 2);
    assert.equal(await requestsOf((selection) => [selection, {}, { concurrency: 8 }]), 2);
    // A copy, one that was changed, and one with parameters of its own prove nothing.
    assert.equal(await requestsOf((selection) => [structuredClone(selection)]), 3);
    const changed = (selection) => {
      selection.filter.toDate += 1;
      return [selection];
    };
    assert.equal(await requestsOf(changed), 3);
    const query = { source: "workflow" };
    assert.equal(await requestsOf((selection) => [selection, {}, { query }]), 3);
  });

  test("its selection carries the conditions, and they bound what is done", async (t) => {
    const seed = { statuses: [500, 503] };
    const { emulator, client } = await world(t, { entries: 100, seed });
    const where = { responseStatus: 503 };
    const preview = await client.dlq.preview({ all: true }, { where });
    const { filter, ...rest } = preview.selection;
    assert.deepEqual([Object.keys(filter), rest], [["toDate"], { where }]);
    // The same beside it is no contradiction; anything else is.
    const other = client.dlq.resumeAll(preview.selection, {}, { where: { responseStatus: 500 } });
    assert.equal((await failure(other)).issues[0].code, "narrowed_twice");
    const limited = { ...preview.selection, limit: 20 };
    const more = client.dlq.resumeAll(limited, {}, { limit: 30 });
    assert.equal((await failure(more)).issues[0].code, "narrowed_twice");
    const summary = await client.dlq.resumeAll(limited, {}, { where, limit: 20 });
    assert.deepEqual([summary.resumed, summary.reason], [20, "limit"]);
    await assertBooks(emulator, summary);
    const left = await client.dlq.preview({ all: true }, { where });
    assert.equal(left.count, 30);
  });

  test("a part of what matches is told by its ids, and nothing else is taken", async (t) => {
    const { emulator, client, ids } = await world(t, {
      entries: 250,
      seed: { statuses: [500, 503] },
    });
    const where = { responseStatus: 503 };
    const taken = async () => Object.keys((await emulator.audit()).byEntry).sort();
    const some = await client.dlq.preview(ids.slice(-5), { limit: 2 });
    assert.deepEqual(some.selection, ids.slice(-5, -3));

    const limited = await client.dlq.preview({ all: true, where }, { limit: 20 });
    const { selection } = limited;
    assert.deepEqual([limited.count, limited.reason, selection.length], [20, "limit", 20]);
    assert.deepEqual(
      limited.sample.map(({ dlqId }) => dlqId),
      selection.slice(0, 10),
    );
    for (const [drive, code] of [
      [{ strategy: "pages" }, "pages_with_ids"],
      [{ where }, "where_with_ids"],
    ]) {
      const refused = await failure(client.dlq.resumeAll(selection, {}, drive));
      assert.equal(refused.issues[0].code, code);
    }
    // One of those that were shown leaves the queue: no other takes its place.
    await client.dlq.delete(selection.at(-1));
    const summary = await client.dlq.resumeAll(selection);
    assert.deepEqual([summary.resumed, summary.notFound], [19, 1]);
    assert.deepEqual(await taken(), [...selection].sort());

    const budget = await client.dlq.preview({ all: true }, { maxRequests: 2 });
    assert.deepEqual([budget.count, budget.selection.length], [100, 100]);
    const none = await client.dlq.preview({ all: true }, { maxRequests: 1 });
    assert.deepEqual([none.count, none.selection], [0, []]);
    assert.equal((await client.dlq.resumeAll(none.selection)).resumed, 0);

    const query = { responseStatus: 500 };
    const passed = await client.dlq.preview({ all: true }, { query });
    assert.deepEqual([passed.count, passed.selection.length], [125, 125]);
    assert.equal((await client.dlq.deleteAll(passed.selection)).deleted, 125);
    assert.equal((await client.dlq.preview({ all: true }, { query })).count, 0);
  });

  test("says when it stopped at a budget", async (t) => {
    const { client } = await world(t, { entries: 500 });
    const preview = await client.dlq.preview({ all: true }, { maxRequests: 3 });
    assert.equal(preview.complete, false);
    assert.equal(preview.reason, "requests");
    assert.ok(preview.count > 0 && preview.count < 500);
  });
});

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
        "wdlq3..",
      ],
      checkpoint_version: ["wdlq2", "wdlq4"].map((version) => checkpoint.replace("wdlq3", version)),
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

describe("the iterator", { concurrency: true }, () => {
  test("a page at a time, no further than is asked for", async (t) => {
    const { emulator, client } = await world(t, { entries: 100 });
    const pages = client.dlq.resumePages({ all: true }, {}, { pageSize: 10 });
    assert.equal((await emulator.requests()).total, 0, "nothing happens before the first step");
    const { value } = await pages.next();
    assert.equal(value.workflowRuns.length, 10);
    assert.match(value.workflowRuns[0].workflowRunId, /^wfr_/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const sent = (await requestsTo(emulator, RESUME)).length;
    assert.ok(sent <= 2, `${sent} requests for one page`);
    await pages.return();
    const summary = await pages.summary();
    await assertBooks(emulator, summary);
  });

  test("disposing of it stops the drive, as `await using` does", async (t) => {
    const { emulator, client } = await world(t, { entries: 100 });
    const dispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");
    const pages = client.dlq.resumePages({ all: true }, {}, { pageSize: 10 });
    await pages.next();
    await pages[dispose]();
    const { total } = await emulator.requests();
    assert.deepEqual(await pages.next(), { done: true, value: undefined });
    assert.equal((await emulator.requests()).total, total, "nothing is sent any more");
    const { resumed } = await assertBooks(emulator, await pages.summary());
    assert.ok(resumed < 100, `${resumed} resumed`);
    await pages[dispose]();
  });

  test("break, and go on from the page's checkpoint", async (t) => {
    const { emulator, client } = await world(t, { entries: 100 });
    let checkpoint;
    let taken = 0;
    for await (const page of client.dlq.resumePages({ all: true }, {}, { pageSize: 10 })) {
      taken += page.workflowRuns.length;
      checkpoint = page.checkpoint;
      if (taken >= 30) break;
    }
    const rest = await client.dlq.continueFrom(checkpoint);
    assert.equal(rest.done, true);
    const audit = await emulator.audit({ summary: true });
    assert.equal(audit.resumed, 100);
    assert.deepEqual(audit.resumedTwice, []);
  });

  test("an abort in the loop throws the signal's reason", async (t) => {
    const { client } = await world(t, { entries: 100 });
    const controller = new AbortController();
    const reason = new Error("enough");
    const error = await failure(
      (async () => {
        const drive = { pageSize: 10, signal: controller.signal };
        for await (const _ of client.dlq.resumePages({ all: true }, {}, drive)) {
          controller.abort(reason);
        }
      })(),
    );
    assert.equal(error, reason);
  });

  test("the report's lines come with the pages", async (t) => {
    const { emulator, client } = await world(t, { entries: 30 });
    for (const strategy of ["each", "batches"]) {
      await emulator.reset();
      await emulator.seed(30);
      const drive = { strategy, pageSize: 10, report: "entries" };
      const pages = client.dlq.resumePages({ all: true }, {}, drive);
      const lines = [];
      for await (const page of pages) lines.push(...page.entries);
      const { entries } = await pages.summary();
      assert.equal(lines.length, 30);
      assert.deepEqual(lines, entries);
    }
    await emulator.seed(5);
    for await (const page of client.dlq.resumePages({ all: true })) {
      assert.ok(!("entries" in page));
    }
  });

  test("arguments that are refused reject the first step", async (t) => {
    const { client } = await world(t);
    const pages = client.dlq.resumePages({ all: true, fillter: {} });
    assert.ok((await failure(pages.next())) instanceof dlq.ValidationError);
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

describe("one call at a time", { concurrency: true }, () => {
  test("get, list, callbacks, single ids", async (t) => {
    const states = ["CALLBACK_FAIL", "CALLBACK_INPROGRESS"];
    const seed = { states, failureCallback: "http://127.0.0.1:9/failed" };
    const { client, ids } = await world(t, { entries: 12, seed });
    const entry = await client.dlq.get(ids[0]);
    assert.equal(entry.dlqId, ids[0]);
    const page = await client.dlq.list({ count: 5 });
    assert.equal(page.messages.length, 5);
    const next = await client.dlq.list({ count: 100, cursor: page.cursor });
    assert.equal(next.messages.length, 7);
    assert.equal(next.cursor, undefined);
    const run = await client.dlq.retryFailureFunction({ dlqId: ids[0] });
    assert.equal(run.workflowRunId, entry.workflowRunId);
    await client.dlq.cancelFailureFunction({ dlqId: ids[1] });
    assert.equal((await client.dlq.resume(ids[6])).workflowRuns.length, 1);
    assert.match((await client.dlq.resume({ dlqId: ids[2] })).workflowRunId, /^wfr_/);
    assert.equal((await client.dlq.restart({ dlqId: ids.slice(3, 5) })).length, 2);
    assert.equal((await client.dlq.delete(ids[5])).deleted, 1);
  });

  test("query and headers of the caller go along, and can't replace what selects", async (t) => {
    const { emulator, client, make } = await world(t, { entries: 3 });
    const request = { query: { newFilter: "a b", list: ["x", "y"] }, headers: { "x-trace": "7" } };
    await client.dlq.resume({ all: true }, {}, request);
    const [sent] = await requestsTo(emulator, RESUME);
    assert.equal(query(sent).get("newFilter"), "a b");
    assert.equal(sent.headers["x-trace"], "7");
    for (const name of ["dlqIds", "cursor", "count", "qstash_token"]) {
      const bad = { query: { [name]: "x" } };
      const error = await failure(client.dlq.resume({ all: true }, {}, bad));
      assert.equal(error.issues[0].code, "reserved_name", name);
    }
    const error = await failure(
      client.dlq.resume({ all: true }, {}, { headers: { authorization: "Bearer x" } }),
    );
    assert.equal(error.issues[0].code, "reserved_name");
    const traced = make({ headers: { "x-app": "night" } });
    await traced.dlq.list();
    const [listed] = await requestsTo(emulator, "/v2/dlq", "GET");
    assert.equal(listed.headers["x-app"], "night");
  });

  test("onRequest tells each attempt", async (t) => {
    const events = [];
    const { emulator, client } = await world(t, {
      entries: 3,
      client: { onRequest: (event) => void events.push(event) },
    });
    await emulator.faults([{ match: { method: "GET" }, times: 1, action: 503 }]);
    await client.dlq.list();
    assert.deepEqual(
      events.map(({ method, operation, attempt, status }) => [method, operation, attempt, status]),
      [
        ["GET", "list", 1, 503],
        ["GET", "list", 2, 200],
      ],
    );
    assert.ok(events.every(({ ms, url }) => ms >= 0 && url.startsWith(emulator.url)));
  });

  test("auth: in the header, in the query, or none", async (t) => {
    const { emulator, make } = await world(t, { entries: 3 });
    await make({ auth: "query" }).dlq.list();
    assert.equal((await emulator.requests()).tokenInUrl, 1);
    const none = make({ auth: "none", token: undefined });
    const error = await failure(none.dlq.list());
    assert.ok(error instanceof dlq.AuthenticationError);
    assert.equal((await emulator.requests()).requests.at(-1).headers.authorization, undefined);
  });

  test("a fetch of one's own", async (t) => {
    const urls = [];
    const { client } = await world(t, {
      entries: 3,
      client: {
        fetch: (url, init) => {
          urls.push(String(url));
          return fetch(url, init);
        },
      },
    });
    await client.dlq.list();
    assert.equal(urls.length, 1);
  });
});

describe("where the token and the address come from", () => {
  const env = {
    QSTASH_URL: "https://qstash.example/v2/",
    QSTASH_TOKEN: "token-of-the-default",
    US_EAST_1_QSTASH_URL: "https://us.example",
    US_EAST_1_QSTASH_TOKEN: "token-of-us-east",
  };
  const asked = async (options, variables) => {
    let seen;
    const fetch = async (url, { headers }) => {
      seen = [new URL(url).origin, new Headers(headers).get("authorization")];
      return Response.json({ messages: [] });
    };
    await new dlq.Client({ ...options, fetch }, variables).dlq.list();
    return seen;
  };

  test("the environment", async () => {
    assert.deepEqual(await asked({}, env), [
      "https://qstash.example",
      "Bearer token-of-the-default",
    ]);
  });
  test("a region's pair", async () => {
    assert.deepEqual(await asked({}, { ...env, QSTASH_REGION: "US_EAST_1" }), [
      "https://us.example",
      "Bearer token-of-us-east",
    ]);
  });
  test("options win", async () => {
    const options = { baseUrl: "https://mine.example/v2/publish", token: "mine" };
    assert.deepEqual(await asked(options, env), ["https://mine.example", "Bearer mine"]);
  });
  test("the default", async () => {
    assert.deepEqual(await asked({ token: "mine" }, {}), [
      "https://qstash.upstash.io",
      "Bearer mine",
    ]);
  });
  test("fromEnv", async () => {
    let origin;
    const fetch = async (url) => {
      origin = new URL(url).origin;
      return Response.json({ messages: [] });
    };
    await dlq.Client.fromEnv(env, { fetch }).dlq.list();
    assert.equal(origin, "https://qstash.example");
  });
  test("a region without its pair, and no token at all, are refused", () => {
    assert.throws(() => new dlq.Client({}, { QSTASH_REGION: "EU_CENTRAL_1" }), dlq.ValidationError);
    assert.throws(() => new dlq.Client({}, {}), /QSTASH_TOKEN/);
  });
});
