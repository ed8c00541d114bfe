// Durable jobs: what is done, what is said of it, and what outlives the process.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { eventually } from "../support/eventually.mjs";
import { ADMIN_TOKEN, assertJob, events, over, reportLines, world } from "./world.mjs";

describe("jobs", () => {
  let at;
  before(async () => {
    at = await world({ bindings: { REQUESTS_PER_SLICE: "5" } });
  });
  beforeEach(() => at.emulator.reset());
  after(() => at.close());

  for (const [operation, done] of [
    ["resume", "resumed"],
    ["restart", "restarted"],
    ["delete", "deleted"],
  ]) {
    test(`${operation}: everything, slice by slice, and a report of it`, async () => {
      await at.emulator.seed(1_000);
      const { id } = await at.start({ operation, selection: { all: true }, reason: "a deploy" });
      const job = await at.until(id, over);
      assert.deepEqual([job.state, job.ended, job.done], ["done", "complete", 1_000]);
      assert.ok(job.slices >= 3, `${job.slices} slices`);
      await assertJob(at.emulator, job, { done });
      const report = await reportLines(at, id);
      if (operation !== "delete") {
        assert.equal(report.length, 1_000);
        assert.ok(report.every(({ outcome }) => outcome === done));
        assert.equal(new Set(report.map(({ workflowRunId }) => workflowRunId)).size, 1_000);
        assert.equal(job.runs.length, 20);
      }
      assert.deepEqual((await at.json(`/api/jobs/${id}`)).job, job);
      // The register is told after whoever watches the job.
      await eventually(async () =>
        assert.equal((await at.json("/api/jobs")).jobs[0].state, "done"),
      );
      const [{ ...summary }] = (await at.json("/api/jobs")).jobs;
      for (const name of Object.keys(summary)) assert.deepEqual(summary[name], job[name], name);
      assert.deepEqual([summary.id, summary.done, summary.state], [id, 1_000, "done"]);
      assert.equal("selection" in summary, false, "what was ordered is the job's own");
      const trail = (await at.json("/api/trail")).lines.filter((line) => line.job === id);
      assert.deepEqual(
        trail.map(({ did, who, done }) => [did, who, done]),
        [
          ["finished", undefined, 1_000],
          ["started", "admin", 0],
        ],
      );
    });
  }

  test("overrides and drive options are the package's: each entry beside its new run", async () => {
    const { dlqIds } = await at.emulator.seed(30);
    const { id } = await at.start({
      operation: "resume",
      selection: { dlqIds: [...dlqIds, "17-0", dlqIds[0]] },
      overrides: { retries: 7, label: ["night"] },
      drive: { strategy: "each", concurrency: 20 },
    });
    const job = await at.until(id, over);
    assert.deepEqual([job.done, job.notFound, job.of], [30, 1, 31]);
    const { byEntry } = await at.emulator.audit();
    for (const { dlqId, outcome, workflowRunId } of await reportLines(at, id)) {
      if (outcome === "notFound") assert.equal(dlqId, "17-0");
      else assert.deepEqual(byEntry[dlqId].workflowRunIds, [workflowRunId]);
    }
    const [{ overrides }] = await at.emulator.runs({ limit: 1 });
    assert.deepEqual(
      [overrides.retries, overrides.labels],
      [7, ["night"]],
      JSON.stringify(overrides),
    );
    const { maxConcurrency } = await at.emulator.requests();
    assert.ok(maxConcurrency <= 6, `${maxConcurrency} connections`);
    const csv = await (await at.call(`/api/jobs/${id}/report?format=csv`)).text();
    // As the command line's.
    assert.equal(csv.split("\r\n")[0], "dlqId,outcome,workflowRunId,state,step,status,error");
    assert.equal(csv.trim().split("\r\n").length, 32);
  });

  test("a condition that the service has no filter for", async () => {
    await at.emulator.seed({ count: 300, statuses: [500, 503, 404] });
    const { id } = await at.start({
      operation: "resume",
      selection: { all: true },
      drive: { where: { responseStatus: [503] } },
    });
    const job = await at.until(id, over);
    assert.equal(job.done, 100);
    await assertJob(at.emulator, job);
  });

  test("what was confirmed is the most that is done; what came since is said, and not touched", async () => {
    for (const [order, seeds, done, ended] of [
      [{ confirmed: 60 }, 100, 60, "confirmed"],
      [{ confirmed: 100 }, 100, 100, "complete"],
      [{ confirmed: 200 }, 100, 100, "complete"],
      [{ confirmed: 60, drive: { limit: 50 } }, 100, 50, "limit"],
      [{ confirmed: 60, drive: { strategy: "each" } }, 70, 60, "confirmed"],
      [{ confirmed: 60, operation: "delete" }, 100, 60, "confirmed"],
      [{ confirmed: 30, drive: { where: { responseStatus: 503 } } }, 100, 30, "confirmed"],
      [{ confirmed: 50, drive: { where: { responseStatus: 503 } } }, 100, 50, "complete"],
      [
        { confirmed: 40, selection: { all: true, where: { responseStatus: 503 } } },
        100,
        40,
        "confirmed",
      ],
      [{ confirmed: 40, selection: { all: true, limit: 30 } }, 100, 30, "limit"],
    ]) {
      await at.emulator.reset();
      await at.emulator.seed({ count: seeds, statuses: [500, 503] });
      const { id } = await at.start({ operation: "resume", selection: { all: true }, ...order });
      const job = await at.until(id, over);
      assert.deepEqual(
        [job.state, job.ended, job.done],
        ["done", ended, done],
        JSON.stringify(order),
      );
      const { taken, remaining } = await at.emulator.audit({ summary: true });
      assert.deepEqual([taken, remaining], [done, seeds - done], JSON.stringify(order));
    }
    for (const operation of ["resume", "failureFunction"]) {
      await at.emulator.reset();
      const states = ["CALLBACK_FAIL"];
      const { dlqIds } = await at.emulator.seed({
        count: 9,
        states,
        failureCallback: "http://127.0.0.1:1/f",
      });
      const { id } = await at.start({ operation, selection: { dlqIds }, confirmed: 5 });
      const job = await at.until(id, over);
      assert.deepEqual([job.state, job.ended, job.done], ["done", "confirmed", 5], operation);
      const all = await at.start({
        operation,
        selection: { dlqIds: dlqIds.slice(5) },
        confirmed: 9,
      });
      assert.equal((await at.until(all.id, over)).ended, "complete");
    }
  });

  test("a pace that is asked for holds across slices", async () => {
    await at.emulator.seed(120);
    const { id } = await at.start({
      operation: "resume",
      selection: { all: true },
      drive: { maxRunsPerSecond: 20, pageSize: 10 },
    });
    const job = await at.until(id, over);
    assert.deepEqual([job.state, job.done], ["done", 120]);
    assert.ok(job.slices > 2, `${job.slices} slices`);
    const { requests } = await at.emulator.requests();
    const sent = requests.filter(({ path }) => path.includes("/resume")).map((one) => one.at);
    const gaps = sent.slice(2).map((moment, n) => moment - sent[n]);
    // Ten runs a request: of three requests the last is a second after the first.
    assert.ok(Math.min(...gaps) >= 900, `${gaps} ms`);
  });

  test("a double click is one job; the same id for something else is refused", async () => {
    await at.emulator.seed(200);
    const order = {
      id: crypto.randomUUID(),
      name: "twice",
      operation: "resume",
      selection: { all: true },
    };
    const responses = await Promise.all([1, 2, 3].map(() => at.post("/api/jobs", order)));
    assert.deepEqual(responses.map(({ status }) => status).sort(), [200, 200, 201]);
    const job = await at.until(order.id, over);
    await assertJob(at.emulator, job);
    assert.equal((await at.post("/api/jobs", order)).status, 200, "after its end as well");
    const other = await at.post("/api/jobs", { ...order, operation: "delete" });
    assert.equal(other.status, 409);
  });

  test("paused, gone on with and cancelled, between requests and within them", async () => {
    await at.emulator.seed(2_000);
    await at.emulator.config({ latencyMs: 100 });
    const { id } = await at.start({
      operation: "resume",
      selection: { all: true },
      drive: { pageSize: 20 },
    });
    await at.until(id, ({ done }) => done > 0);
    assert.equal((await at.post(`/api/jobs/${id}/pause`)).status, 200);
    const paused = await at.until(id, ({ state }) => state === "paused");
    await assertJob(at.emulator, paused);
    assert.ok(paused.done < 2_000);
    assert.equal((await at.post(`/api/jobs/${id}/pause`)).status, 409, "it stands still already");
    const before = (await at.emulator.requests()).total;
    assert.equal((await at.post(`/api/jobs/${id}/continue`)).status, 200);
    await at.until(id, ({ done }) => done > paused.done);
    assert.ok((await at.emulator.requests()).total > before);
    await at.post(`/api/jobs/${id}/cancel`);
    const job = await at.until(id, over);
    assert.deepEqual([job.state, job.ended], ["cancelled", "cancelled"]);
    await assertJob(at.emulator, job);
    assert.equal((await reportLines(at, id)).length, job.done, "its report is kept");
    for (const what of ["pause", "continue", "cancel"]) {
      assert.equal((await at.post(`/api/jobs/${id}/${what}`)).status, 409, what);
    }
    const trail = (await at.json("/api/trail")).lines.filter((line) => line.job === id);
    assert.deepEqual(
      trail.map(({ did }) => did),
      ["cancelled", "continued", "paused", "started"],
    );
  });

  test("whoever watches sees the same, and the stream ends with the job", async () => {
    await at.emulator.seed(500);
    await at.emulator.config({ latencyMs: 10 });
    const { id } = await at.start({ operation: "resume", selection: { all: true } });
    const watch = async () => {
      const seen = [];
      for await (const job of events(await at.call(`/api/jobs/${id}/events`))) seen.push(job);
      return seen;
    };
    const [one, other] = await Promise.all([watch(), watch()]);
    assert.deepEqual(one.at(-1), other.at(-1));
    assert.equal(one.at(-1).done, 500);
    const counts = one.map(({ done }) => done);
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => a - b),
      "never back",
    );
  });

  test("a service that fails for a while is waited for", async () => {
    await at.emulator.seed(500);
    await at.emulator.faults([
      { match: { path: "/v2/workflows/dlq/resume" }, times: 12, action: 503 },
    ]);
    const { id } = await at.start({ operation: "resume", selection: { all: true } });
    const job = await at.until(id, over);
    assert.equal(job.state, "done");
    await assertJob(at.emulator, job, { exact: false });
    assert.equal(job.error, undefined);
  });

  test("what a person has to look at stops it; it goes on when that is done", async () => {
    await at.emulator.seed(500);
    const refusal = { type: "status", status: 403, body: { error: "read-only token" } };
    await at.emulator.faults([
      { match: { path: "/v2/workflows/dlq/resume" }, nth: 3, action: refusal },
    ]);
    const { id } = await at.start({ operation: "resume", selection: { all: true } });
    const stopped = await at.until(id, over);
    assert.deepEqual(
      [stopped.state, stopped.ended, stopped.error.code],
      ["stopped", "error", "forbidden"],
    );
    assert.match(stopped.error.message, /read-only token/);
    await assertJob(at.emulator, stopped);
    await at.post(`/api/jobs/${id}/continue`);
    const job = await at.until(id, ({ state }) => state === "done");
    assert.equal(job.done, 500);
    assert.equal(job.error, undefined);
    await assertJob(at.emulator, job);
  });

  test("a limit of the day is waited for without a slice that sleeps", async () => {
    await at.emulator.seed(500);
    await at.emulator.config({ daily: { limit: 4 } });
    const { id } = await at.start({ operation: "resume", selection: { all: true } });
    // A slice may have waited for something short before.
    const day = Date.now() + 5_000;
    await at.until(id, ({ state, waitingUntil }) => state === "waiting" && waitingUntil > day);
    await at.emulator.config({ daily: null });
    assert.equal((await at.post(`/api/jobs/${id}/pause`)).status, 200);
    await at.post(`/api/jobs/${id}/continue`);
    const job = await at.until(id, over);
    assert.equal(job.done, 500);
    await assertJob(at.emulator, job);
  });

  test("a canary that fails again stops it; going on takes the rest", async () => {
    await at.emulator.seed({ count: 300, runs: { failAgain: 1, afterMs: 1 } });
    const { id } = await at.start({
      operation: "resume",
      selection: { all: true },
      drive: { canary: { entries: 10, wait: 50, maxFailedAgain: 2 } },
    });
    const stopped = await at.until(id, over);
    assert.deepEqual([stopped.state, stopped.ended, stopped.done], ["stopped", "canary", 10]);
    await at.post(`/api/jobs/${id}/continue`);
    const job = await at.until(id, ({ state }) => state === "done");
    assert.equal(job.done, 300, "and none of those that failed again");
  });

  test("a job is there for everybody, though an error has the start of a token after a control character", async () => {
    // Of a JSON escape the last digit is the token's first letter.
    const error = '{"message":"refused \\u000eyJVc2VySUQiOi"}';
    assert.ok(at.emulator.token.startsWith("eyJVc2VySUQiOi"), "as every token of the service");
    await at.emulator.seed({ count: 20, runs: { failAgain: 1 }, responseBodies: [error] });
    const drive = { strategy: "each", canary: { entries: 5, wait: 10_000 } };
    const { id } = await at.start({
      ...{ operation: "resume", selection: { all: true }, follow: true, drive },
    });
    const stopped = await at.until(id, over);
    assert.deepEqual([stopped.state, stopped.ended], ["stopped", "canary"]);
    assert.equal(stopped.canary.errors[0].error, "refused \u000e***");
    const [summary] = (await at.json("/api/jobs")).jobs;
    assert.deepEqual([summary.id, summary.state], [id, "stopped"]);
    assert.equal((await reportLines(at, id)).length, 5);
    assert.equal((await at.post(`/api/jobs/${id}/cancel`)).status, 200);
    assert.equal((await at.until(id, over)).state, "cancelled");
  });

  test("a step whose name has megabytes keeps no job from its end, its list and its report", async () => {
    const step = "s".repeat(2_500_000);
    await at.emulator.seed({ count: 2, runs: { failAgain: 1 }, steps: [step] });
    const drive = { strategy: "each" };
    const order = { operation: "resume", selection: { all: true }, follow: true, drive };
    const { id } = await at.start(order);
    const job = await at.until(id, over);
    assert.deepEqual([job.state, job.ended, job.outcome.failedAgain], ["done", "complete", 2]);
    assert.equal(job.outcome.errors[0].step, step.slice(0, 1_000));
    const [summary] = (await at.json("/api/jobs")).jobs;
    assert.deepEqual([summary.id, summary.state], [id, "done"]);
    assert.ok((await reportLines(at, id)).some((line) => line.step === step.slice(0, 1_000)));
  });

  test("no token is in any answer", async () => {
    // An app may repeat the token in an error, as it is or as part of a URL.
    const encoded = at.emulator.token.replace(/./g, (c) => `%${c.charCodeAt(0).toString(16)}`);
    let id;
    for (const token of [encoded, at.emulator.token]) {
      await at.emulator.reset();
      const error = `{"message":"refused: Bearer ${token}"}`;
      await at.emulator.seed({ count: 20, runs: { failAgain: 1 }, responseBodies: [error] });
      const order = { operation: "resume", selection: { all: true }, follow: true };
      ({ id } = await at.start({ ...order, drive: { strategy: "each" } }));
      const { outcome } = await at.until(id, over);
      assert.match(outcome.errors[0].error, /^refused: Bearer \*\*\*$/);
      for (const format of ["csv", "ndjson"]) {
        const report = await (await at.call(`/api/jobs/${id}/report?format=${format}`)).text();
        assert.equal(report.match(/refused: Bearer \*\*\*/g)?.length, 20, format);
      }
    }
    const routes = [
      "me",
      "jobs",
      "trail",
      `jobs/${id}`,
      `jobs/${id}/events`,
      `jobs/${id}/report`,
      "x",
    ];
    await at.emulator.reset();
    for (const route of [...routes, "dlq/v2/workflows/dlq", "dlq/v2/workflows/dlq/17-0"]) {
      const response = await at.call(`/api/${route}`);
      const said = JSON.stringify([...response.headers]) + (await response.text());
      for (const secret of [at.emulator.token, ADMIN_TOKEN])
        assert.ok(!said.includes(secret), route);
    }
  });
});
