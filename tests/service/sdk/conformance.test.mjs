// What the emulator and the service have to have in common, asked through the official SDK alone: no control API, no
// clock factor. It runs against the emulator; with CONFORMANCE_PORT against Upstash's dev server on that port
// (`npx @upstash/qstash-cli dev --port 8080`), as an opt-in job of CI does.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@upstash/workflow";
import { startApp } from "../../support/app.mjs";
import { startEmulator } from "../../support/emulator.mjs";

const { CONFORMANCE_PORT } = process.env;
const PATIENCE = 60_000;

// The secrets of the dev server are public: every copy of the SDK holds them.
const DEV_SERVER = {
  token: "eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=",
  currentSigningKey: "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r",
  nextSigningKey: "sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs",
};

let service;
let client;
let app;
let healthy = false;

before(async () => {
  service = CONFORMANCE_PORT
    ? { url: `http://127.0.0.1:${CONFORMANCE_PORT}`, ...DEV_SERVER }
    : await startEmulator({ dev: true });
  client = new Client({ baseUrl: service.url, token: service.token });
  app = await startApp(service, {
    fine: async (context, { step }) => {
      const both = await Promise.all([step(context, "a", () => 1), step(context, "b", () => 2)]);
      await context.sleep("nap", 1);
      return both;
    },
    fragile: {
      route: async (context, { step }) => {
        await step(context, "first", () => "kept");
        await step(context, "second", () => {
          if (!healthy) throw new Error("the database is down");
        });
        return await step(context, "third", () => "done");
      },
      failureFunction: () => app.counted("failure", ""),
    },
  });
});

after(async () => {
  await app?.close();
  await service?.close?.();
});

/** The log of a run, as soon as `holds`. */
async function logged(workflowRunId, holds) {
  for (const end = Date.now() + PATIENCE; ; await sleep(50)) {
    const { runs } = await client.logs({ workflowRunId });
    if (runs.length > 0 && holds(runs[0])) return runs[0];
    assert.ok(Date.now() < end, `still ${JSON.stringify(runs)}`);
  }
}

const isIn = (state) => (run) => run.workflowState === state;

/** A run of `fragile` that has failed, and its entry. */
async function failed(label) {
  healthy = false;
  const url = app.url("fragile");
  const { workflowRunId } = await client.trigger({ url, retries: 0, label, body: { n: 1 } });
  const log = await logged(workflowRunId, isIn("RUN_FAILED"));
  const entry = await entryOf(label);
  assert.equal(entry.workflowRunId, workflowRunId);
  return { log, entry };
}

/** The only entry with a label. */
async function entryOf(label) {
  for (const end = Date.now() + PATIENCE; ; await sleep(50)) {
    const { messages } = await client.dlq.list({ filter: { label } });
    if (messages.length > 0) {
      assert.equal(messages.length, 1);
      return messages[0];
    }
    assert.ok(Date.now() < end, "there is no entry");
  }
}

test("a run finishes, and its log has its steps and its response", async () => {
  const { workflowRunId } = await client.trigger({ url: app.url("fine"), body: {} });
  const log = await logged(workflowRunId, isIn("RUN_SUCCESS"));
  assert.deepEqual(JSON.parse(log.workflowRunResponse), [1, 2]);
  assert.deepEqual(
    log.steps.map(({ type, steps }) => [type, steps.map(({ stepName }) => stepName).sort()]),
    [
      ["sequential", ["init"]],
      ["parallel", ["a", "b"]],
      ["sequential", ["nap"]],
    ],
  );
});

test("a run that fails is an entry that names its step, and its failure function runs", async () => {
  const { log, entry } = await failed("entry");
  assert.equal(entry.workflowUrl, app.url("fragile"));
  assert.equal(entry.responseStatus, 500);
  assert.match(entry.responseBody, /the database is down/);
  assert.deepEqual(entry.responseHeader["Upstash-Error-Step-Name"], ["second"]);
  assert.deepEqual(entry.labels, ["entry"]);
  const [next] = log.steps.at(-1).steps;
  assert.equal(next.state, "STEP_FAILED");
  assert.equal(log.dlqId, entry.dlqId);
  for (const end = Date.now() + PATIENCE; app.count("failure") === 0; await sleep(50))
    assert.ok(Date.now() < end, "the failure function did not run");
});

test("a resumed run has a new id and goes on from the step that failed", async () => {
  const { entry } = await failed("resume");
  const firsts = app.count("first");
  healthy = true;
  const { workflowRunId } = await client.dlq.resume({ dlqId: entry.dlqId, retries: 0 });
  assert.notEqual(workflowRunId, entry.workflowRunId);
  await logged(workflowRunId, isIn("RUN_SUCCESS"));
  assert.equal(app.count("first"), firsts);
  assert.deepEqual((await client.dlq.list({ filter: { label: "resume" } })).messages, []);
});

test("a restarted run begins with the first step", async () => {
  const { entry } = await failed("restart");
  const firsts = app.count("first");
  healthy = true;
  const { workflowRunId } = await client.dlq.restart({ dlqId: entry.dlqId, retries: 0 });
  await logged(workflowRunId, isIn("RUN_SUCCESS"));
  assert.equal(app.count("first"), firsts + 1);
});

test("a resumed run that fails again is a new entry", async () => {
  const { entry } = await failed("again");
  const { workflowRunId } = await client.dlq.resume({ dlqId: entry.dlqId, retries: 0 });
  await logged(workflowRunId, isIn("RUN_FAILED"));
  const again = await entryOf("again");
  assert.notEqual(again.dlqId, entry.dlqId);
  assert.equal(again.workflowRunId, workflowRunId);
});

test("a deleted entry is gone", async () => {
  const { entry } = await failed("delete");
  await client.dlq.delete(entry.dlqId);
  assert.deepEqual((await client.dlq.list({ filter: { label: "delete" } })).messages, []);
});
