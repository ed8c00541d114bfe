// Whatever a client is asked, and whatever it is answered: each request of it is one that the description knows.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Client } from "upstash-workflow-dlq";
import { check, OURS } from "./description.mjs";
import { answers, auth, call } from "./inputs.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 3_000);
const SEED = Number(process.env.SEED ?? 1);
const HOST = "https://dlq.example";

const run = (n) => ({ workflowRunId: `wfr_${n}`, workflowCreatedAt: 1_700_000_000_000 + n });

/** An entry that has what the query filters by. */
function entry(dlqId, query) {
  const first = (name, otherwise) => query.get(name) ?? otherwise;
  return {
    dlqId,
    workflowUrl: first("workflowUrl", "https://example.com/workflow"),
    workflowRunId: first("workflowRunId", "wfr_0"),
    workflowCreatedAt: Number(first("workflowCreatedAt", 1_650_000_000_000)),
    createdAt: 1_650_000_000_000,
    labels: [first("label", "label")],
    failureCallbackInfo: { state: first("failureFunctionState", "CALLBACK_FAIL") },
    callerIP: first("callerIp", "127.0.0.1"),
    flowControlKey: first("flowControlKey", "key"),
    responseStatus: Number(first("responseStatus", 500)),
    responseBody: "it failed",
  };
}

const error = (status) => [status, { error: "no" }];
const REFUSALS = {
  missing: error(404),
  refused: error(400),
  busy: error(429),
  broken: error(500),
  html: [502, "<html>Bad Gateway</html>"],
};

/** What a service answers: no queue, but answers that a client can go on with. */
function answer(method, url, how, n) {
  if (REFUSALS[how]) return REFUSALS[how];
  const { pathname, searchParams: query } = url;
  const ids = query.getAll("dlqIds");
  const count = Math.min(Number(query.get("count") ?? 3), 3);
  const taken = how === "empty" ? 0 : ids.length || count;
  const numbers = Array.from({ length: taken }, (_, i) => n * 1_000 + i);
  const page = how === "end" ? {} : { cursor: `${n}-${how}` };
  if (pathname.includes("/callback/")) return method === "DELETE" ? [302, ""] : [200, run(n)];
  if (method === "DELETE") return [200, { deleted: taken, ...page }];
  if (method === "POST") return [200, { workflowRuns: numbers.map(run), ...page }];
  if (!pathname.endsWith("/dlq"))
    return [200, entry(decodeURIComponent(pathname.split("/").at(-1)), query)];
  const listed = ids.length > 0 ? ids : numbers.map((i) => `1650000000000-${i}`);
  return [200, { messages: listed.map((id) => entry(id, query)), ...(ids.length === 0 && page) }];
}

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

/** Calls, reads the pages to their end, and goes on once where there is more. */
async function perform(dlq, [operation, args]) {
  const result = dlq[operation](...args);
  if (operation.endsWith("Pages")) for await (const _ of result);
  else {
    const { checkpoint } = (await result) ?? {};
    if (checkpoint) await dlq.continueFrom(checkpoint, { maxRequests: 5 });
  }
}

test(`${ROUNDS} random calls, from seed ${SEED}`, async () => {
  const operations = new Map();
  const methods = new Set();
  let requests = 0;
  const property = fc.asyncProperty(call, answers, auth, async (call, answers, auth) => {
    const seen = [];
    const fetch = watched(answers, seen);
    const retry = { attempts: 3, initialDelay: 1, maxDelay: 1 };
    const { dlq } = new Client({ baseUrl: HOST, token: "t", auth, fetch, retry }, {});
    await perform(dlq, call).catch((error) => {
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
