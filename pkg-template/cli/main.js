#!/usr/bin/env node
// The command line: `npx upstash-workflow-dlq`. It uses what the package exports, and nothing else of it.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Client, DlqError } from "../inline.js";
import { runDrive } from "./drive.js";
import { told } from "./errors.js";
import { EXIT, UsageError } from "./exit.js";
import { help } from "./help.js";
import { Output } from "./output.js";
import { parse } from "./parse.js";
import { runList, runPreview, runRetry } from "./read.js";

const RUNS = {
  list: runList,
  preview: runPreview,
  resume: runDrive,
  restart: runDrive,
  delete: runDrive,
  "retry-failure-function": runRetry,
};

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
  try {
    const invocation = parse(args);
    const { command, typed, call } = invocation;
    if (typed.version) await output.result(version());
    else if (typed.help) await output.result(help(command, output.paint));
    else {
      const { dlq } = Client.fromEnv(env, call.options);
      const chosen = await selectionOf(invocation, stdin);
      const streams = { input: stdin, output: stderr };
      const session = { ...invocation, dlq, output, streams, signal: stop.signal, interrupted };
      process.exitCode = await RUNS[command]({ ...session, chosen, emptyInput: chosen.empty });
    }
  } catch (error) {
    process.exitCode = await explain(error, { output, stop, interrupted });
  }
};

/** Says what is wrong; an error that nobody expected keeps its stack, for a bug report. */
const explain = async (error, { output, stop, interrupted }) => {
  output.clear();
  if (stop.signal.aborted && error === stop.signal.reason) return interrupted() ?? EXIT.done;
  const { lines, code } = told(error) ?? { lines: [String(error.stack)], code: EXIT.failed };
  for (const line of lines) output.note(`${output.paintError.red("error:")} ${line}`);
  const data = error instanceof DlqError ? error.toJSON() : { message: error.message };
  const { summary: _, checkpoint: __, ...shown } = data;
  await output.event("error", shown);
  return code;
};

/** The first signal stops cleanly, the second at once. Answers the exit code of the first. */
const stopOnSignals = (stop, output) => {
  let first;
  for (const [name, code] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (first !== undefined) process.exit(code);
      first = code;
      output.note("stopping: waiting for answers in flight; once more to end at once");
      stop.abort();
    });
  }
  return () => first;
};

/** Whoever read the results has gone: no more of them, and no complaint. */
const endQuietly = (output, stop) => {
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    output.close();
    stop.abort();
  });
  process.stderr.on("error", () => {});
};

/** Ids, a filter, or all; nothing where nothing was said. */
const selectionOf = async ({ ids, call }, stdin) => {
  const { all, filter } = call.selection;
  if (ids.length === 0)
    return all || filter ? { selection: call.selection } : { selection: undefined };
  if (all || filter) throw new UsageError("write only one of ids, filters and --all");
  if (!ids.includes("-")) return { selection: ids };
  const read = [];
  for (const id of ids) read.push(...(id === "-" ? await linesOf(stdin) : [id]));
  return { selection: read, empty: read.length === 0 };
};

const linesOf = async (stream) => {
  const lines = [];
  for await (const line of createInterface({ input: stream })) lines.push(line.trim());
  return lines.filter((line) => line !== "");
};

const version = () =>
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;

await main();
