// What became of the new runs: while it goes, on the last line, in the report and as the exit code.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { csvLine, csvRows } from "../../pkg/cli/csv.js";
import { outcomeLine } from "../../pkg/cli/shown.js";
import { must } from "../../scripts/lib/run.mjs";
import { random } from "../support/scenario.mjs";
import { events, programOf, until, world } from "./setup.mjs";

const SEED = Number(process.env.SEED ?? 1);
const ROUNDS = Number(process.env.ROUNDS ?? 6);

const MIXED = { failAgain: 0.3, afterMs: 100, spreadMs: 600 };

/** How many runs failed again, as the emulator has it. */
const failedAgain = async (emulator) => (await emulator.audit({ summary: true })).failedAgain;

test("resume --follow ends with what became of the runs, and 4 if some failed again", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed({ count: 40, runs: MIXED });
  const ended = await run(["resume", "--all", "--yes", "--follow", "--report", "r.csv"]);
  const failed = await failedAgain(emulator);
  assert.ok(failed > 0);
  assert.equal(ended.code, 4, ended.err);
  const last = ended.out.trimEnd().split("\n").at(-1);
  assert.match(
    last,
    new RegExp(`^40 resumed \u2192 ${40 - failed} finished \u00b7 ${failed} failed again \\(500: `),
  );
  assert.match(last, /0 running$/);
  const rows = csvRows(readFileSync(file("r.csv"), "utf8"));
  const fates = new Map(rows.filter(({ state }) => state).map((row) => [row.dlqId, row.state]));
  const entries = rows.filter(({ outcome }) => outcome === "resumed");
  assert.equal(entries.length, 40);
  assert.ok(
    entries.every(({ dlqId }) => fates.has(dlqId)),
    "each entry is paired with its run",
  );
  assert.equal([...fates.values()].filter((state) => state === "failedAgain").length, failed);
});

test("all finished ends with 0; followed later, by a report and by ids, it comes to the same", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed({ count: 10, runs: { failAgain: 0, afterMs: 10 } });
  const args = ["resume", "--all", "--yes", "--strategy", "each", "--report", "r.ndjson"];
  const ended = await run([...args, "--json"]);
  assert.equal(ended.code, 0, ended.err);
  const line = "10 runs \u2192 10 finished \u00b7 0 failed again \u00b7 0 running\n";
  const byReport = await run(["follow", "r.ndjson"]);
  assert.deepEqual([byReport.code, byReport.out], [0, line], byReport.err);
  const runs = events(ended.out).filter(({ type }) => type === "entry");
  const input = runs.map(({ workflowRunId }) => `${workflowRunId}\n`).join("");
  const byIds = await run(["follow", "-", "--json"], { input });
  assert.equal(byIds.code, 0, byIds.err);
  const told = events(byIds.out);
  assert.equal(
    told.filter(({ type, state }) => type === "run" && state === "succeeded").length,
    10,
  );
  assert.equal(told.at(-1).succeeded, 10);
});

test("what is under way when the time is up ends with 3, and is followed on from the file", async (t) => {
  const { emulator, run, folder } = await world(t);
  await emulator.seed({ count: 8, runs: { failAgain: 0, afterMs: 3000 } });
  const args = ["resume", "--all", "--yes", "--follow", "--follow-timeout", "100ms"];
  const ended = await run(args);
  assert.equal(ended.code, 3, ended.err);
  assert.match(ended.out, /0 finished .* 8 running/);
  const [, name] = /to continue: npx upstash-workflow-dlq follow (\S+)\n$/.exec(ended.err);
  const rest = await run(["follow", name, "--follow-timeout", "1m"]);
  assert.equal(rest.code, 0, rest.err);
  assert.match(rest.out, /^8 runs \u2192 8 finished/);
  assert.deepEqual(readdirSync(folder), [], "nothing is left to continue");
});

test("killed at any instant while it follows, the same outcome from the checkpoint that it left", async (t) => {
  const at = await world(t);
  let kills = 0;
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    try {
      kills += await killedAndContinued(at, seed);
    } catch (error) {
      throw new Error(`SEED=${seed} ROUNDS=1`, { cause: error });
    }
  }
  // On a slow machine some are done before the instant comes.
  assert.ok(kills * 2 >= ROUNDS, `${kills} kills in ${ROUNDS} rounds`);
});

/** One round: a follow, of a drive or of a report, that is killed up to three times; how many times it was. */
async function killedAndContinued({ emulator, run, start, folder }, seed) {
  const r = random(seed);
  const count = r.whole(10, 40);
  const checkpoints = () => readdirSync(folder).filter((name) => name.endsWith(".checkpoint"));
  await emulator.reset();
  await emulator.seed({ count, runs: { failAgain: 0.3, afterMs: 1200, spreadMs: 1000 } });
  const resume = ["resume", "--all", "--yes"];
  const ofReport = r.chance(0.5);
  if (ofReport) {
    const report = `${seed}.csv`;
    const { code, err } = await run([...resume, "--strategy", "each", "--report", report]);
    assert.equal(code, 0, err);
    resume.splice(0, Infinity, "follow", report);
  } else {
    resume.push("--follow", "--strategy", r.pick(["pages", "batches", "each"]));
  }
  const following = async () => {
    const { requests } = await emulator.requests();
    return requests.filter(({ path }) => /workflows\/(logs|events)/.test(path)).length;
  };
  let args = resume;
  let ended;
  let kills = 0;
  for (const most = r.whole(1, 3); kills < most; kills++) {
    const before = await following();
    const running = start(args);
    await Promise.race([running.ended, until(async () => (await following()) > before)]);
    const ends = sleep(r.whole(0, 900)).then(() => running.child.kill("SIGKILL"));
    const { signal } = await running.ended;
    await ends;
    const [checkpoint, ...more] = checkpoints();
    if (signal === null || !checkpoint) {
      // It was done before the instant came: a checkpoint is removed once the result is printed.
      ended = await running.ended;
      break;
    }
    assert.deepEqual([signal, more], ["SIGKILL", []]);
    args = ofReport ? ["follow", checkpoint] : ["resume", "--checkpoint", checkpoint];
  }
  const { code, signal, out, err } = ended ?? (await run(args));
  await emulator.idle();
  const audit = await emulator.audit({ summary: true });
  const { failedAgain } = audit;
  if (!signal) assert.equal(code, failedAgain > 0 ? 4 : 0, err);
  const outcome = `${count - failedAgain} finished \u00b7 ${failedAgain} failed again`;
  assert.match(out, new RegExp(outcome), err);
  assert.match(out, /0 running\n$/);
  assert.deepEqual(checkpoints(), [], "nothing is left to continue");
  const { resumed, runs, resumedTwice, takenTwice } = audit;
  assert.deepEqual([resumed, runs, resumedTwice, takenTwice], [count, count, [], []]);
  return kills;
}

test("on a terminal, a line says how the canary and the runs fare", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed({ count: 6, runs: { failAgain: 0, afterMs: 1500 } });
  const running = terminal(["resume", "--all", "--yes", "--canary", "2", "--follow"]);
  await running.seen(/canary {2}0 of 2 ended/);
  await running.seen(/following {2}\d of 6 ended/);
  const { code, out } = await running.ended;
  assert.equal(code, 0, out);
  assert.match(out, /6 resumed \u2192 6 finished/);
});

test("in a folder that can't be written, a message says so, and the checkpoint is printed", async (t) => {
  const { emulator, folder, project, file } = await world(t);
  const env = { PATH: process.env.PATH, QSTASH_URL: emulator.url, QSTASH_TOKEN: emulator.token };
  // Root may write everywhere, unless it has no capabilities.
  const as = process.getuid() === 0 ? "setpriv --bounding-set=-all --inh-caps=-all" : "";
  const follow = async (what) => {
    const line = `${as} "${process.execPath}" "${programOf(project.folder)}" follow ${what} --follow-timeout 1s 2>&1; echo "ended $?"`;
    return must("bash", ["-c", line], { cwd: folder, env });
  };
  const begun = await follow('- <<< "wfr_absent"');
  const [, name] = /follow (\S+\.checkpoint)\n/.exec(begun);
  chmodSync(folder, 0o555);
  try {
    for (const what of ['- <<< "wfr_absent"', name]) {
      const said = await follow(what);
      assert.match(
        said,
        /1 unknown\n.* can't be written \(EACCES\); the checkpoint, for follow\(\):\n\S+\nended 3\n$/,
      );
    }
    assert.ok(readFileSync(file(name), "utf8").length > 0);
    // One whose runs have all ended stays: it can't be removed, and the outcome is told all the same.
    await emulator.seedRuns([{ workflowRunId: "wfr_absent", state: "RUN_SUCCESS" }]);
    const said = await follow(name);
    assert.match(said, /1 finished .*\n.* can't be removed \(EACCES\)\nended 0\n$/);
  } finally {
    chmodSync(folder, 0o755);
  }
});

test("a token that the service repeats, and what steers a terminal, are in no report", async (t) => {
  const { emulator, run, file } = await world(t);
  const body = `bad token ${emulator.token} \u001b[2J\u009b\u202e`;
  await emulator.seedRuns([
    {
      workflowRunId: "wfr_a",
      state: "RUN_FAILED",
      errors: [{ status: 500, step: "charge", body }],
    },
  ]);
  for (const report of ["r.csv", "r.ndjson"]) {
    const ended = await run(["follow", "-", "--report", report], { input: "wfr_a\n" });
    assert.equal(ended.code, 4, ended.err);
    const text = readFileSync(file(report), "utf8");
    assert.match(text, /bad token \*\*\* /);
    for (const steers of ["\u001b", "\u009b", "\u202e"]) assert.ok(!text.includes(steers));
  }
});

test("lines of JSON stay so, though a run's error has the start of a token after a control character", async (t) => {
  const { emulator, run, file } = await world(t);
  assert.ok(emulator.token.startsWith("eyJVc2VySUQiOi"), "as every token of the service");
  // Of a JSON escape the last digit is the token's first letter.
  const body = "bad token \u000eyJVc2VySUQiOi";
  await emulator.seed({ count: 1, responseBodies: [body] });
  await emulator.seedRuns([
    {
      workflowRunId: "wfr_a",
      state: "RUN_FAILED",
      errors: [{ status: 500, step: "charge", body }],
    },
  ]);
  const followed = ["follow", "-", "--report", "r.ndjson", "--json"];
  const ended = await run(followed, { input: "wfr_a\n" });
  assert.equal(ended.code, 4, ended.err);
  const lines = [ended.out, readFileSync(file("r.ndjson"), "utf8")].flatMap((text) =>
    text.trimEnd().split("\n").map(JSON.parse),
  );
  assert.equal(lines.at(-1).error, "bad token \u000e***");
  const listed = await run(["list", "--json"]);
  assert.match(listed.out, /bad token \\u000e\*\*\*/);
  for (const line of listed.out.trimEnd().split("\n")) JSON.parse(line);
  // The report can be followed again.
  const again = await run(["follow", "r.ndjson"]);
  assert.equal(again.code, 4, again.err);
});

test("what can't be followed is refused", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed(250);
  const head = "dlqId,workflowRunId\r\n1-0,wfr_1\r\n";
  writeFileSync(file("part.csv"), `${head}2-0,wfr"2\r\n3-0,wfr_3\r\n`);
  writeFileSync(file("torn.csv"), `${head}2-0,"wfr_2`);
  writeFileSync(file("torn.ndjson"), '{"workflowRunId":"wfr_1"}\n{"workfl');
  writeFileSync(file("null.ndjson"), "null\n1\n[]\n");
  execFileSync("mkfifo", [file("fifo.csv")]);
  await run(["resume", "--all", "--yes", "--report", "batches.csv", "--limit", "5"]);
  await run(["resume", "--all", "--yes", "--checkpoint", "c", "--max-requests", "2"]);
  for (const [args, said] of [
    [[], /write what to follow/],
    [["a", "b"], /write what to follow/],
    [["absent"], /there is no absent/],
    [["absent.csv"], /absent\.csv can't be read/],
    [["fifo.csv"], /fifo\.csv is not a file/],
    [["batches.csv"], /contains no runs: .*--strategy each/],
    [["part.csv"], /part\.csv is damaged/],
    [["torn.csv"], /torn\.csv is damaged/],
    [["torn.ndjson"], /torn\.ndjson is damaged: each line/],
    [["null.ndjson"], /null\.ndjson contains no runs/],
    [["c"], /c belongs to resume: write resume/],
  ]) {
    const { code, err } = await run(["follow", ...args]);
    assert.equal(code, 2, err);
    assert.match(err, said);
  }
  const alone = await run(["resume", "--all", "--follow-timeout", "1m"]);
  assert.match(alone.err, /--follow-timeout and --follow-sample need --follow/);
});

test("the last line, of a sample and of runs without logs", () => {
  const counts = { runs: 100, succeeded: 90, failedAgain: 4, canceled: 1, running: 2, retrying: 3 };
  const errors = [
    { status: 500, error: "carrier does not answer", count: 3 },
    { step: "ship", count: 1 },
  ];
  assert.equal(
    outcomeLine({ ...counts, unknown: 0, errors }, "100 resumed"),
    "100 resumed \u2192 90 finished \u00b7 4 failed again (500: carrier does not answer, 3; ship, 1) \u00b7 1 canceled \u00b7 3 retrying after an error \u00b7 2 running",
  );
  const sample = {
    of: 9000,
    succeeded: { low: 7000, high: 8500 },
    failedAgain: { low: 90, high: 700 },
  };
  assert.match(
    outcomeLine({ ...counts, unknown: 5, errors: [], logs: false, sample }),
    /^sample of 100 of 9,000 runs \u2192 .* 5 unknown, since the logs can't be read \u00b7 of all, 7,000 to 8,500 finished and 90 to 700 failed again$/,
  );
});

test("rows of CSV are read as they were written", () => {
  const rows = [
    ["dlqId", "error"],
    ["1-0", 'a "b", c\r\nd'],
    ["2-0", ""],
  ];
  const text = rows.map(csvLine).join("");
  assert.deepEqual(csvRows(text), [
    { dlqId: "1-0", error: 'a "b", c\r\nd' },
    { dlqId: "2-0", error: "" },
  ]);
  const odd = ["=1", "'=1", "-x", "a;=b", "'", "it's", " +1", '"=', "''", "-", "a,'b"];
  odd.push(`"'@x`, `'"@x`, `"'"'=1`, ";\"'+1", "\uff1d1", "'\uff201", "\u3000\uff0b1");
  const [read] = csvRows(`${csvLine(odd.map((_, at) => at))}${csvLine(odd)}`);
  assert.deepEqual(Object.values(read), odd, "without the apostrophes that make formulas text");
  assert.deepEqual(csvRows("a,b\n1,2"), [{ a: "1", b: "2" }]);
  for (const damaged of ['a\n"1', 'a\n"1"2', 'a\n1"2"', 'a\n"1""']) {
    assert.throws(() => csvRows(damaged), SyntaxError, damaged);
  }
  const long = `${'"'.repeat(10_000_000)}${"x".repeat(10_000_000)}`;
  const [{ error }] = csvRows(csvLine(["error"]) + csvLine([long]));
  assert.ok(error === long, "a cell of 20 MB");
});
