// Code that was written for the SDK's `client.dlq`: form by form what has to go over the wire and
// what has to come of it, first with the SDK itself, so that these lines say what it really does.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Client as Sdk } from "@upstash/workflow";
import { Client, ValidationError } from "upstash-workflow-dlq";
import { besideSdk, TOKEN } from "./beside-sdk.mjs";

const side = besideSdk();

const RUNS = [
  { workflowRunId: "wfr_a", workflowCreatedAt: "2024-05-06T07:08:09Z" },
  { workflowRunId: "wfr_b", workflowCreatedAt: 1_714_979_289_000 },
];
const FLOW = { key: "repair", parallelism: 2, rate: 30, period: "1m" };
const FLOW_HEADERS = {
  "upstash-flow-control-key": "repair",
  "upstash-flow-control-value": "parallelism=2, rate=30, period=1m",
};
const FEBRUARY = Date.UTC(2024, 1, 1);
const MARCH = Date.UTC(2024, 2, 1);

const pageOf = (runs, cursor) => ({ workflowRuns: runs, cursor });

/** Arguments, the query, the headers of the overrides, what is answered, what the caller gets. */
const ACTS = [
  [["dlq-1"], "dlqIds=dlq-1", {}, { workflowRuns: RUNS }, pageOf(RUNS)],
  [[["dlq-1"]], "dlqIds=dlq-1", {}, { workflowRuns: RUNS, cursor: "" }, pageOf(RUNS)],
  [[["b", "a"]], "dlqIds=b&dlqIds=a", {}, { workflowRuns: RUNS, cursor: null }, pageOf(RUNS)],
  [[{ dlqIds: ["b", "a"] }], "dlqIds=b&dlqIds=a", {}, { workflowRuns: [] }, pageOf([])],
  [[{ dlqIds: "b" }, {}], "dlqIds=b", {}, { workflowRuns: RUNS }, pageOf(RUNS)],
  [[{ all: true }], "count=100", {}, { workflowRuns: RUNS, cursor: "9" }, pageOf(RUNS, "9")],
  [
    [{ all: true, cursor: "1714-0", count: 7 }, undefined],
    "count=7&cursor=1714-0",
    {},
    { workflowRuns: [] },
    pageOf([]),
  ],
  [
    [{ filter: { label: "a b", workflowUrl: "https://a.example/x?y=z" } }, { retries: 0 }],
    "label=a+b&workflowUrl=https%3A%2F%2Fa.example%2Fx%3Fy%3Dz&count=100",
    { "upstash-retries": "0" },
    { workflowRuns: RUNS },
    pageOf(RUNS),
  ],
  [
    [{ filter: { fromDate: new Date(FEBRUARY), toDate: MARCH, callerIp: ["10.0.0.1", "::1"] } }],
    `fromDate=${FEBRUARY}&toDate=${MARCH}&callerIp=10.0.0.1&callerIp=%3A%3A1&count=100`,
    {},
    { workflowRuns: RUNS },
    pageOf(RUNS),
  ],
  [
    [["dlq-1"], { flowControl: FLOW, retries: 3 }],
    "dlqIds=dlq-1",
    { ...FLOW_HEADERS, "upstash-retries": "3" },
    { workflowRuns: RUNS },
    pageOf(RUNS),
  ],
  [
    ["dlq-1", { flowControl: { key: "repair", ratePerSecond: 4, period: 90 } }],
    "dlqIds=dlq-1",
    { ...FLOW_HEADERS, "upstash-flow-control-value": "rate=4, period=90s" },
    { workflowRuns: RUNS },
    pageOf(RUNS),
  ],
  // The older form: its overrides beside the id, the run or the runs alone as the result.
  [[{ dlqId: "dlq-1" }], "dlqIds=dlq-1", {}, { workflowRuns: RUNS }, RUNS[0]],
  [[{ dlqId: ["b", "a"] }], "dlqIds=b&dlqIds=a", {}, { workflowRuns: RUNS, cursor: "" }, RUNS],
  [
    [{ dlqId: ["b"], flowControl: FLOW, retries: 0 }],
    "dlqIds=b",
    { ...FLOW_HEADERS, "upstash-retries": "0" },
    { workflowRuns: RUNS },
    RUNS,
  ],
];

const DELETIONS = [
  ["dlq-1", "dlqIds=dlq-1"],
  [["b", "a"], "dlqIds=b&dlqIds=a"],
  [{ dlqIds: ["b", "a"] }, "dlqIds=b&dlqIds=a"],
  [{ dlqIds: "b" }, "dlqIds=b"],
  [{ all: true }, "count=100"],
  [{ all: true, count: 1, cursor: "c" }, "count=1&cursor=c"],
  [{ filter: { label: ["a", "b"] }, count: 2 }, "label=a&label=b&count=2"],
  [{ filter: { fromDate: new Date(FEBRUARY) } }, `fromDate=${FEBRUARY}&count=100`],
];

const LISTS = [
  [[], "source=workflow"],
  [[{}], "source=workflow"],
  [[{ filter: {} }], "source=workflow"],
  [[{ cursor: "c", count: 5, filter: { label: "a" } }], "cursor=c&count=5&label=a&source=workflow"],
  [
    [{ filter: { toDate: new Date(MARCH), fromDate: FEBRUARY } }],
    `toDate=${MARCH}&fromDate=${FEBRUARY}&source=workflow`,
  ],
  [
    [{ filter: { url: "https://a.example", responseStatus: 500 } }],
    "url=https%3A%2F%2Fa.example&responseStatus=500&source=workflow",
  ],
];

const LOGS = [
  [[], ""],
  [[{ cursor: "c", count: 2 }], "&cursor=c&count=2"],
  [[{ workflowRunId: "wfr_a", filter: {} }], "&workflowRunId=wfr_a"],
  [
    [{ count: 5, state: "RUN_FAILED", filter: { label: ["a", "b"], host: "x.example" } }],
    "&state=RUN_FAILED&count=5&label=a&label=b&host=x.example",
  ],
  // A field in both places is the filter's, where the other one stands.
  [
    [{ label: "old", workflowCreatedAt: 1_714_979_289_000, filter: { state: "S", label: "new" } }],
    "&label=new&workflowCreatedAt=1714979289000&state=S",
  ],
  [[{ label: "old", filter: { label: undefined } }], ""],
  [
    [{ filter: { fromDate: new Date(FEBRUARY), toDate: MARCH, path: "/a b" } }],
    `&fromDate=${FEBRUARY}&toDate=${MARCH}&path=%2Fa+b`,
  ],
];

/** What both send, and what both give. */
async function both(operation, args, { method, target, headers = {}, body, expected }) {
  side.answer = () => [200, body];
  const { requests, value, failed } = await side.assertSame(operation, args);
  assert.equal(failed, undefined);
  assert.deepEqual(value, expected);
  const [request, ...more] = requests;
  assert.deepEqual(more, []);
  assert.equal(`${request.method} ${request.url}`, `${method} ${target}`);
  assert.equal(request.body, "");
  assert.equal(request.headers.authorization, `Bearer ${TOKEN}`);
  const named = Object.entries(request.headers).filter(([name]) =>
    /^upstash-|^content-type$/.test(name),
  );
  assert.deepEqual(Object.fromEntries(named), headers);
}

for (const operation of ["resume", "restart"]) {
  describe(operation, () => {
    for (const [args, query, headers, body, expected] of ACTS) {
      test(JSON.stringify(args).slice(1, -1), () =>
        both(operation, args, {
          method: "POST",
          target: `/v2/workflows/dlq/${operation}?${query}`,
          headers,
          body,
          expected,
        }),
      );
    }
  });
}

describe("logs", () => {
  const run = { workflowRunId: "wfr_a", workflowState: "RUN_SUCCESS", steps: [], extra: 1 };
  for (const [args, query] of LOGS) {
    test(JSON.stringify(args), () =>
      both("logs", args, {
        method: "GET",
        target: `/v2/workflows/events?groupBy=workflowRunId${query}`,
        body: { runs: [run], cursor: "" },
        expected: { runs: [run], cursor: "" },
      }),
    );
  }
});

describe("delete", () => {
  for (const [selection, query] of DELETIONS) {
    test(JSON.stringify(selection), () =>
      both("delete", [selection], {
        method: "DELETE",
        target: `/v2/workflows/dlq?${query}`,
        body: { deleted: 2 },
        expected: { deleted: 2, cursor: undefined },
      }),
    );
  }
});

describe("list", () => {
  // Fields that are not there, and some that nobody knows.
  const messages = [{ dlqId: "dlq-1", header: { a: ["b"] }, new: 1 }, { dlqId: "dlq-2" }];
  for (const [args, query] of LISTS) {
    test(JSON.stringify(args).slice(1, -1), () =>
      both("list", args, {
        method: "GET",
        target: `/v2/dlq?${query}`,
        body: { messages, cursor: "next" },
        expected: { messages, cursor: "next" },
      }),
    );
  }
});

test("retryFailureFunction", () =>
  both("retryFailureFunction", [{ dlqId: "dlq-1" }], {
    method: "POST",
    target: "/v2/workflows/dlq/callback/dlq-1",
    body: RUNS[0],
    expected: RUNS[0],
  }));

describe("what the SDK refuses, we refuse with its words", () => {
  const refused = [
    ["resume", [{}]],
    ["restart", [{ count: 5 }]],
    ["delete", [{}]],
    ["resume", [{ dlqIds: [] }]],
    ["restart", [{ dlqIds: [] }, { retries: 1 }]],
    ["delete", [{ dlqIds: [] }]],
    ["resume", [{ filter: { label: [] } }]],
    ["delete", [{ filter: { label: "a", workflowUrl: [] } }]],
    ["resume", [""]],
    ["resume", [["1-0", ""]]],
    ["delete", [""]],
    ["retryFailureFunction", [{ dlqId: "" }]],
    ["resume", [{ dlqId: "1-0", flowControl: { key: "k" } }]],
    ["restart", [{ dlqId: "1-0", flowControl: { key: "k", period: undefined } }]],
  ];
  for (const [operation, args] of refused) {
    test(`${operation}(${JSON.stringify(args).slice(1, -1)})`, async () => {
      const messages = [];
      side.seen = [];
      for (const client of [side.sdk, side.ours]) {
        await assert.rejects(client.dlq[operation](...args), (error) => {
          messages.push(error.message);
          return true;
        });
      }
      const [theirs, mine] = messages;
      // The first clause; what to write instead differs, since there is more that can be written.
      const [beginning] = /^(.*?)(?=\. | Use |$)/.exec(theirs);
      assert.ok(mine.startsWith(beginning.replace(/\.$/, "")), `theirs: ${theirs}\nours: ${mine}`);
      assert.deepEqual(side.seen, []);
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
      const { requests, value } = await side.assertSame(operation, [[]]);
      assert.deepEqual(value, expected);
      assert.deepEqual(requests, []);
    });
  }
});

describe("flow control of which a part is given", () => {
  for (const [flowControl, key, value] of [
    [{ key: "k" }, "k", null],
    [{ rate: 2, period: "7d" }, null, "rate=2, period=7d"],
  ]) {
    test(JSON.stringify(flowControl), async () => {
      const seen = [];
      const fetch = async (_, { headers }) => {
        seen.push(new Headers(headers));
        return Response.json({ workflowRuns: RUNS });
      };
      await new Client({ token: "t", fetch }, {}).dlq.resume("1-0", { flowControl });
      assert.equal(seen[0].get("upstash-flow-control-key"), key);
      assert.equal(seen[0].get("upstash-flow-control-value"), value);
    });
  }
});

describe("dev mode", () => {
  const asked = (options, env) => async (t) => {
    const warned = t.mock.method(console, "warn", () => {});
    const seen = [];
    const fetch = async (url, { headers }) => {
      seen.push([url, new Headers(headers).get("authorization")]);
      return Response.json({ messages: [] });
    };
    await new Client({ ...options, fetch }, env).dlq.list();
    return { seen, lines: warned.mock.calls.map(({ arguments: [line] }) => line) };
  };
  const token = "Bearer eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=";
  const given = { token: "t", baseUrl: "https://a.b" };

  for (const [name, options, env, address] of [
    ["an option", { ...given, devMode: true }, {}, "http://127.0.0.1:8080"],
    ["a variable", given, { QSTASH_DEV: "true" }, "http://127.0.0.1:8080"],
    ["a port", {}, { QSTASH_DEV: "1", QSTASH_DEV_PORT: "9" }, "http://127.0.0.1:9"],
  ]) {
    test(`${name}: requests go to the local server, and a line says so`, async (t) => {
      const { seen, lines } = await asked(options, env)(t);
      assert.deepEqual(seen, [[`${address}/v2/dlq?source=workflow`, token]]);
      assert.equal(lines.length, 1);
      assert.ok(lines[0].includes(address), lines[0]);
    });
  }

  test("the option wins over the variable", async (t) => {
    const { seen, lines } = await asked({ ...given, devMode: false }, { QSTASH_DEV: "true" })(t);
    assert.deepEqual(seen, [["https://a.b/v2/dlq?source=workflow", "Bearer t"]]);
    assert.deepEqual(lines, []);
  });

  test("what the variable can't be is refused", () => {
    assert.throws(() => new Client(given, { QSTASH_DEV: "yes" }), ValidationError);
  });
});

test("headers in the forms that fetch takes", async () => {
  const pairs = [["x-a", "1"]];
  for (const headers of [{ "x-a": "1" }, pairs, new Headers(pairs), new Map(pairs)]) {
    const seen = [];
    const fetch = async (_, init) => {
      seen.push(new Headers(init.headers).get("x-a"));
      return Response.json({ messages: [] });
    };
    await new Client({ token: "t", headers, fetch }, {}).dlq.list();
    await new Client({ token: "t", fetch }, {}).dlq.list({}, { headers });
    assert.deepEqual(seen, ["1", "1"]);
  }
});

describe("a client without a token", () => {
  const { QSTASH_TOKEN } = process.env;
  beforeEach(() => {
    delete process.env.QSTASH_TOKEN;
  });
  afterEach(() => {
    if (QSTASH_TOKEN !== undefined) process.env.QSTASH_TOKEN = QSTASH_TOKEN;
  });

  test("can be made, as a build that has no secrets does; the first call says what is missing", async (t) => {
    const warned = t.mock.method(console, "warn", () => {});
    assert.ok(new Sdk({ token: undefined, enableTelemetry: false }));
    assert.equal(warned.mock.callCount(), 1);
    const clients = [
      new Client(),
      new Client({ token: undefined, retry: false }),
      new Client({ token: process.env.QSTASH_TOKEN ?? "" }),
      new Client({ token: "" }, {}),
    ];
    for (const { dlq } of clients) {
      const calls = [
        () => dlq.list(),
        () => dlq.resume("1-0"),
        () => dlq.resumeAll({ all: true }),
        () => dlq.preview({ all: true }),
        () => dlq.listPages({ all: true }).next(),
      ];
      for (const call of calls) {
        await assert.rejects(call, (error) => {
          assert.ok(error instanceof ValidationError);
          const [{ path, code }] = error.issues;
          assert.deepEqual([path, code], ["options.token", "token_missing"]);
          assert.match(error.message, /QSTASH_TOKEN/);
          return true;
        });
      }
    }
    assert.equal(warned.mock.callCount(), 1);
  });

  test("is refused at once where something else is wrong, or an environment was given", () => {
    const refused = [
      () => new Client({ timeout: "5" }),
      () => new Client({}, {}),
      () => new Client(null),
      () => Client.fromEnv(),
      () => Client.fromEnv({}),
    ];
    for (const make of refused) assert.throws(make, ValidationError);
  });
});

test("a list that is null is an empty one", async () => {
  side.answer = () => [200, { workflowRuns: null, messages: null, cursor: "" }];
  assert.deepEqual(await side.ours.dlq.resume({ all: true }), {
    workflowRuns: [],
    messages: [],
    cursor: undefined,
  });
  const { messages } = await side.ours.dlq.list();
  assert.deepEqual(messages, []);
  const { done, resumed } = await side.ours.dlq.resumeAll({ all: true });
  assert.deepEqual([done, resumed], [true, 0]);
  for await (const page of side.ours.dlq.listPages({ all: true }))
    assert.deepEqual(page.messages, []);
});

test("the run that answers retryFailureFunction may come as a list", async () => {
  side.answer = () => [200, { workflowRuns: RUNS.slice(0, 1), cursor: "" }];
  assert.deepEqual(await side.ours.dlq.retryFailureFunction({ dlqId: "dlq-1" }), RUNS[0]);
});
