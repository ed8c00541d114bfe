// Import and the first client, in new processes, alternating with the SDK's.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { tools } from "../../tests/lanes/support.mjs";
import { path } from "../lib/run.mjs";
import { median } from "./measure.mjs";

const ROUNDS = 15;

// The same program for both: from before the import until a client is there.
const program = (name) => `const begun = performance.now();
const { Client } = await import("${name}");
new Client({ baseUrl: "http://127.0.0.1:1", token: "t" });
console.log(performance.now() - begun);
`;
const SUBJECTS = { ours: "upstash-workflow-dlq", sdk: "@upstash/workflow" };

async function runtimes() {
  const { file } = await tools("runtimes");
  const bun = `@oven/bun-linux-${process.arch === "arm64" ? "aarch64" : "x64"}/bin/bun`;
  return {
    Node: [process.execPath, (code) => ["--input-type=module", "--eval", code]],
    Bun: [file(bun), (code) => ["--eval", code]],
    Deno: [
      file(".bin/deno"),
      (code) => ["eval", "--node-modules-dir=manual", `${code}Deno.exit(0);`],
    ],
  };
}

/** Milliseconds, `{ [runtime]: { ours, sdk } }`. */
export async function startup() {
  const result = {};
  for (const [name, [found, args]] of Object.entries(await runtimes())) {
    const times = { ours: [], sdk: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [subject, packageName] of Object.entries(SUBJECTS)) {
        const options = { cwd: path("."), env: { ...process.env, NO_COLOR: "1" } };
        const { stdout } = await promisify(execFile)(found, args(program(packageName)), options);
        times[subject].push(Number(stdout));
      }
    }
    result[name] = { ours: median(times.ours), sdk: median(times.sdk) };
  }
  return result;
}
