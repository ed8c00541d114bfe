// On a real pseudo-terminal: the preview, the question, the bar, and Ctrl-C as it is typed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until, world } from "./setup.mjs";

const CTRL_C = "\x03";
const ESCAPE = "\x1b";

const takenOf = async (emulator) => (await emulator.audit({ summary: true })).taken;

test("resuming shows the preview and asks; y goes ahead", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed({ count: 120, statuses: [503], labels: ["nightly"] });
  const running = terminal(["resume", "--label", "nightly"]);
  await running.seen(/Resume 120 entries\? \[y\/N\]/);
  assert.match(running.out, /120 {2}503/);
  assert.equal(await takenOf(emulator), 0, "nothing is done before the answer");
  running.type("y\r");
  const { code, out } = await running.ended;
  assert.equal(code, 0, out);
  assert.match(out, /\[[#-]+\] \d+ % {2}\d+ of 120\b/, "the preview has counted them");
  assert.match(out, /120 resumed/);
  assert.equal(await takenOf(emulator), 120);
});

test("what fails after the preview was shown is left alone", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed(10);
  const running = terminal(["resume", "--all"]);
  await running.seen(/\[y\/N\]/);
  const createdAt = Date.now();
  await emulator.seed({ entries: [{ dlqId: `${createdAt}-0`, createdAt }] });
  // Older than the drive, newer than the preview.
  while (Date.now() <= createdAt + 1) await emulator.config();
  running.type("y\r");
  assert.match((await running.ended).out, /10 resumed/);
  assert.equal(await takenOf(emulator), 10);
});

test("any other answer does nothing and ends with 3; Ctrl-C at the question with 130", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed(5);
  for (const [typed, code] of [
    ["\r", 3],
    ["n\r", 3],
    [CTRL_C, 130],
  ]) {
    const running = terminal(["restart", "--all"]);
    await running.seen(/\[y\/N\]/);
    running.type(typed);
    assert.equal((await running.ended).code, code);
  }
  assert.equal(await takenOf(emulator), 0);
});

test("deleting wants the count typed", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed(7);
  const yes = terminal(["delete", "--all"]);
  await yes.seen(/Type 7 to confirm/);
  yes.type("y\r");
  assert.equal((await yes.ended).code, 3);
  assert.equal(await takenOf(emulator), 0);
  const counted = terminal(["delete", "--all"]);
  await counted.seen(/Type 7 to confirm/);
  counted.type("7\r");
  assert.equal((await counted.ended).code, 0);
  assert.equal(await takenOf(emulator), 7);
});

test("a bar while it goes; Ctrl-C once stops cleanly, and the rest follows", async (t) => {
  const { emulator, terminal, run } = await world(t, { config: { latencyMs: 150 } });
  await emulator.seed(400);
  const args = ["--yes", "--checkpoint", "c", "--page-size", "10", "--limit", "400"];
  const running = terminal(["resume", "--all", ...args]);
  await running.seen(/\[#+-+\] \d+ %/);
  running.type(CTRL_C);
  const { code, out } = await running.ended;
  assert.equal(code, 130, out);
  assert.match(out, /to continue: npx upstash-workflow-dlq resume --checkpoint c/);
  await emulator.config({ latencyMs: 0 });
  const rest = await run(["resume", "--checkpoint", "c"]);
  assert.equal(rest.code, 0, rest.err);
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual([audit.resumed, audit.takenTwice], [400, []]);
});

test("Ctrl-C twice ends at once", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed(50);
  await emulator.faults([{ match: { method: "POST" }, action: "hang" }]);
  const running = terminal(["resume", "--all", "--yes"]);
  await until(async () => (await emulator.requests()).total > 0);
  const since = performance.now();
  running.type(CTRL_C);
  await running.seen(/press again to exit at once/);
  running.type(CTRL_C);
  assert.equal((await running.ended).code, 130);
  assert.ok(performance.now() - since < 5000, "an answer in flight is waited for longer");
});

test("colours on a terminal, but not with --no-color or NO_COLOR", async (t) => {
  const { terminal } = await world(t);
  const help = async (args, env) => (await terminal(["--help", ...args], { env }).ended).out;
  assert.ok((await help([])).includes(`${ESCAPE}[1m`));
  assert.ok(!(await help(["--no-color"])).includes(ESCAPE));
  assert.ok(!(await help([], { NO_COLOR: "1" })).includes(ESCAPE));
});

test("what the service says does not steer the terminal", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed({ count: 1, responseBodies: [`${ESCAPE}]0;owned\x07${ESCAPE}[2J`] });
  for (const command of ["list", "preview"]) {
    const { out } = await terminal([command, "--all", "--no-color"]).ended;
    assert.match(out, /owned/);
    assert.ok(!out.includes(ESCAPE));
  }
});
