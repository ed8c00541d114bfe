// Prism in front of an upstream: a proxy that validates requests and responses against an OpenAPI file.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(
  new URL("node_modules/@stoplight/prism-cli/dist/index.js", import.meta.url),
);

/** A port that is free now. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/**
 * Starts Prism.
 *
 * @param {string} file path of the OpenAPI file
 * @param {string} upstream origin of the server that answers
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function startPrism(file, upstream) {
  const port = await freePort();
  const args = [CLI, "proxy", file, upstream, "--port", String(port), "--host", "127.0.0.1"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const listening = new Promise((resolve, reject) => {
    const read = (chunk) => {
      output = (output + chunk).slice(-10_000);
      if (output.includes("is listening")) resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`Prism ended with code ${code}:\n${output}`)));
  });
  await listening;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}
