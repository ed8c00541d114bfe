// The page as people use it at night: dates, keys, "back", Escape, what is new, and small screens.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loaded, openPage, pageWorld, seedKinds, shot } from "./page.mjs";

const TOKYO = { timezoneId: "Asia/Tokyo", locale: "en-GB" };
const HOUR = 3_600_000;

describe("the page, as it is used", () => {
  const at = pageWorld({ bindings: { RETENTION_DAYS: "3" } });
  const open = (options) => openPage(at.browser, at.admin.url, options);
  const button = (page, name) => page.getByRole("button", { name });
  const grid = (page) => page.getByRole("grid", { name: "Failed runs" });
  const row = (page, index) => grid(page).locator(`[aria-rowindex="${index + 1}"]`);
  const chosen = (page) => grid(page).locator('[aria-selected="true"]').count();
  /** Waits for the focus, which moves after what it moves from is gone. */
  const focusOn = (page, role) =>
    page.waitForFunction((is) => document.activeElement.getAttribute("role") === is, role);

  test("dates are when it failed, in the zone that is named, or in UTC everywhere", async () => {
    const failed = Math.floor(Date.now() / 60_000) * 60_000 - HOUR;
    // The message was made long before it failed.
    await at.emulator.seed({ count: 1, from: failed, to: failed, messageAgeMs: 9 * HOUR });
    const page = await open(TOKYO);
    await loaded(page);
    const clock = (hours) => new Date(failed + hours * HOUR).toISOString().slice(11, 19);
    const cell = row(page, 1).locator(".c1");
    await page.getByRole("columnheader", { name: "Failed at, GMT+9" }).waitFor();
    assert.match(await cell.textContent(), new RegExp(`${clock(9)}.*1 h ago`));
    await button(page, "Choose all 1").click();
    await button(page, "Resume…").last().click();
    const dialog = page.getByRole("dialog");
    await dialog
      .getByText(`${clock(9)} GMT+9`)
      .first()
      .waitFor();
    await page.keyboard.press("Escape");

    await button(page, "GMT+9 → UTC").click();
    await page.getByRole("columnheader", { name: "Failed at, UTC" }).waitFor();
    assert.match(await cell.textContent(), new RegExp(clock(0)));
    await page.getByText("Times in UTC").waitFor();
    assert.match(await page.getByLabel("From", { exact: true }).inputValue(), /T/);
    await button(page, "Resume…").last().click();
    await dialog
      .getByText(`${clock(0)} UTC`)
      .first()
      .waitFor();
    await page.keyboard.press("Escape");
    await page.reload();
    await page.getByRole("columnheader", { name: "Failed at, UTC" }).waitFor();
  });

  test("new failures are a pill and a number in the tab's title, and come when they are asked for", async () => {
    await at.emulator.seed(5);
    const page = await open({ clock: true });
    // Follows the pill, once the page has been painted.
    const titled = (start) =>
      page.waitForFunction((text) => document.title.startsWith(text), start);
    await loaded(page);
    assert.match(await page.title(), /^Failed runs/);
    await at.emulator.seed({ count: 3, from: Date.now() + 1_000, to: Date.now() + 1_000 });
    // When it looks again.
    await page.clock.fastForward(15_000);
    await button(page, "3 new failures · Show").waitFor();
    await titled("(3) Failed runs");
    assert.equal(await grid(page).getAttribute("aria-rowcount"), "6", "the list stands still");
    await button(page, "3 new failures · Show").click();
    await page.getByText("8 failed runs").waitFor();
    assert.equal(await page.getByText("new failures").count(), 0);
    await titled("Failed runs");
  });

  for (const [count, payloadBytes] of [
    [3, 3_000_000],
    [1, 5_000_000],
  ]) {
    test(`a look for new failures loads 4 MB at most, and tells of ${count} of ${payloadBytes / 1e6} MB`, async () => {
      const page = await open({ clock: true });
      await loaded(page);
      const dates = { from: Date.now() + 1_000, to: Date.now() + 1_000 };
      await at.emulator.seed({ count, payloadBytes, ...dates });
      await at.emulator.seed({ count: 20, ...dates });
      const before = (await at.emulator.requests()).requests.length;
      await page.clock.fastForward(15_000);
      await button(page, "1+ new failures · Show").waitFor();
      const lists = (await at.emulator.requests()).requests.slice(before);
      assert.equal(lists.filter(({ path }) => path.includes("fromDate=")).length, 1);
    });
  }

  test("the oldest entry's end is told, where the time is known that entries are kept", async () => {
    const failed = Date.now() - 70 * HOUR;
    await at.emulator.seed({ count: 1, from: failed, to: failed });
    const page = await open();
    await loaded(page);
    await page.getByText("The oldest expires in 2 hours.").waitFor();
    // In the dialog as well: of everything, which the service previews, and of entries by their ids.
    const warning = page.getByText(/^1 entry will be deleted by the service within a day/);
    const choices = [
      () => button(page, "Choose all 1").click(),
      async () => {
        await button(page, "Choose none").click();
        await row(page, 1).locator(".c0").click();
      },
    ];
    for (const choose of choices) {
      await choose();
      await button(page, "Resume…").last().click();
      await warning.waitFor();
      await page.keyboard.press("Escape");
      await warning.waitFor({ state: "detached" });
    }
  });

  test("an empty queue says that it was looked at", async () => {
    const page = await open();
    await loaded(page);
    await page.getByText(/^No failed runs in the queue\. Checked \d+ seconds? ago\.$/).waitFor();
    assert.equal(await page.locator(".total.some").count(), 0);
  });

  test("back closes an entry, and the focus returns", async () => {
    await at.emulator.seed(5);
    const page = await open();
    await loaded(page);
    await row(page, 2).locator(".c4").click();
    const panel = page.getByRole("region", { name: /^Entry / });
    await panel.waitFor();
    await panel.getByRole("button", { name: "Next entry" }).click();
    await page.goBack();
    await panel.waitFor({ state: "detached" });
    await focusOn(page, "grid");
    await page.keyboard.press("Enter");
    await panel.waitFor();
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    await focusOn(page, "grid");
    await page.goForward();
    await panel.waitFor();
  });

  test("j, k, x and r mean the same wherever they are pressed", async () => {
    await at.emulator.seed(5);
    const page = await open();
    await loaded(page);
    await page.locator("body").click({ position: { x: 2, y: 2 } });
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    assert.equal(await row(page, 2).getAttribute("aria-selected"), "true");
    await button(page, "Reload").focus();
    await page.keyboard.press("k");
    await page.keyboard.press("x");
    assert.equal(await chosen(page), 2);
    await page.keyboard.press("Enter");
    const panel = page.getByRole("region", { name: /^Entry / });
    await panel.waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    assert.equal(await chosen(page), 3);
    await page.keyboard.press("r");
    await page
      .getByRole("dialog")
      .getByRole("heading", { name: /3 entries/ })
      .waitFor();
  });

  test("Escape in a form that is filled in asks; in an empty one it closes", async () => {
    await at.emulator.seed(5);
    const page = await open();
    await loaded(page);
    const form = page.locator("dialog.act");
    const begin = async () => {
      await button(page, "Resume…").last().click();
      await form.waitFor();
    };
    await button(page, "Choose all 5").click();
    await begin();
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "detached" });
    await begin();
    await form.getByLabel("Incident").fill("the carrier was down");
    await page.keyboard.press("Escape");
    const question = page.getByRole("dialog", { name: "Discard what you entered?" });
    await question.waitFor();
    // Twice: a browser lets a page refuse one Escape only.
    await page.keyboard.press("Escape");
    await question.waitFor({ state: "detached" });
    assert.equal(await form.getByLabel("Incident").inputValue(), "the carrier was down");
    await page.keyboard.press("Escape");
    await question.getByRole("button", { name: "Discard" }).click();
    await form.waitFor({ state: "detached" });
  });

  test("on a phone: the list first, groups in a sheet, actions at the bottom, nothing clipped", async () => {
    await seedKinds(at.emulator, 90);
    const viewport = { width: 390, height: 844 };
    const page = await open({ viewport, hasTouch: true, isMobile: true });
    await loaded(page);
    const list = await grid(page).boundingBox();
    assert.ok(list.y < viewport.height / 2, `the list begins at ${list.y}`);
    assert.ok(list.y < (await page.locator(".time-axis").boundingBox()).y);
    const side = page.locator(".side");
    assert.equal(await side.isVisible(), false);
    await shot(page, "phone");
    await button(page, "Groups").click();
    await page
      .getByRole("group", { name: /Status/ })
      .getByRole("checkbox")
      .first()
      .check();
    await shot(page, "phone-sheet");
    await button(page, "Show the list").click();
    await side.waitFor({ state: "hidden" });
    await button(page, "Groups").click();
    await button(page, "Show the list").waitFor();
    await page.keyboard.press("Escape");
    await side.waitFor({ state: "hidden" });
    await button(page, "Groups").and(page.locator(":focus")).waitFor();
    await page.getByText(/entries match$/).waitFor();
    await button(page, /^Choose all/).click();
    const resume = await button(page, "Resume…").last().boundingBox();
    assert.ok(resume.y + resume.height > viewport.height - 140, `actions at ${resume.y}`);
    await shot(page, "phone-chosen");
    const clipped = await row(page, 1).evaluate((element) =>
      [...element.children]
        .filter((cell) => getComputedStyle(cell).display !== "none")
        .filter((cell) => !cell.matches(".c2, .c4") && cell.scrollWidth > cell.clientWidth)
        .map((cell) => cell.className),
    );
    assert.deepEqual(clipped, []);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(wide, viewport.width);
  });

  test("on a phone the browser's back closes the sheet, not the page, and keeps what was filtered", async () => {
    await seedKinds(at.emulator, 90);
    const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true });
    await loaded(page);
    const side = page.locator(".side");
    const is = (state) => side.waitFor({ state });
    const status = page
      .getByRole("group", { name: /Status/ })
      .getByRole("checkbox")
      .first();
    const before = page.url();
    await button(page, "Groups").click();
    await is("visible");
    await page.goBack();
    await is("hidden");
    await page.waitForURL(before);
    await button(page, "Groups").click();
    await status.check();
    await page.getByText(/entries match$/).waitFor({ state: "attached" });
    const filtered = page.url();
    assert.notEqual(filtered, before);
    await page.goBack();
    await is("hidden");
    // The sheet alone has gone.
    await page.waitForURL(filtered);
    await page.getByText(/entries match$/).waitFor();
    await page.goBack();
    await page.waitForURL(before);
    await page.getByText("90 entries", { exact: true }).waitFor();
    await button(page, "Groups").click();
    await is("visible");
    // Closed by its button, and opened again at once, before its entry of the history is left.
    await page.evaluate(async () => {
      const press = (name) => document.querySelector(name).click();
      const left = () =>
        new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
      for (const opens of [true, true, false]) {
        const back = left();
        press(".to-list");
        if (opens) press(".to-sheet");
        await back;
      }
    });
    await is("hidden");
    await page.waitForURL(before);
    await button(page, "Groups").click();
    await is("visible");
    await page.goBack();
    await is("hidden");
    await page.waitForURL(before);
  });

  for (const width of [1024, 1280, 1440]) {
    test(`at ${width} pixels nothing scrolls sideways`, async () => {
      // Old enough for the longest age, "59 min ago".
      const failed = Date.now() - 59.4 * 60_000;
      await seedKinds(at.emulator, 90, { from: failed, to: failed });
      const page = await open({ viewport: { width, height: 800 } });
      await loaded(page);
      const over = await page.evaluate(() =>
        [
          document.documentElement,
          document.querySelector(".table"),
          document.querySelector(".side"),
        ]
          .filter((element) => element.scrollWidth > element.clientWidth)
          .map((element) => element.className || element.tagName),
      );
      assert.deepEqual(over, []);
      const age = row(page, 1).locator(".c1");
      assert.match(await age.textContent(), /59 min ago$/);
      const { height, clipped } = await age.evaluate((cell) => ({
        height: cell.clientHeight,
        clipped: cell.scrollWidth > cell.clientWidth,
      }));
      assert.ok(height < 30 && !clipped, `${height} pixels high${clipped ? ", clipped" : ""}`);
      await shot(page, `entries-${width}`);
    });
  }
});
