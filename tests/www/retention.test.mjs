// How long reports and jobs are kept.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../support/eventually.mjs";
import { over, reportLines, world } from "./world.mjs";

test("a report is kept for its time, and the job's line for longer", async () => {
  // Five seconds, in days: long enough to look at it, short enough to wait for.
  const at = await world({ bindings: { REPORT_DAYS: String(5 / 86_400) } });
  try {
    await at.emulator.seed(10);
    const { id } = await at.start({ operation: "resume", selection: { all: true } });
    const job = await at.until(id, over);
    assert.equal((await reportLines(at, id)).length, 10);
    await eventually(async () =>
      assert.equal((await at.call(`/api/jobs/${id}/report`)).status, 410),
    );
    assert.equal((await at.json(`/api/jobs/${id}`)).job.done, job.done);
    assert.equal((await at.call(`/api/jobs/${id}/events`)).status, 409);
    assert.equal((await at.post(`/api/jobs/${id}/cancel`)).status, 409);
    assert.equal((await at.call(`/api/jobs/${crypto.randomUUID()}`)).status, 404);
  } finally {
    await at.close();
  }
});
