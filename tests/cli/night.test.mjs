// An operator's night, by the command line: 5,000 failed runs of an app, a fix that does not work, one that does, a
// kill in the middle. The books of the app, of the service and of the reports agree to the last run.

import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { test } from "node:test";
import { csvRows } from "../../pkg/cli/csv.js";
import { night } from "../support/night.mjs";
import { events, until, world } from "./setup.mjs";

const COUNT = 5_000;
const CANARY = 10;

test("5,000 runs fail for two hours and are recovered", { timeout: 240_000 }, async (t) => {
  const { emulator, run, start, file } = await world(t);
  const at = await night(emulator, COUNT);
  t.after(at.close);
  const summary = () => emulator.audit({ summary: true });
  const rows = (name) => csvRows(readFileSync(file(name), "utf8"));

  const previewed = await run(["preview", "--all", "--json"]);
  assert.equal(previewed.code, 0, previewed.err);
  const preview = events(previewed.out).find(({ type }) => type === "preview");
  assert.equal(preview.count, COUNT);
  assert.equal(preview.groups.workflow.values.length, 4);

  // The fix is out, and does not work.
  const select = at.urls.flatMap((url) => ["--workflow-url", url]);
  const resume = ["resume", ...select, "--canary", String(CANARY), "--yes"];
  const broken = await run([...resume, "--checkpoint", "broken", "--report", "broken.csv"]);
  assert.equal(broken.code, 3, broken.err);
  assert.match(broken.out, new RegExp(`^${CANARY} resumed`));
  // Their retries come to nothing too.
  await emulator.idle();
  const afterBroken = await summary();
  assert.deepEqual([afterBroken.resumed, afterBroken.entries], [CANARY, COUNT + CANARY]);
  assert.equal(rows("broken.csv").filter(({ outcome }) => outcome === "resumed").length, CANARY);
  rmSync(file("broken"));

  // The next one does. Killed when the canary has passed and a good part is resumed.
  await at.repair();
  const files = ["--checkpoint", "night", "--report", "night.csv"];
  const pace = [
    "--max-runs-per-second",
    "200",
    "--page-size",
    "50",
    "--strategy",
    "batches",
    "--follow",
  ];
  const killed = start([...resume, ...pace, ...files]);
  await Promise.race([
    killed.ended,
    until(async () => (await summary()).resumed >= CANARY + at.fixable / 4),
  ]);
  killed.child.kill("SIGKILL");
  const { signal, err } = await killed.ended;
  assert.equal(signal, "SIGKILL", err);
  assert.ok((await summary()).resumed < CANARY + at.fixable, "killed in the middle");
  const continued = await run(["resume", ...files]);
  const of = (outcome) => rows("night.csv").filter((row) => !row.state && row.outcome === outcome);
  const [resumed, unconfirmed] = [of("resumed"), of("unconfirmed")];
  // What was in flight at the kill is looked up; it is gone, whoever took it.
  assert.equal(continued.code, unconfirmed.length > 0 ? 5 : 0, continued.err);
  const named = [...resumed, ...unconfirmed].map(({ dlqId }) => dlqId);
  assert.deepEqual([named.length, new Set(named).size], [at.fixable, at.fixable]);

  // The carrier is back: all that is left, some of it for good.
  await at.carrierIsBack();
  const rest = await run(["resume", "--all", "--yes", ...pace, "--report", "rest.csv"]);
  assert.equal(rest.code, 4, rest.err);
  const whole = (count) => count.toLocaleString("en");
  const said = `${whole(at.outage)} finished \u00b7 ${whole(at.hopeless)} failed again`;
  const last = rest.out.trimEnd().split("\n").at(-1);
  assert.ok(last.startsWith(`${whole(at.outage + at.hopeless)} resumed \u2192 ${said}`), last);

  const reported = [...rows("night.csv"), ...rows("rest.csv")].filter(({ state }) => state);
  const states = new Map(reported.map(({ workflowRunId, state }) => [workflowRunId, state]));
  assert.equal(states.size, resumed.length + at.outage + at.hopeless, "each run once");
  const { audit } = await at.assertBooks(states);
  assert.equal(audit.resumed, CANARY + COUNT);
  assert.ok(named.every((dlqId) => audit.byEntry[dlqId].resumed === 1));
});
