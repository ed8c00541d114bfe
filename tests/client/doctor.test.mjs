// The doctor against each switch of the emulator: what it says of the service, line by line.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { everything, forms } from "../support/secrets.mjs";
import { failure, world } from "./setup.mjs";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Entries that differ in everything, so that each filter can be tried. */
const VARIED = {
  labels: ["a", "b"],
  workflowUrls: ["https://app.example/a", "https://app.example/b"],
  states: ["CALLBACK_SUCCESS", "CALLBACK_FAIL"],
  callerIps: ["203.0.113.1", "203.0.113.2"],
  flowControlKeys: ["k", "l"],
};
const FILTERS = [
  "workflowUrl",
  "workflowRunId",
  "workflowCreatedAt",
  "label",
  "failureFunctionState",
  "callerIp",
  "flowControlKey",
  "fromDate",
  "toDate",
];
const NAMES = [
  "token",
  "region",
  "permission",
  "otherRegion",
  "listCap",
  "oldestEntry",
  ...FILTERS.map((name) => `filter.${name}`),
  "rangeDate",
  "logs",
  "clock",
  "rateLimits",
];

const byName = ({ checks }) => Object.fromEntries(checks.map((check) => [check.name, check]));
const refuses = (method, action) => [{ match: { method }, action }];

/**
 * What is switched, the check that sees it, its status, and a piece of what it says. `seed`: entries beside
 * the 40 varied ones; `null` for none at all.
 */
const SWITCHES = [
  ["a token that is accepted", {}, "token", "ok", /accepted/],
  ["another token", { client: { token: "other" } }, "token", "warning", /HTTP 401/],
  ["a service that is down", { faults: refuses("GET", 503) }, "token", "unknown", /HTTP 503/],
  ["a token that may act", {}, "permission", "ok", /may change/],
  ["403 on POST", { faults: refuses("POST", 403) }, "permission", "warning", /only read .*403/],
  ["401 on POST", { faults: refuses("POST", 401) }, "permission", "warning", /only read .*401/],
  ["500 on POST", { faults: refuses("POST", 500) }, "permission", "unknown", /HTTP 500/],
  ["malformedId", { config: { malformedId: "everywhere" } }, "permission", "ok", /may change/],
  ["an address of no region", {}, "region", "unknown", /127\.0\.0\.1:\d+ belongs to no region/],
  ["pageCap 100", { seed: { count: 150 } }, "listCap", "ok", /has the 100/],
  ["pageCap 20", { config: { pageCap: 20 } }, "listCap", "warning", /has 20/],
  ["a short queue", {}, "listCap", "unknown", /fewer than 100/],
  ["an empty queue", { seed: null }, "oldestEntry", "ok", /empty/],
  ["no retention", {}, "oldestEntry", "unknown", /oldest of 40 entries failed 20/],
  ["time left", { asked: { retention: 3 } }, "oldestEntry", "ok", /oldest of 40/],
  [
    "an entry in its last day",
    { seed: { count: 1, from: Date.now() - 2.5 * DAY }, asked: { retention: 3 } },
    "oldestEntry",
    "warning",
    /oldest of 41 entries .* 2 days ago/,
  ],
  [
    "more entries than are read",
    { seed: { count: 1_200 }, asked: { retention: 3 } },
    "oldestEntry",
    "ok",
    /the first 1,000/,
  ],
  ...FILTERS.flatMap((name) => [
    [`${name}`, {}, `filter.${name}`, "ok", /^selects (matching entries|no entry that)/],
    [
      `ignoreFilters: ${name}`,
      { config: { ignoreFilters: [name] } },
      `filter.${name}`,
      "warning",
      /ignores it/,
    ],
    [`${name}, without entries`, { seed: null }, `filter.${name}`, "unknown", /no entry/],
  ]),
  [
    "runIdMatch",
    { config: { runIdMatch: "prefix" } },
    "filter.workflowRunId",
    "ok",
    /^selects (matching entries|no entry that)/,
  ],
  [
    "stateField",
    { config: { stateField: "top" } },
    "filter.failureFunctionState",
    "ok",
    /^selects (matching entries|no entry that)/,
  ],
  [
    "shuffle",
    { config: { shuffle: true } },
    "filter.label",
    "ok",
    /^selects (matching entries|no entry that)/,
  ],
  [
    "order",
    { config: { order: "newest" } },
    "filter.toDate",
    "ok",
    /^selects (matching entries|no entry that)/,
  ],
  ["dateCompares: failure", {}, "rangeDate", "ok", /date of the failure/],
  [
    "dateCompares: message",
    { config: { dateCompares: "message" } },
    "rangeDate",
    "warning",
    /date of the message/,
  ],
  ["dateCompares: run", { config: { dateCompares: "run" } }, "rangeDate", "warning", /of the run/],
  [
    "dates that are the same",
    { seed: null, also: { count: 3, messageAgeMs: 0, runAgeMs: 0 } },
    "rangeDate",
    "unknown",
    /no entry has dates that differ/,
  ],
  [
    "a range that is not heard",
    { config: { ignoreFilters: ["toDate"] } },
    "rangeDate",
    "unknown",
    /not honour/,
  ],
  ["logsPath: both", {}, "logs", "ok", /logs and .*events have/],
  ["logsPath: logs", { config: { logsPath: "logs" } }, "logs", "ok", /^\/v2\/workflows\/logs has/],
  [
    "logsPath: events",
    { config: { logsPath: "events" } },
    "logs",
    "ok",
    /^\/v2\/workflows\/events has/,
  ],
  ["logsPath: none", { config: { logsPath: "none" } }, "logs", "warning", /neither/],
  ["logsByRuns: ignored", { config: { logsByRuns: "ignored" } }, "logs", "warning", /not honoured/],
  ["logsByRuns: 400", { config: { logsByRuns: "400" } }, "logs", "warning", /not honoured/],
  ["logsOrder", { config: { logsOrder: "oldest" } }, "logs", "ok", /ten at a time/],
  ["no runs in the logs", { runs: 0 }, "logs", "unknown", /which are empty/],
  ["a clock that agrees", {}, "clock", "ok", /agrees/],
  ["dateHeader", { config: { dateHeader: false } }, "clock", "unknown", /no readable Date header/],
  ["dateSkewMs", { config: { dateSkewMs: HOUR } }, "clock", "warning", /3600 s behind/],
  ["dateSkewMs, below 0", { config: { dateSkewMs: -60_000 } }, "clock", "warning", /60 s ahead of/],
  ["no limits", {}, "rateLimits", "unknown", /no readable rate-limit headers/],
  ...Object.entries({
    seconds: "seconds",
    ms: "milliseconds",
    delta: "delta",
    fraction: "delta",
    date: "date",
  }).map(([resetForm, said]) => [
    `resetForm: ${resetForm}`,
    { config: { burst: { limit: 1_000 }, resetForm } },
    "rateLimits",
    "ok",
    new RegExp(`^Burst-RateLimit-\\* \\(1000 requests, reset as ${said}\\)$`),
  ]),
  [
    "limitNames",
    { config: { burst: { limit: 1_000 }, limitNames: "x" } },
    "rateLimits",
    "ok",
    /X-RateLimit/,
  ],
  [
    "limitHeaders: refused",
    { config: { burst: { limit: 1_000 }, limitHeaders: "refused" } },
    "rateLimits",
    "unknown",
    /no readable rate-limit headers/,
  ],
  ["daily", { config: { daily: { limit: 1_000 } } }, "rateLimits", "ok", /RateLimit-\* \(1000/],
  [
    "a day that is nearly spent",
    { config: { daily: { limit: 29 } } },
    "rateLimits",
    "warning",
    /left today/,
  ],
];

/** An emulator with varied entries and a few runs, and what the doctor says of it. */
const examined = async (t, { config, faults, seed, also, runs = 3, client: options, asked }) => {
  const { emulator, make } = await world(t);
  if (seed !== null) await emulator.seed({ count: 40, ...VARIED });
  for (const more of [seed, also]) if (more) await emulator.seed(more);
  if (runs > 0) await emulator.seedRuns([{ count: runs }]);
  if (config) await emulator.config(config);
  if (faults) await emulator.faults(faults);
  const report = await make(options).dlq.doctor(asked);
  return { emulator, report, checks: byName(report) };
};

describe("each switch", { concurrency: 4 }, () => {
  for (const [what, given, name, status, found] of SWITCHES) {
    test(`${what}: ${name} is ${status}`, async (t) => {
      const { emulator, report, checks } = await examined(t, given);
      const check = checks[name];
      assert.equal(check.status, status, JSON.stringify(check));
      assert.match(check.found, found);

      assert.deepEqual(
        report.checks.map((one) => one.name),
        NAMES,
      );
      for (const one of report.checks) {
        assert.ok(["ok", "warning", "unknown"].includes(one.status));
        assert.ok(one.found.length > 0 && one.follows.length > 0 && typeof one.data === "object");
      }
      const audit = await emulator.audit({ summary: true });
      assert.equal(audit.taken, 0, "nothing is changed");
      const { total } = await emulator.requests();
      assert.equal(report.requests, total);
      assert.ok(total <= 60, `${total} requests`);
    });
  }
});

test("all other lines stay as they are, whatever is switched", async (t) => {
  const { checks } = await examined(t, { seed: { count: 150 }, asked: { retention: 3 } });
  const notOk = Object.values(checks).filter(({ status }) => status !== "ok");
  // An emulator is in no region, and has no limits unless told.
  assert.deepEqual(
    notOk.map(({ name }) => name),
    ["region", "otherRegion", "rateLimits"],
  );
});

describe("regions", { concurrency: true }, () => {
  const regional = async (t, { there = 0, env = {}, options } = {}) => {
    const { Client } = await import("upstash-workflow-dlq");
    const [here, other] = [await world(t), await world(t, { entries: there })];
    const client = new Client(options ?? {}, {
      QSTASH_REGION: "US_EAST_1",
      US_EAST_1_QSTASH_URL: here.emulator.url,
      US_EAST_1_QSTASH_TOKEN: here.emulator.token,
      EU_CENTRAL_1_QSTASH_URL: other.emulator.url,
      EU_CENTRAL_1_QSTASH_TOKEN: other.emulator.token,
      ...env,
    });
    return byName(await client.dlq.doctor());
  };

  test("by name, and the other one's queue is looked at with its own token", async (t) => {
    const { region, otherRegion } = await regional(t, { there: 3 });
    assert.deepEqual([region.status, region.data.region], ["ok", "us-east-1"]);
    assert.deepEqual(
      [otherRegion.status, otherRegion.found],
      ["warning", "the DLQ of eu-central-1 has entries"],
    );
  });

  test("an empty one is fine", async (t) => {
    assert.equal((await regional(t)).otherRegion.status, "ok");
  });

  test("without its token, or with a wrong one, it is unknown", async (t) => {
    const none = await regional(t, { env: { EU_CENTRAL_1_QSTASH_TOKEN: undefined } });
    assert.equal(none.otherRegion.status, "unknown");
    assert.match(none.otherRegion.found, /EU_CENTRAL_1_QSTASH_TOKEN is not set/);
    const wrong = await regional(t, { env: { EU_CENTRAL_1_QSTASH_TOKEN: "wrong" } });
    assert.match(wrong.otherRegion.found, /eu-central-1: .*HTTP 401/);
  });

  test("of a prototype, no option and no variable is read", async (t) => {
    const { emulator } = await world(t);
    const { Client } = await import("upstash-workflow-dlq");
    const options = Object.create({ region: "us-east-1" });
    const client = new Client(
      Object.assign(options, { token: emulator.token, baseUrl: emulator.url }),
      { US_EAST_1_QSTASH_URL: emulator.url },
    );
    const { region } = byName(await client.dlq.doctor());
    assert.deepEqual([region.status, region.data.region], ["unknown", undefined]);
    Object.prototype.EU_CENTRAL_1_QSTASH_TOKEN = "polluted";
    t.after(() => delete Object.prototype.EU_CENTRAL_1_QSTASH_TOKEN);
    const { otherRegion } = await regional(t, { env: { EU_CENTRAL_1_QSTASH_TOKEN: undefined } });
    assert.match(otherRegion.found, /EU_CENTRAL_1_QSTASH_TOKEN is not set/);
  });

  for (const [host, region] of [
    ["qstash.upstash.io", "eu-central-1"],
    ["qstash-eu-central-1.upstash.io", "eu-central-1"],
    ["qstash-us-east-1.upstash.io", "us-east-1"],
    ["gateway.example", undefined],
  ]) {
    test(`${host} is ${region ?? "none"}`, async () => {
      const { Client } = await import("upstash-workflow-dlq");
      const fetch = async () => Response.json({ messages: [], runs: [] });
      const client = new Client({ token: "secret-token", baseUrl: `https://${host}`, fetch }, {});
      const { checks } = await client.dlq.doctor();
      const found = checks.find(({ name }) => name === "region");
      assert.equal(found.data.region, region);
      assert.equal(found.data.host, host);
    });
  }
});

test("the report holds no token, no id and no text of an entry", async (t) => {
  const { emulator, report } = await examined(t, { client: { auth: "query" } });
  const { messages } = await (
    await world(t, { client: { token: emulator.token, baseUrl: emulator.url } })
  ).client.dlq.list();
  const texts = everything(report).join("\n");
  for (const secret of forms(emulator.token)) assert.ok(!texts.includes(secret));
  for (const { dlqId, workflowRunId, workflowUrl } of messages) {
    for (const text of [dlqId, workflowRunId, workflowUrl]) assert.ok(!texts.includes(text), text);
  }
});

test("a service that repeats what it refuses puts nothing of an entry into the report", async (t) => {
  const own = ["https://app.example/a", "203.0.113.1"];
  const echoing = async (url, init) => {
    const asked = [...new URL(url).searchParams.values()].filter((value) => own.includes(value));
    return asked.length > 0
      ? Response.json({ error: `no such value: ${asked}` }, { status: 400 })
      : fetch(url, init);
  };
  const { report, checks } = await examined(t, { client: { fetch: echoing } });
  for (const name of ["filter.workflowUrl", "filter.callerIp"]) {
    assert.match(checks[name].found, /^refused: .*HTTP 400/);
  }
  const texts = everything(report).join("\n");
  for (const value of own) assert.ok(!texts.includes(value), value);
});

test("what the caller gave is used: fetch, onRequest, retry and signal", async (t) => {
  const events = [];
  let fetched = 0;
  const client = {
    retry: { attempts: 1 },
    onRequest: (event) => events.push(event),
    fetch: (...args) => {
      fetched += 1;
      return fetch(...args);
    },
  };
  const { report } = await examined(t, { client });
  assert.equal(fetched, report.requests);
  assert.equal(events.length, report.requests);

  const down = await examined(t, { client, faults: refuses("GET", 503) });
  assert.equal(down.report.requests, 1);

  const reason = new Error("enough");
  const aborted = await failure(examined(t, { asked: { signal: AbortSignal.abort(reason) } }));
  assert.equal(aborted, reason);
});

test("what is wrong with the options is refused before any request", async (t) => {
  const { emulator, client } = await world(t);
  for (const asked of [{ retention: 0 }, { retentoin: 3 }, 5, null]) {
    const error = await failure(client.dlq.doctor(asked));
    assert.equal(error.code, "invalid_arguments", JSON.stringify(asked));
  }
  assert.equal((await emulator.requests()).total, 0);
});

test("entries of any shape leave it standing", async () => {
  const { Client } = await import("upstash-workflow-dlq");
  const shapes = [null, 5, "x", [], {}, { dlqId: 5 }, { dlqId: "1-0", labels: 5, createdAt: "x" }];
  for (const messages of [
    shapes,
    shapes.map((one) => ({ dlqId: "1752829295505-0", labels: [one], url: one })),
  ]) {
    const fetch = async () => Response.json({ messages, runs: shapes });
    const client = new Client({ token: "t", fetch, retry: false }, {});
    const { checks } = await client.dlq.doctor();
    assert.equal(checks.length, NAMES.length);
  }
});

test("entries of the package that leave it out say so", async () => {
  const { Client } = await import("../../pkg/inline.js");
  const error = await failure(new Client({ token: "t" }, {}).dlq.doctor());
  assert.equal(error.code, "doctor_unavailable");
  assert.match(error.message, /npx upstash-workflow-dlq doctor/);
});
