// Takes the pictures of README.md and www/README.md, from the real page and from the command line on a terminal,
// with an emulator: `npm run pictures`.
//
//   node scripts/pictures.mjs --only entries --to FOLDER     one of the page's, with the package as it is built

import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launchChromium } from "../tests/support/chromium.mjs";
import { startEmulator } from "../tests/support/emulator.mjs";
import { onTerminal } from "../tests/support/terminal.mjs";
import { startAdmin } from "../www/dev.mjs";
import { build } from "./build.mjs";
import { seedVariety } from "./demo/variety.mjs";
import { main, path, Stop } from "./lib/run.mjs";

const { only, to: FOLDER } = parseArgs({
  options: { only: { type: "string" }, to: { type: "string", default: path("www/pictures") } },
}).values;
/** Bytes of a picture, and of all: a clone carries them. */
const MOST = 80_000;
const MOST_IN_ALL = 500_000;
const ADMIN_TOKEN = "a-token-for-pictures-0123456789";
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const CARRIER = /the carrier does not answer/;
/** Runs of an incident that is over, but for a few. */
const INCIDENT = {
  count: 240,
  workflowUrls: ["https://shop.example/api/invoice"],
  labels: ["billing"],
  statuses: [503],
  responseBodies: ['{"error":"Error","message":"the ledger is locked"}'],
  runs: {
    failAgain: 0.12,
    afterMs: 200,
    spreadMs: 2_500,
    failsWith: {
      status: 409,
      step: "post",
      body: '{"error":"Error","message":"the period is closed"}',
    },
  },
};

/** The same, for the command line. */
const COMMAND =
  "npx upstash-workflow-dlq resume --label billing --canary 10 --canary-max-failed 5 --follow";
const COLUMNS = 100;

/** Opens the page, signed in and loaded. */
async function open({ browser, url }, { query = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light", ...options });
  const page = await context.newPage();
  await page.goto(`${url}/${query}#token=${ADMIN_TOKEN}`);
  await page.locator(".age", { hasText: /^Checked/ }).waitFor();
  return page;
}

/** Playwright takes PNG and JPEG; WebP is a third of either. */
async function take(page, name, area) {
  const session = await page.context().newCDPSession(page);
  const clip = area && { ...area, scale: 1 };
  const options = { format: "webp", quality: 72, clip };
  const { data } = await session.send("Page.captureScreenshot", options);
  const bytes = Buffer.from(data, "base64");
  if (bytes.length > MOST) throw new Stop(`${name}: ${bytes.length} bytes, ${MOST} at most`);
  const file = join(FOLDER, `${name}.webp`);
  writeFileSync(file, bytes);
  console.log(`${relative(path("."), file)}: ${Math.round(bytes.length / 1000)} kB`);
  return bytes.length;
}

/** Resumes all that is looked at, and waits for the end of the job. */
async function resumeIncident(page) {
  await page.getByRole("button", { name: /^Choose all/ }).click();
  await page.getByRole("button", { name: "Resume…", exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Incident").fill("the ledger was locked");
  await dialog.getByRole("radio", { name: /^At once/ }).check();
  await dialog.getByLabel("Reason").fill("unlocked at 06:10, see the incident");
  await dialog.getByLabel(/^Type \d+/).fill(String(INCIDENT.count));
  await dialog.locator("button[type=submit]:not(:disabled)").click();
  await page.locator(".job .state", { hasText: "Done" }).waitFor({ timeout: 60_000 });
}

/** What a terminal has received when the command has ended, with `y` typed to its question. */
function transcript(emulator) {
  const [, , ...args] = COMMAND.split(" ");
  const child = onTerminal(path("pkg/cli/main.js"), args, {
    cwd: path("."),
    env: { PATH: process.env.PATH, QSTASH_URL: emulator.url, QSTASH_TOKEN: emulator.token },
    columns: COLUMNS,
  });
  let text = `$ ${COMMAND}\r\n`;
  child.stdout.setEncoding("utf8").on("data", (written) => {
    if (written.includes("[y/N]")) child.stdin.write("y\r");
    text += written;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(text));
  });
}

/** Draws the text with a terminal emulator in a page. */
async function terminal(browser, text) {
  const page = await browser.newPage({ viewport: DESKTOP });
  const file = (name) => fileURLToPath(import.meta.resolve(`@xterm/xterm/${name}`));
  await page.addStyleTag({ path: file("css/xterm.css") });
  await page.addScriptTag({ path: file("lib/xterm.js") });
  await page.evaluate(
    ({ text, columns }) => {
      const rows = text.split("\n").length;
      const options = { cols: columns, rows, fontSize: 14, cursorInactiveStyle: "none" };
      const terminal = new globalThis.Terminal(options);
      document.body.style.margin = "0";
      terminal.open(document.body);
      return new Promise((resolve) => terminal.write(text, resolve));
    },
    { text, columns: COLUMNS },
  );
  const area = await page.locator(".xterm-screen").boundingBox();
  const bytes = await take(page, "terminal", area);
  await page.close();
  return bytes;
}

/** The page's pictures, in this order: the last but one takes entries away. Each opens what it shows. */
const PICTURES = {
  entries: (at) => open(at),
  entry: async (at) => {
    const page = await open(at);
    await page.locator('.row[aria-rowindex="2"] .c4').click();
    await page
      .getByRole("region", { name: /^Entry / })
      .getByRole("region", { name: "Payload" })
      .waitFor();
    return page;
  },
  resume: async (at) => {
    const page = await open(at);
    await page.getByRole("checkbox", { name: CARRIER }).first().check();
    await page.getByRole("button", { name: /^Choose all 2,300/ }).click();
    await page.getByRole("button", { name: "Resume…", exact: true }).first().click();
    await page.getByRole("dialog").getByRole("heading", { name: /2,300/ }).waitFor();
    return page;
  },
  outcome: async (at) => {
    const page = await open(at, { query: "?error=the+ledger+is+locked" });
    await resumeIncident(page);
    return page;
  },
  phone: (at) => open(at, { viewport: PHONE, colorScheme: "dark" }),
};

async function pictures(at, names) {
  let bytes = 0;
  for (const name of names) {
    const page = await PICTURES[name](at);
    bytes += await take(page, name);
    await page.context().close();
  }
  return bytes;
}

await main(async () => {
  if (only !== undefined && !Object.hasOwn(PICTURES, only)) {
    throw new Stop(`--only: one of ${Object.keys(PICTURES).join(", ")}`);
  }
  mkdirSync(FOLDER, { recursive: true });
  if (!only) await build();
  const emulator = await startEmulator();
  const seedIncident = () =>
    emulator.seed({ ...INCIDENT, from: Date.now() - 3_600_000, to: Date.now() - 900_000 });
  const admin = await startAdmin({
    bindings: { QSTASH_URL: emulator.url, QSTASH_TOKEN: emulator.token, ADMIN_TOKEN },
  });
  const browser = await launchChromium();
  try {
    let bytes = 0;
    if (!only) {
      await seedIncident();
      bytes += await terminal(browser, await transcript(emulator));
      await emulator.reset();
    }
    await seedVariety(emulator);
    await seedIncident();
    bytes += await pictures({ browser, url: admin.url }, only ? [only] : Object.keys(PICTURES));
    if (bytes > MOST_IN_ALL) throw new Stop(`${bytes} bytes in all, ${MOST_IN_ALL} at most`);
  } finally {
    await browser.close();
    await admin.close();
    await emulator.close();
  }
});
