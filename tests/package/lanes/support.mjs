// What lanes share: tools of their own, and servers that begin.

import { join } from "node:path";
import { path } from "../../../scripts/lib/run.mjs";
import { ensurePackages } from "../../../scripts/setup.mjs";

// A server that has not begun by then does not.
const BEGIN_MS = 60_000;

/** Bun among the runtimes' tools; its installer only links to this. */
export const BUN = `@oven/bun-linux-${process.arch === "arm64" ? "aarch64" : "x64"}/bin/bun`;

const installed = new Map();

async function install(name) {
  const folder = path("tests/package/lanes/tools", name);
  await ensurePackages(`tools: ${name}`, folder, ["--ignore-scripts"]);
  return {
    folder,
    file: (...parts) => join(folder, "node_modules", ...parts),
  };
}

/**
 * A folder of tools, installed by its own lock file when a lane first needs it; lanes that need it at
 * the same time share one installation.
 */
export function tools(name) {
  if (!installed.has(name)) installed.set(name, install(name));
  return installed.get(name);
}

/** Resolves with the first line of a child's output that matches. */
export function lineOf(child, pattern, what, ms = BEGIN_MS) {
  return new Promise((resolve, reject) => {
    let output = "";
    const failed = (why) => reject(new Error(`${what}: ${why}\n${output}`));
    const timer = setTimeout(() => failed("does not begin"), ms);
    const read = (text) => {
      output += text;
      const found = pattern.exec(output);
      if (found) {
        clearTimeout(timer);
        resolve(found);
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", (error) => failed(error.message));
    child.once("exit", (code) => failed(`ended with code ${code}`));
  });
}
