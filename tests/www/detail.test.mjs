// One entry on the page: what failed, the run's steps and attempts, copying, and the way to its neighbours.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { eventually } from "../support/eventually.mjs";
import { assertAccessible, loaded, openPage, pageWorld, seedKinds, shot } from "./page.mjs";

const AXE = { path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") };
const HOUR_MS = 3_600_000;

const at = pageWorld();

const open = async (t, options) => {
  const page = await openPage(at.browser, at.admin.url, { script: AXE, ...options });
  t.after(() => page.context().close());
  return page;
};
const panelOf = (page) => page.getByRole("region", { name: /^Entry / });

const body = (message) => JSON.stringify({ error: "Error", message, stack: "Error\n  at ship" });
/** A run that has failed after three attempts at its fourth step. */
const seedFailed = (more) =>
  at.emulator.seedRuns([
    {
      workflowUrl: "https://shop.example/legacy",
      workflowCreatedAt: Date.now() - HOUR_MS,
      steps: ["reserve", ["pack", "label"]],
      errors: ["carrier down 1", "carrier down 2", "carrier down 3"].map((message) => ({
        status: 503,
        body: body(message),
        step: "ship",
      })),
      state: "RUN_FAILED",
      endedAt: Date.now() - 8 * 60_000,
      ...more,
    },
  ]);

for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 1360]) {
    test(`heading, steps, timeline and each attempt: ${colorScheme}, ${width} px`, async (t) => {
      await seedFailed();
      const page = await open(t, { colorScheme, viewport: { width, height: 800 } });
      await loaded(page);
      await page.getByRole("grid").locator(".c4").nth(1).click();
      const panel = panelOf(page);
      await panel
        .getByRole("heading", { name: /^\/legacy · ship · 503 · 8 minutes ago$/ })
        .waitFor();
      const strip = panel.getByRole("list", { name: "Steps" }).getByRole("listitem");
      const timeline = panel.getByRole("list", { name: "Timeline" });
      await timeline.getByText("Run began").waitFor();
      assert.deepEqual(await strip.allTextContents(), [
        "✓ reserve finished",
        "✓ pack finished",
        "✓ label finished",
        "✗ ship failed",
      ]);
      const attempts = timeline.locator("summary", { hasText: "Attempt" });
      assert.deepEqual(
        (await attempts.allTextContents()).map((text) => text.replace(/, .*? · /, " · ")),
        [1, 2, 3].map((n) => `Attempt ${n} · 503 · carrier down ${n}`),
      );
      await attempts.nth(1).click();
      await panel.getByRole("region", { name: "Error of attempt 2 of ship" }).waitFor();
      await assertAccessible(page, "an entry with its timeline");
      await shot(page, `timeline-${colorScheme}-${width}`);
      assert.deepEqual(page.problems, []);
    });
  }
}

test("a run that the logs don't have, and logs that can't be had, are said", async (t) => {
  await seedKinds(at.emulator, 3, { steps: ["convert"] });
  const page = await open(t);
  await loaded(page);
  const panel = panelOf(page);
  const strip = panel.getByRole("list", { name: "Steps" });
  const openFirst = () => page.getByRole("grid").locator(".c4").nth(1).click();
  await at.emulator.config({ logsRetentionMs: 1 });
  await openFirst();
  await panel.getByText("The service's logs don't have this run any more").waitFor();
  assert.equal(await strip.textContent(), "✗ convert failed");
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  await at.emulator.config({ logsPath: "none" });
  await openFirst();
  await panel.getByText("The log of the run can't be loaded").waitFor();
  assert.equal(await strip.textContent(), "✗ convert failed");
});

test("ids and bodies are copied", async (t) => {
  const { dlqIds } = await at.emulator.seed({
    entries: [{ workflowRunId: "wfr_copied", responseBody: "why" }],
  });
  const page = await open(t, {
    query: `?entry=${dlqIds[0]}`,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const panel = panelOf(page);
  const expected = { "DLQ id": dlqIds[0], "Run id": "wfr_copied", Error: "why" };
  for (const [name, text] of Object.entries(expected)) {
    await panel.getByRole("button", { name: `Copy ${name}`, exact: true }).click();
    await eventually(async () =>
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text, name),
    );
    await panel.getByText("Copied").first().waitFor();
  }
  const fonts = await panel
    .locator(".id code")
    .evaluateAll((ids) => ids.map((id) => getComputedStyle(id).fontFamily));
  assert.equal(fonts.length, 2);
  for (const font of fonts) assert.match(font, /monospace/);
});

test("by keyboard and by button to the entries above and below", async (t) => {
  const { dlqIds } = await at.emulator.seed({ count: 3 });
  const newestFirst = [...dlqIds].reverse();
  const page = await open(t);
  await loaded(page);
  const shows = (index) => page.getByRole("region", { name: `Entry ${newestFirst[index]}` });
  const grid = page.getByRole("grid");
  await grid.focus();
  await page.keyboard.press("Enter");
  await shows(0).waitFor();
  const above = page.getByRole("button", { name: "Previous entry" });
  const below = page.getByRole("button", { name: "Next entry" });
  assert.equal(await above.isDisabled(), true);
  for (const [key, index] of [
    ["ArrowDown", 1],
    ["j", 2],
    ["j", 2],
    ["ArrowUp", 1],
    ["k", 0],
  ]) {
    await page.keyboard.press(key);
    await shows(index).waitFor();
  }
  await below.click();
  await shows(1).waitFor();
  await below.click();
  await shows(2).waitFor();
  assert.equal(await below.isDisabled(), true);
  await page.locator('.row.active[aria-rowindex="4"]').waitFor();
  await page.keyboard.press("Escape");
  await panelOf(page).waitFor({ state: "detached" });
});
