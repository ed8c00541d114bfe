// The report: a line for each entry, whatever happens to the program.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { csvCell } from "../../pkg/cli/csv.js";
import { must } from "../../scripts/lib/run.mjs";
import { programOf, until, world } from "./setup.mjs";

const linesOf = (name) => readFileSync(name, "utf8").trimEnd().split("\n").map(JSON.parse);
const idsOf = (lines) => lines.map(({ dlqId }) => dlqId).sort();

test("every entry of a filter has its line, by an operation that only counts as well", async (t) => {
  const { emulator, run, file } = await world(t);
  for (const command of ["resume", "restart", "delete"]) {
    const seeded = await emulator.seed({ count: 150, labels: [command], ids: true });
    const report = `${command}.ndjson`;
    const ended = await run([command, "--label", command, "--report", report, "--yes"]);
    assert.equal(ended.code, 0, ended.err);
    const lines = linesOf(file(report));
    assert.deepEqual(idsOf(lines), seeded.dlqIds.sort());
    const outcome = { resume: "resumed", restart: "restarted", delete: "deleted" }[command];
    assert.ok(lines.every((line) => line.outcome === outcome));
  }
});

test("a strategy that does not know entries is refused", async (t) => {
  const { emulator, run, file } = await world(t);
  const args = ["--all", "--yes", "--report", "r.csv", "--strategy", "pages"];
  const { code, err } = await run(["resume", ...args]);
  assert.equal(code, 2);
  assert.match(err, /--report: --strategy pages does not report entries/);
  assert.ok(!existsSync(file("r.csv")));
  assert.equal((await emulator.requests()).total, 0);
});

test("killed again and again, each entry has exactly one line in the end", async (t) => {
  const { emulator, start, run, file } = await world(t, { config: { latencyMs: 60 } });
  const { dlqIds } = await emulator.seed({ count: 300, ids: true });
  const begin = ["resume", "--all", "--page-size", "10", "--yes"];
  const files = ["--checkpoint", "c", "--report", "r.ndjson"];
  let before = 0;
  for (const args of [
    [...begin, ...files],
    ["resume", "--checkpoint", "c", "--page-size", "10"],
  ]) {
    const running = start(args);
    const mark = before;
    await until(async () => (await emulator.audit({ summary: true })).resumed > mark + 60);
    running.child.kill("SIGKILL");
    await running.ended;
    before = (await emulator.audit({ summary: true })).resumed;
    const lines = linesOf(file("r.ndjson"));
    assert.ok(lines.length > 0, "written as it goes");
    assert.equal(new Set(idsOf(lines)).size, lines.length);
  }
  const rest = await run(["resume", "--checkpoint", "c"]);
  assert.ok([0, 5].includes(rest.code), rest.err);
  assert.deepEqual(idsOf(linesOf(file("r.ndjson"))), dlqIds.sort());
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual([audit.resumed, audit.takenTwice], [300, []]);
});

test("killed while it follows, each run has exactly one line in the end", async (t) => {
  const { emulator, start, run, file } = await world(t);
  const runs = { failAgain: 0.3, afterMs: 200, spreadMs: 8000 };
  const lines = (name) => readFileSync(file(name), "utf8").split("\n").filter(Boolean);
  const ended = (name) =>
    lines(name).filter((line) => /"state":"(succeeded|failedAgain)"/.test(line));
  const begin = ["resume", "--all", "--yes", "--strategy", "each", "--follow"];
  const killed = async (running, name) => {
    const before = existsSync(file(name)) ? ended(name).length : 0;
    await until(() => existsSync(file(name)) && ended(name).length > before + 4);
    running.child.kill("SIGKILL");
    assert.equal((await running.ended).signal, "SIGKILL", "lines are written as runs end");
  };
  const assertReport = (name) => {
    const fates = linesOf(file(name)).filter(({ state }) => state !== undefined);
    assert.equal(lines(name).length, 80, "no line of a run that was under way is left");
    assert.deepEqual([fates.length, ended(name).length], [40, 40]);
    assert.equal(new Set(fates.map(({ workflowRunId }) => workflowRunId)).size, 40);
  };

  await emulator.seed({ count: 40, runs });
  const drive = "drive.ndjson";
  await killed(start([...begin, "--checkpoint", "c", "--report", drive]), drive);
  assert.equal((await run(["resume", "--checkpoint", "c"])).code, 4);
  assertReport(drive);

  await emulator.reset();
  await emulator.seed({ count: 40, runs });
  const { err } = await run([...begin, "--follow-timeout", "100ms", "--report", "later.ndjson"]);
  const [, name] = /to continue: npx upstash-workflow-dlq follow (\S+)\n$/.exec(err);
  const later = ["follow", name, "--follow-timeout", "1m"];
  await killed(start(later), "later.ndjson");
  assert.equal((await run(later)).code, 4);
  assertReport("later.ndjson");
});

test("a report that can't be written any more ends the drive, and the checkpoint is kept", async (t) => {
  const { emulator, folder, project, run, file } = await world(t);
  const { dlqIds } = await emulator.seed({ count: 400, ids: true });
  const env = { PATH: process.env.PATH, QSTASH_URL: emulator.url, QSTASH_TOKEN: emulator.token };
  // No file may be larger than 8 KB: the report needs more, a checkpoint less.
  const drive = `resume --all --page-size 20 --yes --report r.ndjson`;
  const line = `ulimit -f 8; "${process.execPath}" "${programOf(project.folder)}" ${drive} 2>&1; echo "ended $?"`;
  const said = await must("bash", ["-c", line], { cwd: folder, env });
  assert.match(said, /error: The checkpoint or the report can't be written.*EFBIG/s);
  assert.match(said, /ended 1\n/);
  assert.match(said, /error:[\s\S]*to continue: /, "the way to continue comes last");
  const name = /--checkpoint (\S+)/.exec(said)[1];
  const rest = await run(["resume", "--checkpoint", name]);
  assert.ok([0, 5].includes(rest.code), rest.err);
  const lines = idsOf(linesOf(file("r.ndjson")));
  assert.equal(new Set(lines).size, lines.length, "no line twice");
  assert.ok(lines.length <= dlqIds.length);
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual([audit.resumed, audit.takenTwice], [400, []]);
});

test("a cell of CSV is quoted where it has to be, and never a formula", () => {
  const cells = [
    ["1-0", "1-0"],
    [503, "503"],
    ["wfr_a,b", '"wfr_a,b"'],
    ['a"b', '"a""b"'],
    ["a\r\nb", '"a\r\nb"'],
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@a", "'@a"],
    ['=HYPERLINK("x","y")', `"'=HYPERLINK(""x"",""y"")"`],
    ["a;=1+1", `"a;'=1+1"`],
    ["a\t =1", `"a\t '=1"`],
    ["a\n+1", `"a\n'+1"`],
    ["no, -1", `"no, '-1"`],
    ['"=1', `"""'=1"`],
    [`"'@a`, `"""''@a"`],
    ["\uff1d1", "'\uff1d1"],
    [" \uff0b1", " '\uff0b1"],
    ["\uff0d1", "'\uff0d1"],
    ["a;\uff201", `"a;'\uff201"`],
    ["a = b", "a = b"],
    ["a\u001b[2J\u009b\u202e", "a\ufffd[2J\ufffd\ufffd"],
    [undefined, ""],
    [null, ""],
  ];
  for (const [value, cell] of cells) assert.equal(csvCell(value), cell);
});

test("a cell takes a time that grows with its length", () => {
  const began = performance.now();
  assert.equal(csvCell(`${"\n".repeat(100_000)}=1`).length, 100_005);
  // Tens of milliseconds; half a minute where each line break is looked at from every other.
  assert.ok(performance.now() - began < 5_000);
});
