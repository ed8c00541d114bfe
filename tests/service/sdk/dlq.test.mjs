// A run that fails, its entry, and what the official SDK's client does with it: the emulator must do as the service does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkflowNonRetryableError } from "@upstash/workflow";
import { sdkTest } from "./setup.mjs";

const t = sdkTest();

/** A workflow whose second step fails until `healthy` says otherwise. */
function fragile(state = { healthy: false }) {
  const route = async (context, { step }) => {
    const first = await step(context, "first", () => "kept");
    await step(context, "second", () => {
      if (!state.healthy) throw new Error("the database is down");
    });
    return await step(context, "third", () => first);
  };
  return { state, route };
}

/** The only entry. */
async function onlyEntry() {
  const { messages } = await t.client.dlq.list();
  assert.equal(messages.length, 1);
  return messages[0];
}

test("a run that fails becomes an entry that tells why", async () => {
  const app = await t.app({ fragile: fragile().route });
  const run = await t.trigger(app, "fragile", {
    retries: 2,
    label: "nightly",
    flowControl: { key: "k", rate: 100 },
    body: { order: 1 },
  });
  assert.equal(run.state, "RUN_FAILED");
  assert.equal(app.count("second"), 3);

  const entry = await onlyEntry();
  assert.equal(entry.workflowRunId, run.workflowRunId);
  assert.equal(entry.workflowCreatedAt, run.workflowCreatedAt);
  assert.equal(entry.workflowUrl, app.url("fragile"));
  assert.equal(entry.url, app.url("fragile"));
  assert.equal(entry.responseStatus, 500);
  assert.equal(JSON.parse(entry.responseBody).message, "the database is down");
  assert.deepEqual(entry.responseHeader["Upstash-Error-Step-Name"], ["second"]);
  assert.equal(entry.maxRetries, 2);
  assert.equal(entry.label, "nightly");
  assert.deepEqual(entry.labels, ["nightly"]);
  assert.equal(entry.flowControlKey, "k");
  assert.equal(entry.rate, 100);
  assert.equal(entry.callerIP, "127.0.0.1");
  assert.match(entry.dlqId, /^\d+-\d+$/);

  const one = await get(`/v2/workflows/dlq/${entry.dlqId}`);
  assert.deepEqual(await one.json(), entry);
});

test("the list's filters find the entry", async () => {
  const app = await t.app({ fragile: fragile().route });
  const run = await t.trigger(app, "fragile", { retries: 0, label: "a" });
  const entry = await onlyEntry();
  const found = async (filter) => (await t.client.dlq.list({ filter })).messages.length;
  for (const filter of [
    { label: "a" },
    { responseStatus: 500 },
    { workflowRunId: run.workflowRunId },
    { workflowCreatedAt: run.workflowCreatedAt },
    { workflowUrl: app.url("fragile") },
    { fromDate: Number.parseInt(entry.dlqId, 10), toDate: Number.parseInt(entry.dlqId, 10) },
  ]) {
    assert.equal(await found(filter), 1, JSON.stringify(filter));
  }
  assert.equal(await found({ label: "b" }), 0);
  assert.equal(await found({ toDate: Number.parseInt(entry.dlqId, 10) - 1 }), 0);
});

test("resume: a new run that does not repeat what was done", async () => {
  const { state, route } = fragile();
  const app = await t.app({ fragile: route });
  const failed = await t.trigger(app, "fragile", { retries: 0 });
  const entry = await onlyEntry();

  state.healthy = true;
  const { workflowRuns } = await t.client.dlq.resume([entry.dlqId]);
  assert.equal(workflowRuns.length, 1);
  const [{ workflowRunId, workflowCreatedAt }] = workflowRuns;
  assert.notEqual(workflowRunId, failed.workflowRunId);
  assert.ok(workflowCreatedAt >= failed.workflowCreatedAt);
  assert.equal((await t.client.dlq.list()).messages.length, 0);

  await t.emulator.idle();
  const run = await t.run(workflowRunId);
  assert.equal(run.state, "RUN_SUCCESS");
  assert.equal(run.result, "kept");
  assert.equal(run.parentRunId, failed.workflowRunId);
  assert.equal(run.dlqId, entry.dlqId);

  const { byRun, byEntry, resumedTwice } = await t.emulator.audit();
  for (const [step, copied, completed] of [
    ["first", 1, 0],
    ["second", 0, 1],
    ["third", 0, 1],
  ]) {
    assert.equal(byRun[workflowRunId][step].copied, copied, step);
    assert.equal(byRun[workflowRunId][step].completed, completed, step);
    assert.equal(app.count(step, workflowRunId), completed, step);
  }
  assert.equal(app.count("first"), 1);
  assert.deepEqual(byEntry[entry.dlqId].workflowRunIds, [workflowRunId]);
  assert.deepEqual(resumedTwice, []);
});

test("resume: overrides hold for the rest of the run", async () => {
  const { state, route } = fragile();
  const app = await t.app({ fragile: route });
  await t.trigger(app, "fragile", { retries: 1, label: "before" });
  const { dlqId } = await onlyEntry();

  state.healthy = true;
  const response = await fetch(`${t.emulator.url}/v2/workflows/dlq/resume?dlqIds=${dlqId}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${t.emulator.token}`,
      "upstash-retries": "7",
      "upstash-delay": "30m",
      "upstash-retry-delay": "(1 + retried) * 100",
      "upstash-flow-control-key": "repair",
      "upstash-flow-control-value": "parallelism=1, rate=50",
      "upstash-label": "after,night",
      "upstash-failure-callback": "http://127.0.0.1:9/failed",
    },
  });
  const { workflowRuns } = await response.json();
  const begun = performance.now();
  await t.emulator.idle();
  assert.ok(performance.now() - begun > 100, "half an hour is 180 ms");

  const deliveries = await t.emulator.deliveries({ workflowRunId: workflowRuns[0].workflowRunId });
  assert.equal(deliveries.length, 3);
  for (const { settings, headers } of deliveries) {
    assert.deepEqual(settings, {
      retries: 7,
      retryDelay: "(1 + retried) * 100",
      flowControl: { key: "repair", value: "parallelism=1, rate=50" },
      labels: ["after", "night"],
      failureCallback: "http://127.0.0.1:9/failed",
    });
    assert.equal(headers["upstash-label"], "after,night");
  }
});

test("resume: the SDK's overrides, and a run that fails again is a new entry", async () => {
  const app = await t.app({ fragile: fragile().route });
  await t.trigger(app, "fragile", { retries: 3 });
  const first = await onlyEntry();
  const flowControl = { key: "repair", parallelism: 1 };
  const { workflowRuns } = await t.client.dlq.resume(first.dlqId, { retries: 0, flowControl });
  await t.emulator.idle();
  const second = await onlyEntry();
  assert.notEqual(second.dlqId, first.dlqId);
  assert.equal(second.workflowRunId, workflowRuns[0].workflowRunId);
  assert.equal(second.maxRetries, 0);
  assert.equal(second.flowControlKey, "repair");
  assert.equal(app.count("second"), 4 + 1);
  assert.equal(app.count("first"), 1);
});

test("restart: everything runs again", async () => {
  const { state, route } = fragile();
  const app = await t.app({ fragile: route });
  await t.trigger(app, "fragile", { retries: 0, body: "payload" });
  const { dlqId } = await onlyEntry();
  state.healthy = true;
  const { workflowRuns } = await t.client.dlq.restart(dlqId);
  await t.emulator.idle();
  const { workflowRunId } = workflowRuns[0];
  assert.equal((await t.run(workflowRunId)).state, "RUN_SUCCESS");
  for (const step of ["first", "second", "third"])
    assert.equal(app.count(step, workflowRunId), 1, step);
  assert.equal(app.count("first"), 2);
});

test("resume of a parallel step runs only the branch that failed", async () => {
  const state = { healthy: false };
  const app = await t.app({
    fan: async (context, { step }) => {
      const good = step(context, "good", () => 1);
      const bad = step(context, "bad", () => {
        if (!state.healthy) throw new Error("bad branch");
        return 2;
      });
      const both = await Promise.all([good, bad]);
      return await step(context, "join", () => both[0] + both[1]);
    },
  });
  await t.trigger(app, "fan", { retries: 2 });
  const { dlqId } = await onlyEntry();
  state.healthy = true;
  const { workflowRuns } = await t.client.dlq.resume([dlqId]);
  await t.emulator.idle();
  const { workflowRunId } = workflowRuns[0];
  assert.equal((await t.run(workflowRunId)).result, 3);
  assert.equal(app.count("good"), 1);
  assert.equal(app.count("bad", workflowRunId), 1);
});

test("a step renamed before the failed one is told, one added after it runs", async () => {
  const { state, route } = fragile();
  const app = await t.app({ fragile: route });
  await t.trigger(app, "fragile", { retries: 0 });
  const { dlqId } = await onlyEntry();

  app.deploy("fragile", async (context, { step }) => {
    await step(context, "renamed");
    await step(context, "second");
  });
  await t.client.dlq.resume([dlqId]);
  await t.emulator.idle();
  const incompatible = await onlyEntry();
  assert.match(JSON.parse(incompatible.responseBody).message, /Incompatible step name/);

  state.healthy = true;
  app.deploy("fragile", async (context, { step }) => {
    const result = await route(context, { step });
    return `${result}, ${await step(context, "fourth", () => "added")}`;
  });
  const { workflowRuns } = await t.client.dlq.resume([incompatible.dlqId]);
  await t.emulator.idle();
  const { workflowRunId } = workflowRuns[0];
  assert.equal((await t.run(workflowRunId)).result, "kept, added");
  assert.equal(app.count("fourth", workflowRunId), 1);
  assert.equal(app.count("first"), 1);
});

test("delete: one, many, all", async () => {
  const app = await t.app({ fragile: fragile().route });
  await t.client.trigger(
    Array.from({ length: 5 }, () => ({ url: app.url("fragile"), retries: 0 })),
  );
  await t.emulator.idle();
  const ids = (await t.client.dlq.list()).messages.map(({ dlqId }) => dlqId);
  assert.equal(ids.length, 5);
  assert.equal((await t.client.dlq.delete(ids[0])).deleted, 1);
  assert.equal((await t.client.dlq.delete(ids.slice(0, 3))).deleted, 2);
  assert.deepEqual(await t.client.dlq.delete([]), { deleted: 0 });
  assert.equal((await t.client.dlq.delete({ all: true })).deleted, 2);
  assert.equal((await t.client.dlq.list()).messages.length, 0);
  assert.equal((await get(`/v2/workflows/dlq/${ids[0]}`)).status, 404);
});

test("an id that is gone is a 404", async () => {
  await assert.rejects(t.client.dlq.resume(["1752829295505-0"]), {
    name: "QstashError",
    status: 404,
  });
});

test("failure function: called with the error, run again after it failed", async () => {
  const calls = [];
  const state = { broken: true };
  const app = await t.app({
    fragile: {
      route: fragile().route,
      failureFunction: async ({ context, failStatus, failResponse }) => {
        calls.push({
          run: context.workflowRunId,
          failStatus,
          failResponse,
          payload: context.requestPayload,
        });
        if (state.broken) throw new Error("the failure function is broken too");
        return "handled";
      },
    },
  });
  const run = await t.trigger(app, "fragile", { retries: 1, body: { order: 7 } });
  const entry = await onlyEntry();
  assert.equal(entry.failureCallbackInfo.state, "CALLBACK_FAIL");
  assert.equal(entry.failureCallbackInfo.responseStatus, 500);
  assert.equal(calls.length, 2);
  assert.deepEqual(calls[0], {
    run: run.workflowRunId,
    failStatus: 500,
    failResponse: "the database is down",
    payload: { order: 7 },
  });

  state.broken = false;
  const again = await t.client.dlq.retryFailureFunction({ dlqId: entry.dlqId });
  assert.equal(again.workflowRunId, run.workflowRunId);
  await t.emulator.idle();
  const { failureCallbackInfo } = await onlyEntry();
  assert.equal(failureCallbackInfo.state, "CALLBACK_SUCCESS");
  assert.match(failureCallbackInfo.responseBody, /handled/);
  await assert.rejects(t.client.dlq.retryFailureFunction({ dlqId: entry.dlqId }), { status: 400 });

  const { messages } = await t.client.dlq.list({
    filter: { failureFunctionState: "CALLBACK_SUCCESS" },
  });
  assert.equal(messages.length, 1);
});

test("failure function: cancelled while it is under way", async () => {
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  let begin;
  const begun = new Promise((resolve) => (begin = resolve));
  const app = await t.app({
    fragile: {
      route: fragile().route,
      failureFunction: async () => {
        begin();
        await finished;
      },
    },
  });
  await t.client.trigger({ url: app.url("fragile"), retries: 0 });
  await begun;
  const { dlqId } = await onlyEntry();
  const cancelled = await get(`/v2/workflows/dlq/callback/${dlqId}`, "DELETE");
  assert.equal(cancelled.status, 302);
  finish();
  await t.emulator.idle();
  assert.equal((await onlyEntry()).failureCallbackInfo.state, "CALLBACK_CANCELED");
});

test("a workflow without a failure function has no state", async () => {
  const app = await t.app({ fragile: fragile().route });
  await t.trigger(app, "fragile", { retries: 0 });
  assert.equal((await onlyEntry()).failureCallbackInfo, undefined);
});

function get(path, method = "GET") {
  return fetch(t.emulator.url + path, {
    method,
    headers: { authorization: `Bearer ${t.emulator.token}` },
    redirect: "manual",
  });
}

test("fields named by the trigger are redacted in lists and logs, and resumed runs get the originals", async () => {
  const seen = [];
  const app = await t.app({
    secret: async (context) => {
      await context.run("step", () => {
        seen.push([context.requestPayload, context.headers.get("x-key")]);
        if (seen.length === 1) throw new WorkflowNonRetryableError("once");
      });
    },
  });
  await t.trigger(app, "secret", {
    body: { pin: 1234 },
    headers: { "x-key": "s3cret", "x-open": "yes" },
    redact: { body: true, header: ["X-Key"] },
  });
  const { messages } = await t.client.dlq.list();
  assert.match(messages[0].body, /^REDACTED:[0-9a-f]{64}$/);
  assert.match(messages[0].header["X-Key"][0], /^REDACTED:[0-9a-f]{64}$/);
  assert.deepEqual(messages[0].header["X-Open"], ["yes"]);
  assert.doesNotMatch(JSON.stringify(await t.client.logs()), /1234|s3cret/);
  await t.client.dlq.resume({ dlqId: messages[0].dlqId });
  await t.emulator.idle();
  assert.deepEqual(seen, [
    [{ pin: 1234 }, "s3cret"],
    [{ pin: 1234 }, "s3cret"],
  ]);
});

test("a resumed run without Upstash-Retries keeps its retries, or has the default", async () => {
  for (const [absentRetries, attempts] of [
    ["kept", 1],
    ["default", 4],
  ]) {
    await t.emulator.config({ absentRetries });
    const app = await t.app({
      broken: async (context, { step }) => {
        await step(context, "fails", () => {
          throw new Error("no");
        });
      },
    });
    await t.trigger(app, "broken", { retries: 0 });
    const before = app.count("fails");
    const { messages } = await t.client.dlq.list({ count: 1 });
    await t.client.dlq.resume({ dlqId: messages[0].dlqId });
    await t.emulator.idle();
    assert.equal(app.count("fails") - before, attempts, absentRetries);
    await t.emulator.reset();
    await t.emulator.config({ clockFactor: 10_000 });
  }
});
