// Each global that the client uses is taken away, in a process of its own: the error names it and says
// what to add, nothing is sent, and the wasm does not break down.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { init } from "upstash-workflow-dlq/slim";
import { outcome, PATIENCE } from "./attack.mjs";

const PROGRAM = `
const [name] = process.argv.slice(1);
const { Client } = await import("upstash-workflow-dlq");
let sent = 0;
const fetch = async () => {
  sent += 1;
  // A double: Node's own Response needs some of these globals.
  const text = async () => '{"messages":[],"workflowRuns":[]}';
  return { status: 200, headers: { get: () => null }, text };
};
if (name === "fetch") delete globalThis.fetch;
const given = { token: "t".repeat(20), ...(name !== "fetch" && { fetch }) };
const calls = {
  list: (dlq) => dlq.list(),
  resumeAll: (dlq) => dlq.resumeAll({ all: true }),
};
delete globalThis[name];
for (const call of Object.values(calls)) {
  let found = {};
  try {
    await call(new Client(given, {}).dlq);
  } catch ({ code, message, mayHaveActed }) {
    found = { code, message, mayHaveActed };
  }
  process.stdout.write(JSON.stringify({ ...found, sent }) + "\\n");
}
process.exit();
`;

/** The outcomes of a call and of a drive without a global. */
async function without(name) {
  const args = ["--input-type=module", "-e", PROGRAM, name];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
  return stdout.trim().split("\n").map(JSON.parse);
}

describe("without", { concurrency: 2 }, () => {
  for (const name of [
    "fetch",
    "AbortController",
    "setTimeout",
    "TextDecoder",
    "TextEncoder",
    "WebAssembly",
  ]) {
    test(`${name}: it is named`, PATIENCE, async () => {
      for (const { code, message, mayHaveActed, sent } of await without(name)) {
        assert.deepEqual([code, mayHaveActed, sent], ["missing_global", false, 0]);
        assert.match(message, new RegExp(`global is missing: ${name}; \\w`));
      }
    });
  }

  for (const name of [
    "clearTimeout",
    "performance",
    "Request",
    "console",
    "structuredClone",
    "FinalizationRegistry",
    "DOMException",
    "URL",
    "URLSearchParams",
    "queueMicrotask",
    "Buffer",
  ]) {
    test(`${name}: it works`, PATIENCE, async () => {
      for (const { code, message } of await without(name)) {
        assert.equal(code, undefined, message);
      }
    });
  }
});

test("init of a page that is not there: its URL, status and type are named", async () => {
  const headers = { "content-type": "text/html" };
  const answer = (status) => {
    const response = new Response("<!doctype html>", { status, headers });
    return Object.defineProperty(response, "url", { value: "https://app.example/core.wasm" });
  };
  // With 200 it is the application's own page, which routers answer for any path.
  for (const status of [404, 200]) {
    for (const source of [answer(status), Promise.resolve(answer(status))]) {
      const { error } = await outcome(() => init(source));
      assert.equal(error?.code, "wasm_unavailable");
      assert.match(error.message, /https:\/\/app\.example\/core\.wasm/);
      assert.match(error.message, new RegExp(`HTTP ${status}, text/html`));
    }
  }
  const { error } = await outcome(() => init(new Uint8Array(8)));
  assert.equal(error?.code, "wasm_unavailable");
});
