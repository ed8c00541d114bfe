// From the cards of the most frequent errors and the group of their kinds to a job that takes exactly these.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import {
  assertAccessible,
  assertShown,
  loaded,
  openPage,
  pageWorld,
  shot,
  startFromDialog,
  state,
} from "./page.mjs";

const AXE = { path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") };
const MINUTE_MS = 60_000;

const at = pageWorld();

const open = async (t, options) => {
  const page = await openPage(at.browser, at.admin.url, { script: AXE, ...options });
  t.after(() => page.context().close());
  await loaded(page);
  return page;
};

/** Three incidents and a stray one, over three hours. */
async function seedIncidents() {
  const now = Date.now();
  const between = (from, to) => ({ from: now - from * MINUTE_MS, to: now - to * MINUTE_MS });
  const of = (count, responseBodies, times) =>
    at.emulator.seed({ count, responseBodies, ...times });
  await of(90, ["the carrier does not answer"], between(180, 120));
  await of(40, ["timeout after 10 ms", "timeout after 20 ms"], between(60, 1));
  await of(20, ["card declined"], between(90, 45));
  await of(3, ["disk full"], between(100, 99));
}

const cards = (page) =>
  page.getByRole("list", { name: "The most frequent errors" }).getByRole("listitem");
const errors = (page) => page.getByRole("group", { name: "Error", exact: true });

test("the three largest say what happened, and resume exactly theirs", async (t) => {
  await seedIncidents();
  const page = await open(t, { viewport: { width: 1360, height: 900 } });
  const texts = await cards(page).allTextContents();
  assert.equal(texts.length, 3);
  assert.match(
    texts[0],
    /^90 × the carrier does not answer(\d\d \w{3}, )?\d\d:\d\d ?– ?(\d\d \w{3}, )?\d\d:\d\d, quiet for 2 hours/,
  );
  assert.match(texts[1], /^40 × timeout after # ms.*still failing/);
  assert.match(texts[2], /^20 × card declined.*quiet for 45 minutes/);
  await shot(page, "triage");
  await page.getByRole("button", { name: "Resume timeout after # ms…" }).click();
  const dialog = page.getByRole("dialog", { name: "Resume 40 entries" });
  await dialog.getByText("20 × timeout after 10 ms").waitFor();
  await startFromDialog(page, { name: "timeouts" });
  await state(page, "Done");
  const { taken } = await assertShown(page, at.emulator);
  assert.equal(taken, 40);
  assert.deepEqual(page.problems, []);
});

test("a card is of what is looked at, and shows its entries", async (t) => {
  await seedIncidents();
  const page = await open(t);
  await page.getByRole("searchbox").fill("timeout");
  await page.getByText("40 entries match").waitFor();
  assert.equal(await cards(page).count(), 1);
  await page.getByRole("searchbox").fill("");
  await page.getByText("153 entries").waitFor();
  const show = page.getByRole("button", { name: "Show card declined" });
  await show.click();
  await page.getByText("20 entries match").waitFor();
  assert.equal(await show.getAttribute("aria-pressed"), "true");
  assert.equal(await cards(page).count(), 3);
  await show.click();
  await page.getByText("153 entries").waitFor();
});

test("a kind and a message of another one together are taken as they are shown", async (t) => {
  await seedIncidents();
  const page = await open(t);
  const row = (name) => errors(page).getByRole("checkbox", { name });
  await row(/^timeout after # ms 40$/).check();
  await row(/^disk full 3$/).check();
  await page.getByText("43 entries match").waitFor();
  await errors(page).getByText("2 messages").click();
  const inside = row(/^timeout after 10 ms 20$/);
  assert.deepEqual([await inside.isChecked(), await inside.isDisabled()], [true, true]);
  await page.getByRole("button", { name: "Choose all 43" }).click();
  await page.getByRole("button", { name: "Resume…", exact: true }).last().click();
  await page.getByRole("dialog", { name: "Resume 43 entries" }).waitFor();
  await startFromDialog(page, { name: "both" });
  await state(page, "Done");
  assert.equal((await assertShown(page, at.emulator)).taken, 43);
});

test("by keyboard alone: a card's Resume…, and back to it", async (t) => {
  await seedIncidents();
  const page = await open(t);
  const resume = page.getByRole("button", { name: "Resume the carrier does not answer…" });
  await resume.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Resume 90 entries" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await resume.and(page.locator(":focus")).waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 1024, 1440]) {
    test(`axe finds nothing: ${colorScheme}, ${width} px`, async (t) => {
      await seedIncidents();
      const page = await open(t, { colorScheme, viewport: { width, height: 900 } });
      // On a phone the groups are a sheet.
      if (width === 390) await page.getByRole("button", { name: "Groups", exact: true }).click();
      await errors(page).getByText("2 messages").click();
      await assertAccessible(page, "cards and kinds");
      await shot(page, `triage-${colorScheme}-${width}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `nothing is wider than the screen: ${wide}`);
    });
  }
}
