// Debian's Firefox, by puppeteer.

import { join } from "node:path";
import { path } from "../../scripts/lib/run.mjs";
import { ensurePackages, ensureProgram } from "../../scripts/setup.mjs";

const TOOLS = path("tests/package/lanes/tools/firefox");

/** @param {Record<string, string>} [env] variables beside the environment, such as `TZ` */
export async function launchFirefox(env = {}) {
  const names = ["firefox-esr", "firefox"];
  const executablePath = await ensureProgram("Firefox", names, ["firefox-esr"]);
  await ensurePackages("tools: firefox", TOOLS, ["--ignore-scripts"]);
  const entry = "node_modules/puppeteer-core/lib/puppeteer/puppeteer-core.js";
  const { default: puppeteer } = await import(join(TOOLS, entry));
  return puppeteer.launch({
    browser: "firefox",
    executablePath,
    env: { ...process.env, ...env },
  });
}
