// Debian's Chromium, as it runs on a machine without a display or a network.

import { required } from "../../scripts/lib/required.mjs";
import { ensureChromium } from "../../scripts/setup.mjs";

const { chromium } = required("playwright-core");

// Of several lists the last one counts: these are Playwright's for Chromium on Linux, and then what would start processes
// of the browser's own in each context. They prepare what the address bar and the next page will need, and take a second
// of processor time a context.
const DISABLED = [
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "LensOverlay",
  "MediaRouter",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "SpareRendererForSitePerProcess",
];

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--disable-features=${DISABLED.join()}`,
];

let found;

export async function launchChromium() {
  found ??= await ensureChromium();
  return await chromium.launch({ executablePath: found, args: FLAGS });
}
