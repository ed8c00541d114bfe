// The token is in no error, log, checkpoint, page, summary or hook event, however it was passed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { everything, forms } from "../support/secrets.mjs";
import { QUICK, world } from "./setup.mjs";

const ACTIONS = {
  200: null,
  400: 400,
  401: 401,
  403: 403,
  404: 404,
  429: { type: "status", status: 429, headers: { "Retry-After": 0 } },
  500: 500,
  html: "html",
  cutOff: "cutOff",
  wrongShape: "wrongShape",
  drop: "drop",
  hang: "hang",
  redirect: { type: "redirect", to: "http://127.0.0.1:9/", status: 307 },
};

/** A `fetch` that answers with what it was sent, as a careless gateway does. */
const echo = async (url, { headers, method }) => {
  const sent = JSON.stringify({ url: String(url), method, headers: [...new Headers(headers)] });
  return new Response(JSON.stringify({ error: sent }), {
    status: 400,
    headers: { "x-request-id": sent },
  });
};

/** A `fetch` that names the URL and the headers in what it throws. */
const shout = async (url, init) => {
  const error = new TypeError(`failed: ${url} ${JSON.stringify([...new Headers(init.headers)])}`);
  error.cause = new Error(`connect ${url}`);
  throw error;
};

for (const auth of ["header", "query"]) {
  describe(`auth: "${auth}"`, { concurrency: true }, () => {
    const cases = [
      ...Object.entries(ACTIONS).map(([name, action]) => [name, { action }]),
      ["a gateway that echoes", { fetch: echo }],
      ["a fetch that names the URL", { fetch: shout }],
    ];
    for (const [name, { action, fetch }] of cases) {
      test(`${name}: the token is nowhere`, async (t) => {
        const seen = [];
        const watch = (what) => (value) => void seen.push([what, value]);
        const { emulator, make, ids } = await world(t, { entries: 30 });
        const original = process.stdout.write;
        const client = make({
          auth,
          ...(fetch && { fetch }),
          timeout: 60,
          retry: { ...QUICK, attempts: 1 },
          onRequest: watch("onRequest"),
        });
        if (action) await emulator.faults([{ match: {}, action }]);
        const drive = {
          pageSize: 10,
          timeBudget: 500,
          onProgress: watch("onProgress"),
          onCheckpoint: watch("onCheckpoint"),
        };
        const { dlq } = client;
        const calls = {
          list: () => dlq.list(),
          get: () => dlq.get(ids[0]),
          resume: () => dlq.resume(ids.slice(0, 2)),
          delete: () => dlq.delete(ids.slice(2, 3)),
          retryFailureFunction: () => dlq.retryFailureFunction({ dlqId: ids[3] }),
          cancelFailureFunction: () => dlq.cancelFailureFunction({ dlqId: ids[3] }),
          preview: () => dlq.preview({ all: true }, { timeBudget: 500 }),
          resumeAll: () => dlq.resumeAll({ all: true }, { retries: 1 }, drive),
          "resumeAll of ids": () => dlq.resumeAll(ids, {}, drive),
          refused: () => dlq.resume({ filter: { [emulator.token]: emulator.token } }),
          client: async () => inspect(client, { depth: Infinity, showHidden: true }),
        };
        for (const [call, run] of Object.entries(calls)) {
          await run().then(watch(call), watch(`${call}, rejected`));
        }
        assert.equal(process.stdout.write, original);
        assert.ok(seen.some(([what]) => what === "onRequest"));
        const misspelt = seen.filter(([what]) => what === "refused, rejected");
        assert.equal(misspelt.length, 1);
        for (const [what, value] of seen) {
          if (what === "refused, rejected") continue;
          const text = everything(value).join("\n");
          for (const form of forms(emulator.token)) {
            assert.ok(!text.includes(form), `${what} holds the token: ${text.slice(0, 500)}`);
          }
        }
      });
    }
  });
}

test("a token that is not valid is not repeated", async () => {
  const { Client } = await import("upstash-workflow-dlq");
  for (const token of [
    "Bearer abcdefgh",
    "abc defghi",
    "abcdefgh\n",
    "abcd\u0000efgh",
    "t€kendefgh",
  ]) {
    const error = (() => {
      try {
        new Client({ token, baseUrl: "http://127.0.0.1:1" }, {});
      } catch (error) {
        return error;
      }
    })();
    assert.ok(error, JSON.stringify(token));
    assert.ok(!everything(error).join().includes(token.trim().slice(-8)), error.message);
  }
});

test("what is written to the console about hooks that throw is one line each, without the token", async (t) => {
  const { emulator, client } = await world(t, { entries: 20 });
  await emulator.faults([{ match: {}, every: 2, action: 500 }]);
  const lines = [];
  const methods = ["log", "info", "warn", "error", "debug", "trace"];
  for (const name of methods) {
    t.mock.method(console, name, (...args) => void lines.push(args.map(String).join(" ")));
  }
  const drive = {
    pageSize: 5,
    onProgress: () => {
      throw new Error("a hook that throws");
    },
  };
  const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
  assert.equal(summary.resumed, 20);
  assert.deepEqual(lines, ["onProgress Error: a hook that throws"]);
});

test("a console that throws, and a hook that rejects, change nothing", async (t) => {
  const { client } = await world(t, { entries: 20 });
  let reports = 0;
  t.mock.method(console, "error", () => {
    reports += 1;
    throw new Error("a console that throws");
  });
  const drive = { pageSize: 5, onProgress: async () => Promise.reject(new Error("late")) };
  const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
  assert.equal(summary.resumed, 20);
  assert.equal(reports, 1);
});
