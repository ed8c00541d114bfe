// Checkpoint and report files in a folder that a stranger may write to.

import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createFile, openOwn, replaceFile } from "../../pkg/cli/files.js";
import { world } from "./setup.mjs";

const BUDGET = ["--yes", "--max-requests", "2"];
const modeOf = (name) => statSync(name).mode & 0o777;

test("a planted link is neither followed nor trusted", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed(450);
  writeFileSync(file("victim"), "precious");
  symlinkSync(file("victim"), file("c"));
  symlinkSync(file("victim"), file("r.csv"));
  symlinkSync(file("nowhere"), file("dangling"));
  for (const name of ["c", "dangling"]) {
    const { code, err } = await run(["resume", "--all", ...BUDGET, "--checkpoint", name]);
    assert.equal(code, 2, err);
    assert.match(err, new RegExp(`--checkpoint: ${name} is a link`));
  }
  const { code, err } = await run(["resume", "--all", ...BUDGET, "--report", "r.csv"]);
  assert.equal(code, 2, err);
  assert.match(err, /--report: r\.csv exists already/);
  assert.equal((await emulator.requests()).total, 0);

  // One that appears after the file was read is replaced, not written through.
  symlinkSync(file("victim"), file("late"));
  replaceFile(file("late"), "new");
  assert.ok(lstatSync(file("late")).isFile());
  assert.equal(readFileSync(file("victim"), "utf8"), "precious");
  assert.deepEqual(
    readdirSync(file(".")).filter((name) => name.includes(".new")),
    [],
  );
});

test("a report that is continued is the file of before, not a link in its place", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed(450);
  const args = [...BUDGET, "--checkpoint", "c", "--report", "r.csv"];
  assert.equal((await run(["resume", "--all", ...args])).code, 3);
  writeFileSync(file("victim"), "precious\n".repeat(9999));
  renameSync(file("r.csv"), file("mine.csv"));
  symlinkSync(file("victim"), file("r.csv"));
  const { code, err } = await run(["resume", "--checkpoint", "c"]);
  assert.equal(code, 2, err);
  assert.match(err, /--report: r\.csv is a link/);
  assert.equal(readFileSync(file("victim"), "utf8"), "precious\n".repeat(9999));
});

test("a checkpoint can name no file for its report that is none", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed(450);
  const files = { "a.csv": "name,balance\r\nme,5\r\n", "a.ndjson": '{"name":"me"}\n' };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(file(name), text);
    chmodSync(file(name), 0o644);
  }
  await run(["resume", "--all", ...BUDGET, "--checkpoint", "c", "--report", "own.csv"]);
  const written = JSON.parse(readFileSync(file("c"), "utf8"));
  const { total } = await emulator.requests();
  const own = written.report;
  const head = "dlqId,outcome,workflowRunId,state,step,status,error\r\n";
  files["another.csv"] = `${head}1-0,resumed,,,,,\r\n`;
  writeFileSync(file("another.csv"), files["another.csv"]);
  chmodSync(file("another.csv"), 0o644);
  for (const [report, said] of [
    [{ ...own, name: "a.csv", size: 0 }, /--report: a\.csv is no report/],
    [{ ...own, name: "a.ndjson", size: 0 }, /--report: a\.ndjson is no report/],
    [{ ...own, name: file("a.csv"), size: 14 }, /--report: .*a\.csv is no report/],
    // A report as well, but not the one that it was written beside.
    [{ ...own, name: "another.csv", size: head.length }, /another\.csv is not the file of the che/],
    [{ ...own, file: "1" }, /own\.csv is not the file of the checkpoint/],
    [{ ...own, file: 1 }, /c is damaged/],
    [{ ...own, file: undefined }, /c is damaged/],
    [{ ...own, size: -1 }, /c is damaged/],
    [{ ...own, size: 0.5 }, /c is damaged/],
    [{ ...own, size: "0" }, /c is damaged/],
    [{ ...own, name: ["own.csv"] }, /c is damaged/],
    [null, /c is damaged/],
  ]) {
    for (const [command, ...args] of [
      ["resume", "--checkpoint", "c"],
      ["follow", "c"],
    ]) {
      writeFileSync(file("c"), JSON.stringify({ ...written, command, report }));
      const { code, err } = await run([command, ...args]);
      assert.equal(code, 2, err);
      assert.match(err, said);
    }
  }
  for (const [name, text] of Object.entries(files)) {
    assert.equal(readFileSync(file(name), "utf8"), text);
    assert.equal(modeOf(file(name)), 0o644, "for whoever could read it before");
  }
  assert.equal((await emulator.requests()).total, total, "nothing was sent");
});

test("what is written can be read by its user alone, whatever was there", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed(650);
  const args = [...BUDGET, "--checkpoint", "c", "--report", "r.ndjson"];
  assert.equal((await run(["resume", "--all", ...args])).code, 3);
  for (const name of ["c", "r.ndjson"]) {
    assert.equal(modeOf(file(name)), 0o600, name);
    chmodSync(file(name), 0o666);
  }
  assert.equal((await run(["resume", "--checkpoint", "c", "--max-requests", "2"])).code, 3);
  for (const name of ["c", "r.ndjson"]) assert.equal(modeOf(file(name)), 0o600, name);
  const { err } = await run(["resume", "--all", ...BUDGET]);
  const [own, again] = [err, (await run(["resume", "--all", ...BUDGET])).err].map(
    (text) => /--checkpoint (dlq-resume-\d{8}T\d{6}Z-[\da-f]{8}\.checkpoint)/.exec(text)[1],
  );
  assert.notEqual(own, again);
  assert.equal(modeOf(file(own)), 0o600);
});

test("only a file of the user's own is opened", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "dlq-files-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name) => `${folder}/${name}`;
  closeSync(createFile(file("mine")));
  assert.throws(() => createFile(file("mine")), { code: "EEXIST" });
  for (const purpose of ["read", "append"]) {
    closeSync(openOwn(file("mine"), purpose));
    assert.throws(() => openOwn(folder, purpose), /is not a file|EISDIR/);
    assert.throws(() => openOwn("/dev/null", purpose), /is not a file|belongs to another/);
    assert.throws(() => openOwn(file("absent"), purpose), { code: "ENOENT" });
  }
  // A stranger's file can only be made by root.
  if (process.getuid() === 0) {
    chownSync(file("mine"), 12345, 12345);
    assert.throws(() => openOwn(file("mine"), "read"), /belongs to another user/);
  }
  mkdirSync(file("target"));
  assert.throws(() => replaceFile(file("target"), "x"), { code: "EISDIR" });
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".new")),
    [],
    "what was written beside is removed",
  );
});
