// Jobs that run failure functions again.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { events, over, reportLines, world } from "./world.mjs";

describe("failure functions", () => {
  let at;
  before(async () => {
    at = await world({ bindings: { REQUESTS_PER_SLICE: "5" } });
  });
  beforeEach(() => at.emulator.reset());
  after(() => at.close());

  test("failure functions are run again, each once, and each in its place", async () => {
    const { dlqIds: failed } = await at.emulator.seed({
      count: 40,
      states: ["CALLBACK_FAIL"],
      failureCallback: "http://127.0.0.1:1/failed",
    });
    const { dlqIds: fine } = await at.emulator.seed({ count: 3, states: ["CALLBACK_SUCCESS"] });
    const { id } = await at.start({
      operation: "failureFunction",
      selection: { dlqIds: [...failed, ...fine, "17-0"] },
    });
    const job = await at.until(id, over);
    assert.deepEqual([job.done, job.failed, job.notFound, job.unconfirmed], [40, 3, 1, 0]);
    // Five requests a slice, and a call may take as many attempts.
    assert.equal(job.slices, 44);
    const { requests } = await at.emulator.requests();
    assert.equal(requests.filter(({ path }) => path.includes("/callback/")).length, 44);
    assert.equal((await reportLines(at, id)).length, 44);
  });

  test("failure functions: a slice keeps to its requests, repeats included", async () => {
    const own = await world({ bindings: { REQUESTS_PER_SLICE: "40" } });
    try {
      const states = ["CALLBACK_FAIL"];
      const failureCallback = "http://127.0.0.1:1/failed";
      const { dlqIds } = await own.emulator.seed({ count: 20, states, failureCallback });
      // Each call takes three attempts.
      const rules = dlqIds.map((id) => ({
        match: { path: `/v2/workflows/dlq/callback/${id}` },
        times: 2,
        action: 429,
      }));
      await own.emulator.faults(rules);
      const { id } = await own.start({ operation: "failureFunction", selection: { dlqIds } });
      let before = { slices: 0, requests: 0 };
      for await (const job of events(await own.call(`/api/jobs/${id}/events`))) {
        const { slices, requests, state } = job;
        if (slices > before.slices) before = { slices, requests };
        assert.ok(requests - before.requests <= 40, `${requests - before.requests} in a slice`);
        if (state === "done") {
          assert.deepEqual([job.done, job.requests], [20, 60]);
          assert.ok(slices >= 2, `${slices} slices`);
        }
      }
    } finally {
      await own.close();
    }
  });

  test("failure functions: a token that may only read stops it after three, not after one of each", async () => {
    const states = ["CALLBACK_FAIL"];
    const failureCallback = "http://127.0.0.1:1/failed";
    const { dlqIds } = await at.emulator.seed({ count: 20, states, failureCallback });
    const refusal = { type: "status", status: 400, body: { error: "read-only token" } };
    await at.emulator.faults([
      { match: { path: "/v2/workflows/dlq/callback/" }, times: 5, action: refusal },
    ]);
    const { id } = await at.start({ operation: "failureFunction", selection: { dlqIds } });
    const stopped = await at.until(id, over);
    assert.deepEqual([stopped.state, stopped.failed, stopped.requests], ["stopped", 3, 3]);
    assert.match(stopped.error.message, /read-only token/);
    await at.post(`/api/jobs/${id}/continue`);
    const job = await at.until(id, ({ state }) => state === "done");
    assert.deepEqual([job.done, job.failed], [15, 5], "a person has looked");
  });
});
