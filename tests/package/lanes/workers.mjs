// Cloudflare's workerd: by miniflare, and by wrangler as a user runs it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ends, env } from "../../support/lane.mjs";
import { lineOf, tools } from "./support.mjs";

const DATES = ["2024-01-01", "2026-07-01"];

const miniflare = (compatibilityDate) => ({
  name: `workerd by miniflare, ${compatibilityDate}`,
  quick: true,
  async run({ folder, emulator }) {
    const { Miniflare } = await import("miniflare");
    // As wrangler bundles a Worker: the wasm stays a module of its own.
    const { outputFiles } = await build({
      entryPoints: [join(folder, "worker.mjs")],
      bundle: true,
      write: false,
      format: "esm",
      conditions: ["workerd", "worker"],
      external: ["*.wasm"],
      logLevel: "error",
    });
    const wasm = readFileSync(join(folder, "node_modules/upstash-workflow-dlq/core.wasm"));
    let printed = "";
    const read = (text) => {
      printed += text;
    };
    const worker = new Miniflare({
      modules: [
        { type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text },
        { type: "CompiledWasm", path: "core.wasm", contents: wasm },
      ],
      compatibilityDate,
      bindings: env(emulator),
      handleRuntimeStdio: (...streams) => {
        for (const stream of streams) stream.setEncoding("utf8").on("data", read);
      },
    });
    let result;
    try {
      const response = await worker.dispatchFetch("http://worker.example/");
      result = await response.json();
    } finally {
      await worker.dispose();
    }
    if (printed) throw new Error(`on the console: ${printed}`);
    return { version: versionOfWorkerd(), result };
  },
});

const versionOfWorkerd = () => {
  const file = new URL("../../../node_modules/workerd/package.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).version;
};

/** So that tools neither ask nor report. */
export const QUIET = {
  NODE_OPTIONS: "",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CI: "1",
};

const writeConfig = (folder, compatibility_date, vars) => {
  const config = { name: "lane", main: "worker.mjs", compatibility_date, vars };
  writeFileSync(join(folder, "wrangler.json"), JSON.stringify(config));
};

/** Where wrangler listens. */
export const READY = /Ready on (http:\/\/\S+)/;

/** What a server answers, whose address `pattern` finds; it ends with the workerd that it started. */
export async function answered(program, args, cwd, pattern, path = "") {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...QUIET, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  try {
    const [, address] = await lineOf(child, pattern, args.join(" "));
    return await (await fetch(new URL(path, address))).json();
  } finally {
    const ended = once(child, "exit");
    process.kill(-child.pid, "SIGTERM");
    await ended;
  }
}

const wrangler = (compatibilityDate) => ({
  name: `workerd by wrangler dev, ${compatibilityDate}`,
  async run({ folder, emulator }) {
    const { file } = await tools("wrangler");
    // It needs a later Node than this package does.
    const node = (await tools("runtimes")).file("node24/bin/node");
    writeConfig(folder, compatibilityDate, env(emulator));
    const args = [file("wrangler/bin/wrangler.js"), "dev", "--port", "0", "--ip", "127.0.0.1"];
    const result = await answered(node, args, folder, READY);
    const { version } = JSON.parse(readFileSync(file("wrangler/package.json"), "utf8"));
    return { version, result };
  },
});

/** The way that Cloudflare's own guides take: Vite builds the Worker, and shows what it built. */
const vite = {
  name: "workerd by Vite, @cloudflare/vite-plugin",
  async run({ folder, emulator }) {
    const { file } = await tools("cloudflare");
    // It needs a later Node than this package does.
    const node = (await tools("runtimes")).file("node24/bin/node");
    const plugin = pathToFileURL(file("@cloudflare/vite-plugin/dist/index.mjs"));
    const config = `import { cloudflare } from "${plugin}";\nexport default { plugins: [cloudflare()] };\n`;
    writeFileSync(join(folder, "vite.config.mjs"), config);
    writeConfig(folder, DATES[0], env(emulator));
    const program = file("vite/bin/vite.js");
    await ends(node, [program, "build"], { cwd: folder, env: QUIET });
    const args = [program, "preview", "--host", "127.0.0.1", "--port", "0"];
    const result = await answered(node, args, folder, /(http:\/\/127\.0\.0\.1:\d+)/);
    const { version } = JSON.parse(
      readFileSync(file("@cloudflare/vite-plugin/package.json"), "utf8"),
    );
    return { version, result };
  },
};

export const lanes = [...DATES.map(miniflare), ...DATES.map(wrangler), vite];
