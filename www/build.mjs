// Builds the page to dist/page/: `npm run build`. Cloudflare's wrangler bundles the Worker itself.

import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const { resolve } = createRequire(import.meta.url);

/** The package's WebAssembly: a module of the Worker. */
export const corePath = () => resolve("upstash-workflow-dlq/core.wasm");

/** The package's WebAssembly that only reads: a file of the page. */
const readingCorePath = () => resolve("upstash-workflow-dlq/core-read.wasm");

/**
 * The page's files. Each is built elsewhere and renamed into place: test files build the page at the same time, and a
 * Worker that serves it must not read a file that is half written.
 *
 * @returns {Promise<string>} their folder
 */
export async function buildPage() {
  const folder = here("dist/page");
  mkdirSync(folder, { recursive: true });
  const made = mkdtempSync(here("dist/making-"));
  try {
    const { outputFiles } = await build({
      entryPoints: [here("page/main.jsx"), here("page/style.css")],
      outdir: made,
      write: false,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      jsx: "transform",
      jsxFactory: "h",
      jsxFragment: "Fragment",
      inject: [here("page/jsx.js")],
      logLevel: "error",
    });
    for (const { path, text } of outputFiles) {
      writeFileSync(path, path.endsWith(".js") ? await smallest(text) : text);
    }
    for (const name of ["index.html", "icon.svg"]) cpSync(here(`page/${name}`), join(made, name));
    cpSync(readingCorePath(), join(made, "core.wasm"));
    for (const name of readdirSync(made)) renameSync(join(made, name), join(folder, name));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return folder;
}

/** What gives the fewest bytes of gzip: inlined functions repeat code, and the third pass still finds some to remove. */
const TERSER = {
  module: true,
  ecma: 2020,
  compress: { passes: 3, inline: 1, keep_fargs: false },
};

/**
 * A script that esbuild has minified, made smaller by terser: 3 KB of gzip less, since it names variables by how often
 * they occur. It takes 2 seconds, so that the result is kept until the script or the options change.
 */
async function smallest(script) {
  const hash = createHash("sha256")
    .update(JSON.stringify(TERSER) + script)
    .digest("hex")
    .slice(0, 16);
  const kept = here(`dist/${hash}.js`);
  if (!existsSync(kept)) {
    // Seldom needed, and its code takes as long to load as all else here.
    const { minify } = await import("terser");
    const { code } = await minify(script, TERSER);
    for (const name of readdirSync(here("dist"))) {
      if (name.endsWith(".js")) rmSync(here(`dist/${name}`), { force: true });
    }
    writeFileSync(`${kept}.${process.pid}`, code);
    renameSync(`${kept}.${process.pid}`, kept);
  }
  return readFileSync(kept, "utf8");
}

/** The Worker as wrangler would bundle it: the wasm stays a module of its own. */
export async function bundleWorker() {
  const { outputFiles } = await build({
    entryPoints: [here("worker/index.js")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    external: ["*.wasm", "cloudflare:workers"],
    logLevel: "error",
  });
  return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
