// What is typed stays as it was typed, whatever the page draws meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded, openPage, pageWorld, seedKinds } from "./page.mjs";

const at = pageWorld();

const open = async (options) => {
  await seedKinds(at.emulator, 9);
  const page = await openPage(at.browser, at.admin.url, options);
  await loaded(page);
  return page;
};

test("the search keeps a character that follows while the one before is searched for", async () => {
  const page = await open();
  const seen = await page.evaluate(async () => {
    const field = document.querySelector("input[type=search]");
    const type = (text) => {
      field.value += text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const frame = () => new Promise(requestAnimationFrame);
    // As soon as the page has drawn itself for the first one, and before it is painted.
    const { replaceState } = history;
    const searched = new Promise((resolve) => {
      history.replaceState = (...args) => {
        replaceState.apply(history, args);
        setTimeout(resolve);
      };
    });
    type("v");
    await searched;
    type("isa");
    const values = new Set([field.value]);
    while (!location.search.includes("visa")) {
      await frame();
      values.add(field.value);
    }
    return [...values];
  });
  assert.deepEqual(seen, ["visa"]);
});

test("the search keeps a space at its end, and gives way to another search", async () => {
  const page = await open();
  const field = page.getByRole("searchbox");
  await field.focus();
  await page.keyboard.type("card ");
  await page.waitForURL(/q=card$/);
  await page.getByText("3 entries match").waitFor();
  await page.keyboard.type('"visa');
  await page.waitForURL(/q=card\+%22visa$/);
  assert.equal(await field.inputValue(), 'card "visa');
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByText("9 entries", { exact: true }).waitFor();
  assert.equal(await field.inputValue(), "");
  await page.goBack();
  await page.getByText("3 entries match").waitFor();
  assert.equal(await field.inputValue(), 'card "visa');
});

test("a filter that is half typed stays while the page looks at the jobs", async (t) => {
  const page = await open({ clock: true });
  await page.getByText("More filters").click();
  const field = page.getByLabel("Run id");
  await field.focus();
  await page.keyboard.type("wfr_ha");
  const drive = { maxRunsPerSecond: 1 };
  const { id } = await at.start({ operation: "resume", selection: { all: true }, drive });
  t.after(() => at.post(`/api/jobs/${id}/cancel`));
  await page.clock.fastForward(10_000);
  await page.getByText("1 active").waitFor();
  await page.keyboard.type("lf");
  assert.equal(await field.inputValue(), "wfr_half");
  await page.keyboard.press("Enter");
  await page.waitForURL(/run=wfr_half/);
  await page.getByText("0 entries match").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.waitForURL(`${at.admin.url}/`);
  assert.equal(await field.inputValue(), "");
});

test("what is typed after the key that opens the dialog is in its first field", async () => {
  const page = await open();
  await page.getByRole("button", { name: "Choose all 9", exact: true }).click();
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  const typed = await page.evaluate(async () => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true }));
    // The next key is an event of its own, before anything is painted.
    await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
    return document.activeElement.id;
  });
  assert.equal(typed, "field-name");
});
