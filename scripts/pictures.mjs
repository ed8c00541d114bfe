// Takes the pictures of www/README.md from the real page, over its Worker and an emulator: `npm run pictures`.

import { mkdirSync, writeFileSync } from "node:fs";
import { launchChromium } from "../tests/support/chromium.mjs";
import { startEmulator } from "../tests/support/emulator.mjs";
import { startAdmin } from "../www/dev.mjs";
import { seedVariety } from "./demo/variety.mjs";
import { main, path, Stop } from "./lib/run.mjs";

const FOLDER = path("www/pictures");
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

/** Opens the page, signed in and loaded. */
async function open(browser, url, { query = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light", ...options });
  const page = await context.newPage();
  await page.goto(`${url}/${query}#token=${ADMIN_TOKEN}`);
  await page.locator(".age", { hasText: /^Checked/ }).waitFor();
  return page;
}

/** Playwright takes PNG and JPEG; WebP is a third of either. */
async function take(page, name) {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 72 });
  const bytes = Buffer.from(data, "base64");
  if (bytes.length > MOST) throw new Stop(`${name}: ${bytes.length} bytes, ${MOST} at most`);
  writeFileSync(`${FOLDER}/${name}.webp`, bytes);
  console.log(`www/pictures/${name}.webp: ${Math.round(bytes.length / 1000)} kB`);
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

async function pictures(browser, url) {
  let bytes = 0;
  const page = await open(browser, url);
  bytes += await take(page, "entries");
  await page.locator('.row[aria-rowindex="2"] .c4').click();
  await page
    .getByRole("region", { name: /^Entry / })
    .getByRole("region", { name: "Payload" })
    .waitFor();
  bytes += await take(page, "entry");
  await page.keyboard.press("Escape");
  await page.getByRole("checkbox", { name: CARRIER }).first().check();
  await page.getByRole("button", { name: /^Choose all 2,300/ }).click();
  await page.getByRole("button", { name: "Resume…", exact: true }).first().click();
  await page.getByRole("dialog").getByRole("heading", { name: /2,300/ }).waitFor();
  bytes += await take(page, "resume");
  await page.context().close();
  const other = await open(browser, url, { query: "?error=the+ledger+is+locked" });
  await resumeIncident(other);
  bytes += await take(other, "outcome");
  await other.context().close();
  const phone = await open(browser, url, { viewport: PHONE, colorScheme: "dark" });
  bytes += await take(phone, "phone");
  return bytes;
}

await main(async () => {
  mkdirSync(FOLDER, { recursive: true });
  const emulator = await startEmulator();
  const admin = await startAdmin({
    bindings: { QSTASH_URL: emulator.url, QSTASH_TOKEN: emulator.token, ADMIN_TOKEN },
  });
  const browser = await launchChromium();
  try {
    await seedVariety(emulator);
    await emulator.seed({ ...INCIDENT, from: Date.now() - 3_600_000, to: Date.now() - 900_000 });
    const bytes = await pictures(browser, admin.url);
    if (bytes > MOST_IN_ALL) throw new Stop(`${bytes} bytes in all, ${MOST_IN_ALL} at most`);
  } finally {
    await browser.close();
    await admin.close();
    await emulator.close();
  }
});
