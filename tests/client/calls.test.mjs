// Single calls, and the sources of token and address.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as dlq from "upstash-workflow-dlq";
import { failure, requestsTo, world } from "./setup.mjs";

const RESUME = "/v2/workflows/dlq/resume";
const query = (request) => new URLSearchParams(request.path.split("?")[1]);

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
