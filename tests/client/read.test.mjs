// The entry that only reads, beside the whole package: what it shows is the same, and what it can't do it refuses before
// any request.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import * as full from "upstash-workflow-dlq";
import * as read from "upstash-workflow-dlq/read";
import * as slim from "upstash-workflow-dlq/slim";
import { path } from "../../scripts/lib/run.mjs";
import { failure, QUICK, startEmulator, world } from "./setup.mjs";

const WASM = { full: path("pkg/core.wasm"), reading: path("pkg/core-read.wasm") };

test("before its wasm is there, it says which one", async () => {
  assert.throws(() => new read.Client({ token: "t" }), {
    code: "wasm_unavailable",
    message: /await init\(bytes\) of upstash-workflow-dlq\/read first/,
  });
});

test("each entry takes its own wasm, and says which", async () => {
  const bytes = { full: await readFile(WASM.full), reading: await readFile(WASM.reading) };
  const wrong = { code: "wasm_unavailable" };
  await assert.rejects(read.init(bytes.full), { ...wrong, message: /core-read\.wasm$/ });
  await assert.rejects(slim.init(bytes.reading), { ...wrong, message: /\/core\.wasm$/ });
  const other = await WebAssembly.compile(
    Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00),
  );
  await assert.rejects(read.init(other), wrong);
  await read.init(new Response(bytes.reading));
  await slim.init(bytes.full);
});

/** An emulator with failed runs, and a client of each entry. */
async function both(t, more = {}) {
  await read.init(readFile(WASM.reading));
  const { emulator, client } = await world(t, { entries: 230, ...more });
  const options = { baseUrl: emulator.url, token: emulator.token, retry: QUICK };
  return { emulator, acting: client, reading: new read.Client(options, {}) };
}

const drained = async (pages) => {
  const all = [];
  let step = await pages.next();
  for (; !step.done; step = await pages.next()) all.push(step.value);
  return { all, summary: step.value };
};

/** Without what differs from one drive to the next. */
const lasting = ({ elapsedMs: _, waitedMs: __, perSecond: ___, ...rest }) => rest;

describe("what it reads is what the whole package reads", () => {
  test("calls, pages, previews and logs", async (t) => {
    const { acting, reading } = await both(t);
    const { messages } = await acting.dlq.list({ count: 5 });
    assert.deepEqual((await reading.dlq.list({ count: 5 })).messages, messages);
    const [{ dlqId, workflowRunId }] = messages;
    assert.deepEqual(await reading.dlq.get(dlqId), await acting.dlq.get(dlqId));
    const filter = { workflowRunId };
    assert.deepEqual(await reading.logs({ filter }), await acting.logs({ filter }));

    const asked = [{ all: true }, { pageSize: 100, where: { responseStatus: "5xx" }, limit: 150 }];
    const [ours, theirs] = await Promise.all(
      [reading, acting].map(({ dlq }) => drained(dlq.listPages(...asked))),
    );
    assert.deepEqual(
      ours.all.map(({ messages }) => messages),
      theirs.all.map(({ messages }) => messages),
    );
    assert.ok(ours.all.every((page) => !("checkpoint" in page) && page.progress.done > 0));
    assert.deepEqual(lasting(ours.summary), lasting(theirs.summary));

    const [shown, expected] = await Promise.all(
      [reading, acting].map(({ dlq }) => dlq.preview({ all: true }, { retention: 3 })),
    );
    assert.equal(shown.count, 230);
    // The end of the selection is the service's clock at the time.
    for (const preview of [shown, expected]) {
      assert.ok(preview.selection.filter.toDate > 0);
      preview.selection.filter.toDate = 0;
      delete preview.summary.frozenToDate;
      preview.summary = lasting(preview.summary);
    }
    assert.deepEqual(shown, expected);
  });

  test("its preview selects for a client that acts", async (t) => {
    const { emulator, acting, reading } = await both(t);
    const { selection } = await reading.dlq.preview({ all: true });
    assert.equal((await acting.dlq.resumeAll(selection)).resumed, 230);
    assert.equal((await emulator.audit({ summary: true })).resumed, 230);
  });

  test("refusals, budgets and aborts", async (t) => {
    const { emulator, reading } = await both(t);
    const { summary } = await drained(reading.dlq.listPages({ all: true }, { maxRequests: 1 }));
    assert.deepEqual([summary.done, summary.reason], [false, "requests"]);
    assert.ok(!("checkpoint" in summary));

    const stop = new AbortController();
    const pages = reading.dlq.listPages({ all: true }, { signal: stop.signal });
    await pages.next();
    stop.abort();
    assert.equal(await failure(pages.next()), stop.signal.reason);

    await assert.rejects(reading.dlq.get("1-0"), read.NotFoundError);
    const intruder = new read.Client({ baseUrl: emulator.url, token: "no" }, {});
    const refused = await failure(intruder.dlq.listPages({ all: true }).next());
    assert.ok(refused instanceof full.AuthenticationError, "errors are the same in each entry");
    assert.equal(refused.mayHaveActed, false);
    assert.ok(!("checkpoint" in refused));
  });
});

describe("what it can't do is refused before any request", () => {
  const SELECTION = { all: true };
  const CALLS = {
    resume: ({ dlq }) => dlq.resume("1-0"),
    restart: ({ dlq }) => dlq.restart(SELECTION),
    delete: ({ dlq }) => dlq.delete(["1-0"]),
    retryFailureFunction: ({ dlq }) => dlq.retryFailureFunction({ dlqId: "1-0" }),
    cancelFailureFunction: ({ dlq }) => dlq.cancelFailureFunction({ dlqId: "1-0" }),
    resumeAll: ({ dlq }) => dlq.resumeAll(SELECTION),
    restartAll: ({ dlq }) => dlq.restartAll(["1-0"]),
    deleteAll: ({ dlq }) => dlq.deleteAll(SELECTION),
    resumePages: ({ dlq }) => dlq.resumePages(SELECTION).next(),
    restartPages: ({ dlq }) => dlq.restartPages(SELECTION).next(),
    deletePages: ({ dlq }) => dlq.deletePages(SELECTION).next(),
    continueFrom: ({ dlq }) => dlq.continueFrom("dlq1.x"),
    follow: ({ dlq }) => dlq.follow([{ workflowRunId: "wfr_1" }]),
  };
  const OPTIONS = {
    "selection, ids": [["1-0"], {}],
    "selection, an id": ["1-0", {}],
    "selection, named": [{ dlqIds: ["1-0"] }, {}],
    "drive.checkpoint": [SELECTION, { checkpoint: "dlq1.x" }],
    "drive.follow": [SELECTION, { follow: true }],
    "drive.canary": [SELECTION, { canary: { entries: 1 } }],
  };
  let requests = 0;
  const client = async () => {
    await read.init(readFile(WASM.reading));
    requests = 0;
    const fetch = async () => {
      requests += 1;
      return Response.json({ messages: [], workflowRuns: [] });
    };
    return new read.Client({ token: "t", fetch }, {});
  };

  for (const [name, call] of Object.entries(CALLS)) {
    test(name, async () => {
      const error = await failure(call(await client()));
      assert.ok(error instanceof read.DlqError);
      assert.deepEqual(
        [error.code, error.retryable, error.mayHaveActed, requests],
        ["reading_only", false, false, 0],
      );
      assert.match(error.message, /can only read: use upstash-workflow-dlq/);
    });
  }

  for (const [name, args] of Object.entries(OPTIONS)) {
    test(name, async () => {
      const { dlq } = await client();
      for (const call of [() => dlq.listPages(...args).next(), () => dlq.preview(...args)]) {
        const { issues } = await failure(call());
        assert.deepEqual(
          issues.map(({ path, code }) => [path, code]),
          [[name.split(",")[0], "reading_only"]],
        );
        assert.match(issues[0].message, /use upstash-workflow-dlq/);
      }
      assert.equal(requests, 0);
    });
  }

  test("the doctor", async () => {
    const error = await failure((await client()).dlq.doctor());
    assert.equal(error.code, "doctor_unavailable");
  });

  test("every request is a GET, whatever the service answers", async (t) => {
    await read.init(readFile(WASM.reading));
    const emulator = await startEmulator();
    t.after(() => emulator.close());
    await emulator.seed(120);
    await emulator.faults([{ match: { path: "/v2/" }, every: 2, times: 2, action: 500 }]);
    const options = { baseUrl: emulator.url, token: emulator.token, retry: QUICK };
    const { dlq, logs } = new read.Client(options, {});
    await dlq.preview({ all: true }, { concurrency: 4 });
    await logs();
    const { requests } = await emulator.requests();
    assert.ok(requests.length > 3);
    assert.ok(requests.every(({ method }) => method === "GET"));
  });
});
