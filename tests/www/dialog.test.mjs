// The dialog that starts a job: nothing moves under a pointer, and no way out of the page loses or traps it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded, openPage, pageWorld, previewed, seedKinds, shot, state } from "./page.mjs";

const at = pageWorld({ bindings: { RETENTION_DAYS: "1" } });

const open = (options) => openPage(at.browser, at.admin.url, options);
const button = (page, name) => page.getByRole("button", { name, exact: true });
const dialogOf = (page) => page.getByRole("dialog", { name: /^Resume/ });
const placeOf = async (locator) => {
  const { x, y, width, height } = await locator.boundingBox();
  return [x, y, width, height].map(Math.round);
};

for (const viewport of [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]) {
  test(`its buttons stay where they are whatever arrives above them, at ${viewport.width}`, async () => {
    await seedKinds(at.emulator, 300);
    const page = await open({ viewport });
    await loaded(page);
    await button(page, "Choose all 300").click();
    // The preview waits until the test has looked.
    let answer;
    const asked = new Promise((resolve) => {
      answer = resolve;
    });
    await page.route("**/api/dlq/**", async (route) => {
      await asked;
      await route.continue();
    });
    await button(page, "Resume…").click();
    const dialog = dialogOf(page);
    const submit = dialog.locator("button[type=submit]");
    const cancel = dialog.getByRole("button", { name: "Cancel" });
    const first = dialog.getByLabel("Incident");
    const pace = dialog.getByRole("radio", { name: "At once" });
    await dialog.getByText("Counting…").waitFor();
    const buttons = [submit, cancel];
    const all = [...buttons, first, pace];
    const before = await Promise.all(all.map(placeOf));
    answer();
    await previewed(dialog);
    // Entries that expire are warned of, which is more than most previews say.
    await dialog.getByText(/^\d+ entries will be deleted by the service within a day/).waitFor();
    await dialog.getByRole("heading", { name: "Resume 300 entries" }).waitFor();
    assert.deepEqual(await Promise.all(all.map(placeOf)), before);
    await shot(page, `dialog-${viewport.width}`);
    // Nor does what is found wrong with the form, or a part of it that is opened.
    await dialog.getByText("How fast, how many").click();
    await dialog.getByLabel("Limit").fill("none");
    await dialog.locator(".issue").first().waitFor();
    assert.deepEqual(await Promise.all(buttons.map(placeOf)), before.slice(0, 2));
    const inView = await submit.evaluate((one) => {
      const { left, top, width, height } = one.getBoundingClientRect();
      return one.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    });
    assert.ok(inView, "nothing lies over it");
  });
}

test("the browser's back leaves the dialog open, over whatever is looked at then", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open({ query: "?view=jobs" });
  await page.getByRole("link", { name: "Failed runs" }).click();
  await loaded(page);
  await button(page, "Choose all 9").click();
  await button(page, "Resume…").click();
  const dialog = dialogOf(page);
  await dialog.getByLabel("Incident").fill("kept");
  await page.goBack();
  await page.getByRole("heading", { name: "Jobs", includeHidden: true }).waitFor();
  assert.equal(await dialog.isVisible(), true);
  assert.equal(await dialog.getByLabel("Incident").inputValue(), "kept");
  await dialog.locator("button[type=submit]:not(:disabled)").click();
  await state(page, "Running", "Done", "Waiting");
});

test("all that match is of one filter: back to another one chooses nothing", async () => {
  await seedKinds(at.emulator, 90);
  const page = await open();
  await loaded(page);
  await page
    .getByRole("checkbox", { name: /carrier/ })
    .first()
    .check();
  await button(page, "Choose all 30").click();
  await page.getByText("All 30 that match chosen").waitFor();
  await page.goBack();
  await page.getByText("90 entries", { exact: true }).waitFor();
  await page.getByText("0 chosen").waitFor();
  assert.equal(await button(page, "Delete…").isDisabled(), true);
});

test("a preview that failed is tried again with what was entered", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open();
  await loaded(page);
  await button(page, "Choose all 9").click();
  await at.emulator.faults([
    { match: { method: "GET" }, action: { type: "status", status: 400, body: { error: "no" } } },
  ]);
  await button(page, "Resume…").click();
  const dialog = dialogOf(page);
  await dialog.getByLabel("Incident").fill("kept");
  await dialog.getByText(/^The preview failed: /).waitFor();
  assert.equal(await dialog.locator("button[type=submit]").isDisabled(), true);
  await at.emulator.faults([]);
  await dialog.getByRole("button", { name: "Try again" }).click();
  await previewed(dialog);
  assert.equal(await dialog.getByLabel("Incident").inputValue(), "kept");
  await dialog.locator("button[type=submit]:not(:disabled)").waitFor();
});

test("a refused start leaves the focus on its button", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open();
  await loaded(page);
  await button(page, "Choose all 9").click();
  await button(page, "Resume…").click();
  const dialog = dialogOf(page);
  await dialog.getByLabel("Incident").fill("refused");
  await page.route("**/api/jobs", (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ status: 500, json: { error: { message: "Not now." } } })
      : route.continue(),
  );
  const submit = dialog.locator("button[type=submit]:not(:disabled)");
  await submit.focus();
  await page.keyboard.press("Enter");
  await dialog.getByText("Not now.").waitFor();
  assert.equal(await submit.evaluate((one) => one === document.activeElement), true);
});

for (const viewport of [
  { width: 1440, height: 900 },
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
]) {
  test(`what has to be typed is in sight, and no field lies under the buttons, at ${viewport.width}`, async () => {
    await seedKinds(at.emulator, 2_300);
    const page = await open({ viewport });
    await loaded(page);
    await button(page, "Choose all 2,300").click();
    await button(page, "Resume…").click();
    const dialog = dialogOf(page);
    await previewed(dialog);
    /** Whether all four corners of an element are there to be seen. */
    const isSeen = (locator) =>
      locator.evaluate((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        return [
          [left + 4, top + 4],
          [right - 4, top + 4],
          [left + 4, bottom - 4],
          [right - 4, bottom - 4],
        ].every((corner) => document.elementFromPoint(...corner) === one);
      });
    const typed = dialog.getByLabel("Type 2300 to go ahead");
    assert.ok(await isSeen(typed), "before anything is scrolled");
    await shot(page, `dialog-typed-${viewport.width}`);
    for (const part of ["Overrides", "How fast, how many"]) {
      await dialog.getByText(part, { exact: true }).click();
    }
    const fields = dialog.locator("input[type=text], select");
    const count = await fields.count();
    assert.ok(count > 15);
    await dialog.getByLabel("Incident").focus();
    // By the keyboard, from the first field to the last.
    for (let left = count; left > 0; ) {
      const field = dialog.locator(":focus");
      if (await field.evaluate((one) => one.matches("input[type=text], select"))) {
        assert.ok(await isSeen(field), await field.getAttribute("id"));
        left -= 1;
      }
      await page.keyboard.press("Tab");
    }
  });
}

test("a phone's back asks before it closes a form that is filled in", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open({ viewport: { width: 390, height: 844 } });
  await loaded(page);
  await button(page, "Choose all 9").click();
  await button(page, "Resume…").click();
  const dialog = dialogOf(page);
  await dialog.getByLabel("Incident").fill("kept");
  // What Android's gesture does.
  await page.locator("dialog.act").evaluate((one) => one.requestClose());
  await page.getByRole("dialog", { name: "Discard what you entered?" }).waitFor();
  await button(page, "Keep editing").click();
  assert.equal(await dialog.getByLabel("Incident").inputValue(), "kept");
});

test("a job that may have begun is not said to have failed, and a form that was changed since is not stuck", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open();
  await loaded(page);
  await button(page, "Choose all 9").click();
  await button(page, "Resume…").click();
  const dialog = dialogOf(page);
  await dialog.getByLabel("Incident").fill("once");
  const submit = dialog.locator("button[type=submit]:not(:disabled)");
  // It arrives, and what lies between answers in its place.
  await page.route("**/api/jobs", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await route.fetch();
    await route.fulfill({ status: 502, body: "Bad gateway" });
  });
  await submit.click();
  const said = dialog.getByRole("alert");
  await said.getByText(/The job may have begun nevertheless/).waitFor();
  const inSight = await said.evaluate((one) => {
    const { left, top } = one.getBoundingClientRect();
    return one.contains(document.elementFromPoint(left + 10, top + 10));
  });
  assert.ok(inSight, "where the button is that was pressed");
  await page.unroute("**/api/jobs");
  await dialog.getByLabel("Incident").fill("twice");
  await submit.click();
  await said.getByText(/^This form started a job before it was changed/).waitFor();
});
