// Debian's Chromium, as it runs on a machine without a display or a network.

import { chromium } from "playwright-core";
import { ensureChromium } from "../../scripts/setup.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let found;

export async function launchChromium() {
  found ??= await ensureChromium();
  return await chromium.launch({ executablePath: found, args: FLAGS });
}
