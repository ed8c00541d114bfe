// A process that stores each checkpoint before it acts, and expects to be killed.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { Client } from "upstash-workflow-dlq";

const { baseUrl, token, file, selection, drive } = JSON.parse(await text(process.stdin));
const { dlq } = new Client({ baseUrl, token }, {});
const { concurrency, pageSize } = drive;
const onCheckpoint = (checkpoint) => {
  writeFileSync(`${file}.new`, checkpoint);
  renameSync(`${file}.new`, file);
};
const summary = existsSync(file)
  ? await dlq.continueFrom(readFileSync(file, "utf8"), { concurrency, pageSize, onCheckpoint })
  : await dlq.resumeAll(selection, {}, { ...drive, onCheckpoint });
console.log(JSON.stringify(summary));
