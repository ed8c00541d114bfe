// The official SDK's `client.logs` against the emulator: real runs in every state, with their steps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkflowNonRetryableError } from "@upstash/workflow";
import { sdkTest } from "./setup.mjs";

const t = sdkTest();

/** The only run of that id in the logs. */
async function logOf(workflowRunId) {
  const { runs } = await t.client.logs({ workflowRunId });
  assert.equal(runs.length, 1);
  return runs[0];
}

/** Polls the logs of a run until `holds`. */
async function until(workflowRunId, holds) {
  const end = Date.now() + 10_000;
  for (;;) {
    const { runs } = await t.client.logs({ workflowRunId });
    if (runs.length > 0 && holds(runs[0])) return runs[0];
    assert.ok(Date.now() < end, `still: ${JSON.stringify(runs[0])}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("a run that succeeded: its steps, one by one and in parallel, and its response", async () => {
  const app = await t.app({
    orders: async (context, { step }) => {
      const one = await step(context, "one", () => context.requestPayload.n + 1);
      const both = await Promise.all([step(context, "a", () => 1), context.sleep("b", "1m")]);
      const more = await Promise.all([step(context, "c", () => 2), step(context, "d", () => 3)]);
      return { one, sum: both[0] + more[0] + more[1] };
    },
  });
  const { workflowRunId } = await t.trigger(app, "orders", {
    body: { n: 1 },
    label: ["shop", "eu"],
    flowControl: { key: "tenant", parallelism: 5 },
  });
  const log = await logOf(workflowRunId);
  assert.equal(log.workflowState, "RUN_SUCCESS");
  assert.equal(log.workflowUrl, app.url("orders"));
  assert.deepEqual(JSON.parse(log.workflowRunResponse), { one: 2, sum: 6 });
  assert.ok(log.workflowRunCompletedAt >= log.workflowRunCreatedAt);
  assert.deepEqual([log.label, log.labels], ["shop", ["shop", "eu"]]);
  assert.equal(log.flowControlKey, "tenant");
  assert.equal(log.dlqId, undefined);
  assert.deepEqual(
    log.steps.map(({ type, steps }) => [type, steps.map(({ stepName }) => stepName)]),
    [
      ["sequential", ["init"]],
      ["sequential", ["one"]],
      ["parallel", ["a", "b"]],
      ["parallel", ["c", "d"]],
    ],
  );
  const [init, one, parallel] = log.steps.map(({ steps }) => steps[0]);
  assert.deepEqual([init.stepType, JSON.parse(init.out)], ["Initial", { n: 1 }]);
  assert.deepEqual(
    [one.stepId, one.stepType, one.callType, one.out, one.concurrent, one.state],
    [1, "Run", "step", "2", 1, "STEP_SUCCESS"],
  );
  assert.deepEqual([parallel.stepId, parallel.concurrent, parallel.state], [2, 2, "STEP_SUCCESS"]);
});

test("a run that is retried shows its errors at once, long before it is in the queue", async () => {
  await t.emulator.config({ clockFactor: 1 });
  const app = await t.app({
    broken: async (context, { step }) => {
      await step(context, "fetch");
      await step(context, "charge", () => {
        throw new Error("the carrier does not answer");
      });
    },
  });
  const { workflowRunId } = await t.client.trigger({ url: app.url("broken") });
  const isRetried = ({ steps }) => steps.at(-1).steps[0].state === "STEP_RETRY";
  const log = await until(workflowRunId, isRetried);
  assert.equal(log.workflowState, "RUN_STARTED");
  assert.deepEqual(
    log.steps.map(({ type }) => type),
    ["sequential", "sequential", "next"],
  );
  const [next] = log.steps.at(-1).steps;
  assert.equal(next.stepName, "charge");
  assert.equal(next.retries, 3);
  assert.match(next.messageId, /^msg_/);
  assert.equal(next.errors.length, 1);
  const [error] = next.errors;
  assert.equal(error.status, 500);
  assert.match(error.body, /the carrier does not answer/);
  assert.deepEqual(error.headers["Upstash-Error-Step-Name"], ["charge"]);
  assert.ok(Math.abs(error.time - Date.now()) < 10_000);
  assert.equal((await t.client.dlq.list()).messages.length, 0);

  // With states that select it, and those that do not.
  for (const [state, found] of [
    ["RUN_STARTED", 1],
    ["STEP_RETRY", 1],
    ["RUN_FAILED", 0],
    ["STEP_FAILED", 0],
  ])
    assert.equal((await t.client.logs({ state })).runs.length, found, state);
});

test("a run that failed names its step, in the logs and in the queue", async () => {
  const app = await t.app({
    hopeless: {
      route: async (context, { step }) => {
        await step(context, "first");
        await step(context, "wichtig & schön", () => {
          throw new WorkflowNonRetryableError("never");
        });
      },
      failureFunction: () => "cleaned up",
    },
    retried: async (context, { step }) => {
      await Promise.all([
        step(context, "fine"),
        step(context, "fails", () => {
          throw new Error("again and again");
        }),
      ]);
    },
  });
  const { workflowRunId } = await t.trigger(app, "hopeless");
  const log = await logOf(workflowRunId);
  assert.equal(log.workflowState, "RUN_FAILED");
  const [next] = log.steps.at(-1).steps;
  assert.equal(next.state, "STEP_FAILED");
  assert.equal(next.errors[0].status, 489);
  assert.equal(log.failureFunction.state, "CALLBACK_SUCCESS");
  assert.equal(log.failureFunction.failStatus, 489);

  const { messages } = await t.client.dlq.list();
  assert.equal(messages[0].dlqId, log.dlqId);

  const failed = await t.trigger(app, "retried", { retries: 2, retryDelay: "1000" });
  const { steps, dlqId } = await logOf(failed.workflowRunId);
  const parallel = steps.find(({ type }) => type === "parallel").steps;
  assert.deepEqual(
    parallel.map(({ stepName, state }) => [stepName, state]),
    [
      ["fine", "STEP_SUCCESS"],
      ["fails", "STEP_FAILED"],
    ],
  );
  assert.equal(parallel[1].errors.length, 3);
  const entry = (await t.client.dlq.list()).messages.find((message) => message.dlqId === dlqId);
  assert.deepEqual(entry.responseHeader["Upstash-Error-Step-Name"], ["fails"]);
});

test("a run that was resumed has a log of its own, with the steps it took over", async () => {
  const app = await t.app({
    flaky: async (context, { step }) => {
      await step(context, "one");
      await step(context, "two", () => {
        if (app.count("two") === 1) throw new WorkflowNonRetryableError("once");
        return "done";
      });
    },
  });
  const failed = await t.trigger(app, "flaky");
  const { dlqId } = await logOf(failed.workflowRunId);
  const resumed = await t.client.dlq.resume({ dlqId });
  await t.emulator.idle();
  const log = await logOf(resumed.workflowRunId);
  assert.equal(log.workflowState, "RUN_SUCCESS");
  assert.deepEqual(
    log.steps.map(({ steps }) => steps[0].stepName),
    ["init", "one", "two"],
  );
  assert.equal(log.workflowRunCreatedAt, resumed.workflowCreatedAt ?? log.workflowRunCreatedAt);
  assert.equal((await logOf(failed.workflowRunId)).workflowState, "RUN_FAILED");
});

test("a run that sleeps is in progress, one that was canceled is canceled", async () => {
  const app = await t.app({
    long: async (context) => {
      await context.sleep("nap", "365d");
    },
  });
  const { workflowRunId } = await t.client.trigger({ url: app.url("long") });
  const isAsleep = ({ steps }) => steps.length === 3;
  const log = await until(workflowRunId, isAsleep);
  assert.deepEqual(
    log.steps[2].steps.map(({ state, errors }) => [state, errors]),
    [["STEP_PROGRESS", undefined]],
  );
  await t.client.cancel(workflowRunId);
  const canceled = await logOf(workflowRunId);
  assert.equal(canceled.workflowState, "RUN_CANCELED");
  assert.equal(canceled.steps.at(-1).steps[0].state, "STEP_CANCELED");
});

test("a call that waits for its third party is in progress and names where it goes", async () => {
  let answer;
  const asked = new Promise((resolve) => {
    answer = resolve;
  });
  const app = await t.app(
    {
      caller: async (context, { url }) => {
        await context.call("ask", { url: url("third"), method: "POST", body: { q: 1 } });
      },
    },
    { "/third": () => asked.then(() => Response.json({ ok: true })) },
  );
  const { workflowRunId } = await t.client.trigger({ url: app.url("caller") });
  const log = await until(workflowRunId, ({ steps }) => steps.at(-1).steps[0].callUrl);
  const [call] = log.steps.at(-1).steps;
  assert.deepEqual(
    [call.stepName, call.callUrl, call.callMethod, call.state],
    ["ask", app.url("third"), "POST", "STEP_PROGRESS"],
  );
  answer();
  const done = await until(workflowRunId, ({ workflowState }) => workflowState === "RUN_SUCCESS");
  assert.deepEqual(
    done.steps.map(({ steps }) => [steps[0].stepName, steps[0].stepType]),
    [
      ["init", "Initial"],
      ["ask", "Call"],
    ],
  );
});

test("an invoked run names its invoker", async () => {
  const inner = { workflowId: "inner" };
  const app = await t.app({
    inner: async (context, { step }) => step(context, "work"),
    outer: async (context) => {
      await context.invoke("invoke", { workflow: inner, body: {} });
    },
  });
  const outer = await t.trigger(app, "outer");
  const { runs } = await t.client.logs({ filter: { workflowUrl: app.url("inner") } });
  assert.equal(runs.length, 1);
  assert.equal(runs[0].invoker.workflowRunId, outer.workflowRunId);
  assert.equal(runs[0].invoker.workflowUrl, app.url("outer"));
});

test("ten runs a page, newest first, and a cursor to the end", async () => {
  const runs = Array.from({ length: 25 }, (_, i) => ({
    workflowCreatedAt: 1_700_000_000_000 + Math.floor(i / 2),
    workflowRunId: `wfr_${i}`,
    labels: i % 5 === 0 ? ["fifth"] : [],
    state: "RUN_SUCCESS",
  }));
  await t.emulator.seedRuns(runs);
  const seen = [];
  let cursor;
  do {
    const page = await t.client.logs({ cursor, count: 10 });
    assert.ok(page.runs.length <= 10);
    seen.push(...page.runs.map(({ workflowRunId }) => workflowRunId));
    cursor = page.cursor;
  } while (cursor);
  assert.deepEqual(seen, runs.map(({ workflowRunId }) => workflowRunId).toReversed());
  const { runs: labelled } = await t.client.logs({ filter: { label: ["fifth", "none"] } });
  assert.equal(labelled.length, 5);
});
