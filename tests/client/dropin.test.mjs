// The same input to the official SDK and to us: the same request, the same result.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { Client as Sdk } from "@upstash/workflow";
import { Client } from "upstash-workflow-dlq";

const ROUNDS = Number(process.env.ROUNDS ?? 2_000);
const SEED = Number(process.env.SEED ?? 20_250_101);
const TOKEN = "eyJ1c2VyIjoiYSIsInBhc3MiOiJiIn0=";

/** What was asked last, and what is answered. */
let seen = [];
let answer = () => ({});
let server;
let sdk;
let ours;

before(async () => {
  server = createServer((request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers: own(headers) });
    const [status, body] = answer(method, url);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  sdk = new Sdk({ baseUrl, token: TOKEN, enableTelemetry: false });
  ours = new Client({ baseUrl, token: TOKEN }, {});
});

after(() => {
  server.closeAllConnections();
  server.close();
});

/** The headers that somebody chose; the rest is the runtime's. */
const own = (headers) =>
  Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) =>
        name === "authorization" || name.startsWith("upstash-") || name === "content-type",
    ),
  );

/** What a call comes to: its requests and its result, or that it failed. */
async function outcome(client, operation, args) {
  seen = [];
  const result = await client.dlq[operation](...structuredClone(args)).then(
    (value) => ({ value: JSON.parse(JSON.stringify(value)) }),
    (error) => ({ failed: error.status ?? "refused" }),
  );
  return { requests: seen, ...result };
}

/** mulberry32: the same inputs for the same seed. */
function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (from, to) => from + Math.floor(next() * (to - from + 1));
  const pick = (list) => list[whole(0, list.length - 1)];
  const chance = (part) => next() < part;
  const many = (make, from, to) => Array.from({ length: whole(from, to) }, make);
  return { whole, pick, chance, many };
}

const PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
// All that an URL's query has to encode, and some that it must not.
const AWKWARD = `${PLAIN} +&=?#%/:;@!$'()*~[]{}|^"<>äß€漢😀\u00a0`;

function inputs(r) {
  const word = (from = 1, to = 12) => r.many(() => r.pick(PLAIN), from, to).join("");
  const text = () => r.many(() => r.pick([...AWKWARD]), 1, 16).join("");
  const id = () => (r.chance(0.7) ? `${r.whole(1e12, 2e12)}-${r.whole(0, 9)}` : `x${word()}`);
  const time = () => r.whole(1_600_000_000_000, 1_900_000_000_000);
  const url = () => `https://${word(1, 8)}.example/${encodeURIComponent(text())}?q=${word()}`;
  const state = () =>
    r.pick(["CALLBACK_INPROGRESS", "CALLBACK_SUCCESS", "CALLBACK_FAIL", "CALLBACK_CANCELED"]);
  const ip = () => `10.${r.whole(0, 255)}.${r.whole(0, 255)}.${r.whole(1, 254)}`;
  const one = (make) => (r.chance(0.3) ? r.many(make, 1, 3) : make());
  const fields = {
    fromDate: () => r.whole(1_500_000_000_000, 1_590_000_000_000),
    toDate: time,
    workflowUrl: () => one(url),
    workflowRunId: () => `wfr_${word(21, 21)}`,
    workflowCreatedAt: time,
    label: () => one(text),
    failureFunctionState: () => one(state),
    callerIp: () => one(ip),
    flowControlKey: () => one(text),
  };
  const listed = { ...fields, url, responseStatus: () => r.whole(400, 599) };
  const filter = (of) => {
    const names = Object.keys(of).filter(() => r.chance(0.3));
    if (names.length === 0) names.push(r.pick(Object.keys(of)));
    names.sort(() => (r.chance(0.5) ? 1 : -1));
    const chosen = Object.fromEntries(names.map((name) => [name, of[name]()]));
    // What is undefined is absent, where something else is there.
    if (r.chance(0.1))
      chosen[r.pick(Object.keys(of).filter((name) => !(name in chosen)))] = undefined;
    return chosen;
  };
  const bounds = () => ({
    ...(r.chance(0.4) && { count: r.whole(1, 100) }),
    ...(r.chance(0.4) && { cursor: r.chance(0.5) ? text() : String(r.whole(1, 2 ** 40)) }),
    ...(r.chance(0.1) && { cursor: undefined }),
  });
  const selection = () =>
    r.pick([
      id,
      () => r.many(id, 0, 5),
      () => ({ dlqIds: r.many(id, 1, 5) }),
      () => ({ dlqIds: id() }),
      () => ({ filter: filter(fields), ...bounds() }),
      () => ({ filter: filter(fields), ...bounds() }),
      () => ({ all: true, ...bounds() }),
    ])();
  const flowControl = () => ({
    key: word(),
    ...r.pick([
      () => ({ parallelism: r.whole(1, 50) }),
      () => ({ rate: r.whole(1, 50) }),
      () => ({ ratePerSecond: r.whole(1, 50) }),
      () => ({ rate: r.whole(1, 50), period: r.pick(["1s", "30s", "10m", "2h", "1d"]) }),
      () => ({ parallelism: r.whole(1, 9), rate: r.whole(1, 9), period: r.whole(1, 3_600) }),
    ])(),
  });
  const overrides = () => ({
    ...(r.chance(0.5) && { retries: r.whole(0, 10) }),
    ...(r.chance(0.5) && { flowControl: flowControl() }),
  });
  const legacy = () => ({
    dlqId: r.chance(0.5) ? id() : r.many(id, 1, 4),
    ...overrides(),
  });
  const list = () => ({
    ...(r.chance(0.5) && { count: r.whole(1, 100) }),
    ...(r.chance(0.5) && { cursor: text() }),
    ...(r.chance(0.7) && { filter: filter(listed) }),
  });
  const acting = (operation) =>
    r.chance(0.2)
      ? [operation, [legacy()]]
      : [operation, r.chance(0.5) ? [selection()] : [selection(), overrides()]];
  return () =>
    r.pick([
      () => acting("resume"),
      () => acting("resume"),
      () => acting("restart"),
      () => ["delete", [selection()]],
      () => ["list", r.chance(0.2) ? [] : [list()]],
      () => ["retryFailureFunction", [{ dlqId: id() }]],
    ])();
}

/** Answers as the service may give them. */
function answers(r) {
  const run = () => ({
    workflowRunId: `wfr_${r.whole(1, 1e9)}`,
    workflowCreatedAt: r.chance(0.8) ? r.whole(1e12, 2e12) : "2023-01-01T00:00:00Z",
    ...(r.chance(0.2) && { more: { nested: [1, null] } }),
  });
  const cursor = r.pick([{}, { cursor: "" }, { cursor: null }, { cursor: "1752829295505-0" }]);
  const extra = r.chance(0.2) ? { somethingNew: true } : {};
  const runs = r.many(run, 1, 4);
  const status = r.chance(0.1) ? r.pick([400, 401, 403, 404, 500, 503]) : 200;
  return (method, url) => {
    if (status !== 200) return [status, { error: "no" }];
    if (url.includes("/callback/")) return [200, { ...runs[0], ...extra }];
    if (method === "DELETE") return [200, { deleted: runs.length, ...cursor, ...extra }];
    if (method === "GET") return [200, { messages: [{ dlqId: "1-0" }], ...cursor, ...extra }];
    return [200, { workflowRuns: runs, ...cursor, ...extra }];
  };
}

test(`${ROUNDS} random inputs, from seed ${SEED}`, async (t) => {
  // The SDK writes each refusal to the console.
  for (const name of ["log", "warn", "error"]) t.mock.method(console, name, () => {});
  const operations = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    const r = random(SEED + round);
    const [operation, args] = inputs(r)();
    answer = answers(r);
    const theirs = await outcome(sdk, operation, args);
    // The SDK repeats nothing after a status, and neither do we with what acts; our reads are.
    const mine = await outcome(
      operation === "list" ? new Client({ ...clientOptions(), retry: false }, {}) : ours,
      operation,
      args,
    );
    const rerun = `SEED=${SEED + round} ROUNDS=1: ${operation}(${JSON.stringify(args)})`;
    assert.deepEqual(mine, theirs, rerun);
    operations.set(operation, (operations.get(operation) ?? 0) + 1);
  }
  assert.equal(operations.size, ROUNDS < 100 ? operations.size : 5);
});

const clientOptions = () => ({
  baseUrl: `http://127.0.0.1:${server.address().port}`,
  token: TOKEN,
});

describe("what the SDK refuses, we refuse with its words", () => {
  const refused = [
    ["resume", [{ dlqIds: [] }]],
    ["restart", [{ dlqIds: [] }, { retries: 1 }]],
    ["delete", [{ dlqIds: [] }]],
    ["resume", [{ filter: { label: [] } }]],
    ["resume", [""]],
    ["resume", [["1-0", ""]]],
    ["delete", [""]],
    ["retryFailureFunction", [{ dlqId: "" }]],
  ];
  for (const [operation, args] of refused) {
    test(`${operation}(${JSON.stringify(args).slice(1, -1)})`, async () => {
      const messages = [];
      seen = [];
      for (const client of [sdk, ours]) {
        await assert.rejects(client.dlq[operation](...args), (error) => {
          messages.push(error.message);
          return true;
        });
      }
      const [theirs, mine] = messages;
      const beginning = theirs.split(". ")[0];
      assert.ok(mine.startsWith(beginning), `theirs: ${theirs}\nours: ${mine}`);
      assert.deepEqual(seen, []);
    });
  }
});

describe("what empty selections come to", () => {
  for (const [operation, expected] of [
    ["resume", { workflowRuns: [] }],
    ["restart", { workflowRuns: [] }],
    ["delete", { deleted: 0 }],
  ]) {
    test(`${operation}([]) asks nothing`, async () => {
      seen = [];
      assert.deepEqual(await ours.dlq[operation]([]), expected);
      assert.deepEqual(await sdk.dlq[operation]([]), expected);
      assert.deepEqual(seen, []);
    });
  }
});
