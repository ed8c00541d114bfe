// What differs from the SDK on purpose: each line of the package's page, beside the SDK.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Client as Sdk } from "@upstash/workflow";
import { Client } from "upstash-workflow-dlq";
import { path } from "../../scripts/lib/run.mjs";
import { besideSdk, TOKEN } from "./beside-sdk.mjs";
import { failure, startEmulator } from "./setup.mjs";

const side = besideSdk();
const FEBRUARY = Date.UTC(2024, 1, 1);
const RUNS = [{ workflowRunId: "wfr_a", workflowCreatedAt: 1_714_979_289_000 }];

/** Arguments of `resume`; what the SDK asks for; what we ask for, or the code of the refusal. */
const EVERYTHING = [
  [[{ filter: { label: undefined } }], "count=100", "empty_filter"],
  [[{ filter: { lable: "a" } }], "lable=a&count=100", "unknown_key"],
  [[{ filter: { label: "a" }, all: undefined }], "count=100", "label=a&count=100"],
  [[{ filter: { label: "a" }, dlqIds: undefined }], "", "label=a&count=100"],
  [[{ dlqIds: ["a"], all: undefined }], "count=100", "dlqIds=a"],
  [[{ all: false }], "count=100", "all_not_true"],
  [[{ all: true, filter: { label: "a" } }], "count=100", "selection_conflict"],
  [[{ dlqIds: ["a"], filter: { label: "a" } }], "dlqIds=a", "selection_conflict"],
];
const IMPOSSIBLE = [
  [["1-0,2-0"], "dlqIds=1-0%2C2-0", "comma_in_value"],
  [[{ filter: { label: "a,b" } }], "label=a%2Cb&count=100", "comma_in_value"],
  [
    [{ filter: { workflowUrl: "https://a.b/x,y" } }],
    "workflowUrl=https%3A%2F%2Fa.b%2Fx%2Cy&count=100",
    "comma_in_value",
  ],
  [[{ filter: { fromDate: 1_714_979_289 } }], "fromDate=1714979289&count=100", "date_in_seconds"],
  [
    [{ filter: { fromDate: 1_714_979_289_000_000 } }],
    "fromDate=1714979289000000&count=100",
    "date_too_fine",
  ],
  [[{ filter: { fromDate: new Date(Number.NaN) } }], "fromDate=NaN&count=100", "bad_date"],
  [[{ filter: { workflowUrl: "app.example" } }], "workflowUrl=app.example&count=100", "bad_url"],
  [[{ filter: { callerIp: "10.0.0" } }], "callerIp=10.0.0&count=100", "bad_ip"],
  [
    [{ filter: { failureFunctionState: "FAILED" } }],
    "failureFunctionState=FAILED&count=100",
    "unknown_value",
  ],
  [[{ all: true, count: 0 }], "count=0", "out_of_range"],
  [[{ all: true, cursor: "" }], "count=100&cursor=", "empty_string"],
  [["1-0", { retries: -1 }], "dlqIds=1-0", "out_of_range"],
  [["1-0", { flowControl: { key: "a b", rate: 1 } }], "dlqIds=1-0", "bad_flow_control_key"],
];

/** What `resume` comes to: of the SDK its query, of ours the query or the code of the first issue. */
async function assertDifferent([args, theirs, ours]) {
  side.answer = () => [200, { workflowRuns: [] }];
  const asked = await side.outcome(side.sdk, "resume", args);
  const query = asked.requests[0].url.split("?")[1] ?? "";
  if (theirs !== undefined) assert.equal(query, theirs);
  side.seen = [];
  const outcome = await side.ours.dlq.resume(...args).then(
    () => side.seen[0].url.split("?")[1],
    (error) => {
      assert.deepEqual(side.seen, []);
      return error.issues[0].code;
    },
  );
  assert.equal(outcome, ours, JSON.stringify(args).slice(0, 80));
}

const each = (cases) => async () => {
  for (const one of cases) await assertDifferent(one);
};

/** What the SDK hands to the global `fetch`, which answers or throws. */
function sdkFetch(t, respond) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (url, init) => {
    asked.push({ url: String(url), authorization: new Headers(init.headers).get("authorization") });
    return respond();
  });
  return asked;
}

/** Sets variables of the process for the length of a test. */
function variables(t, values) {
  const before = Object.keys(values).map((name) => [name, process.env[name]]);
  Object.assign(process.env, values);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

/** By how the line begins. */
const LINES = {
  "selects ALL entries for a filter": each(EVERYTHING),
  "sends invalid values": async () => {
    await each(IMPOSSIBLE)();
    side.answer = () => [200, { messages: [] }];
    side.seen = [];
    await side.sdk.dlq.list({ count: 1_000 });
    assert.match(side.seen[0].url, /count=1000/);
    const error = await failure(side.ours.dlq.list({ count: 1_000 }));
    assert.match(error.message, /from 1 to 100/);
    assert.equal(side.seen.length, 1);
  },
  "sends the token over http to any host": async (t) => {
    const asked = sdkFetch(t, () => Response.json({ messages: [] }));
    await new Sdk({ baseUrl: "http://gateway.example", token: "tok" }).dlq.list();
    await new Sdk({ baseUrl: "https://gateway.example", token: "t ok" }).dlq.list();
    await new Sdk({ baseUrl: "https://gateway.example", token: '"tok"' }).dlq.list();
    assert.match(asked[0].url, /^http:\/\/gateway\.example/);
    assert.deepEqual(
      asked.map(({ authorization }) => authorization),
      ["Bearer tok", "Bearer t ok", 'Bearer "tok"'],
    );
    for (const [options, code] of [
      [{ baseUrl: "http://gateway.example", token: "tok" }, "base_url_insecure"],
      [{ baseUrl: "https://gateway.example", token: "t ok" }, "token_whitespace"],
      [{ baseUrl: "https://gateway.example", token: '"tok"' }, "token_quoted"],
    ]) {
      assert.throws(
        () => new Client(options, {}),
        (error) => error.issues[0].code === code,
      );
    }
    const allowed = { baseUrl: "http://gateway.example", token: "tok", allowInsecure: true };
    assert.ok(new Client(allowed, {}));
    assert.ok(new Client({ baseUrl: "http://127.0.0.1:8080", token: "tok" }, {}));
  },
  "sends ids in a URL that is longer": async () => {
    const ids = Array.from({ length: 600 }, (_, i) => `${1_714_979_289_000 + i}-0`);
    await assertDifferent([[ids], undefined, "url_too_long"]);
    side.answer = (_, url) => {
      const named = new URL(url, "http://x").searchParams.getAll("dlqIds");
      return [200, { workflowRuns: named.map((id) => ({ ...RUNS[0], workflowRunId: id })) }];
    };
    const { resumed } = await side.ours.dlq.resumeAll(ids);
    assert.equal(resumed, 600);
    for (const { url } of side.seen) assert.ok(url.length <= 8_000);
  },
  "`restart` with more than 50 ids": async (t) => {
    const emulator = await startEmulator({ config: { restartCap: 50 } });
    t.after(() => emulator.close());
    const { dlqIds } = await emulator.seed({ count: 90, ids: true });
    const options = { baseUrl: emulator.url, token: emulator.token };
    const error = await failure(new Client(options, {}).dlq.restart(dlqIds));
    assert.equal(error.issues[0].code, "too_many_ids");
    assert.equal((await emulator.requests()).total, 0);
    const { workflowRuns, cursor } = await new Sdk(options).dlq.restart(dlqIds);
    assert.deepEqual([workflowRuns.length, cursor], [50, undefined]);
    const { restarted } = await new Client(options, {}).dlq.restartAll(dlqIds.slice(50));
    assert.equal(restarted, 40);
  },
  "sends a date string unchanged": each([
    [
      [{ filter: { fromDate: "2024-02-01" } }],
      "fromDate=2024-02-01&count=100",
      `fromDate=${FEBRUARY}&count=100`,
    ],
  ]),
  "retries a POST when `fetch` throws": async (t) => {
    const broken = () => {
      throw new TypeError("fetch failed");
    };
    const asked = sdkFetch(t, broken);
    const retry = { retries: 2, backoff: () => 1 };
    await failure(new Sdk({ baseUrl: "https://a.b", token: "tok", retry }).dlq.resume("1-0"));
    assert.equal(asked.length, 3);

    const ours = async (error) => {
      let sent = 0;
      const fetch = async () => {
        sent += 1;
        throw error;
      };
      const client = new Client({ baseUrl: "https://a.b", token: "tok", retry, fetch }, {});
      return [await failure(client.dlq.resume("1-0")), sent];
    };
    const [error, sent] = await ours(new TypeError("fetch failed"));
    assert.deepEqual([error.mayHaveActed, sent], [true, 1]);
    const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    const [never, tries] = await ours(new TypeError("fetch failed", { cause: refused }));
    assert.deepEqual([never.mayHaveActed, tries], [false, 3]);
  },
  "a 429 or 5xx ends the call": async () => {
    const retry = { attempts: 3, initialDelay: 1, maxDelay: 2 };
    const ours = new Client({ baseUrl: side.baseUrl, token: TOKEN, retry }, {});
    const now = Math.floor(Date.now() / 1000);
    const limit = { "Burst-RateLimit-Limit": "1", "Burst-RateLimit-Reset": `${now}` };
    for (const status of [429, 503]) {
      let left = 1;
      side.answer = () => {
        left -= 1;
        return left < 0 ? [200, { messages: [] }] : [status, { error: "no" }, limit];
      };
      side.seen = [];
      await failure(side.sdk.dlq.list());
      assert.equal(side.seen.length, 1, `${status}`);
      left = 1;
      assert.deepEqual(await ours.dlq.list(), { messages: [], cursor: undefined });
      left = 1;
      side.seen = [];
      await failure(side.once.dlq.list());
      assert.equal(side.seen.length, 1);
    }
  },
  "returns a successful response without its list": async () => {
    side.answer = () => [200, {}];
    for (const operation of ["list", "resume"]) {
      const args = operation === "list" ? [] : ["1-0"];
      assert.equal((await side.outcome(side.sdk, operation, args)).failed, undefined);
      const error = await failure(side.once.dlq[operation](...args));
      assert.equal(error.code, "response_format");
    }
    side.answer = () => [200, { messages: null, workflowRuns: null }];
    assert.deepEqual((await side.ours.dlq.list()).messages, []);
    assert.deepEqual((await side.ours.dlq.resume("1-0")).workflowRuns, []);
  },
  "follows a redirect": async () => {
    let hops = 0;
    side.answer = (_, url) => {
      hops += 1;
      if (url.startsWith("/else")) return [200, { messages: [] }];
      return [307, "", { location: "/elsewhere" }];
    };
    side.seen = [];
    await side.sdk.dlq.list();
    assert.equal(hops, 2);
    assert.equal(side.seen[1].headers.authorization, `Bearer ${TOKEN}`);
    const error = await failure(side.ours.dlq.list());
    assert.deepEqual([error.code, hops], ["unexpected_redirect", 3]);
  },
  "responses may come from a cache": async () => {
    side.answer = () => [200, { messages: [] }];
    const control = async (client) => {
      side.seen = [];
      await client.dlq.list();
      return side.seen[0].headers["cache-control"];
    };
    assert.deepEqual([await control(side.sdk), await control(side.ours)], [undefined, "no-cache"]);
  },
  "sends `headers` when publishing": async () => {
    side.answer = () => [200, { messages: [] }];
    const options = { baseUrl: side.baseUrl, token: TOKEN, headers: { "X-Trace": "a" } };
    for (const [client, expected] of [
      [new Sdk(options), undefined],
      [new Client(options), "a"],
    ]) {
      side.seen = [];
      await client.dlq.list();
      assert.equal(side.seen[0].headers["x-trace"], expected);
    }
  },
  "flow control needs a limit": async () => {
    side.answer = () => [200, { workflowRuns: RUNS }];
    const sent = async (client, flowControl) => {
      side.seen = [];
      await client.dlq.resume("1-0", { flowControl });
      const { headers } = side.seen[0];
      return ["key", "value"].map((name) => headers[`upstash-flow-control-${name}`]);
    };
    await failure(sent(side.sdk, { key: "k" }));
    assert.deepEqual(side.seen, []);
    assert.deepEqual(await sent(side.sdk, { rate: 2 }), ["undefined", "rate=2"]);
    assert.deepEqual(await sent(side.ours, { key: "k" }), ["k", undefined]);
    assert.deepEqual(await sent(side.ours, { rate: 2 }), [undefined, "rate=2"]);
    const long = { flowControl: { key: "k", rate: 1, period: "8d" } };
    assert.equal((await side.outcome(side.sdk, "resume", ["1-0", long])).failed, undefined);
    side.seen = [];
    assert.equal((await failure(side.ours.dlq.resume("1-0", long))).code, "invalid_arguments");
    assert.deepEqual(side.seen, []);
  },
  "an unknown `QSTASH_REGION`": async (t) => {
    t.mock.method(console, "warn", () => {});
    const asked = sdkFetch(t, () => Response.json({ messages: [] }));
    variables(t, { QSTASH_REGION: "MARS_1", QSTASH_TOKEN: "tok" });
    await new Sdk().dlq.list();
    assert.match(asked[0].url, /^https:\/\/qstash\.upstash\.io\//);
    assert.throws(() => new Client(), /QSTASH_REGION/);

    process.env.QSTASH_REGION = "US_EAST_1";
    await new Sdk().dlq.list();
    assert.match(asked[1].url, /^https:\/\/qstash\.upstash\.io\//);
    assert.throws(() => new Client(), /US_EAST_1_QSTASH_TOKEN|US_EAST_1_QSTASH_URL/);

    const pair = { US_EAST_1_QSTASH_URL: "https://us.example", US_EAST_1_QSTASH_TOKEN: "us-token" };
    variables(t, pair);
    await new Sdk({ token: "given" }).dlq.list();
    await new Client({ token: "given", fetch }).dlq.list();
    assert.deepEqual(
      asked.slice(2).map(({ authorization }) => authorization),
      ["Bearer us-token", "Bearer given"],
    );
  },
  "`devMode`, `QSTASH_DEV`": async (t) => {
    const warned = t.mock.method(console, "warn", () => {});
    const emulator = await startEmulator({ dev: true });
    t.after(() => emulator.close());
    const { host, port } = new URL(emulator.url);
    const env = { QSTASH_DEV: "true", QSTASH_DEV_PORT: port };
    const given = { token: "given", baseUrl: "https://a.b" };
    // The emulator has the dev server's token: with another one it refuses.
    assert.deepEqual((await new Client(given, env).dlq.list()).messages, []);
    const lines = warned.mock.calls.map(({ arguments: [line] }) => line);
    assert.equal(lines.length, 1);
    assert.ok(lines[0].includes(host), lines[0]);
    variables(t, env);
    assert.deepEqual((await new Sdk(given).dlq.list()).messages, []);
    // Nothing is started: where nobody listens, that is said.
    const nobody = new Client({ retry: false }, { QSTASH_DEV: "true", QSTASH_DEV_PORT: "9" });
    assert.equal((await failure(nobody.dlq.list())).code, "network_error");
  },
  "logs failures on the console": async (t) => {
    const written = ["log", "warn", "error"].map((name) => t.mock.method(console, name, () => {}));
    const lines = () => written.reduce((sum, { mock }) => sum + mock.callCount(), 0);
    side.answer = () => [400, { error: "no" }];
    await failure(side.sdk.dlq.resume("1-0"));
    assert.equal(lines(), 1);
    const error = await failure(side.ours.dlq.resume("1-0"));
    assert.deepEqual([error.status, error.detail], [400, "no"]);
    assert.equal(lines(), 1);
  },
};

describe("what differs from the SDK, as the package's page says", () => {
  const page = readFileSync(path("pkg-template/README.md"), "utf8");
  const [, table] = /Intentional differences:\n\n([\s\S]*?)\n\n/.exec(page);
  const lines = table
    .split("\n")
    .slice(2)
    .map((line) => line.slice(2).split(" | ")[0]);
  const left = new Set(Object.keys(LINES));
  for (const line of lines) {
    const begins = Object.keys(LINES).find((known) => line.startsWith(known));
    test(line.slice(0, 70), (t) => {
      assert.ok(begins, "the line has a test");
      return LINES[begins](t);
    });
    left.delete(begins);
  }
  test("every test has its line", () => assert.deepEqual([...left], []));
});
