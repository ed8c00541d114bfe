// Programs in each runtime, which import the package by its name.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { path } from "../../../scripts/lib/run.mjs";
import { ends, env, said } from "../../support/lane.mjs";
import { BUN, tools } from "./support.mjs";

// The first of 20 is the oldest that the package is for.
const MAJORS = [20, 22, 24];

const versionOf = async (program, options) =>
  /\d+\.\d+\.\d+/.exec((await ends(program, ["--version"], options)).stdout)?.[0];

/** Compiles the typed program with TypeScript, as a user's project would. */
async function compiled(folder) {
  const tsc = path("node_modules/typescript/bin/tsc");
  const types = path("node_modules/@types");
  const args = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node"];
  await ends(process.execPath, [tsc, ...args, "--typeRoots", types, "typed.mts"], { cwd: folder });
  return "typed.mjs";
}

const node = (major, kind, program) => ({
  name: `Node ${major}, ${kind}`,
  quick: true,
  async run({ folder, emulator }) {
    const found = (await tools("runtimes")).file(`node${major}/bin/node`);
    const version = await versionOf(found, { cwd: folder });
    const file = typeof program === "string" ? program : await program(folder);
    return { version, result: await said(found, [file], { cwd: folder, env: env(emulator) }) };
  },
});

const program = (name, file, args) => ({
  name,
  quick: true,
  async run({ folder, emulator }) {
    const found = (await tools("runtimes")).file(file);
    const version = await versionOf(found, { cwd: folder });
    return { version, result: await said(found, args, { cwd: folder, env: env(emulator) }) };
  },
});

/** Imports of compiled wasm become a global, which is what Vercel's build makes of them. */
const compiledWasm = {
  name: "compiled-wasm",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?module$/ }, ({ path }) => ({ path, namespace: "wasm" }));
    onLoad({ filter: /./, namespace: "wasm" }, () => ({
      contents: "export default globalThis.wasm_core;",
    }));
  },
};

/** Vercel's runtime takes one script; its condition chooses what is bundled. */
const edge = {
  name: "Vercel edge-runtime",
  quick: true,
  async run({ folder, emulator }) {
    const { file } = await tools("runtimes");
    const { outputFiles } = await build({
      entryPoints: [join(folder, "edge.mjs")],
      bundle: true,
      write: false,
      format: "iife",
      conditions: ["edge-light"],
      plugins: [compiledWasm],
      logLevel: "error",
    });
    const wasm = readFileSync(join(folder, "node_modules/upstash-workflow-dlq/core.wasm"));
    const wasm_core = await WebAssembly.compile(wasm);
    const { EdgeRuntime } = await import(file("edge-runtime/dist/index.js"));
    const printed = [];
    const print = (...values) => printed.push(values.join(" "));
    const console = { log: print, info: print, warn: print, error: print, debug: print };
    const runtime = new EdgeRuntime({
      // As in production.
      codeGeneration: { strings: false, wasm: false },
      initialCode: outputFiles[0].text,
      extend: (context) => Object.assign(context, { wasm_core, console }),
    });
    const headers = { "x-env": JSON.stringify(env(emulator)) };
    const response = await runtime.dispatchFetch("http://edge.example/", { headers });
    if (printed.length > 0) throw new Error(`on the console: ${printed.join("\n")}`);
    const { version } = JSON.parse(readFileSync(file("edge-runtime/package.json"), "utf8"));
    return { version, result: await response.json() };
  },
};

/** What Bun's bundler makes, for Bun itself. */
const bunBuild = {
  name: "Bun's bundler, for Bun",
  quick: true,
  async run({ folder, emulator }) {
    const bun = (await tools("runtimes")).file(BUN);
    const args = ["build", "esm.mjs", "--target=bun", "--minify", "--outfile=out/bun.mjs"];
    await ends(bun, args, { cwd: folder });
    const options = { cwd: folder, env: env(emulator) };
    return {
      version: await versionOf(bun, options),
      result: await said(bun, ["out/bun.mjs"], options),
    };
  },
};

export const lanes = [
  ...MAJORS.flatMap((major) => [
    node(major, "import", "esm.mjs"),
    node(major, "require", "common.cjs"),
    node(major, "TypeScript", compiled),
  ]),
  node(20, "slim by import", "slim.mjs"),
  node(20, "slim by require", "slim.cjs"),
  node(20, "read by import", "read.mjs"),
  node(20, "read by require", "read.cjs"),
  program("Bun", BUN, ["run", "esm.mjs"]),
  bunBuild,
  program("Deno, npm:", ".bin/deno", [
    "run",
    "--no-remote",
    "--allow-net=127.0.0.1",
    "--allow-env",
    "--allow-read",
    "--node-modules-dir=manual",
    "esm.mjs",
  ]),
  edge,
];
