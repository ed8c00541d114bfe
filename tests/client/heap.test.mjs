// A hundred thousand calls in one process leave nothing behind, in JavaScript or in the wasm.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const CALLS = fileURLToPath(new URL("programs/calls.mjs", import.meta.url));

test("100,000 calls, drives, pages and errors", async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [CALLS]);
  const { before, after } = JSON.parse(stdout);
  const kb = (bytes) => `${Math.round(bytes / 1024)} KB`;
  assert.deepEqual(Object.keys(before), ["heapUsed", "arrayBuffers", "external"]);
  for (const name of Object.keys(before)) {
    t.diagnostic(
      `${name}: ${kb(before[name])} after 20,000 calls, ${kb(after[name])} after 100,000`,
    );
    assert.ok(after[name] - before[name] < 1024 * 1024, name);
  }
});
