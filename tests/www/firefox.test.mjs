// The admin page's main path in Firefox.

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildPage } from "../../www/build.mjs";
import { launchFirefox } from "../support/firefox.mjs";
import { seedKinds } from "./page.mjs";
import { ADMIN_TOKEN, assertJob, world } from "./world.mjs";

test("Firefox: what failed, a group of it, a preview, a job, its end", async () => {
  const at = await world({ page: await buildPage() });
  const browser = await launchFirefox();
  try {
    await seedKinds(at.emulator, 900);
    const page = await browser.newPage();
    // Wide enough for the groups to stand beside the list.
    await page.setViewport({ width: 1360, height: 860 });
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) problems.push(message.text());
    });
    await page.goto(`${at.admin.url}/#token=${ADMIN_TOKEN}`);
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
