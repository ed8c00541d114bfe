// The official SDK's workflows run against the emulator as they do against the service.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkflowNonRetryableError, WorkflowRetryAfterError } from "@upstash/workflow";
import { sdkTest } from "./setup.mjs";

const t = sdkTest();

test("sequential steps run once each, in order", async () => {
  const app = await t.app({
    orders: async (context, { step }) => {
      const one = await step(context, "one", () => context.requestPayload.n + 1);
      return await step(context, "two", () => one * 2);
    },
  });
  const run = await t.trigger(app, "orders", { body: { n: 20 }, headers: { "x-tenant": "acme" } });
  assert.equal(run.state, "RUN_SUCCESS");
  assert.equal(run.result, 42);
  assert.deepEqual(run.steps, ["init", "one", "two"]);
  assert.equal(app.count("one"), 1);
  assert.equal(app.count("two"), 1);
  const audit = await t.emulator.audit();
  assert.deepEqual(audit.byWorkflow[app.url("orders")].two, {
    delivered: 1,
    completed: 1,
    copied: 0,
  });
  assert.ok(app.deliveries.every(({ headers }) => headers["x-tenant"] === "acme"));
});

test("sleeps are shortened by the clock factor", async () => {
  const app = await t.app({
    sleepy: async (context, { step }) => {
      await context.sleep("nap", "10m");
      await context.sleepUntil("dawn", Date.now() / 1000 + 600);
      return await step(context, "awake");
    },
  });
  const begun = performance.now();
  const run = await t.trigger(app, "sleepy");
  assert.equal(run.state, "RUN_SUCCESS");
  assert.deepEqual(run.steps, ["init", "nap", "dawn", "awake"]);
  assert.ok(performance.now() - begun > 60, "ten minutes are 60 ms");
});

test("parallel steps run once each and are joined", async () => {
  const app = await t.app({
    fan: async (context, { step }) => {
      const branches = ["a", "b", "c"].map((name) => step(context, name, () => name.toUpperCase()));
      const all = await Promise.all([...branches, context.sleep("pause", "1h")]);
      return await step(context, "join", () => all.slice(0, 3).join(""));
    },
  });
  const run = await t.trigger(app, "fan");
  assert.equal(run.state, "RUN_SUCCESS");
  assert.equal(run.result, "ABC");
  for (const name of ["a", "b", "c", "join"]) assert.equal(app.count(name), 1, name);
  assert.equal((await t.emulator.audit()).duplicateSteps, 0);
});

test("context.call reaches the third party, retries it and hands its answer to the workflow", async () => {
  let calls = 0;
  const third = async (request) => {
    calls += 1;
    if (calls === 1) return new Response("not yet", { status: 503 });
    return Response.json({
      echo: await request.json(),
      auth: request.headers.get("authorization"),
    });
  };
  const app = await t.app(
    {
      caller: async (context, { url }) => {
        const { status, body } = await context.call("ask", {
          url: url("third"),
          method: "POST",
          body: { question: "ä" },
          headers: { authorization: "Bearer third" },
          retries: 2,
        });
        return { status, body };
      },
    },
    { "/third": third },
  );
  const run = await t.trigger(app, "caller");
  assert.equal(run.state, "RUN_SUCCESS");
  assert.deepEqual(run.result, {
    status: 200,
    body: { echo: { question: "ä" }, auth: "Bearer third" },
  });
  assert.equal(calls, 2);
  // The call may be answered before the delivery that asked for it is.
  const kinds = (await t.emulator.deliveries()).map(({ kind }) => kind);
  assert.deepEqual(kinds.toSorted(), ["call", "call", "callback", "step", "step"]);
});

test("events: wait, waiters, notify, and a wait that times out", async () => {
  const app = await t.app({
    waiter: async (context) => {
      const { eventData, timeout } = await context.waitForEvent("wait", "approved", {
        timeout: "7d",
      });
      return { eventData, timeout };
    },
    impatient: async (context) => {
      const { timeout } = await context.waitForEvent("wait", "never", { timeout: "10s" });
      return { timeout };
    },
    notifier: async (context) => {
      const { notifyResponse } = await context.notify("tell", "approved", { by: "notifier" });
      return notifyResponse.length;
    },
  });
  const waiting = await t.trigger(app, "waiter");
  assert.equal(waiting.state, "RUN_STARTED");
  const waiters = await t.client.getWaiters({ eventId: "approved" });
  assert.equal(waiters.length, 1);
  assert.equal(waiters[0].url, app.url("waiter"));
  const notifier = await t.trigger(app, "notifier");
  assert.equal(notifier.result, 1);
  const told = await t.run(waiting.workflowRunId);
  assert.deepEqual(told.result, { eventData: { by: "notifier" }, timeout: false });

  const early = await t.client.trigger({ url: app.url("waiter"), delay: "1h" });
  const notified = await t.client.notify({
    eventId: "approved",
    eventData: "early",
    workflowRunId: early.workflowRunId,
  });
  assert.deepEqual(notified, []);
  await t.emulator.idle();
  assert.deepEqual((await t.run(early.workflowRunId)).result, {
    eventData: "early",
    timeout: false,
  });

  const impatient = await t.trigger(app, "impatient");
  for (let run = impatient; run.state === "RUN_STARTED"; ) {
    await t.emulator.idle();
    run = await t.run(impatient.workflowRunId);
  }
  assert.deepEqual((await t.run(impatient.workflowRunId)).result, { timeout: true });
});

test("invoke: the other workflow's result comes back", async () => {
  const doubled = { workflowId: "doubled" };
  const app = await t.app({
    doubled: async (context, { step }) =>
      step(context, "double", () => context.requestPayload.n * 2),
    caller: async (context) => {
      const { body, isFailed } = await context.invoke("invoke", {
        workflow: doubled,
        body: { n: 21 },
      });
      return { body, isFailed };
    },
  });
  const run = await t.trigger(app, "caller");
  assert.deepEqual(run.result, { body: 42, isFailed: false });
  const invoked = (await t.emulator.runs()).find(({ origin }) => origin === "invoke");
  assert.equal(invoked.parentRunId, run.workflowRunId);
});

test("a step that fails is retried, and told how often", async () => {
  const seen = [];
  const app = await t.app({
    flaky: async (context, { step }) =>
      step(context, "flaky", () => {
        if (app.count("flaky") <= 2) throw new Error("not yet");
        return app.count("flaky");
      }),
  });
  const run = await t.trigger(app, "flaky", { retries: 2, retryDelay: "1000 * (1 + retried)" });
  for (const { retried } of await t.emulator.deliveries()) seen.push(retried);
  assert.deepEqual(seen, [0, 1, 2, 0]);
  assert.equal(run.result, 3);
});

test("a non-retryable error is not retried", async () => {
  const app = await t.app({
    hopeless: async (context, { step }) =>
      step(context, "hopeless", () => {
        throw new WorkflowNonRetryableError("never");
      }),
  });
  const run = await t.trigger(app, "hopeless");
  assert.equal(run.state, "RUN_FAILED");
  assert.equal(app.count("hopeless"), 1);
  const { messages } = await t.client.dlq.list();
  assert.equal(messages[0].responseStatus, 489);
});

test("a retry-after error is retried after that", async () => {
  const app = await t.app({
    busy: async (context, { step }) =>
      step(context, "busy", () => {
        if (app.count("busy") === 1) throw new WorkflowRetryAfterError("busy", 60);
        return "done";
      }),
  });
  const run = await t.trigger(app, "busy");
  assert.equal(run.result, "done");
  assert.equal(app.count("busy"), 2);
});

test("the SDK's receiver refuses a delivery that is not signed", async () => {
  const app = await t.app({ signed: async (context, { step }) => step(context, "signed") });
  const run = await t.trigger(app, "signed");
  assert.equal(run.state, "RUN_SUCCESS");
  const [{ headers }] = await t.emulator.deliveries();
  assert.equal(headers["upstash-signature"].split(".").length, 3);
  const forged = await fetch(app.url("signed"), {
    method: "POST",
    headers: {
      ...headers,
      "upstash-signature": headers["upstash-signature"].replace(/.{4}$/, "AAAA"),
    },
    body: "[]",
  });
  assert.equal(forged.status, 500);
  assert.match((await forged.json()).message, /verify/);
});

test("lazy fetch: an empty delivery makes the SDK fetch the steps", async () => {
  await t.emulator.config({ lazyFetchAbove: 0 });
  const app = await t.app({
    lazy: async (context, { step }) => {
      const both = await Promise.all([step(context, "a", () => 1), step(context, "b", () => 2)]);
      return await step(context, "sum", () => both[0] + both[1]);
    },
  });
  const run = await t.trigger(app, "lazy", { body: "payload" });
  assert.equal(run.result, 3);
  for (const name of ["a", "b", "sum"]) assert.equal(app.count(name), 1, name);
  const deliveries = await t.emulator.deliveries();
  assert.ok(deliveries.every(({ bodyBytes }) => bodyBytes === 0));
  const { requests } = await t.emulator.requests();
  assert.ok(
    requests.some(
      ({ method, path }) => method === "GET" && path.startsWith("/v2/workflows/runs/wfr_"),
    ),
  );
});

test("labels and flow control reach the deliveries; parallelism is kept", async () => {
  const app = await t.app({ labelled: async (context, { step }) => step(context, "only") });
  const flowControl = { key: "tenant.1", parallelism: 2 };
  const trigger = { url: app.url("labelled"), label: ["a", "b"], flowControl };
  await t.client.trigger(Array.from({ length: 12 }, () => trigger));
  await t.emulator.idle();
  assert.equal(app.count("only"), 12);
  const deliveries = await t.emulator.deliveries();
  assert.equal(deliveries[0].headers["upstash-label"], "a,b");
  assert.deepEqual(deliveries[0].settings.flowControl, { key: "tenant.1", value: "parallelism=2" });
  assert.equal((await t.emulator.audit({ summary: true })).maxParallelByKey["tenant.1"], 2);
});

test("cancel: runs that sleep are stopped for good", async () => {
  const app = await t.app({
    long: async (context, { step }) => {
      await context.sleep("long", "30d");
      await step(context, "after");
    },
  });
  const url = app.url("long");
  const runs = await t.client.trigger([
    { url },
    { url, delay: "30d" },
    { url, delay: "1d", label: "x" },
  ]);
  const ids = runs.map(({ workflowRunId }) => workflowRunId);
  assert.deepEqual(await t.client.cancel(ids.slice(0, 2)), { cancelled: 2 });
  assert.deepEqual(await t.client.cancel({ filter: { workflowUrl: url, label: "x" } }), {
    cancelled: 1,
  });
  await t.emulator.idle(1_000);
  for (const id of ids) assert.equal((await t.run(id)).state, "RUN_CANCELED");
  assert.equal(app.count("after"), 0);
});

test("a run id is taken once", async () => {
  const app = await t.app({ once: async (context, { step }) => step(context, "only") });
  await t.trigger(app, "once", { workflowRunId: "mine" });
  await t.trigger(app, "once", { workflowRunId: "mine" });
  assert.equal(app.count("only"), 1);
  assert.equal((await t.run("wfr_mine")).state, "RUN_SUCCESS");
});
