// The time axis on the page: its numbers, dragging, presets and the keyboard.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { eventually } from "../support/eventually.mjs";
import {
  assertAccessible,
  loaded,
  openPage,
  pageWorld,
  painted,
  remembered,
  remembering,
  rowsBetween,
  seedKinds,
  shot,
} from "./page.mjs";

const AXE = { path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") };
const HOUR_MS = 3_600_000;

const at = pageWorld();

const open = async (t, options) => {
  const page = await openPage(at.browser, at.admin.url, {
    script: AXE,
    timezoneId: "UTC",
    ...options,
  });
  t.after(() => page.context().close());
  await loaded(page);
  // The plot is drawn by an effect, and each new range gives up what the keyboard or the pointer had chosen.
  await painted(page);
  return page;
};
const over = (page) => page.locator(".chart .u-over");
const said = (page) => page.locator(".said").textContent();
const rangeOf = (page) =>
  ["from", "to"].map((name) => Date.parse(new URL(page.url()).searchParams.get(name) ?? ""));
const slider = (page) => page.getByRole("slider", { name: /^Failures from / });

/** Moves the mouse to a share of the axis's width. */
async function moveTo(page, share) {
  const { x, y, width, height } = await over(page).boundingBox();
  await page.mouse.move(x + width * share, y + height / 2, { steps: 4 });
}

/** 600 failures in 10 minutes, and 120 of another error in the hour before. */
async function seedBurst(count = 600) {
  const now = Date.now();
  await at.emulator.seed({
    count,
    responseBodies: ["the carrier does not answer"],
    from: now - 900_000,
    to: now - 300_000,
  });
  await at.emulator.seed({
    count: 120,
    responseBodies: ["card declined"],
    from: now - HOUR_MS,
    to: now - 900_000,
  });
}

test("hover says a bin's range and numbers; what matches is counted beside", async (t) => {
  await seedBurst();
  const page = await open(t);
  await page.getByText("Times in UTC").waitFor();
  assert.match(await said(page), /^At most \d+ in \d+ \w+\. Drag to look at a range\.$/);
  await moveTo(page, 0.8);
  assert.match(await said(page), /^\d\d \w{3}, [\d:]+ to [\d:]+: \d+ failed$/);
  await page.getByRole("group", { name: "Error" }).getByRole("checkbox", { name: /card/ }).check();
  await page.getByText("120 entries match").waitFor();
  await painted(page);
  await moveTo(page, 0.81);
  assert.match(await said(page), /: [1-9]\d* failed, 0 match$/);
  await moveTo(page, 0.02);
  assert.match(await said(page), /: [1-9]\d* failed, [1-9]\d* match$/);
  await shot(page, "time-axis");
  await page.mouse.move(5, 5);
  await page.getByText("Drag to look at a range").waitFor();
  assert.deepEqual(page.problems, [], "the page's policy lets all of it pass");
});

test("a tap says a bin's numbers", async (t) => {
  await seedBurst();
  const touch = { hasTouch: true, viewport: { width: 390, height: 800 } };
  const page = await open(t, { ...touch, script: remembering(".said") });
  // Below the list, which comes first on a phone.
  await over(page).scrollIntoViewIfNeeded();
  const { x, y, width, height } = await over(page).boundingBox();
  // Unlike a phone, the browser has a mouse as well, elsewhere: some milliseconds after the tap it is over nothing.
  await eventually(async () => {
    await page.touchscreen.tap(x + width * 0.8, y + height / 2);
    assert.match((await remembered(page)).join("\n"), / failed$/m);
  });
  assert.equal(new URL(page.url()).search, "", "and chooses nothing");
});

test("what matches is drawn on its own scale, with its own maximum", async (t) => {
  await seedBurst(600);
  await at.emulator.seed({ count: 1, responseBodies: ["only one"] });
  const page = await open(t);
  /** Share of the plot's height that has the failures' color, in the column where there is most of it. */
  const failed = () =>
    page.evaluate(() => {
      const canvas = document.querySelector(".chart canvas");
      const probe = document.createElement("i");
      probe.style.color = "var(--failed)";
      document.querySelector(".chart").append(probe);
      const wanted = getComputedStyle(probe).color.match(/\d+/g).map(Number);
      probe.remove();
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
      const columns = new Uint32Array(width);
      for (let at = 0; at < data.length; at += 4) {
        const near = wanted.every((part, n) => Math.abs(data[at + n] - part) < 3);
        if (near && data[at + 3] > 250) columns[(at / 4) % width] += 1;
      }
      return Math.max(...columns) / height;
    });
  assert.ok((await failed()) > 0.5, "the failures");
  await page.getByRole("group", { name: "Error" }).getByRole("checkbox", { name: /only/ }).check();
  await page.getByText("1 entry match").waitFor();
  await painted(page);
  assert.ok((await failed()) > 0.5, "one that matches is as high as its scale");
});

test("a drag shows its range alone, at a finer scale; a double click and back show all", async (t) => {
  await seedBurst();
  const page = await open(t);
  const coarse = await slider(page).getAttribute("aria-label");
  await moveTo(page, 0.7);
  await page.mouse.down();
  await moveTo(page, 0.9);
  await page.mouse.up();
  await page.waitForURL(/from=.*to=/);
  const [from, to] = rangeOf(page);
  const share = (to - from) / HOUR_MS;
  assert.ok(share > 0.17 && share < 0.26, `${share} of an hour`);
  await page.waitForFunction(
    (before) => document.querySelector(".chart").ariaLabel !== before,
    coarse,
  );
  assert.match(await slider(page).getAttribute("aria-label"), /in (5|10) seconds\./);
  const rows = await rowsBetween(page, 1, 719);
  await painted(page);
  await over(page).dblclick();
  await page.getByText("720 entries").waitFor();
  assert.equal(new URL(page.url()).search, "");
  await page.goBack();
  await page.getByText(`${rows} entries match`).waitFor();
});

test("Escape cancels a drag, and closes nothing else", async (t) => {
  await seedBurst();
  const page = await open(t);
  await page.getByRole("grid").locator(".c4").nth(1).click();
  const panel = page.getByRole("region", { name: /^Entry / });
  await panel.waitFor();
  await painted(page);
  const { search } = new URL(page.url());
  await moveTo(page, 0.1);
  await page.mouse.down();
  await moveTo(page, 0.3);
  assert.ok((await page.locator(".u-select").boundingBox()).width > 50);
  await page.keyboard.press("Escape");
  await moveTo(page, 0.4);
  assert.equal(await page.locator(".u-select").evaluate((one) => one.clientWidth), 0);
  await page.mouse.up();
  assert.equal(new URL(page.url()).search, search);
  assert.equal(await panel.count(), 1);
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
});

test("presets end with the list, and show which one is chosen", async (t) => {
  await seedBurst();
  const page = await open(t);
  const presets = page.getByRole("group", { name: "Range of time" });
  const preset = (name) => presets.getByRole("button", { name, exact: true });
  assert.equal(await preset("All").getAttribute("aria-pressed"), "true");
  await preset("15 min").click();
  await page.waitForURL(/from=/);
  const [from, to] = rangeOf(page);
  assert.ok(Math.abs(Date.now() - 900_000 - from) < 60_000 && Number.isNaN(to));
  assert.equal(await preset("15 min").getAttribute("aria-pressed"), "true");
  await page.getByText(/^[56]\d\d entries match$/).waitFor();
  await preset("All").click();
  await page.getByText("720 entries").waitFor();
});

test("by keyboard: the cursor says its numbers, Shift chooses a range, Enter shows it", async (t) => {
  await seedBurst();
  const page = await open(t);
  const axis = slider(page);
  await axis.focus();
  await page.keyboard.press("Home");
  assert.match(await axis.getAttribute("aria-valuetext"), /: \d+ failed$/);
  assert.equal(await said(page), await axis.getAttribute("aria-valuetext"));
  for (const key of ["ArrowRight", "PageUp", "ArrowLeft"]) await page.keyboard.press(key);
  assert.equal(await axis.getAttribute("aria-valuenow"), "10");
  await page.keyboard.press("Shift+ArrowRight");
  await page.keyboard.press("Shift+End");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  assert.equal(new URL(page.url()).search, "", "Escape gave the range up");
  for (const key of ["Home", "Shift+PageUp", "Enter"]) await page.keyboard.press(key);
  await page.waitForURL(/from=.*to=/);
  await rowsBetween(page, 1, 119);
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing, whatever the range: ${colorScheme}`, async (t) => {
    await seedKinds(at.emulator, 300);
    const page = await open(t, { colorScheme, query: "?error=the+carrier+does+not+answer" });
    await slider(page).focus();
    await page.keyboard.press("Home");
    await assertAccessible(page, "the time axis");
    await shot(page, `time-axis-${colorScheme}`);
  });
}
