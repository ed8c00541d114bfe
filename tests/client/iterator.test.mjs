// A drive as an async iterator: one page per step.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as dlq from "upstash-workflow-dlq";
import { assertBooks, failure, requestsTo, world } from "./setup.mjs";

const RESUME = "/v2/workflows/dlq/resume";

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
