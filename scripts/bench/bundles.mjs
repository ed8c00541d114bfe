// Code for a Worker or a page, as one script.

import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { path } from "../lib/run.mjs";

const FOR_WORKERS = { conditions: ["workerd", "worker"], external: ["*.wasm", "node:*"] };
const FOR_PAGES = { platform: "browser" };

async function bundled(contents, options) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: path("scripts/bench") },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "error",
    ...options,
  });
  return outputFiles[0].text;
}

export const bundledForPage = (contents) => bundled(contents, FOR_PAGES);

/**
 * Options of Miniflare for a Worker; as wrangler bundles it, the wasm stays a module of its own.
 *
 * @param {string} contents
 * @param {string} [packageName] where the wasm is from
 */
export async function bundledWorker(contents, packageName = "upstash-workflow-dlq") {
  const script = await bundled(contents, FOR_WORKERS);
  const modules = [{ type: "ESModule", path: "worker.mjs", contents: script }];
  if (script.includes("core.wasm")) {
    const wasm = readFileSync(path("node_modules", packageName, "core.wasm"));
    modules.push({ type: "CompiledWasm", path: "core.wasm", contents: wasm });
  }
  return { modules, compatibilityDate: "2026-07-01", compatibilityFlags: ["nodejs_compat"] };
}
