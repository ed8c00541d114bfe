// Values that are not what they seem, in every place, and values that change while they are used: each
// is read as it was when the call was made, or refused before any request by an error that is ours.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { harmless, outcome, PATIENCE, TOKEN } from "./attack.mjs";
import { ALL, bang, refused, side, thenable, unreadable } from "./caller.mjs";

/** What is put in the place of everything. Made anew each time. */
const ODD = {
  "a getter that throws": () => unreadable("x"),
  "a proxy that throws": () => new Proxy({}, new Proxy({}, { get: () => bang })),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  "a proxy without end": () => {
    const endless = new Proxy({}, { get: () => endless, ownKeys: () => ["x"], has: () => true });
    return endless;
  },
  "a cycle": () => {
    const cycle = { x: [] };
    cycle.x.push(cycle);
    return cycle;
  },
  "a thenable": () => thenable((resolve) => resolve("1-0")),
  "a promise": () => Promise.resolve("1-0"),
  "a symbol": () => Symbol("1-0"),
  "a bigint": () => 10n,
  NaN: () => Number.NaN,
  "minus zero": () => -0,
  infinity: () => Number.POSITIVE_INFINITY,
  "a boxed text": () => new String("1-0"),
  "a function": () => bang,
  "a class": () => class Odd {},
  "a date that is none": () => new Date(Number.NaN),
  "a date that lies": () => Object.assign(new Date(), { getTime: bang }),
  "a map": () => new Map([["all", true]]),
  "an array with holes": () => Object.assign(new Array(3), { 1: "1-0" }),
  "an array that grows as it is read": () => {
    const list = ["1-0"];
    Object.defineProperty(list, 0, { get: () => list.push("2-0") && "1-0", enumerable: true });
    return list;
  },
  bytes: () => new Uint8Array(8),
  "a text of lone surrogates": () => "\ud800\udfff\ud800",
  "a text of NULs": () => "\0\0",
  "a key of prototypes": () => "__proto__",
  "an object with a prototype in it": () => JSON.parse('{"__proto__":{"all":true}}'),
  null: () => null,
  "an error": () => new Error(TOKEN),
  "what turns into something else": () => ({ toString: bang, valueOf: bang, toJSON: bang }),
};

/** A value at each place of arguments and options, beside what is right. */
const PLACES = {
  selection: (odd, { dlq }) => dlq.resume(odd),
  "an id": (odd, { dlq }) => dlq.resume([odd]),
  dlqIds: (odd, { dlq }) => dlq.resumeAll({ dlqIds: odd }),
  dlqId: (odd, { dlq }) => dlq.resume({ dlqId: odd }),
  filter: (odd, { dlq }) => dlq.list({ filter: odd }),
  "filter.label": (odd, { dlq }) => dlq.resume({ filter: { label: odd } }),
  "filter.fromDate": (odd, { dlq }) => dlq.delete({ filter: { fromDate: odd } }),
  all: (odd, { dlq }) => dlq.deleteAll({ all: odd }),
  cursor: (odd, { dlq }) => dlq.restart({ all: true, cursor: odd }),
  count: (odd, { dlq }) => dlq.resume({ all: true, count: odd }),
  overrides: (odd, { dlq }) => dlq.resume("1-0", odd),
  "overrides.retries": (odd, { dlq }) => dlq.resume("1-0", { retries: odd }),
  "overrides.delay": (odd, { dlq }) => dlq.resume("1-0", { delay: odd }),
  "overrides.label": (odd, { dlq }) => dlq.resume("1-0", { label: odd }),
  "overrides.flowControl": (odd, { dlq }) => dlq.restart("1-0", { flowControl: odd }),
  "flowControl.key": (odd, { dlq }) => dlq.restart("1-0", { flowControl: { key: odd, rate: 1 } }),
  request: (odd, { dlq }) => dlq.get("1-0", odd),
  "request.timeout": (odd, { dlq }) => dlq.get("1-0", { timeout: odd }),
  "request.signal": (odd, { dlq }) => dlq.get("1-0", { signal: odd }),
  "request.query": (odd, { dlq }) => dlq.get("1-0", { query: odd }),
  "a parameter": (odd, { dlq }) => dlq.get("1-0", { query: { x: odd } }),
  "a header": (odd, { dlq }) => dlq.get("1-0", { headers: { x: odd } }),
  drive: (odd, { dlq }) => dlq.resumeAll(ALL, {}, odd),
  limit: (odd, { dlq }) => dlq.resumeAll(ALL, {}, { limit: odd }),
  "drive.signal": (odd, { dlq }) => dlq.resumeAll(ALL, {}, { signal: odd }),
  onProgress: (odd, { dlq }) => dlq.resumeAll(ALL, {}, { onProgress: odd }),
  where: (odd, { dlq }) => dlq.preview(ALL, { where: odd }),
  "where.responseBody": (odd, { dlq }) => dlq.preview(ALL, { where: { responseBody: odd } }),
  canary: (odd, { dlq }) => dlq.resumeAll(ALL, {}, { canary: odd }),
  checkpoint: (odd, { dlq }) => dlq.continueFrom(odd),
  "what is shown": (odd, { dlq }) => dlq.preview(odd, { timeBudget: 100 }),
  retention: (odd, { dlq }) => dlq.preview(ALL, { retention: odd, timeBudget: 100 }),
  "what is followed": (odd, { dlq }) => dlq.follow(odd, { timeout: 1 }),
  "a run": (odd, { dlq }) => dlq.follow([odd], { timeout: 1 }),
  "a run's date": (odd, { dlq }) =>
    dlq.follow([{ workflowRunId: "wfr_1", workflowCreatedAt: odd }], { timeout: 1 }),
  "follow.interval": (odd, { dlq }) =>
    dlq.follow([{ workflowRunId: "wfr_1" }], { timeout: 1, interval: odd }),
  logs: (odd, { dlq }) => dlq.logs(odd),
  "logs.filter": (odd, { dlq }) => dlq.logs({ filter: odd }),
  "logs.filter.label": (odd, { dlq }) => dlq.logs({ filter: { label: odd } }),
  "doctor.retention": (odd, { dlq }) => dlq.doctor({ retention: odd }),
  "what is listed": (odd, { dlq }) => dlq.listPages(odd).next(),
};
for (const name of [
  "token",
  "baseUrl",
  "auth",
  "retry",
  "timeout",
  "maxResponseSize",
  "headers",
  "onRequest",
  "region",
  "devMode",
]) {
  PLACES[`options.${name}`] = (odd) => side({ options: { [name]: odd } }).dlq.list();
}
Object.assign(PLACES, {
  options: (odd) => new Client(odd, {}).dlq.list(),
  "retry.attempts": (odd) => side({ options: { retry: { attempts: odd } } }).dlq.list(),
  environment: (odd, { fetch }) => Client.fromEnv(odd, { fetch }).dlq.list(),
  "an environment variable": (odd, { fetch }) =>
    Client.fromEnv({ QSTASH_TOKEN: odd }, { fetch }).dlq.list(),
});

describe("in the place of", () => {
  for (const [place, use] of Object.entries(PLACES)) {
    test(`${place}: it is read, or refused before any request`, PATIENCE, async (t) => {
      t.mock.method(console, "error", () => {});
      for (const [name, make] of Object.entries(ODD)) {
        const one = side();
        const found = await outcome(async () => use(make(), one));
        harmless(`${place}, ${name}`, found);
        if (!found.error || found.error.code === "not_found") continue;
        assert.ok(refused(found), `${place}, ${name}: ${found.error.stack}`);
        assert.equal(one.seen.length, 0, `${place}, ${name}: sent`);
        assert.equal((await one.dlq.list()).messages.length, 6);
      }
    });
  }

  test("ids, a list of a length without end: refused, and soon", PATIENCE, async () => {
    const { dlq, seen } = side();
    const endless = new Array(2 ** 32 - 1);
    for (const use of [() => dlq.resume(endless), () => dlq.resumeAll({ dlqIds: endless })]) {
      assert.ok(refused(await outcome(use)));
    }
    assert.equal(seen.length, 0);
  });

  test("numbers, minus zero: it is zero", async () => {
    const { dlq, ids, seen } = side();
    await dlq.resume(ids[0], { retries: -0, delay: -0 });
    assert.equal(seen[0].headers["Upstash-Retries"], "0");
    assert.equal(seen[0].headers["Upstash-Delay"], "0s");
  });
});

test("frozen objects, and those without a prototype, are as good as others", async () => {
  const { dlq, ids, seen } = side();
  const bare = (entries) => Object.freeze(Object.assign(Object.create(null), entries));
  const filter = bare({ label: Object.freeze(["a", "b"]) });
  await dlq.resume(bare({ filter }), bare({ retries: 1 }), bare({ timeout: 400 }));
  assert.match(seen[0].url, /label=a&label=b/);
  const preview = await dlq.preview(bare({ all: true }), bare({ maxRequests: 5 }));
  assert.equal(preview.complete, true);
  const other = side();
  const some = Object.freeze([...ids]);
  assert.equal((await other.dlq.resumeAll(some, bare(), bare({ limit: 1 }))).reason, "limit");
});

describe("what changes while it is used", () => {
  test("is sent as it was when the call was made", async () => {
    const { dlq, ids, seen, taken } = side();
    const selection = { dlqIds: ids.slice(0, 4) };
    const overrides = { retries: 1 };
    const drive = { pageSize: 2, concurrency: 1, onCheckpoint: () => change() };
    const change = () => {
      selection.dlqIds.length = 0;
      selection.all = true;
      overrides.retries = 7;
      drive.pageSize = 100;
    };
    const going = dlq.resumeAll(selection, overrides, drive);
    change();
    const summary = await going;
    assert.deepEqual([summary.resumed, summary.requests, taken()], [4, 2, 4]);
    for (const { headers } of seen) assert.equal(headers["Upstash-Retries"], "1");
  });

  test("is shown as it was selected", async () => {
    const { dlq, seen } = side({ entries: 3 });
    const selection = { all: true };
    const going = dlq.preview(selection, { freeze: true });
    delete selection.all;
    selection.dlqIds = ["9-0"];
    const preview = await going;
    assert.deepEqual(Object.keys(preview.selection), ["filter"]);
    const again = await dlq.resumeAll(preview.selection, {}, { strategy: "pages" });
    assert.equal(again.resumed, 3);
    for (const { url } of seen) assert.doesNotMatch(url, /9-0/);
  });

  test("is of no use to who changes what comes out", async () => {
    const { dlq, ids } = side();
    const pages = dlq.resumePages(ids, {}, { pageSize: 2, concurrency: 1, report: "entries" });
    let seen = 0;
    for await (const page of pages) {
      seen += page.entries.length;
      page.entries.length = 0;
      page.progress.done = -5;
      page.workflowRuns = null;
    }
    const summary = await pages.summary();
    assert.deepEqual([seen, summary.resumed, summary.entries.length], [6, 6, 6]);
  });
});
