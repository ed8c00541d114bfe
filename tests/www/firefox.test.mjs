// The admin page in Firefox: the main path, the time axis, what became of a job's runs, the zone of dates, a phone,
// Escape over a filled form.

import assert from "node:assert/strict";
import { test } from "node:test";
import { launchFirefox } from "../support/firefox.mjs";
import { pageWorld, seedKinds } from "./page.mjs";
import { ADMIN_TOKEN, assertJob } from "./world.mjs";

const HOUR_MS = 3_600_000;
/** GMT+9 all year. */
const at = pageWorld({ launch: () => launchFirefox({ TZ: "Asia/Tokyo" }) });

/** A page of Firefox in a context of its own, signed in, and what it complained of. */
async function opened(t, { query = "", viewport = { width: 1360, height: 860 } } = {}) {
  const context = await at.browser.createBrowserContext();
  t.after(() => context.close());
  const page = await context.newPage();
  // By default wide enough for the groups to stand beside the list.
  await page.setViewport(viewport);
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) problems.push(message.text());
  });
  await page.goto(`${at.admin.url}/${query}#token=${ADMIN_TOKEN}`);
  return { page, problems };
}
/** Presses what assistive technology is told has this name. */
const presser = (page) => (name) => page.locator(`::-p-aria([name="${name}"])`).click();
const textOf = (page, selector) => page.$eval(selector, ({ textContent }) => textContent);

test("what failed, a group of it, a preview, a job, its end", async (t) => {
  await seedKinds(at.emulator, 900);
  const { page, problems } = await opened(t);
  const press = presser(page);
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
  await page.locator("dialog.act .pace label ::-p-text(At once)").click();
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
});

test("the time axis is drawn and dragged, a card says what happened, an entry has its steps", async (t) => {
  const now = Date.now();
  await at.emulator.seed({ count: 300, from: now - HOUR_MS, to: now - 60_000 });
  const { page, problems } = await opened(t);
  await page.locator("p.matching ::-p-text(300 entries)").wait();
  await page.locator(".incidents ::-p-text(300 ×)").wait();
  // In the color of failures.
  await page.waitForFunction(() => {
    const canvas = document.querySelector(".chart canvas");
    const pixels = canvas?.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return pixels?.data.some(
      (part, at, data) => at % 4 === 0 && part > 180 && data[at + 2] < 80 && data[at + 3] > 250,
    );
  });
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
});

test("runs that failed again are said, in their color, and shown alone", async (t) => {
  await at.emulator.seed({ count: 7, statuses: [404], from: 1, to: 2 });
  const failsWith = { status: 503, body: '{"message":"carrier down"}', step: "charge" };
  await at.emulator.seed({ count: 40, runs: { failAgain: 0.3, afterMs: 50, failsWith } });
  const filter = { fromDate: Date.now() - 24 * HOUR_MS };
  const { id } = await at.start({ operation: "resume", selection: { filter }, follow: true });
  const { page, problems } = await opened(t, { query: `?view=jobs&job=${id}` });
  await page.locator(".job .state ::-p-text(Done)").wait();
  const { runStates } = await at.emulator.audit({ summary: true });
  const failed = runStates.RUN_FAILED;
  assert.equal(
    await textOf(page, ".job .fate"),
    `${runStates.RUN_SUCCESS} finished · ${failed} failed again.`,
  );
  await page.locator(`.errors ::-p-text(${failed} × 503 · charge · carrier down)`).wait();
  assert.equal(await page.$eval(".job .state", (one) => one.className), "state bad");
  assert.equal((await page.$$(".parts .good, .parts .bad")).length, 2);
  await presser(page)(`Show the ${failed} that failed again`);
  await page.locator(`p.matching ::-p-text(${failed} entries match)`).wait();
  assert.deepEqual(problems, []);
});

test("a canary that waits says so, and has stopped", async (t) => {
  await at.emulator.seed({ count: 30, runs: { failAgain: 1, afterMs: 3_000 } });
  const order = { operation: "resume", selection: { all: true }, follow: true };
  // Begun once the page is there, which has three seconds to see it wait.
  const { page, problems } = await opened(t, { query: "?view=jobs" });
  await page.locator(".jobs h1").wait();
  const { id } = await at.start({ ...order, drive: { canary: { entries: 5 } } });
  await page.goto(`${at.admin.url}/?view=jobs&job=${id}`);
  await page.locator(".doing ::-p-text(Canary: waiting for the first 5 runs)").wait();
  await page.locator(".job .state ::-p-text(Stopped)").wait();
  await page.locator(".ended ::-p-text(The canary stopped it)").wait();
  const classes = await page.$$eval(".job .actions button", (all) =>
    all.map((one) => [one.textContent, one.className]),
  );
  assert.equal(Object.fromEntries(classes)["Take the rest anyway"], "");
  assert.equal((await at.emulator.audit({ summary: true })).resumed, 5);
  assert.deepEqual(problems, []);
});

test("dates are in the browser's zone, which is named, or in UTC", async (t) => {
  const failed = Math.floor(Date.now() / 60_000) * 60_000 - HOUR_MS;
  await at.emulator.seed({ count: 1, from: failed, to: failed });
  const { page, problems } = await opened(t);
  const clock = (hours) => new Date(failed + hours * HOUR_MS).toISOString().slice(11, 19);
  const exact = '.row[aria-rowindex="2"] .exact';
  await page.locator('[role="columnheader"] ::-p-text(Failed at, GMT+9)').wait();
  await page.locator(exact).wait();
  assert.ok((await textOf(page, exact)).includes(clock(9)));
  await page.locator(".legend ::-p-text(Times in Asia/Tokyo)").wait();
  await presser(page)("GMT+9 → UTC");
  await page.locator('[role="columnheader"] ::-p-text(Failed at, UTC)').wait();
  assert.ok((await textOf(page, exact)).includes(clock(0)));
  await page.locator(".legend ::-p-text(Times in UTC)").wait();
  await page.reload();
  await page.locator('[role="columnheader"] ::-p-text(Failed at, UTC)').wait();
  assert.deepEqual(problems, []);
});

test("on a phone: the list first, groups in a sheet, actions at the bottom, nothing is wider than the screen", async (t) => {
  await seedKinds(at.emulator, 90);
  const viewport = { width: 390, height: 844 };
  const { page, problems } = await opened(t, { viewport });
  const press = presser(page);
  const topOf = async (selector) => (await (await page.$(selector)).boundingBox()).y;
  const isShown = (selector) =>
    page.$eval(selector, (one) => getComputedStyle(one).display !== "none");
  await page.locator("p.matching ::-p-text(90 entries)").wait();
  const list = await topOf(".table");
  assert.ok(list < viewport.height / 2, `the list begins at ${list}`);
  assert.ok(list < (await topOf(".time-axis")));
  assert.equal(await isShown(".side"), false);
  await press("Groups");
  await page.locator('.side.open label[title*="carrier"]').click();
  await press("Show the list");
  await page.waitForFunction(
    () => getComputedStyle(document.querySelector(".side")).display === "none",
  );
  await page.locator("p.matching ::-p-text(30 entries match)").wait();
  await press("Choose all 30");
  await page.locator(".choice.some .primary").wait();
  const actions = await topOf(".choice.some .primary");
  assert.ok(actions > viewport.height - 140, `actions at ${actions}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= viewport.width, `${wide}`);
  assert.deepEqual(problems, []);
});

/** A form that is filled in, with the focus in its first field, and waiting for what has the focus. */
async function filled(t) {
  await seedKinds(at.emulator, 9);
  const { page } = await opened(t);
  const press = presser(page);
  const focused = (selector) =>
    page.waitForFunction((one) => document.activeElement.matches(one), {}, selector);
  await page.locator("p.matching ::-p-text(9 entries)").wait();
  await page.locator("::-p-text(Checked)").wait();
  await press("Choose all 9");
  await press("Resume…");
  await page.locator("dialog.act .preview .facts").wait();
  await page.locator("#field-name").fill("half written");
  await page.focus("#field-name");
  await page.locator("dialog.act button[type=submit]:not(:disabled)").wait();
  return { page, focused };
}

// Firefox closes by one Escape all dialogs that it takes for one: those that opened without a click or key in between.
test("Escape closes the question over a filled form, however often, and never the form", async (t) => {
  const { page, focused } = await filled(t);
  for (let n = 0; n < 5; n += 1) {
    await page.keyboard.press("Escape");
    await focused(".act .small button");
    await page.keyboard.press("Escape");
    await focused("#field-name");
  }
  assert.equal(await page.$eval("#field-name", ({ value }) => value), "half written");
});

test("a session that ends over a filled form: Escape closes nothing, and the focus returns to the form", async (t) => {
  const { page, focused } = await filled(t);
  await page.deleteCookie(...(await page.cookies()));
  await page.keyboard.press("Enter");
  await page.locator("dialog.sign-in").wait();
  for (let n = 0; n < 5; n += 1) {
    await focused("dialog.sign-in #token");
    await page.keyboard.press("Escape");
  }
  await focused("dialog.sign-in #token");
  await page.keyboard.type("not the token");
  await page.keyboard.press("Enter");
  await page.locator("dialog.sign-in [role=alert] ::-p-text(That is not the admin token.)").wait();
  // What is typed takes the place of the wrong one.
  await page.waitForFunction(() => {
    const { id, selectionStart, selectionEnd } = document.activeElement;
    return id === "token" && selectionStart === 0 && selectionEnd > 0;
  });
  await page.keyboard.type(ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await focused("dialog.act #field-name");
  assert.equal(await page.$("dialog.sign-in"), null);
  await page.locator("dialog.act button[type=submit]:not(:disabled)").click();
  await page.locator("#job-name ::-p-text(half written)").wait();
});
