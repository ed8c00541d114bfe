// What the suites asked their emulators, held against the description: `npm test` has each emulator write it down.
// A session of its own gives it something to look at when it runs alone.

import assert from "node:assert/strict";
import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { startEmulator } from "../../../support/emulator.mjs";
import { check, NOBODY, OURS } from "../description.mjs";

// `folder of the suites' records` and which suites ran, by scripts/test.mjs.
const { RECORDS = "", RECORDED = "" } = process.env;

// Suites that drive our client through an emulator; what others record is looked at where there is any.
const DRIVERS = ["client", "cli", "runtimes", "browser", "www", "lanes", "start", "examples"];

// Parameters that tests hand through `query` or `--query`, which take names that the DLQ's description does not have.
const HANDED_THROUGH = {
  client: ["newFilter", "list", "responseStatus", "source"],
  cli: ["extra", "responseStatus"],
  www: ["responseStatus"],
};

const isDescribed = (path) => /^\/v2\/(workflows\/(logs|events|dlq)|dlq)([/?]|$)/.test(path);

/**
 * The distinct requests to the queue in a folder of records; the engine's endpoints are another matter, and a
 * browser's preflight is no request of anybody's.
 */
async function read(folder) {
  const found = { ours: 0, theirs: 0, other: 0, requests: new Map() };
  for (const name of readdirSync(folder)) {
    for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
      const { method, path, headers, bodyBytes, status } = JSON.parse(line);
      if (!isDescribed(path) || method === "OPTIONS") {
        found.other += 1;
        continue;
      }
      // In Node, our GETs bypass the cache; the SDK's and those of the tests themselves do not. No test acts
      // on the queue by a fetch of its own.
      const ours =
        headers["user-agent"] !== "node" ||
        method !== "GET" ||
        headers["cache-control"] === "no-cache";
      found[ours ? "ours" : "theirs"] += 1;
      const own = Object.entries(headers).filter(([name]) =>
        /^(upstash-|authorization)/.test(name),
      );
      const request = {
        method,
        target: path,
        headers: Object.fromEntries(own),
        bodyBytes,
        ours,
        status,
      };
      found.requests.set(JSON.stringify(request), request);
    }
  }
  return found;
}

/** Each of them is one that the description knows; which operations of our client were among them. */
function hold({ ours, theirs, other, requests }, handedThrough = []) {
  const operations = {};
  const wrong = [];
  // A gateway's client (`auth: "none"`), without the gateway.
  const allowed = (fault, status) =>
    (fault === NOBODY && status === 401) ||
    handedThrough.some((name) => fault.includes(`"additionalProperty":"${name}"`));
  for (const { ours, status, ...request } of requests.values()) {
    const { operation, faults: all } = check(request);
    const faults = all.filter((fault) => !allowed(fault, status));
    if (faults.length > 0) wrong.push({ ...request, faults });
    else if (ours) operations[operation] = (operations[operation] ?? 0) + 1;
  }
  assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} of ${requests.size}`);
  console.log(
    `${ours} requests of ours, ${theirs} of others, ${requests.size} distinct, ${other} to other endpoints`,
    operations,
  );
  return Object.keys(operations).sort();
}

test("a session of every operation", async (t) => {
  const record = mkdtempSync(join(tmpdir(), "dlq-"));
  const emulator = await startEmulator({ record });
  t.after(async () => {
    await emulator.close();
    rmSync(record, { recursive: true, force: true });
  });
  const failed = { failureFunctionState: "CALLBACK_FAIL", runs: { afterMs: 60_000, failAgain: 1 } };
  const entries = [failed, { labels: ["a", "b,c"] }, ...Array.from({ length: 40 }, () => ({}))];
  const { dlqIds } = await emulator.seed({ entries });
  const client = new Client({ baseUrl: emulator.url, token: emulator.token }, {});
  const { dlq } = client;
  const [first, second, ...more] = dlqIds;

  const { messages } = await dlq.list({ filter: { failureFunctionState: "CALLBACK_FAIL" } });
  assert.deepEqual(
    messages.map(({ dlqId }) => dlqId),
    [first],
  );
  await dlq.get(first);
  await dlq.retryFailureFunction({ dlqId: first });
  await dlq.cancelFailureFunction({ dlqId: first });
  await dlq.resume(second, {
    retries: 3,
    delay: "1m30s",
    retryDelay: "(1 + retried) * 1000",
    flowControl: { key: "key", parallelism: 2, rate: 5, period: "1m" },
    label: ["again", "b"],
    failureCallback: "https://example.com/failed",
  });
  const { workflowRuns } = await dlq.restart(more.slice(0, 3));
  await dlq.follow(workflowRuns, { timeout: 1 });
  await dlq.delete({ filter: { workflowUrl: "https://example.com/workflow" }, count: 3 });
  const query = new Client({ baseUrl: emulator.url, token: emulator.token, auth: "query" }, {});
  const summary = await query.dlq.resumeAll({ all: true }, {}, { pageSize: 7, concurrency: 2 });
  assert.equal(summary.resumed, 35);
  await client.logs({
    filter: { state: "RUN_SUCCESS", workflowUrl: "https://example.com/workflow" },
  });

  const recorded = await read(record);
  assert.deepEqual(hold(recorded), OURS.toSorted());
});

describe("the suites", () => {
  for (const suite of RECORDED.split(",").filter(Boolean)) {
    const folder = join(RECORDS, suite);
    if (!existsSync(folder) && !DRIVERS.includes(suite)) continue;
    test(suite, async () => {
      const recorded = await read(folder);
      const operations = hold(recorded, HANDED_THROUGH[suite]);
      if (DRIVERS.includes(suite)) assert.ok(operations.length > 0, "our client asked something");
      if (suite === "client") assert.deepEqual(operations, OURS.toSorted());
    });
  }
});
