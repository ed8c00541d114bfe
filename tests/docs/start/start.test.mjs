// `npm start`: the story holds, its checks can fail, and Ctrl-C leaves nothing behind.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { check, FAIL_AGAIN, OVERRIDES, RECOVER, TOTAL } from "../../../scripts/demo/checks.mjs";
import { SEEDED } from "../../../scripts/demo/variety.mjs";
import { REASON, WORKFLOWS } from "../../../scripts/demo/workflows.mjs";
import { launchChromium } from "../../support/chromium.mjs";
import { eventually } from "../../support/eventually.mjs";
import { loaded, openPage, shot } from "../../www/page.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The demo as a process, in a group of its own so that whatever it leaves behind is found. */
function start(t, ...args) {
  const child = spawn(process.execPath, ["scripts/start.mjs", "--built", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  t.after(() => groupHas(child) && process.kill(-child.pid, "SIGKILL"));
  const demo = { child, output: "", errors: "", ended: once(child, "close") };
  child.stdout.setEncoding("utf8").on("data", (text) => (demo.output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (demo.errors += text));
  /** Resolves when it has printed `text`. */
  demo.printed = async (text) => {
    while (!demo.output.includes(text)) {
      assert.equal(
        child.exitCode,
        null,
        `it ended before "${text}":\n${demo.output}${demo.errors}`,
      );
      await Promise.race([once(child.stdout, "data"), demo.ended]);
    }
  };
  return demo;
}

function groupHas({ pid }) {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

/** Nothing of it is left; what has ended may have to be noticed by the system first. */
const assertGone = ({ child }) =>
  eventually(() => assert.equal(groupHas(child), false, "something of it still runs"));

test("the story, told once", async (t) => {
  const demo = start(t, "--once");
  const [code] = await demo.ended;
  assert.equal(code, 0, demo.output + demo.errors);
  assert.equal(demo.errors, "");
  assert.ok(!demo.output.includes("✗"), demo.output);
  assert.ok(!demo.output.includes("\x1b"), "no colours where no terminal is");
  assert.equal(demo.output.match(/✓/g).length, check(good()).length);
  for (const [name, value] of [
    ["entries resumed", 300],
    ["requests sent", 7],
    ["new runs", 300],
    ["finished", 270],
    ["failed again", 30],
    ["left in the DLQ", 30],
  ]) {
    assert.match(demo.output, new RegExp(`^  ${name} +${value}$`, "m"));
  }
  // Started, threw, finished, finished as the service has it, kept.
  for (const row of [
    "order reserve 180 0 180 180 180",
    "order charge 180 0 180 180 180",
    "order ship 540 360 180 180 0",
    "order confirm 180 0 180 180 0",
    "report totals 90 0 90 90 90",
    "report chart 270 180 90 90 0",
    "report publish 90 0 90 90 0",
    "legacy read 30 0 30 30 30",
    "legacy convert 90 90 0 0 0",
  ]) {
    assert.match(demo.output, new RegExp(`^  ${row.replaceAll(" ", " +")}$`, "m"));
  }
  for (const done of [50, 100, 150, 200, 250, 300]) {
    assert.match(demo.output, new RegExp(`^  ${done} of 300, requests: `, "m"));
  }
  await assertGone(demo);
});

test("the page that it opens and what it says to paste work, and Ctrl-C ends it", async (t) => {
  const demo = start(t);
  await demo.printed("\nEOF\n");
  const [, url, token] = /^ +(http:\S+)\/#token=(\S+)$/m.exec(demo.output);
  const browser = await launchChromium();
  try {
    const page = await openPage(browser, url, { token });
    await loaded(page);
    await page.getByText("5,030 failed runs").waitFor();
    await shot(page, "start");
    assert.equal(FAIL_AGAIN + SEEDED, 5_030);
    assert.deepEqual(page.problems, []);
  } finally {
    await browser.close();
  }

  const pasted = demo.output.slice(demo.output.indexOf("export QSTASH_URL="));
  const shell = spawnSync("sh", { cwd: ROOT, input: pasted, encoding: "utf8" });
  assert.equal(shell.status, 0, shell.stderr);
  assert.match(shell.stdout, /^30 entries: \[ \{ key: 'this file format is not supported'/);
  assert.match(shell.stdout, /resumed: 30,/);

  process.kill(demo.child.pid, "SIGINT");
  assert.deepEqual(await demo.ended, [0, null], demo.errors);
  await assertGone(demo);
});

for (const moment of ["1. Two servers", "50 of 300, requests"]) {
  test(`Ctrl-C in the middle of the story, at "${moment}"`, async (t) => {
    const demo = start(t);
    await demo.printed(moment);
    // As a terminal does: to all of the group.
    process.kill(-demo.child.pid, "SIGINT");
    assert.deepEqual(await demo.ended, [0, null], demo.errors);
    assert.equal(demo.errors, "");
    assert.ok(!demo.output.includes("✗"));
    await assertGone(demo);
  });
}

test("told once, an interrupted story is not a success", async (t) => {
  const demo = start(t, "--once");
  await demo.printed("1. Two servers");
  process.kill(demo.child.pid, "SIGTERM");
  assert.deepEqual(await demo.ended, [1, null]);
});

test("an unknown option is refused", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/start.mjs", "--twice"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(stderr, /--twice/);
});

/** Facts as they should be. */
function good() {
  const dlqIds = Array.from({ length: TOTAL }, (_, n) => `${1_000 + n}-0`);
  return {
    dlqIds,
    preview: { count: TOTAL, complete: true },
    summary: { done: true, resumed: TOTAL, notFound: 0, unconfirmed: 0, failed: 0, requests: 2 },
    outcome: {
      done: true,
      runs: TOTAL,
      succeeded: RECOVER,
      failedAgain: FAIL_AGAIN,
      errors: [{ error: REASON, count: FAIL_AGAIN }],
    },
    requests: [{ at: 5_000 }, { at: 6_000 }],
    audit: {
      resumed: TOTAL,
      resumedTwice: [],
      entries: TOTAL + FAIL_AGAIN,
      remaining: FAIL_AGAIN,
      byEntry: Object.fromEntries(dlqIds.map((id) => [id, { resumed: 1 }])),
      maxParallelByKey: { [OVERRIDES.flowControl.key]: OVERRIDES.flowControl.parallelism },
    },
    newRuns: dlqIds.map((dlqId, n) => ({
      dlqId,
      state: n < RECOVER ? "RUN_SUCCESS" : "RUN_FAILED",
    })),
    failedAgainAt: Array.from({ length: FAIL_AGAIN }, (_, n) => 5_990 + n),
    labels: [["recovered"], ["recovered"]],
    refused: 0,
    steps: Object.entries(WORKFLOWS).flatMap(([workflow, { runs, recovers, before, after }]) => [
      ...before.map((step) => ({
        workflow,
        step,
        ran: runs,
        finished: runs,
        told: runs,
        kept: runs,
      })),
      ...after.map((step) => {
        const done = recovers ? runs : 0;
        return { workflow, step, ran: done, finished: done, told: done, kept: 0 };
      }),
    ]),
  };
}

test("the checks hold for facts as they should be", () => {
  assert.deepEqual(
    check(good()).filter(({ ok }) => !ok),
    [],
  );
});

const step = (facts, name) => facts.steps.find((one) => one.step === name);

// What is changed, and a part of the text of the only check that may fail by it.
const WRONG = {
  "an entry short": [(facts) => facts.dlqIds.pop(), /each is an entry/, /left alone/],
  "a preview that stopped": [(facts) => (facts.preview.complete = false), /preview/],
  "a preview that counted too many": [(facts) => (facts.preview.count += 1), /preview/],
  "a report of one too few": [(facts) => (facts.summary.resumed -= 1), /resumeAll reports/],
  "a report with one in doubt": [(facts) => (facts.summary.unconfirmed = 1), /resumeAll reports/],
  "a run that was not seen to the end": [
    (facts) => (facts.outcome.succeeded -= 1),
    /follow reports/,
  ],
  "a follow that gave up": [(facts) => (facts.outcome.done = false), /follow reports/],
  "another reason than the app's": [
    (facts) => (facts.outcome.errors[0].error = "timeout"),
    /why they failed/,
  ],
  "an unfinished drive": [(facts) => (facts.summary.done = false), /resumeAll reports/],
  "a request that was not reported": [(facts) => facts.requests.push({ at: 6_001 }), /requests/],
  "an entry resumed twice": [
    (facts) => {
      facts.audit.resumedTwice.push(facts.dlqIds[0]);
      facts.audit.byEntry[facts.dlqIds[0]].resumed = 2;
    },
    /exactly once/,
  ],
  "an entry not resumed": [(facts) => delete facts.audit.byEntry[facts.dlqIds[7]], /exactly once/],
  "a run short": [(facts) => facts.newRuns.shift(), /one new run/, /finished$/],
  "two runs of an entry": [
    (facts) => (facts.newRuns[1].dlqId = facts.newRuns[0].dlqId),
    /one new run/,
  ],
  "a run that hangs": [(facts) => (facts.newRuns[0].state = "RUN_STARTED"), /finished$/],
  "a new entry that was resumed too": [
    (facts) => (facts.audit.byEntry["9000-0"] = { resumed: 1 }),
    /left alone/,
  ],
  "an entry less at the end": [(facts) => (facts.audit.remaining -= 1), /left alone/],
  "no new failure before the drive's end": [
    (facts) => (facts.failedAgainAt = [6_000]),
    /still running/,
  ],
  "a customer charged twice": [
    (facts) => {
      step(facts, "charge").ran += 1;
      step(facts, "charge").finished += 1;
    },
    /did not run again/,
    /counted the same/,
    /error responses/,
  ],
  "a step the service was not told of": [
    (facts) => (step(facts, "confirm").told -= 1),
    /counted the same/,
  ],
  "a throw the service did not hear": [
    (facts) => (step(facts, "ship").ran += 1),
    /error responses/,
  ],
  "a label that was lost": [(facts) => (facts.labels[1] = undefined), /label/],
  "too many at a time": [
    (facts) => (facts.audit.maxParallelByKey.recovery += 1),
    /deliveries to them/,
  ],
  "no flow control at all": [(facts) => (facts.audit.maxParallelByKey = {}), /deliveries to them/],
};

for (const [name, [spoil, ...expected]] of Object.entries(WRONG)) {
  test(`the checks tell ${name}`, () => {
    const facts = good();
    spoil(facts);
    const failed = check(facts).filter(({ ok }) => !ok);
    assert.ok(failed.length > 0);
    for (const { text } of failed) {
      assert.ok(
        expected.some((part) => part.test(text)),
        text,
      );
    }
  });
}
