// Cloudflare's workerd: by miniflare, and by wrangler as a user runs it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { env } from "../support/lane.mjs";
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
  const file = new URL("../../node_modules/workerd/package.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).version;
};

const wrangler = (compatibilityDate) => ({
  name: `workerd by wrangler dev, ${compatibilityDate}`,
  async run({ folder, emulator }) {
    const { file } = await tools("wrangler");
    // It needs a later Node than this package does.
    const node = (await tools("runtimes")).file("node24/bin/node");
    const config = {
      name: "lane",
      main: "worker.mjs",
      compatibility_date: compatibilityDate,
      vars: env(emulator),
    };
    writeFileSync(join(folder, "wrangler.json"), JSON.stringify(config));
    const args = [file("wrangler/bin/wrangler.js"), "dev", "--port", "0", "--ip", "127.0.0.1"];
    const child = spawn(node, args, {
      cwd: folder,
      env: {
        ...process.env,
        NODE_OPTIONS: "",
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_HIDE_BANNER: "true",
        CI: "1",
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    try {
      const [, address] = await lineOf(child, /Ready on (http:\/\/\S+)/, "wrangler dev");
      const response = await fetch(address);
      const { version } = JSON.parse(readFileSync(file("wrangler/package.json"), "utf8"));
      return { version, result: await response.json() };
    } finally {
      const ended = once(child, "exit");
      // With the workerd that it started.
      process.kill(-child.pid, "SIGTERM");
      await ended;
    }
  },
});

export const lanes = [...DATES.map(miniflare), ...DATES.map(wrangler)];
