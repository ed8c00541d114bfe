#!/usr/bin/env node
// The command line: `npx upstash-workflow-dlq`. It uses only the package's public API.

import { readFileSync } from "node:fs";
import { Client } from "../node.js";
import { runDoctor } from "./doctor.js";
import { runDrive } from "./drive.js";
import { tellError } from "./errors.js";
import { EXIT, UsageError } from "./exit.js";
import { runFollow } from "./follow.js";
import { help } from "./help.js";
import { readIds } from "./ids.js";
import { Output } from "./output.js";
import { parse } from "./parse.js";
import { runList, runPreview, runRetry } from "./read.js";

const RUNS = {
  list: runList,
  preview: runPreview,
  resume: runDrive,
  restart: runDrive,
  delete: runDrive,
  follow: runFollow,
  "retry-failure-function": runRetry,
  doctor: runDoctor,
};

/** Commands whose arguments are not ids. */
const WITHOUT_SELECTION = ["follow", "doctor"];

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

const main = async () => {
  const { argv, env, stdin, stdout, stderr } = process;
  const args = argv.slice(2);
  const has = (flag) => args.includes(flag);
  const output = new Output({
    out: stdout,
    err: stderr,
    env,
    color: !has("--no-color"),
    json: has("--json"),
  });
  const stop = new AbortController();
  const interrupted = stopOnSignals(stop, output);
  endQuietly(output, stop);
  let chosen;
  try {
    const invocation = parse(args);
    const { command, typed, call } = invocation;
    if (typed.version) await output.result(version());
    else if (typed.help) for (const line of help(command)) await output.result(line);
    else {
      const { dlq } = Client.fromEnv(env, call.options);
      if (!WITHOUT_SELECTION.includes(command)) chosen = await selectionOf(invocation, stdin);
      const streams = { input: stdin, output: stderr };
      const session = { ...invocation, dlq, output, streams, signal: stop.signal, interrupted };
      process.exitCode = await RUNS[command]({ ...session, chosen, version: version() });
    }
  } catch (error) {
    const ours = stop.signal.aborted && error === stop.signal.reason;
    process.exitCode = ours
      ? (interrupted() ?? EXIT.done)
      : await tellError(error, output, chosen?.places);
  }
};

/** The first signal stops cleanly, the second exits at once. Returns a function for the exit code of the first. */
const stopOnSignals = (stop, output) => {
  let first;
  for (const [name, code] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (first !== undefined) process.exit(code);
      first = code;
      output.note("stopping: waiting for requests in flight; press again to exit at once");
      stop.abort();
    });
  }
  return () => first;
};

/** Stops without an error if the reader of standard output has closed it. */
const endQuietly = (output, stop) => {
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    output.close();
    stop.abort();
  });
  process.stderr.on("error", () => {});
};

/**
 * Ids, a filter, or all; with `--where-…` flags only, all entries are listed and checked.
 *
 * @returns {Promise<{ selection?: object, empty?: boolean, places?: string[] }>} `empty`: no ids came on
 *   standard input; `places`: where each id was written
 */
const selectionOf = async ({ ids: args, call }, stdin) => {
  const { all, filter } = call.selection;
  if (args.length === 0) {
    if (all || filter) return { selection: call.selection };
    return { selection: call.drive.where && { all: true } };
  }
  if (all || filter) throw new UsageError("write only one of ids, filters and --all");
  const { ids, places } = await readIds(args, stdin);
  return { selection: ids, empty: ids.length === 0, places };
};

const version = () =>
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;

await main();
