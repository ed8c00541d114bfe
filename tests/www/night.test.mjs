// An operator's night, by the page: a canary on a fix that does not work, one on a fix that does, a Worker that is
// killed in the middle, and the rest. The books of the app, of the service and of the jobs agree to the last run.

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildPage } from "../../www/build.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { night } from "../support/night.mjs";
import { loaded, openPage, startFromDialog, state } from "./page.mjs";
import { mortalWorld } from "./world.mjs";

const COUNT = 500;
const CANARY = 10;
const BROKEN = "?error=currency+is+undefined";

test("500 runs fail for two hours and are recovered", { timeout: 240_000 }, async (t) => {
  const [browser, page] = await Promise.all([launchChromium(), buildPage()]);
  t.after(() => browser.close());
  const at = await mortalWorld({ page });
  t.after(at.close);
  const { emulator } = at;
  const world = await night(emulator, COUNT);
  t.after(world.close);
  const resumed = async () => (await emulator.audit({ summary: true })).resumed;
  /** Starts a job on what the query shows. */
  const start = async (query, count, order) => {
    const shown = await openPage(browser, at.url(), { query });
    await loaded(shown);
    await shown.getByRole("button", { name: `Choose all ${count}`, exact: true }).click();
    await shown.getByRole("button", { name: "Resume…", exact: true }).click();
    return { shown, id: await startFromDialog(shown, order) };
  };
  const report = async (id) => {
    const text = await (await at.call(`/api/jobs/${id}/report`)).text();
    return text.split("\n").filter(Boolean).map(JSON.parse);
  };

  const broken = await start(BROKEN, world.fixable, { name: "first fix", pace: "Careful" });
  await state(broken.shown, "Stopped");
  await broken.shown.getByText("The canary stopped it").waitFor();
  await emulator.idle();
  assert.equal(await resumed(), CANARY);

  await world.repair();
  const good = await start(BROKEN, world.fixable, { name: "second fix", pace: "Careful" });
  const middle = CANARY + world.fixable / 2;
  await at.until(good.id, ({ done }) => done >= middle);
  await at.kill();
  assert.ok((await resumed()) < CANARY + world.fixable, "killed in the middle");
  await at.begin();
  await state(good.shown, "Done");

  await world.carrierIsBack();
  const left = world.outage + world.hopeless;
  const rest = await start("", left, { name: "the rest" });
  await state(rest.shown, "Done");
  await rest.shown.getByText(`${world.hopeless} × 500`).waitFor();

  // By a condition on the error a job goes in batches, whose report names entries and no runs.
  const { job } = await at.json(`/api/jobs/${good.id}`);
  assert.equal(job.done + job.unconfirmed, world.fixable);
  assert.deepEqual([job.outcome.runs, job.outcome.succeeded], [job.done, job.done]);
  const named = new Set((await report(good.id)).map(({ dlqId }) => dlqId));
  assert.equal(named.size, world.fixable);
  const lines = await report(rest.id);
  const states = new Map(lines.map(({ workflowRunId, state }) => [workflowRunId, state]));
  assert.equal(states.size, left, "each run once");
  const { audit } = await world.assertBooks(states);
  assert.ok([...named].every((dlqId) => audit.byEntry[dlqId].resumed === 1));
  assert.equal(audit.resumed, CANARY + COUNT);
});
