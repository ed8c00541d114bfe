// WebKit by its own WebDriver, as Debian packages it, with a display and a bus of their own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureProgram } from "../../../scripts/setup.mjs";

const PACKAGES = ["webkit2gtk-driver", "xvfb", "xauth", "dbus"];
const TIMEOUT_MS = 60_000;

function miniBrowser() {
  const places = readdirSync("/usr/lib").map((name) =>
    join("/usr/lib", name, "webkit2gtk-4.1/MiniBrowser"),
  );
  const found = places.find((file) => existsSync(file));
  if (!found) throw new Error("webkit2gtk's MiniBrowser is missing");
  return found;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

/** Calls `probe` until it answers something. */
async function until(probe, what) {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const answer = await probe().catch(() => undefined);
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`WebKit: ${what} takes too long`);
    await sleep(100);
  }
}

/** Opens an address in WebKit: the result that the page shows. */
export async function inWebKit(address) {
  const driver = await ensureProgram("WebKit", ["WebKitWebDriver"], PACKAGES);
  const port = await freePort();
  const command = ["-a", "dbus-run-session", "--", driver, `--port=${port}`];
  const child = spawn("xvfb-run", command, {
    env: {
      ...process.env,
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
    },
    stdio: "ignore",
    detached: true,
  });
  const call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body && JSON.stringify(body),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`WebKit: ${path}: ${value.message}`);
    return value;
  };
  try {
    await until(() => call("GET", "/status"), "its driver");
    const options = { binary: miniBrowser(), args: ["--automation"] };
    const { sessionId, capabilities } = await call("POST", "/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } },
    });
    const session = `/session/${sessionId}`;
    await call("POST", `${session}/url`, { url: address });
    const script = 'return document.querySelector("#result")?.textContent';
    const run = () => call("POST", `${session}/execute/sync`, { script, args: [] });
    const shown = await until(run, "the page");
    await call("DELETE", session);
    return { version: capabilities.browserVersion, result: JSON.parse(shown) };
  } finally {
    const ended = once(child, "exit");
    process.kill(-child.pid, "SIGTERM");
    await ended;
  }
}
