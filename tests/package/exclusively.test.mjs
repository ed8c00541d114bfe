// Test files that run at the same time install what they share once: scripts/lib/run.mjs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exclusively, path } from "../../scripts/lib/run.mjs";

const PROCESSES = 4;
const ROUNDS = 5;

function folder(t) {
  const made = mkdtempSync(join(tmpdir(), "dlq-lock-"));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

/** A process that reads a counter, waits, and writes what it read plus one, a few times over. */
function counts(home) {
  const program = `
    import { readFileSync, writeFileSync } from "node:fs";
    import { setTimeout as delay } from "node:timers/promises";
    import { exclusively } from ${JSON.stringify(path("scripts/lib/run.mjs"))};
    const [lock, counter] = ${JSON.stringify([join(home, "lock"), join(home, "counter")])};
    for (let round = 0; round < ${ROUNDS}; round += 1) {
      await exclusively(lock, async () => {
        const count = Number(readFileSync(counter, "utf8"));
        await delay(5);
        writeFileSync(counter, String(count + 1));
      });
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: "inherit",
  });
  return new Promise((resolve) => child.once("exit", resolve));
}

test("processes take turns", async (t) => {
  const home = folder(t);
  writeFileSync(join(home, "counter"), "0");
  const codes = await Promise.all(Array.from({ length: PROCESSES }, () => counts(home)));
  assert.deepEqual(codes, Array(PROCESSES).fill(0));
  assert.equal(Number(readFileSync(join(home, "counter"), "utf8")), PROCESSES * ROUNDS);
  assert.deepEqual(readdirSync(home), ["counter"]);
});

test("the lock of a process that has ended does not count", async (t) => {
  const home = folder(t);
  const ended = spawn(process.execPath, ["--eval", ""]);
  await new Promise((resolve) => ended.once("exit", resolve));
  writeFileSync(join(home, "lock"), String(ended.pid));
  assert.equal(await exclusively(join(home, "lock"), () => "done"), "done");
  assert.deepEqual(readdirSync(home), []);
});

test("what fails gives the lock back", async (t) => {
  const home = folder(t);
  const fails = exclusively(join(home, "lock"), () => Promise.reject(new Error("no disk")));
  await assert.rejects(fails, /no disk/);
  assert.deepEqual(readdirSync(home), []);
});
