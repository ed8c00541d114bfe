// Resumes the DLQ at night: `QSTASH_TOKEN=… node night.mjs dlq.checkpoint`
//
// The checkpoint is in the file before each request that may act. Killed at any moment, by Ctrl-C or
// by the machine, the same command goes on. Exit codes: 0 all done, 1 an error, 2 some entries can't be
// resumed, 3 call me again.

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Client } from "upstash-workflow-dlq";

const [file] = process.argv.slice(2);
if (!file) {
  console.error("usage: node night.mjs <checkpoint file>");
  process.exit(1);
}

/** A reader finds the old text or the new one, never a part. */
function store(checkpoint) {
  writeFileSync(`${file}.new`, checkpoint, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const drive = {
  concurrency: 8,
  signal: stop.signal,
  onCheckpoint: store,
  onProgress: ({ done, perSecond }) => console.error(`${done}, ${Math.round(perSecond)} a second`),
};

try {
  const { dlq } = Client.fromEnv();
  const summary = existsSync(file)
    ? await dlq.continueFrom(readFileSync(file, "utf8"), drive)
    : await dlq.resumeAll({ all: true }, { retries: 3 }, drive);
  const { checkpoint, ...counts } = summary;
  console.log(JSON.stringify(counts));
  if (summary.done || summary.reason === "remaining") {
    rmSync(file, { force: true });
    process.exitCode = summary.done ? 0 : 2;
  } else {
    store(checkpoint);
    process.exitCode = 3;
  }
} catch (error) {
  if (error.checkpoint) store(error.checkpoint);
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = error.retryable ? 3 : 1;
}
