// Resumes the DLQ at night, and follows the new runs to their end: `QSTASH_TOKEN=… node night.mjs dlq.checkpoint`
//
// The checkpoint is stored before each request that may act, and before each round of requests for the states
// of runs. After Ctrl-C, a kill or a crash, the same command continues. Exit codes: 0 all done, 1 an error,
// 2 some entries can't be resumed, 3 run it again, 4 some runs failed again or have not ended within the 40
// minutes that retries take by default.

import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Client } from "upstash-workflow-dlq";

const [file] = process.argv.slice(2);
if (!file) {
  console.error("usage: node night.mjs <checkpoint file>");
  process.exit(1);
}

/** The checkpoint of an earlier run, if there is one. What is not a file is refused: a FIFO would be waited for. */
function load() {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found && !found.isFile()) throw new Error(`${file} is not a file`);
  return found && readFileSync(file, "utf8");
}

/**
 * Replaces the file atomically: a reader finds the old checkpoint or the new one. In a folder that others can
 * write to, a random name and "wx" prevent that a planted link is followed.
 */
function store(checkpoint) {
  const written = `${file}.${randomUUID()}`;
  writeFileSync(written, checkpoint, { mode: 0o600, flag: "wx" });
  renameSync(written, file);
}

let reported;
function report(line) {
  if (line !== reported) console.error(line);
  reported = line;
}

/** A text of the service or of a workflow, without the characters that steer a terminal. */
const plain = (text) => text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, " ");

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const drive = {
  concurrency: 8,
  follow: { timeout: "40m" },
  signal: stop.signal,
  onCheckpoint: store,
  onProgress: ({ done, perSecond, outcome }) =>
    report(
      outcome?.runs > 0
        ? `${outcome.succeeded} of ${outcome.runs} runs succeeded, ${outcome.failedAgain} failed again`
        : `${done} resumed, ${Math.round(perSecond)} per second`,
    ),
};

try {
  const { dlq } = Client.fromEnv();
  // Next to the selection and the overrides, a checkpoint of another drive is refused.
  const options = { ...drive, checkpoint: load() };
  const summary = await dlq.resumeAll({ all: true }, { retries: 3 }, options);
  const { checkpoint, ...counts } = summary;
  console.log(plain(JSON.stringify(counts)));
  if (summary.done || summary.reason === "remaining") {
    rmSync(file, { force: true });
    const { runs = 0, succeeded = 0 } = summary.outcome ?? {};
    process.exitCode = !summary.done ? 2 : succeeded === runs ? 0 : 4;
  } else {
    store(checkpoint);
    process.exitCode = 3;
  }
} catch (error) {
  if (error.checkpoint) store(error.checkpoint);
  console.error(plain(`${error.name}: ${error.message}`));
  process.exitCode = error.retryable ? 3 : 1;
}
