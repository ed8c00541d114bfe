// What the tests of the command line share: the packed program, run with and without a terminal.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { startEmulator } from "../support/emulator.mjs";
import { eventually } from "../support/eventually.mjs";
import { packedProject } from "../support/packed.mjs";
import { onTerminal } from "../support/terminal.mjs";

/** @param {string} folder of the project */
export const programOf = (folder) => join(folder, "node_modules/upstash-workflow-dlq/cli/main.js");

let packed;
after(async () => (await packed)?.remove());

/**
 * An emulator, which ends with the test `t`, and the packed program, which tests of a file share.
 *
 * @param {import("node:test").TestContext} t
 */
export async function world(t, { config } = {}) {
  packed ??= packedProject();
  const [emulator, project] = await Promise.all([startEmulator({ config }), packed]);
  const folder = mkdtempSync(join(tmpdir(), "dlq-cli-"));
  t.after(async () => {
    // A test that failed may have left one waiting for an answer.
    for (const child of children) child.kill("SIGKILL");
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const program = programOf(project.folder);
  const env = { PATH: process.env.PATH, QSTASH_URL: emulator.url, QSTASH_TOKEN: emulator.token };
  const start = (args, options = {}) =>
    observed(
      spawn(process.execPath, [program, ...args], { cwd: folder, env: { ...env, ...options.env } }),
      options,
    );
  const terminal = (args, options = {}) => {
    const child = onTerminal(program, args, { cwd: folder, env: { ...env, ...options.env } });
    return observed(child, { ...options, input: null });
  };
  return {
    emulator,
    folder,
    project,
    file: (name) => join(folder, name),
    /** Started, with `out`, `err`, `seen(pattern)`, `type(text)` and `ended`. */
    start,
    /** The same on a pseudo-terminal: all that is written is in `out`. */
    terminal,
    /** To its end. */
    run: (args, options) => start(args, options).ended,
  };
}

const children = new Set();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

function observed(child, { input = "" }) {
  children.add(child);
  child.once("exit", () => children.delete(child));
  const running = { child, out: "", err: "" };
  const waiting = new Set();
  const look = () => {
    for (const check of waiting) check();
  };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    running.out += text;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    running.err += text;
    look();
  });
  child.stdin.on("error", () => {});
  if (input !== null) child.stdin.end(input);
  running.type = (text) => child.stdin.write(text);
  running.ended = new Promise((resolve) => {
    child.once("close", (code, signal) => {
      resolve({ code, signal, out: running.out, err: running.err });
      look();
    });
  });
  /** Resolves when all that was written matches; rejects when it has ended, or nothing came, without. */
  running.seen = (pattern) =>
    new Promise((resolve, reject) => {
      const end = (settle, value) => {
        waiting.delete(check);
        clearTimeout(late);
        settle(value);
      };
      const without = (what) =>
        end(reject, new Error(`${what} ${pattern}:\n${running.out}\n${running.err}`));
      const check = () => {
        if (pattern.test(running.out + running.err)) end(resolve);
        else if (child.exitCode !== null && child.stdout.closed && child.stderr.closed) {
          without("ended without");
        }
      };
      const late = setTimeout(() => without("a minute without"), 60_000);
      waiting.add(check);
      check();
    });
  return running;
}

/** Waits until something holds. */
export const until = (holds) => eventually(async () => assert.ok(await holds()));

/** The program that runs on a pseudo-terminal: the child of `script`, below its shell if there is one. */
export function childOf({ pid }) {
  const childrenOf = (id) =>
    readFileSync(`/proc/${id}/task/${id}/children`, "utf8").trim().split(" ").filter(Boolean);
  let found = pid;
  for (let below = childrenOf(found); below.length > 0; below = childrenOf(found)) [found] = below;
  return Number(found);
}

/** Lines of NDJSON, each of which has a type. */
export const events = (text) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
