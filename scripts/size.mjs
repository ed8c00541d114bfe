// What a browser downloads: `npm run size`.
//
// One bundle that uses all of `resumeAll`, beside the official SDK's client bundled the same way; and the wasm of
// `upstash-workflow-dlq/read`.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build as bundle } from "esbuild";
import { build, CORE, wasmOf } from "./build.mjs";
import { room } from "./lib/room.mjs";
import { isCommand, main, path } from "./lib/run.mjs";

// Kilobytes of gzip. What is allowed now is above the goal (docs/decisions/0007-size.md): it is lowered
// with every gain, and never raised without a reason there.
const GOAL = { bundle: 98 };
const BUDGET = { bundle: 119.8, wasm: 108.1, reading: 70.9 };

/** Smaller parts of the wasm are not listed; in bytes of code. */
const SHOWN = 2_048;
const CRATE = "upstash_workflow_dlq";

const compressed = (bytes) => ({
  raw: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }).length,
});

const OURS = `import { Client } from "upstash-workflow-dlq";
export const run = (token, drive) => new Client({ token }).dlq.resumeAll({ all: true }, {}, drive);
`;
const SDK = `import { Client } from "@upstash/workflow";
export const run = (token) => new Client({ token }).dlq.resume({ all: true });
`;

async function bundled(name, code) {
  // In the repository, so that names resolve as they do for a user.
  const entry = path(`target/size-${name}.mjs`);
  writeFileSync(entry, code);
  const { outputFiles } = await bundle({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    logLevel: "error",
  });
  rmSync(entry);
  return compressed(outputFiles[0].contents);
}

const kb = (bytes) => (bytes / 1024).toFixed(1).padStart(8);

async function size() {
  const { small } = await build();
  const rows = {
    "ours, bundled": await bundled("ours", OURS),
    "  of it the wasm": compressed(readFileSync(path("pkg/core.wasm"))),
    "the wasm that only reads": compressed(readFileSync(path("pkg/core-read.wasm"))),
    "the SDK's Client, bundled": await bundled("sdk", SDK),
  };
  console.log(`\n${"KB".padEnd(28)}     raw    gzip  brotli`);
  for (const [name, { raw, gzip, brotli }] of Object.entries(rows)) {
    console.log(`${name.padEnd(28)}${kb(raw)}${kb(gzip)}${kb(brotli)}`);
  }
  console.log("\nwhat takes the room, in KB of code before it is optimised as a whole:");
  const parts = room(readFileSync(wasmOf(CORE)), CRATE);
  for (const [owner, bytes] of parts.filter(([, bytes]) => bytes >= SHOWN)) {
    console.log(`${owner.padEnd(28)}${kb(bytes)}`);
  }
  const code = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  console.log(`${"all".padEnd(28)}${kb(code)}`);
  console.log();
  const checks = {
    "built with the small std": small,
    [`bundle ≤ ${BUDGET.bundle} KB of gzip`]: rows["ours, bundled"].gzip <= BUDGET.bundle * 1024,
    [`wasm ≤ ${BUDGET.wasm} KB of gzip`]: rows["  of it the wasm"].gzip <= BUDGET.wasm * 1024,
    [`the wasm that only reads ≤ ${BUDGET.reading} KB of gzip`]:
      rows["the wasm that only reads"].gzip <= BUDGET.reading * 1024,
  };
  const { gzip } = rows["ours, bundled"];
  console.log(`goal: bundle ≤ ${GOAL.bundle} KB of gzip; it is ${(gzip / 1024).toFixed(1)}`);
  let passed = 0;
  for (const [name, holds] of Object.entries(checks)) {
    console.log(`${holds ? "ok" : "FAILED"}  ${name}`);
    passed += Number(holds);
  }
  const failed = Object.keys(checks).length - passed;
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

if (isCommand(import.meta)) await main(size);
