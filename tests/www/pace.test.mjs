// The pace of a job: presets in the open, careful unless another one is chosen.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { orderOf } from "../../www/page/order.js";
import { PACES, paceOf, sayTime, withPace } from "../../www/page/pace.js";
import {
  assertAccessible,
  assertShown,
  loaded,
  openPage,
  pageWorld,
  previewed,
  shot,
  startFromDialog,
  state,
} from "./page.mjs";

describe("a preset", () => {
  const driveOf = (form) =>
    orderOf({ operation: "resume", selection: { all: true }, form }).drive ?? {};

  test("is what a form with its fields holds, and orders what it says", () => {
    const expected = {
      careful: {
        canary: { entries: 10, wait: 2_400_000, maxFailedAgain: 0 },
        maxRunsPerSecond: 20,
      },
      steady: { maxRunsPerSecond: 50 },
      atOnce: {},
    };
    let form = { name: "kept", retries: "5" };
    for (const pace of Object.keys(PACES)) {
      form = withPace(form, pace);
      assert.equal(paceOf(form), pace);
      const { canary, maxRunsPerSecond } = driveOf(form);
      assert.deepEqual(
        { ...(canary && { canary }), ...(maxRunsPerSecond && { maxRunsPerSecond }) },
        expected[pace],
      );
      assert.deepEqual([form.name, form.retries], ["kept", "5"]);
    }
  });

  test("is none where a field differs", () => {
    for (const change of [
      { maxRunsPerSecond: "21" },
      { canaryEntries: "" },
      { canaryWait: "60" },
      { canaryFailed: "0" },
    ]) {
      assert.equal(paceOf({ ...withPace({}, "careful"), ...change }), undefined);
    }
    assert.equal(paceOf({}), "atOnce");
    assert.equal(paceOf({ maxRunsPerSecond: " 50 ", limit: "7" }), "steady");
  });

  test("says how long it takes", () => {
    const table = [
      ["careful", 10_010, "10 first; once their runs have finished, about 8 minutes for the rest"],
      ["careful", 7, "about 1 second, then their runs are followed"],
      ["steady", 10_000, "about 3 minutes"],
      ["steady", 1, "about 1 second"],
      ["atOnce", 10_000, "100 requests or more, several at a time"],
      ["atOnce", 7, "1 request or more, several at a time"],
      ["steady", undefined, ""],
    ];
    for (const [pace, count, said] of table) assert.equal(sayTime(pace, count), said);
  });
});

describe("in the dialog", () => {
  const AXE = { path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") };
  const at = pageWorld();
  const opened = async (t, { operation = "Resume…", ...options } = {}) => {
    const page = await openPage(at.browser, at.admin.url, { script: AXE, ...options });
    t.after(() => page.context().close());
    await loaded(page);
    await page.getByRole("button", { name: /^Choose all/ }).click();
    await page.getByRole("button", { name: operation, exact: true }).click();
    return page;
  };

  test("careful is the default: the first ten, then the rest at its pace", async (t) => {
    await at.emulator.seed(40);
    const page = await opened(t);
    const dialog = page.getByRole("dialog");
    assert.equal(await dialog.getByRole("radio", { name: "Careful" }).isChecked(), true);
    await dialog.getByText("10 first; once their runs have finished, about 2 seconds").waitFor();
    await shot(page, "pace");
    await startFromDialog(page, { name: "with care", pace: "" });
    await state(page, "Done");
    const { taken } = await assertShown(page, at.emulator);
    assert.equal(taken, 40);
    await page.getByText(/^The order, by/).click();
    const order = JSON.parse(await page.getByRole("region", { name: "The order" }).textContent());
    assert.deepEqual([order.drive.canary.entries, order.drive.maxRunsPerSecond], [10, 20]);
  });

  test("careful stops after a canary that failed again", async (t) => {
    await at.emulator.seed({ count: 40, runs: { failAgain: 1 } });
    const page = await opened(t);
    await startFromDialog(page, { name: "not yet", pace: "Careful" });
    await state(page, "Stopped");
    const { resumed } = await at.emulator.audit({ summary: true });
    assert.equal(resumed, 10);
  });

  test("a field that is changed is a pace of its own; by keyboard back to a preset", async (t) => {
    await at.emulator.seed(3);
    const page = await opened(t);
    const dialog = page.getByRole("dialog");
    const radio = (name) => dialog.getByRole("radio", { name });
    await previewed(dialog);
    await dialog.getByText("How fast, how many").first().click();
    await dialog.getByLabel("Runs a second, at most").fill("7");
    await dialog.getByText("As it is set in").waitFor();
    for (const name of ["Careful", "Steady", "At once"]) {
      assert.equal(await radio(name).isChecked(), false, name);
    }
    await radio("Careful").focus();
    await page.keyboard.press("ArrowDown");
    assert.equal(await radio("Steady").isChecked(), true);
    assert.equal(await dialog.getByLabel("Runs a second, at most").inputValue(), "50");
    assert.equal(await dialog.getByLabel("Canary: entries first").inputValue(), "");
  });

  test("what begins no runs has no pace", async (t) => {
    await at.emulator.seed(3);
    const page = await opened(t, { operation: "Delete…" });
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Incident").waitFor();
    assert.equal(await dialog.getByRole("radio").count(), 0);
  });

  for (const colorScheme of ["light", "dark"]) {
    for (const width of [390, 1360]) {
      test(`axe finds nothing: ${colorScheme}, ${width} px`, async (t) => {
        await at.emulator.seed(400);
        const page = await opened(t, { colorScheme, viewport: { width, height: 900 } });
        await page.getByText("10 first; once").waitFor();
        await assertAccessible(page, "the dialog");
        await shot(page, `pace-${colorScheme}-${width}`);
      });
    }
  }
});
