// Resumes the DLQ at night, and follows the new runs to their end: `QSTASH_TOKEN=… node night.mjs dlq.checkpoint`
//
// The checkpoint is in the file before each request that may act, and before each round of questions about
// runs. After Ctrl-C, a kill or a crash, the same command continues. Exit codes: 0 all done, 1 an error,
// 2 some entries can't be resumed, 3 run it again, 4 some runs failed again or have not ended within the 40
// minutes that retries take by default.

import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Client } from "upstash-workflow-dlq";

const [file] = process.argv.slice(2);
if (!file) {
  console.error("usage: node night.mjs <checkpoint file>");
  process.exit(1);
}

/**
 * Replaces the file as a whole: a reader finds the old checkpoint or the new one. In a folder that
 * others can write to, a name that can't be guessed and "wx" keep from following a planted link.
 */
function store(checkpoint) {
  const written = `${file}.${randomUUID()}`;
  writeFileSync(written, checkpoint, { mode: 0o600, flag: "wx" });
  renameSync(written, file);
}

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const drive = {
  concurrency: 8,
  follow: { timeout: "40m" },
  signal: stop.signal,
  onCheckpoint: store,
  onProgress: ({ done, perSecond }) => console.error(`${done}, ${Math.round(perSecond)} a second`),
};

try {
  const { dlq } = Client.fromEnv();
  const earlier = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  // With what is to be done beside it, a checkpoint of another operation, selection or overrides is refused.
  const options = { ...drive, checkpoint: earlier };
  const summary = await dlq.resumeAll({ all: true }, { retries: 3 }, options);
  const { checkpoint, ...counts } = summary;
  console.log(JSON.stringify(counts));
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
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = error.retryable ? 3 : 1;
}
