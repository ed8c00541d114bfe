// Jobs whose Worker is killed in the middle.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { eventually } from "../support/eventually.mjs";
import { random } from "../support/scenario.mjs";
import { ADMIN_TOKEN, assertJob, mortalWorld, over, reportLines } from "./world.mjs";

describe("a process that is killed", { concurrency: false }, () => {
  const { whole } = random(Number(process.env.SEED ?? 11));
  const KILLS = 4;
  // `npm run test:all` sets more.
  const ENTRIES = Number(process.env.KILLED_ENTRIES ?? 4_000);

  for (const [name, order] of [
    ["everything, by pages", { operation: "resume", selection: { all: true } }],
    ["ids, in batches", { operation: "resume", drive: { concurrency: 6 } }],
    [
      "a filter, each beside its run",
      {
        operation: "resume",
        selection: { all: true },
        drive: { strategy: "batches", concurrency: 4 },
      },
    ],
  ]) {
    test(`${ENTRIES} entries: ${name}: nothing is lost, nothing is done twice`, async (t) => {
      const bindings = { REQUESTS_PER_SLICE: String(Math.ceil(ENTRIES / 570)) };
      const at = await mortalWorld({ bindings });
      try {
        const { dlqIds } = await at.emulator.seed({ count: ENTRIES, ids: true });
        await at.emulator.config({ latencyMs: 8 });
        const { id } = await at.start({ selection: { dlqIds }, ...order });
        for (let kill = 1; kill <= KILLS; kill += 1) {
          const share = (kill / (KILLS + 1)) * ENTRIES;
          await at.until(id, ({ done, state }) => done >= share || state === "done");
          await new Promise((resolve) => setTimeout(resolve, whole(0, 40)));
          await at.kill();
          await at.begin();
        }
        const job = await at.until(id, over);
        assert.deepEqual([job.state, job.ended], ["done", "complete"]);
        assert.ok(job.slices >= 5, `${job.slices} slices`);
        const audit = await assertJob(at.emulator, job, { exact: false });
        assert.equal(audit.resumed, ENTRIES);
        assert.equal(audit.remaining, 0);
        const report = await reportLines(at, id);
        const certain = report.filter(({ outcome }) => outcome === "resumed");
        assert.equal(certain.length, job.done, "a line for each that is certain");
        t.diagnostic(
          `${job.slices} slices, ${KILLS} kills: ${job.done} for certain, ${job.unconfirmed} unconfirmed`,
        );
      } finally {
        await at.close();
      }
    });
  }

  test("with nobody watching it goes on by its alarm; no secret is on its disk or in its log", async () => {
    const at = await mortalWorld({
      bindings: { REQUESTS_PER_SLICE: "5", MS_PER_SLICE: "1000" },
    });
    try {
      await at.emulator.seed(2_000);
      await at.emulator.config({ latencyMs: 10 });
      // Refusals and lost answers are what is logged.
      await at.emulator.faults([
        { match: { path: "/v2/workflows/dlq/resume" }, nth: 2, when: "before", action: "drop" },
        { match: { path: "/v2/workflows/dlq/resume" }, nth: 4, action: 500 },
      ]);
      await at.start({ operation: "resume", selection: { all: true } });
      const taken = async () => (await at.emulator.audit({ summary: true })).taken;
      await eventually(async () => assert.ok((await taken()) >= 400));
      await at.kill();
      await at.begin();
      await eventually(async () => assert.ok((await taken()) >= 2_000, "it continued"));
      for (const secret of [at.emulator.token, ADMIN_TOKEN]) {
        const found = execFileSync("sh", ["-c", 'grep -rlF -- "$0" "$1" || true', secret, at.data]);
        assert.equal(String(found), "");
        assert.ok(!at.said().includes(secret), "not in the log");
      }
    } finally {
      await at.close();
    }
  });
});
