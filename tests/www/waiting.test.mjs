// A job that waits for the service: without slices that come to nothing, and whoever looks at it does not wake it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mortalWorld, world } from "./world.mjs";

const order = { operation: "resume", selection: { all: true } };
const waits = ({ state }) => state === "waiting";

test("a look at a job that waits does not wake it after its object was lost", async () => {
  const at = await mortalWorld();
  try {
    await at.emulator.seed(500);
    await at.emulator.config({ daily: { limit: 3 } });
    const { id } = await at.start(order);
    const { waitingUntil, slices } = await at.until(id, waits);
    await at.kill();
    await at.begin();
    const look = async () => (await at.json(`/api/jobs/${id}`)).job;
    await look();
    // An alarm that the look had set would be over when another job has had its slice.
    const { id: other } = await at.start(order);
    await at.until(other, waits);
    const job = await look();
    assert.deepEqual([job.state, job.waitingUntil, job.slices], ["waiting", waitingUntil, slices]);
    await at.emulator.config({ daily: null });
    await at.post(`/api/jobs/${id}/pause`);
    await at.post(`/api/jobs/${id}/continue`);
    const { done } = await at.until(id, ({ state }) => state === "done");
    assert.equal(done, 500);
  } finally {
    await at.close();
  }
});

test("a rate limit that is longer than a slice is waited for between slices", async () => {
  const at = await world({ bindings: { MS_PER_SLICE: "500" } });
  try {
    await at.emulator.seed(500);
    await at.emulator.config({ burst: { limit: 3, windowMs: 5_000 } });
    const { id } = await at.start(order);
    await at.until(id, waits);
    const job = await at.until(id, ({ state }) => state === "done");
    assert.equal(job.done, 500);
    // One that makes no request waits a second: dozens a second where it does not.
    assert.ok(job.slices <= 30, `${job.slices} slices`);
  } finally {
    await at.close();
  }
});
