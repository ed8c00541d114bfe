// The admin page's main path in Firefox.

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildPage } from "../../www/build.mjs";
import { launchFirefox } from "../support/firefox.mjs";
import { seedKinds } from "./page.mjs";
import { ADMIN_TOKEN, assertJob, world } from "./world.mjs";

/** A page of Firefox, signed in, and what it complained of. */
async function opened(browser, url) {
  const page = await browser.newPage();
  // Wide enough for the groups to stand beside the list.
  await page.setViewport({ width: 1360, height: 860 });
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) problems.push(message.text());
  });
  await page.goto(`${url}/#token=${ADMIN_TOKEN}`);
  return { page, problems };
}

test("Firefox: what failed, a group of it, a preview, a job, its end", async () => {
  const at = await world({ page: await buildPage() });
  const browser = await launchFirefox();
  try {
    await seedKinds(at.emulator, 900);
    const { page, problems } = await opened(browser, at.admin.url);
    // By what assistive technology is told.
    const press = (name) => page.locator(`::-p-aria([name="${name}"])`).click();
    await page.locator("::-p-text(900 failed runs)").wait();
    await page.locator("::-p-text(Checked)").wait();
    assert.equal(page.url(), `${at.admin.url}/`, "the token is out of the address bar");
    // The groups stand still once the last of the list is counted.
    await page.locator("p.matching ::-p-text(900 entries)").wait();
    await page.locator('.group label[title*="carrier"]').click();
    await page.locator("::-p-text(300 entries match)").wait();
    await press("Choose all 300");
    await press("Resume…");
    await page.locator("dialog.act ::-p-text(300 × the carrier does not answer)").wait();
    await page.locator("#field-name").fill("in Firefox");
    await page.locator("#field-typed").fill("300");
    await page.locator("dialog.act button[type=submit]:not(:disabled)").click();
    await page.locator(".job .state ::-p-text(Done)").wait();
    const id = new URL(page.url()).searchParams.get("job");
    const { job } = await at.json(`/api/jobs/${id}`);
    assert.deepEqual([job.name, job.done], ["in Firefox", 300]);
    const { resumed } = await assertJob(at.emulator, job);
    assert.equal(resumed, 300);
    await page.locator(".job .fate.good ::-p-text(300 finished.)").wait();

    // "Back" closes an entry, and Escape in a form that is filled in asks.
    await page.locator('nav a[href="?"]').click();
    await page.locator('.row[aria-rowindex="2"] .c4').click();
    await page.locator("section.detail h2").wait();
    await page.goBack();
    await page.waitForFunction(() => !document.querySelector("section.detail"));
    await page.waitForFunction(() => document.activeElement.getAttribute("role") === "grid");
    await page.keyboard.press("x");
    await page.keyboard.press("r");
    await page.locator("#field-name").fill("not yet");
    await page.keyboard.press("Escape");
    await page.locator("dialog.small ::-p-text(Discard what you entered?)").wait();
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
    await at.close();
  }
});

test("Firefox: the time axis is drawn and dragged, a card says what happened, an entry has its steps", async () => {
  const at = await world({ page: await buildPage() });
  const browser = await launchFirefox();
  try {
    const now = Date.now();
    await at.emulator.seed({ count: 300, from: now - 3_600_000, to: now - 60_000 });
    const { page, problems } = await opened(browser, at.admin.url);
    await page.locator("p.matching ::-p-text(300 entries)").wait();
    await page.locator(".incidents ::-p-text(300 ×)").wait();
    const isColored = await page.$eval(".chart canvas", (canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some(
        (part, at) => at % 4 === 0 && part > 180 && data[at + 2] < 80 && data[at + 3] > 250,
      );
    });
    assert.ok(isColored, "in the color of failures");
    const { x, y, width, height } = await (await page.$(".chart .u-over")).boundingBox();
    await page.mouse.move(x + width * 0.2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + height / 2, { steps: 5 });
    await page.mouse.up();
    await page.locator("p.matching ::-p-text(entries match)").wait();
    assert.match(new URL(page.url()).search, /from=.*to=/);
    await page.locator(".table .row .c4").click();
    await page.locator(".detail .strip .failed").wait();
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
    await at.close();
  }
});
