// Conditions on entries, and previews: which entries a selection takes, before and when it is driven.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertBooks, failure, world } from "./setup.mjs";

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
    // Two look-ups at once: their responses come in any order.
    assert.deepEqual(some.selection.toSorted(), ids.slice(-5, -3).toSorted());

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
