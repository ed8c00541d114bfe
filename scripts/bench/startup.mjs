// Import and the first client, in new processes, alternating with the SDK's.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { tools } from "../../tests/package/lanes/support.mjs";
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

/** A Worker that makes a client, and nothing else. */
async function worker(name) {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { Client } from "${name}";
const client = new Client({ baseUrl: "http://127.0.0.1:1", token: "t" });
export default { fetch: () => new Response(typeof client.dlq.resume) };`,
      resolveDir: path("."),
    },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    conditions: ["workerd", "worker"],
    external: ["*.wasm", "node:*"],
    logLevel: "error",
  });
  const modules = [{ type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text }];
  if (name === SUBJECTS.ours) {
    const contents = readFileSync(path("pkg/core.wasm"));
    modules.push({ type: "CompiledWasm", path: "core.wasm", contents });
  }
  return { modules, compatibilityDate: "2026-07-01", compatibilityFlags: ["nodejs_compat"] };
}

/** From the start of workerd to its first answer, less what an empty Worker takes. */
async function inWorkerd() {
  const options = {
    empty: { modules: true, script: "export default { fetch: () => new Response('function') }" },
  };
  for (const [subject, name] of Object.entries(SUBJECTS)) options[subject] = await worker(name);
  const times = { empty: [], ours: [], sdk: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [subject, list] of Object.entries(times)) {
      const begun = performance.now();
      const miniflare = new Miniflare(options[subject]);
      const response = await miniflare.dispatchFetch("http://worker.example/");
      const said = await response.text();
      list.push(performance.now() - begun);
      await miniflare.dispose();
      if (said !== "function") throw new Error(`${subject}: ${said}`);
    }
  }
  const empty = median(times.empty);
  return { ours: median(times.ours) - empty, sdk: median(times.sdk) - empty };
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
  result["workerd, beyond an empty Worker"] = await inWorkerd();
  return result;
}
