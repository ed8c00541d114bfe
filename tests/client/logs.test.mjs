// `client.logs` of the package and of the official SDK, asked of the emulator: the same runs, page by page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client as Sdk } from "@upstash/workflow";
import { Client } from "upstash-workflow-dlq";
import { startEmulator } from "../support/emulator.mjs";

let emulator;
let ours;
let sdk;

before(async () => {
  emulator = await startEmulator();
  const options = { baseUrl: emulator.url, token: emulator.token };
  [ours, sdk] = [new Client(options, {}), new Sdk(options)];
  await emulator.seedRuns([
    { workflowRunId: "wfr_a", state: "RUN_SUCCESS", response: [1], steps: ["one", ["a", "b"]] },
    { workflowRunId: "wfr_b", labels: ["x"], errors: [{ status: 503, step: "charge" }] },
    { count: 21, state: "RUN_FAILED", errors: [{}], workflowUrl: "https://example.com/other" },
  ]);
});
after(() => emulator.close());

for (const parameters of [
  undefined,
  { workflowRunId: "wfr_b" },
  { filter: { state: "RUN_SUCCESS" } },
  { filter: { label: ["x", "y"], workflowUrl: "https://example.com/workflow" } },
  { count: 3, filter: { host: "example.com", path: ["/other", "/none"] } },
]) {
  test(`logs(${JSON.stringify(parameters) ?? ""})`, async () => {
    const page = await ours.logs(parameters);
    assert.ok(page.runs.length > 0);
    assert.deepEqual(page, await sdk.logs(parameters));
  });
}

test("pages lead to the end", async () => {
  const seen = [];
  let cursor;
  do {
    const page = await ours.logs({ cursor, count: 10, filter: { state: "RUN_FAILED" } });
    seen.push(...page.runs.map(({ workflowRunId }) => workflowRunId));
    cursor = page.cursor;
  } while (cursor);
  assert.equal(new Set(seen).size, 21);
});
