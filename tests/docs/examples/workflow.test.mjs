// The recipe for Upstash Workflow: the official SDK serves it, and the runs that it resumes.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, beforeEach, test } from "node:test";
import { Client } from "@upstash/workflow";
import { path } from "../../../scripts/lib/run.mjs";
import { startApp } from "../../support/app.mjs";
import { startEmulator } from "../../support/emulator.mjs";
import { assertResumedOnce } from "./setup.mjs";

const FAILED = 40;

let emulator;
let handler;

// The recipe takes its environment when it is loaded, as in an app.
before(async () => {
  emulator = await startEmulator();
  Object.assign(process.env, {
    QSTASH_URL: emulator.url,
    QSTASH_TOKEN: emulator.token,
    QSTASH_CURRENT_SIGNING_KEY: emulator.currentSigningKey,
    QSTASH_NEXT_SIGNING_KEY: emulator.nextSigningKey,
  });
  ({ handler } = await import("../../../examples/workflow/repair.js"));
});
beforeEach(async () => {
  await emulator.reset();
  await emulator.config({ clockFactor: 10_000, pageCap: 5 });
});
after(() => emulator.close());

/** An app whose order workflow fails until `repaired`, with the repair beside it. */
async function world(t) {
  const state = { repaired: false };
  const order = async (context, app) => {
    await app.step(context, "charge");
    await app.step(context, "ship", () => {
      if (!state.repaired) throw new Error("the carrier does not answer");
    });
  };
  // The SDK would print each failure that is meant to be.
  t.mock.method(console, "error", () => {});
  const app = await startApp(emulator, { order }, { "/repair": handler });
  t.after(() => app.close());
  const client = new Client({ baseUrl: emulator.url, token: emulator.token });
  const failing = { url: app.url("order"), retries: 0 };
  await client.trigger(Array.from({ length: FAILED }, () => failing));
  await emulator.idle();
  assert.equal((await emulator.audit({ summary: true })).remaining, FAILED);
  state.repaired = true;
  const selection = { filter: { workflowUrl: app.url("order") } };
  const repair = async (body = { selection, overrides: {} }) => {
    const { workflowRunId } = await client.trigger({ url: app.url("repair"), body });
    await emulator.idle(30_000);
    return (await emulator.runs({ workflowRunId }))[0];
  };
  return { app, repair, selection };
}

/** Every order was charged once and shipped in the end. */
async function assertShipped({ app }, run) {
  await assertResumedOnce(emulator, FAILED);
  assert.equal(run.state, "RUN_SUCCESS");
  assert.equal(run.result.reason, "complete");
  assert.deepEqual([run.result.outcome.succeeded, run.result.outcome.runs], [FAILED, FAILED]);
  assert.equal(app.count("charge"), FAILED);
  assert.equal(app.count("ship"), 2 * FAILED, "an attempt in vain, and the good one");
}

test("a repair is a workflow of its own", async (t) => {
  const here = await world(t);
  const run = await here.repair();
  await assertShipped(here, run);
  assert.deepEqual([run.result.resumed, run.result.unconfirmed], [FAILED, 0]);
});

test("a slice that fails is a step's result, and the next one goes on", async (t) => {
  const here = await world(t);
  await emulator.faults([
    { match: { method: "POST", path: "/v2/workflows/dlq/resume" }, nth: 3, action: 500 },
    { match: { method: "POST", path: "/v2/workflows/dlq/resume" }, times: 5, action: 500 },
  ]);
  const run = await here.repair();
  await assertShipped(here, run);
  assert.ok(run.steps.includes("pause 1"), `${run.steps}`);
  assert.ok(run.steps.includes("slice 2"), `${run.steps}`);
});

test("an entry that is too large to be listed ends the repair", async (t) => {
  const { repair, selection } = await world(t);
  const hourAgo = Date.now() - 3_600_000;
  await emulator.seed({
    count: 1,
    payloadBytes: 68_000_000,
    workflowUrls: [selection.filter.workflowUrl],
    ...{ from: hourAgo, to: hourAgo },
  });
  const run = await repair();
  assert.equal(run.state, "RUN_FAILED");
  assert.deepEqual(
    run.steps.filter((name) => name.startsWith("pause")),
    [],
  );
});

test("an unsigned request starts nothing", async (t) => {
  const { app, selection } = await world(t);
  const overrides = { failureCallback: "https://evil.example" };
  const response = await fetch(app.url("repair"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ selection, overrides }),
  });
  assert.equal(response.ok, false, `${response.status}`);
  await emulator.idle();
  assert.equal((await emulator.audit({ summary: true })).resumed, 0);
});

test("without signing keys the module does not load", () => {
  for (const missing of ["QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY"]) {
    const { status, stderr } = spawnSync(process.execPath, [path("examples/workflow/repair.js")], {
      env: { ...process.env, [missing]: "" },
      encoding: "utf8",
    });
    assert.notEqual(status, 0);
    assert.match(stderr, new RegExp(`Set ${missing}`));
  }
});

test("a payload that is not a repair resumes nothing, and is not tried again", async (t) => {
  const { app, repair, selection } = await world(t);
  for (const payload of [
    { selection: { all: true }, overrides: {} },
    { selection: { filter: { label: "nightly" } } },
    { selection, overrides: { failureCallback: "https://evil.example" } },
    { selection, checkpoint: "of another drive" },
    null,
  ]) {
    const run = await repair(payload);
    assert.equal(run.state, "RUN_FAILED", JSON.stringify(payload));
  }
  assert.equal((await emulator.audit({ summary: true })).resumed, 0);
  assert.equal(app.count("ship"), FAILED, "no order ran again");
});
