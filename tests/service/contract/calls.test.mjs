// Whatever a client is asked, and whatever it is answered: each request of it is one that the description knows.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Client } from "upstash-workflow-dlq";
import { check, OURS } from "./description.mjs";
import { answers, auth, call } from "./inputs.mjs";
import { answer, perform } from "./service.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 3_000);
const SEED = Number(process.env.SEED ?? 1);
const HOST = "https://dlq.example";

/** A `fetch` that holds every request against the description. */
function watched(answers, seen) {
  return async (url, { method, headers, body }) => {
    const how = answers[seen.length] ?? "end";
    const target = url.slice(HOST.length);
    const sent = Object.fromEntries(new Headers(headers));
    const bodyBytes = body === undefined ? 0 : String(body).length;
    seen.push({ method, target, ...check({ method, target, headers: sent, bodyBytes }) });
    const [status, content] = answer(method, new URL(url), how, seen.length);
    const text = typeof content === "string" ? content : JSON.stringify(content);
    return { status, headers: new Headers(), text: async () => text };
  };
}

test(`${ROUNDS} random calls, from seed ${SEED}`, async () => {
  const operations = new Map();
  const methods = new Set();
  let requests = 0;
  const property = fc.asyncProperty(call, answers, auth, async (call, answers, auth) => {
    const seen = [];
    const fetch = watched(answers, seen);
    const retry = { attempts: 3, initialDelay: 1, maxDelay: 1 };
    const client = new Client({ baseUrl: HOST, token: "t", auth, fetch, retry }, {});
    await perform(client, call).catch((error) => {
      assert.ok(error.code && error.code !== "invalid_arguments", error);
    });
    assert.ok(seen.length > 0, "something is asked");
    assert.deepEqual(
      seen.filter(({ faults }) => faults.length > 0),
      [],
    );
    for (const { operation } of seen)
      operations.set(operation, (operations.get(operation) ?? 0) + 1);
    methods.add(call[0]);
    requests += seen.length;
  });
  await fc.assert(property, { numRuns: ROUNDS, seed: SEED });
  console.log(`${requests} requests of ${methods.size} methods:`, Object.fromEntries(operations));
  if (ROUNDS >= 1_000) assert.deepEqual([...operations.keys()].sort(), OURS.toSorted());
});
