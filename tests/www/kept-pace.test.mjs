// The pace of a job: kept over the ends of its slices.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertJob, world } from "./world.mjs";

const PER_SECOND = 20;
/** Clocks of two processes, and a request's way. */
const SLACK_MS = 30;

test("no second sees more runs than were asked for, whichever slice they are of", async (t) => {
  const at = await world({ bindings: { REQUESTS_PER_SLICE: "5" } });
  t.after(() => at.close());
  await at.emulator.seed(120);
  const { id } = await at.start({
    operation: "resume",
    selection: { all: true },
    drive: { maxRunsPerSecond: PER_SECOND, pageSize: 5 },
  });
  const job = await at.until(id, ({ state }) => state === "done");
  assert.ok(job.slices > 3, `${job.slices} slices`);
  await assertJob(at.emulator, job);
  const { requests } = await at.emulator.requests();
  const resumed = requests
    .filter(({ method }) => method === "POST")
    .map(({ at: moment }) => moment);
  for (const from of resumed) {
    const within = resumed.filter((moment) => moment >= from && moment < from + 1_000 - SLACK_MS);
    assert.ok(
      within.length * 5 <= PER_SECOND,
      `${within.length * 5} runs in the second from ${from}`,
    );
  }
});
