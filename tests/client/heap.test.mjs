// Calls in one process leave nothing behind, in JavaScript or in the wasm: 30,000, or 100,000 in `npm run test:all`.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PROGRAM = fileURLToPath(new URL("programs/calls.mjs", import.meta.url));
const CALLS = Number(process.env.HEAP_CALLS ?? 30_000);
/** What is made once is there by then. */
const FIRST = 10_000;
/** At most, of each call: memory of the process grows in steps of 64 KB. */
const BYTES = 13;

test(`${CALLS} calls, drives, pages and errors`, async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, FIRST, CALLS]);
  const { before, after } = JSON.parse(stdout);
  const kb = (bytes) => `${Math.round(bytes / 1024)} KB`;
  assert.deepEqual(Object.keys(before), ["heapUsed", "arrayBuffers", "external"]);
  for (const name of Object.keys(before)) {
    t.diagnostic(
      `${name}: ${kb(before[name])} after ${FIRST} calls, ${kb(after[name])} after ${CALLS}`,
    );
    assert.ok(after[name] - before[name] < BYTES * (CALLS - FIRST), name);
  }
});
