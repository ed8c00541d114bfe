// Pages in real browsers: the packed package as modules, bundled, in workers.

import { join } from "node:path";
import { build } from "esbuild";
import { launchChromium } from "../../support/chromium.mjs";
import { launchFirefox } from "../../support/firefox.mjs";
import { env } from "../../support/lane.mjs";
import { serveFolder } from "../../support/static.mjs";
import { inWebKit } from "./webkit.mjs";

// What browsers, development servers and frameworks say of themselves.
const THEIR_OWN =
  /the server responded with a status of 404|\[vite\]|React DevTools|\[HMR\]|\[Fast Refresh\]/;

const IMPORT_MAP = JSON.stringify({
  imports: { "upstash-workflow-dlq": "/node_modules/upstash-workflow-dlq/inline.js" },
});

/** A page that runs a script and shows its result. */
const pageOf = (script, map) =>
  [
    "<!doctype html><link rel=icon href=data:,><title>lane</title>",
    map ? `<script type=importmap>${IMPORT_MAP}</script>` : "",
    `<output id=result></output><script type=module src="${script}"></script>`,
  ].join("\n");

/** The address of a page, with what its script has to know. */
export const addressOf = (origin, emulator) =>
  `${origin}#${encodeURIComponent(JSON.stringify(env(emulator)))}`;

const FILLED = 'document.querySelector("#result")?.textContent';

/** Opens an address in Chromium: the result that the page shows. */
export async function inChromium(address) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const said = [];
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => said.push(`page error: ${error}`));
    await page.goto(address);
    const shown = await page.waitForFunction(FILLED, null, { timeout: 60_000 });
    const ours = said.filter((line) => !THEIR_OWN.test(line));
    if (ours.length > 0) throw new Error(`on the console: ${ours.join("\n")}`);
    return { version: browser.version(), result: JSON.parse(await shown.jsonValue()) };
  } finally {
    await browser.close();
  }
}

/** Opens an address in Firefox. */
async function inFirefox(address) {
  const browser = await launchFirefox();
  try {
    const page = await browser.newPage();
    const said = [];
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => said.push(`page error: ${error}`));
    await page.goto(address);
    const shown = await page.waitForFunction(FILLED, { timeout: 60_000 });
    if (said.length > 0) throw new Error(`on the console: ${said.join("\n")}`);
    const version = (await browser.version()).replace(/^firefox\//i, "");
    return { version, result: JSON.parse(await shown.jsonValue()) };
  } finally {
    await browser.close();
  }
}

const served = (name, browse, { script, map, quick, bundle, folder: scope = "" }) => ({
  name,
  quick,
  async run({ folder, emulator }) {
    if (bundle) {
      await build({
        entryPoints: bundle.map((file) => join(folder, file)),
        outdir: join(folder, "out"),
        outExtension: { ".js": ".mjs" },
        bundle: true,
        minify: true,
        format: "esm",
        logLevel: "error",
      });
    }
    const server = await serveFolder(folder, { [`/${scope}`]: { body: pageOf(script, map) } });
    try {
      return await browse(addressOf(`${server.origin}/${scope}`, emulator));
    } finally {
      server.close();
    }
  },
});

const plain = { script: "/page.mjs", map: true };
const bundled = { script: "/out/page.mjs", bundle: ["page.mjs"] };

export const lanes = [
  served("Chromium, module script", inChromium, { ...plain, quick: true }),
  served("Chromium, esbuild's bundle", inChromium, { ...bundled, quick: true }),
  served("Chromium, Web Worker", inChromium, {
    script: "/out/with-web-worker.mjs",
    bundle: ["with-web-worker.mjs", "web-worker.mjs"],
    quick: true,
  }),
  served("Chromium, Service Worker", inChromium, {
    script: "/out/with-service-worker.mjs",
    bundle: ["with-service-worker.mjs", "service-worker.mjs"],
    folder: "out/",
    quick: true,
  }),
  served("Firefox, module script", inFirefox, plain),
  served("Firefox, esbuild's bundle", inFirefox, bundled),
  served("WebKit, module script", inWebKit, plain),
  served("WebKit, esbuild's bundle", inWebKit, bundled),
];
