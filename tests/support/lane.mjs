// What is asked of the package wherever it runs: programs that end by themselves, and the judge.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";

export const ENTRIES = 250;
// A lane that leaves a timer or a socket behind would be stopped by this.
const EXIT_MS = 60_000;

/** What a lane's program is told of the service. */
export const env = ({ url, token }) => ({ QSTASH_URL: url, QSTASH_TOKEN: token });

/** Runs a program to its own end; its standard output. */
export async function ends(program, args, options) {
  const child = spawn(program, args, {
    ...options,
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.timeout ?? EXIT_MS,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (...ended) => resolve(ended));
  });
  assert.deepEqual([code, signal], [0, null], `it ends by itself, and well: ${stdout}${stderr}`);
  return { stdout: stdout.trim(), stderr: stderr.trim() };
}

/** The one line that a lane's program may print. */
export async function said(program, args, options) {
  const { stdout, stderr } = await ends(program, args, options);
  assert.equal(stderr, "", "nothing on standard error");
  assert.equal(stdout.split("\n").length, 1, stdout);
  return JSON.parse(stdout);
}

/** What a lane says, held against what was really done. */
export async function judge(emulator, { missing, listed, events, summary, error }) {
  assert.equal(error, undefined);
  assert.equal(missing, "true,true,NotFoundError");
  assert.equal(listed, 1);
  assert.ok(events >= 3, `${events} events`);
  assert.equal(summary.reason, "complete");
  assert.equal(summary.resumed, ENTRIES);
  const audit = await emulator.audit({ summary: true });
  assert.equal(audit.resumed, ENTRIES);
  assert.deepEqual(audit.resumedTwice, []);
  const { requests } = await emulator.requests();
  assert.ok(requests.filter(({ path }) => path.includes("/resume?")).length >= 3, "three pages");
}
