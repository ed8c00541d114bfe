// A Worker in workerd alone, as on the platform: Miniflare adds Workers of its own and a debugger to the
// process, whose memory and CPU would be measured with it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// The package's command is a script that does not pass file descriptors on.
const { default: PROGRAM } = createRequire(import.meta.url)("workerd");
/** The file descriptor on which workerd says which port it listens on. */
const CONTROL = 3;

const KINDS = { ESModule: "esModule", CompiledWasm: "wasm" };
const text = JSON.stringify;

function configOf({ modules, compatibilityDate, compatibilityFlags }) {
  const files = modules.map(
    ({ type, path: name }) => `(name = ${text(name)}, ${KINDS[type]} = embed ${text(name)})`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${files.join(", ")}],
  compatibilityDate = ${text(compatibilityDate)},
  compatibilityFlags = ${text(compatibilityFlags)},
);
`;
}

/**
 * Starts a Worker.
 *
 * @param {Awaited<ReturnType<import("./bundles.mjs").bundledWorker>>} options
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function startWorker(options) {
  const folder = mkdtempSync(join(tmpdir(), "bench-workerd-"));
  for (const { path: name, contents } of options.modules) {
    writeFileSync(join(folder, name), contents);
  }
  const config = join(folder, "config.capnp");
  writeFileSync(config, configOf(options));
  const stdio = ["ignore", "inherit", "inherit", "pipe"];
  const child = spawn(PROGRAM, ["serve", config, `--control-fd=${CONTROL}`], { stdio });
  const ended = once(child, "exit");
  const listening = once(createInterface({ input: child.stdio[CONTROL] }), "line");
  const first = await Promise.race([listening, ended.then(() => undefined)]);
  rmSync(folder, { recursive: true });
  if (first === undefined) throw new Error("workerd ended before it listened");
  return {
    url: `http://127.0.0.1:${JSON.parse(first[0]).port}/`,
    async close() {
      child.kill();
      await ended;
    },
  };
}
