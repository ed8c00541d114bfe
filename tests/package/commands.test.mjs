// The commands of this repository say what they take.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { path } from "../../scripts/lib/run.mjs";

const COMMANDS = ["test", "coverage", "fuzz", "bench/index", "release", "start"];

const run = (name, ...args) =>
  spawnSync(process.execPath, [path(`scripts/${name}.mjs`), ...args], { encoding: "utf8" });

for (const name of COMMANDS) {
  test(`${name}: an option that it does not have is refused with those that it has`, () => {
    const { status, stdout, stderr } = run(name, "--bogus");
    assert.equal(status, 1, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^\nUnknown option '--bogus'/);
    assert.match(stderr, /npm (?:test|start|run \w+)/, "its usage");
    assert.doesNotMatch(stderr, /^ +at |ERR_|^\/\//m);
  });
}

test("test: a suite that is not there is refused with those that are", () => {
  const { status, stderr } = run("test", "--only", "core,cores");
  assert.equal(status, 1);
  assert.match(stderr, /^\nNo suite "cores"\. There are: .*\bcore, /);
});

test("test: a suite that is named twice runs once", () => {
  const { stdout } = run("test", "--only", "core,sdk,core", "--list");
  assert.equal(stdout, "core\nsdk\n");
});
