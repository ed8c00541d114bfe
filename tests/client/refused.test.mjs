// Bad input through the whole package: refused before any request, with its path, its code, and a
// sentence that says what to write instead. The core's own table (tests/core/refused.rs) has every
// rule's variants; here is one a rule, and what only JavaScript can do wrong.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { Client, DlqError, ValidationError } from "upstash-workflow-dlq";
import * as read from "upstash-workflow-dlq/read";
import { ISSUES } from "../../pkg/messages.js";
import { path } from "../../scripts/lib/run.mjs";

let requests = 0;
const fetch = async () => {
  requests += 1;
  return Response.json({ workflowRuns: [], messages: [], deleted: 0 });
};
const { dlq } = new Client({ token: "token", fetch }, {});
await read.init(readFile(path("pkg/core-read.wasm")));
const reading = new read.Client({ token: "token", fetch }, {});
const make = (options, env = {}) => new Client({ fetch, ...options }, env).dlq.list();

const resume = (...args) => dlq.resume(...args);
const filter = (value) => dlq.resume({ filter: value });
const overrides = (value) => dlq.resume("1-0", value);
const drive = (value, selection = { all: true }) => dlq.resumeAll(selection, {}, value);

/** Path, code, what was done, and a piece of the sentence. */
const RULES = [
  [
    "selection.filer",
    "unknown_key",
    () => resume({ all: true, filer: {} }),
    /did you mean "filter"/,
  ],
  ["selection", "wrong_type", () => resume(5), /must be/],
  ["selection.filter.label", "null_value", () => filter({ label: null }), /leave it out/],
  [
    "drive.canary.entries",
    "required",
    () => drive({ canary: { wait: 1, maxFailedAgain: 1 } }),
    /is missing/,
  ],
  ["selection", "selection_missing", () => resume(), /all: true/],
  ["selection", "selection_conflict", () => resume({ dlqIds: ["1-0"], all: true }), /only one/],
  ["selection.dlqIds", "empty_dlq_ids", () => resume({ dlqIds: [] }), /^Empty dlqIds array/],
  ["selection[1]", "empty_id", () => resume(["1-0", ""]), /write an id/],
  ["selection.filter", "empty_filter", () => filter({}), /all: true/],
  ["selection.filter.label", "empty_array", () => filter({ label: [] }), /at least one value/],
  ["selection.cursor", "empty_string", () => resume({ all: true, cursor: "" }), /leave it out/],
  ["selection.all", "all_not_true", () => resume({ all: 1 }), /must be true, not 1/],
  ["selection.count", "not_whole", () => resume({ all: true, count: 1.5 }), /not 1.5/],
  ["overrides.retries", "out_of_range", () => overrides({ retries: -1 }), /not -1/],
  ["selection.count", "count_in_drive", () => drive({}, { all: true, count: 5 }), /limit/],
  [
    "selection.cursor",
    "cursor_in_drive",
    () => drive({}, { all: true, cursor: "c" }),
    /checkpoint/,
  ],
  ["selection.count", "count_with_ids", () => drive({}, { dlqIds: ["1-0"], count: 5 }), /limit/],
  [
    "selection.cursor",
    "cursor_with_ids",
    () => drive({}, { dlqIds: ["1-0"], cursor: "c" }),
    /leave it out/,
  ],
  ["drive.strategy", "pages_with_ids", () => drive({ strategy: "pages" }, ["1-0"]), /batches/],
  [
    "drive.strategy",
    "pages_with_where",
    () => drive({ strategy: "pages", where: { responseStatus: 500 } }),
    /batches/,
  ],
  [
    "drive.where",
    "where_with_ids",
    () => drive({ where: { responseStatus: 500 } }, ["1-0"]),
    /filter/,
  ],
  [
    "drive.where",
    "narrowed_twice",
    () => drive({ where: { error: "a" } }, { all: true, where: { error: "b" } }),
    /differs from selection\.where.*leave one of the two out/,
  ],
  [
    "selection.limit",
    "drive_only",
    () => resume({ all: true, limit: 5 }),
    /use resumeAll.*or preview/,
  ],
  ["drive.retention", "preview_only", () => drive({ retention: 3 }), /for preview/],
  [
    "drive.canary",
    "canary_without_resume",
    () => dlq.deleteAll({ all: true }, { canary: { entries: 1 } }),
    /resume and restart/,
  ],
  [
    "drive.follow",
    "follow_without_resume",
    () => dlq.deleteAll({ all: true }, { follow: true }),
    /resume and restart/,
  ],
  ["runs", "no_runs", () => dlq.follow({ resumed: 5 }), /workflowRunId/],
  [
    "drive.freeze",
    "freeze_needs_bound",
    () => drive({ freeze: false }),
    /limit, maxRequests or timeBudget/,
  ],
  ["selection.filter.fromDate", "bad_date", () => filter({ fromDate: "yesterday" }), /ISO 8601/],
  [
    "selection.filter.fromDate",
    "date_in_seconds",
    () => filter({ fromDate: 1_790_000_000 }),
    /1790000000000/,
  ],
  [
    "selection.filter.fromDate",
    "date_order",
    () => filter({ fromDate: 2e12, toDate: 1.9e12 }),
    /swap/,
  ],
  [
    "selection.filter.failureFunctionState",
    "unknown_value",
    () => filter({ failureFunctionState: "FAIL" }),
    /CALLBACK_FAIL/,
  ],
  [
    "selection.filter.workflowUrl",
    "bad_url",
    () => filter({ workflowUrl: "example.com" }),
    /https:\/\//,
  ],
  ["selection.filter.callerIp", "bad_ip", () => filter({ callerIp: "1.2.3" }), /IPv4 or IPv6/],
  [
    "overrides.delay",
    "bad_duration",
    () => overrides({ delay: "10 minutes" }),
    /"10s".*at character 2/,
  ],
  [
    "overrides.retryDelay",
    "bad_expression",
    () => overrides({ retryDelay: "(1 + retired) * 2" }),
    /at character 5.*did you mean "retried"/,
  ],
  [
    "selection.flowControl.key",
    "flow_control_without_key",
    () => resume({ dlqId: "1-0", flowControl: { rate: 1 } }),
    /flowControl.key/,
  ],
  [
    "selection.flowControl",
    "flow_control_without_limit",
    () => resume({ dlqId: "1-0", flowControl: { key: "k" } }),
    /parallelism, rate or period/,
  ],
  [
    "overrides.flowControl",
    "flow_control_empty",
    () => overrides({ flowControl: {} }),
    /write key, parallelism, rate or period/,
  ],
  [
    "selection.filter.toDate",
    "date_too_fine",
    () => filter({ toDate: 1_790_000_000_000_000 }),
    /microseconds.*write milliseconds, 1790000000000$/,
  ],
  ["options.token", "token_quoted", () => make({ token: '"t"' }), /in quotes/],
  [
    "options.region",
    "region_not_used",
    () => make({ token: "t", region: "us-east-1", baseUrl: "https://a.b" }),
    /one of the two/,
  ],
  ["overrides.label", "bad_label", () => overrides({ label: "two words" }), /letters, digits/],
  [
    "overrides.flowControl.key",
    "bad_flow_control_key",
    () => overrides({ flowControl: { key: "a b", rate: 1 } }),
    /letters, digits/,
  ],
  [
    "overrides.failureCallback",
    "header_character",
    () => overrides({ failureCallback: "https://a.b/\n" }),
    /at character 12/,
  ],
  ["selection[0]", "bad_id", () => drive({}, [".."]), /path/],
  ["selection", "comma_in_value", () => resume("1-0,2-0"), /write an array/],
  ["selection", "url_too_long", () => resume(Array(900).fill("1752829295505-0")), /resumeAll/],
  [
    "selection",
    "too_many_ids",
    () => dlq.restart(Array.from({ length: 51 }, (_, i) => `${1_752_829_295_505 + i}-0`)),
    /use restartAll/,
  ],
  ["options.token", "token_missing", () => make({}), /QSTASH_TOKEN/],
  ["options.token", "token_whitespace", () => make({ token: "Bearer abc" }), /at character 6/],
  ["options.token", "token_not_used", () => make({ auth: "none", token: "t" }), /auth "none"/],
  [
    "options.baseUrl",
    "base_url_credentials",
    () => make({ token: "t", baseUrl: "https://u:p@a.b" }),
    /token/,
  ],
  [
    "options.baseUrl",
    "base_url_insecure",
    () => make({ token: "t", baseUrl: "http://a.b" }),
    /allowInsecure/,
  ],
  [
    "options.baseUrl",
    "base_url_query",
    () => make({ token: "t", baseUrl: "https://a.b?c=d" }),
    /only the address/,
  ],
  [
    "options.baseUrl",
    "base_url_relative",
    () => make({ token: "t", baseUrl: "/api" }),
    /auth "none"/,
  ],
  [
    "env.QSTASH_REGION",
    "region_unknown",
    () => make({}, { QSTASH_TOKEN: "t", QSTASH_REGION: "US_EAST_2" }),
    /did you mean "US_EAST_1"/,
  ],
  [
    "env.EU_CENTRAL_1_QSTASH_URL",
    "region_incomplete",
    () => make({}, { QSTASH_REGION: "EU_CENTRAL_1", EU_CENTRAL_1_QSTASH_TOKEN: "t" }),
    /set it/,
  ],
  [
    "request.query.count",
    "reserved_name",
    () => dlq.resume("1-0", {}, { query: { count: "1" } }),
    /has its own option/,
  ],
  [
    "selection",
    "unreadable",
    () =>
      resume(
        Object.defineProperty({}, "all", {
          enumerable: true,
          get: () => {
            throw new Error("no");
          },
        }),
      ),
    /plain data/,
  ],
  [
    "drive.checkpoint",
    "reading_only",
    () => reading.dlq.listPages({ all: true }, { checkpoint: "dlq1.x" }).next(),
    /use upstash-workflow-dlq/,
  ],
];

/** Rejections and what is thrown at once, alike. */
const refusal = async (attempt) => {
  try {
    await attempt();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("every rule", () => {
  for (const [path, code, attempt, says] of RULES) {
    test(code, async () => {
      requests = 0;
      const error = await refusal(attempt);
      assert.ok(error instanceof ValidationError && error instanceof DlqError, String(error));
      assert.equal(error.name, "ValidationError");
      assert.equal(error.code, "invalid_arguments");
      assert.equal(error.retryable, false);
      assert.equal(error.mayHaveActed, false);
      assert.deepEqual(
        error.issues.map((issue) => [issue.path, issue.code]),
        [[path, code]],
      );
      assert.match(error.message, says);
      assert.match(error.issues[0].message, says);
      assert.doesNotMatch(error.message, /undefined|\[object|NaN/);
      assert.equal(requests, 0);
      assert.deepEqual(JSON.parse(JSON.stringify(error)), structuredClone(error.toJSON()));
    });
  }

  test("there is a line for each text", () => {
    const codes = [...RULES.map(([, code]) => code), "more_issues"];
    assert.deepEqual(codes.sort(), Object.keys(ISSUES).sort());
  });
});

test("of very many faults a hundred are told, and how many more there are", async () => {
  const { issues, message } = await refusal(() => resume(Array(50_000).fill(0)));
  assert.equal(issues.length, 101);
  assert.deepEqual([issues[100].code, issues[100].received], ["more_issues", 49_900]);
  assert.match(message, /\nand 49,900 more like these$/);
  assert.ok(message.length < 20_000, `${message.length} characters`);
});

test("nanoseconds are told from microseconds", async () => {
  const { issues } = await refusal(() => filter({ fromDate: 1.79e18 }));
  assert.match(issues[0].message, /nanoseconds.*write milliseconds, 1790000000000$/);
});

test("all that is wrong is told at once", async () => {
  const error = await refusal(() =>
    dlq.resume(
      { filter: { lable: "a", fromDate: 5.5 }, count: 0 },
      { retries: -1, delay: "x", flowControl: { rate: 0 } },
      { timeout: "1" },
    ),
  );
  assert.deepEqual(error.issues.map(({ path }) => path).sort(), [
    "overrides.delay",
    "overrides.flowControl.rate",
    "overrides.retries",
    "request.timeout",
    "selection.count",
    "selection.filter.fromDate",
    "selection.filter.lable",
  ]);
  assert.equal(error.message.split("\n").length, error.issues.length);
});

describe("what only JavaScript can do", () => {
  const cyclic = { filter: {} };
  cyclic.filter.label = [cyclic];
  const deep = { filter: {} };
  for (let at = deep.filter, i = 0; i < 10_000; i++) at = at.label = {};
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const cases = {
    "a cycle": cyclic,
    "ten thousand levels": deep,
    "a proxy that was revoked": revoked,
    "a proxy that lies about its keys": new Proxy({}, { ownKeys: () => ["a", "a"] }),
    "a proxy that throws": new Proxy({}, { ownKeys: () => assert.fail("trap") }),
    "a BigInt": 5n,
    "a symbol": Symbol("all"),
    "a Map": new Map([["all", true]]),
    "a function": () => ({ all: true }),
    "a boxed string": Object("1-0"),
    "a list with a hole": Array(2),
    "an array-like": { 0: "1-0", length: 1 },
    "an invalid Date": { filter: { fromDate: new Date(Number.NaN) } },
    "a promise of a selection": Promise.resolve({ all: true }),
  };
  for (const [name, value] of Object.entries(cases)) {
    test(name, async () => {
      requests = 0;
      for (const method of ["resume", "delete", "resumeAll", "preview"]) {
        const error = await refusal(() => dlq[method](value));
        assert.ok(error instanceof ValidationError, `${method}: ${error}`);
      }
      assert.equal(requests, 0);
    });
  }

  test('an invalid Date is called so: "not a Date" would be no help', async () => {
    const { issues } = await refusal(() => resume({ filter: { toDate: new Date("x") } }));
    assert.equal(issues[0].code, "bad_date");
    assert.match(issues[0].message, /must be a Date.*, not "invalid Date"/);
  });

  test("a key that belongs elsewhere is refused with the names of the places", async () => {
    for (const call of [
      () => dlq.resumeAll({ label: "a" }),
      () => dlq.resumeAll({ all: true }, { limit: 5 }),
      () => drive({ retries: 5 }),
    ]) {
      const { issues } = await refusal(call);
      assert.equal(issues[0].code, "unknown_key");
      assert.match(issues[0].message, /where it belongs: filter, overrides, drive, query or/);
    }
  });

  test("keys of the prototype are no keys", async () => {
    requests = 0;
    const polluted = JSON.parse('{"__proto__": {"all": true}}');
    const error = await refusal(() => resume(polluted));
    assert.deepEqual(
      error.issues.map(({ code }) => code),
      ["unknown_key", "selection_missing"],
    );
    const inherited = await refusal(() => resume(Object.create({ all: true })));
    assert.ok(inherited instanceof ValidationError);
    assert.equal(requests, 0);
  });

  test("an object without a prototype is plain data", async () => {
    requests = 0;
    await resume(Object.assign(Object.create(null), { all: true }));
    assert.equal(requests, 1);
  });
});
