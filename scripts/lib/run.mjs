// Running other programs, and saying in one line what is going on.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants as osConstants, setPriority } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** @param {...string} parts */
export const path = (...parts) => join(ROOT, ...parts);

/** A failure that a person can act on: printed without a stack. */
export class Stop extends Error {}

/**
 * Runs a program to its end and answers its exit code and all it printed.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, show?: boolean, yields?: boolean }} [options]
 *   `env` is laid over ours (`undefined` removes a name); `show` prints as it comes; `yields`: a lower
 *   priority, so that it uses the processor time that other programs leave
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(program, args, options = {}) {
  const env = { ...process.env, ...options.env };
  for (const name of Object.keys(env)) if (env[name] === undefined) delete env[name];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? ROOT,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (options.yields && child.pid !== undefined) lowerPriority(child.pid);
    let output = "";
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.setEncoding("utf8");
      from.on("data", (text) => {
        output += text;
        if (options.show) to.write(text);
      });
    }
    child.once("error", (error) => reject(new Stop(`${program}: ${error.message}`)));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Lowers the priority of a process and of all that it starts from now on. */
function lowerPriority(pid) {
  try {
    setPriority(pid, osConstants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    // It has ended already.
    if (error.code !== "ERR_SYSTEM_ERROR") throw error;
  }
}

/** As `run`, and a failure stops us with the end of what was printed. Answers the output. */
export async function must(program, args, options = {}) {
  const { code, output } = await run(program, args, options);
  if (code === 0) return output;
  const tail = options.show ? "" : `\n${output.trimEnd().split("\n").slice(-40).join("\n")}`;
  throw new Stop(`failed with ${code}: ${program} ${args.join(" ")}${tail}`);
}

/** What a program prints, trimmed, or `undefined` when it can't be run. */
export function ask(program, args, options = {}) {
  const { status, stdout } = spawnSync(program, args, { encoding: "utf8", cwd: ROOT, ...options });
  return status === 0 ? stdout.trim() : undefined;
}

/** Where a program is, or `undefined`. */
export function which(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not there
    }
  }
  return undefined;
}

/** @param {...(string | Uint8Array)} parts */
export function sha256(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs a step with a line of progress before and after it; if it is `done` already, prints one line only. Progress goes
 * to stderr: stdout is the result of the command.
 *
 * @param {string} name
 * @param {boolean} done
 * @param {() => Promise<unknown>} work
 */
export async function step(name, done, work) {
  if (done) {
    console.error(`- ${name}: in place`);
    return;
  }
  const since = performance.now();
  console.error(`- ${name} …`);
  await work();
  console.error(`- ${name}: done (${seconds(since)})`);
}

const LOCK_POLL_MS = 100;

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/**
 * Runs `work` while no other process that holds `lock`, a file, does; test files run at the same time,
 * and two of them may need the same installation. The lock of a process that has ended does not count.
 */
export async function exclusively(lock, work) {
  mkdirSync(dirname(lock), { recursive: true });
  // Written first and linked then: nobody reads a lock without its process.
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, `${process.pid}`);
  try {
    for (;;) {
      try {
        linkSync(mine, lock);
        break;
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
      const holder = holderOf(lock);
      if (holder !== undefined && !isRunning(holder)) leave(lock, holder);
      await delay(LOCK_POLL_MS);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function holderOf(lock) {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return undefined;
  }
}

/** Takes away the lock of a process that has ended, unless another one has taken its place meanwhile. */
function leave(lock, holder) {
  const old = `${lock}.${process.pid}.old`;
  try {
    renameSync(lock, old);
    if (holderOf(old) !== holder) linkSync(old, lock);
  } catch (error) {
    if (!["ENOENT", "EEXIST"].includes(error.code)) throw error;
  }
  rmSync(old, { force: true });
}

/** The comment that the script which was started begins with: what it does, and its options. */
const usage = () =>
  /^(?:\/\/.*\n)+/
    .exec(readFileSync(process.argv[1], "utf8"))?.[0]
    .replace(/^\/\/ ?/gm, "")
    .trimEnd() ?? "";

/** Runs a script's main function; a `Stop` is printed plainly, and an option that it does not have with its usage. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    if (error.code?.startsWith("ERR_PARSE_ARGS")) console.error(`\n${error.message}\n\n${usage()}`);
    else console.error(error instanceof Stop ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Whether this module was started as a command. */
export const isCommand = (meta) => process.argv[1] === fileURLToPath(meta.url);
