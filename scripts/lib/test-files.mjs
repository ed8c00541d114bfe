// Runs the test files that its arguments name, two at a time and in this order: `node --test` sorts them by name.

import { run } from "node:test";
import { spec } from "node:test/reporters";

const AT_ONCE = 2;
const TIMEOUT_MS = 600_000;

run({ files: process.argv.slice(2), concurrency: AT_ONCE, timeout: TIMEOUT_MS })
  .on("test:fail", () => {
    process.exitCode = 1;
  })
  .compose(spec)
  .pipe(process.stdout);
