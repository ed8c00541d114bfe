// Accessibility: axe finds nothing in any view of the page, light or dark, narrow or wide.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import {
  assertAccessible,
  loaded,
  openPage,
  pageWorld,
  previewed,
  seedKinds,
  shot,
  startFromDialog,
  state,
} from "./page.mjs";

const AXE = { path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") };

const at = pageWorld();
const button = (page, name) => page.getByRole("button", { name, exact: true });
const grid = (page) => page.getByRole("grid", { name: "Failed runs" });

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1360]) {
    test(`axe finds nothing: ${colorScheme}, ${width} px`, async () => {
      await seedKinds(at.emulator, 100);
      const page = await openPage(at.browser, at.admin.url, {
        script: AXE,
        colorScheme,
        viewport: { width, height: 800 },
      });
      await loaded(page);
      await assertAccessible(page, "entries");
      await shot(page, `entries-${colorScheme}-${width}`);
      await grid(page).locator(".c1").nth(1).click();
      await page
        .getByRole("region", { name: /^Entry / })
        .locator("pre")
        .first()
        .waitFor();
      await assertAccessible(page, "an entry");
      await shot(page, `entry-${colorScheme}-${width}`);
      await page.keyboard.press("Escape");
      await button(page, "Choose all 100").click();
      await button(page, "Resume…").click();
      await previewed(page.getByRole("dialog"));
      await page.getByRole("dialog").getByText("Overrides", { exact: true }).click();
      await page.getByRole("dialog").getByLabel("Retries").fill("x");
      await page.locator(".issue").waitFor();
      await assertAccessible(page, "the dialog");
      await shot(page, `dialog-${colorScheme}-${width}`);
      await page.getByRole("dialog").getByLabel("Retries").fill("");
      await startFromDialog(page, { typed: 100 });
      await state(page, "Done");
      await assertAccessible(page, "a job");
      await shot(page, `job-${colorScheme}-${width}`);
      await page.getByRole("link", { name: "Trail" }).click();
      await page.getByRole("table").waitFor();
      await assertAccessible(page, "the trail");
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `nothing is wider than the screen: ${wide}`);
    });
  }
}
