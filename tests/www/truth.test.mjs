// The page never says what it has not seen: with the service down, slow or interrupted, and after the
// session has ended.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  assertShown,
  endSession,
  loaded,
  openPage,
  pageWorld,
  painted,
  remembered,
  remembering,
  seedKinds,
  shot,
  signInAgain,
  startFromDialog,
  state,
} from "./page.mjs";
import { ADMIN_TOKEN } from "./world.mjs";

const at = pageWorld();

const LISTS = { method: "GET", path: "/v2/" };
const open = (options) => openPage(at.browser, at.admin.url, options);
const button = (page, name) => page.getByRole("button", { name, exact: true });
const headline = (page) => page.locator(".headline p").first().textContent();
const group = (page, title, name) =>
  page.getByRole("group", { name: title, exact: true }).getByRole("checkbox", { name });
const match = (page, count) => page.getByText(`${count} entries match`, { exact: true }).waitFor();

describe("the list", () => {
  test("service down from the beginning: nothing is counted, and why is said", async () => {
    await seedKinds(at.emulator, 90);
    await at.emulator.faults([{ match: LISTS, action: 503 }]);
    const page = await open();
    const alert = page.getByRole("alert");
    await alert.waitFor({ timeout: 30_000 });
    assert.match(await alert.textContent(), /can't be loaded since .* Nothing is known/);
    assert.equal(await headline(page), "… failed runs");
    assert.doesNotMatch(await page.locator("main").textContent(), /\b0 (failed|entries)/);
    await shot(page, "service-down");
    await at.emulator.faults([]);
    await button(page, "Try now").click();
    await loaded(page);
    assert.match(await headline(page), /^90 failed runs/);
    assert.equal(await alert.count(), 0);
  });

  test("service down later: the last list and the choice stay, with their age", async () => {
    await seedKinds(at.emulator, 90);
    const page = await open();
    await loaded(page);
    await page.getByRole("grid").getByRole("checkbox").nth(3).check();
    await page.getByText("1 chosen").waitFor();
    await at.emulator.faults([{ match: LISTS, action: 503 }]);
    await button(page, "Reload").click();
    const alert = page.getByRole("alert");
    await alert.waitFor({ timeout: 30_000 });
    assert.match(
      await alert.textContent(),
      /What you see is \d+ seconds? old.*Next try in|Trying now/,
    );
    assert.match(await headline(page), /^90 failed runs/);
    await page.getByText("1 chosen").waitFor();
    assert.equal(await page.getByRole("grid").getAttribute("aria-rowcount"), "91");
    // It tries again by itself.
    await at.emulator.faults([]);
    await alert.waitFor({ state: "detached", timeout: 30_000 });
    await page.getByText("1 chosen").waitFor();
  });

  test("a WebAssembly that does not arrive is said, and asked for again", async () => {
    await seedKinds(at.emulator, 90);
    const page = await open();
    await loaded(page);
    const wasm = "**/core.wasm";
    for (const answer of [(route) => route.abort(), (route) => route.fulfill({ status: 503 })]) {
      await page.route(wasm, answer);
      await page.reload();
      await page
        .getByRole("alert")
        .getByText(/can't be loaded since/)
        .waitFor();
      assert.equal(await headline(page), "… failed runs");
      await page.unroute(wasm);
      await button(page, "Try now").click();
      await loaded(page);
      assert.match(await headline(page), /^90 failed runs/);
    }
  });

  test("a list under way is a lower bound, and nothing can be chosen as all", async () => {
    await seedKinds(at.emulator, 1_500);
    await at.emulator.config({ latencyMs: 400 });
    const page = await open();
    await page
      .getByText(/^At least/)
      .first()
      .waitFor();
    assert.match(await headline(page), /^At least [\d,]+ failed runs/);
    assert.match(await page.locator("p.matching").textContent(), /^At least [\d,]+ entries/);
    assert.equal(await page.getByRole("button", { name: /^Choose all/ }).isDisabled(), true);
    await at.emulator.config({ latencyMs: 0 });
    await loaded(page);
    assert.match(await headline(page), /^1,500 failed runs/);
  });

  test("a number is exact once all is counted, and is said with the filter it was counted by", async () => {
    await seedKinds(at.emulator, 1_500);
    await at.emulator.config({ latencyMs: 50 });
    const page = await open({ script: remembering(".headline p:first-child, p.matching") });
    await loaded(page);
    await group(page, "Error", /carrier/).check();
    await match(page, 500);
    await button(page, "Clear filters").click();
    await page.getByText("1,500 entries", { exact: true }).waitFor();
    const exact = (await remembered(page)).filter((text) => !/^(…|At least)/.test(text));
    const said = exact.map((text) => text.replace(/(?<=failed runs) since.*/, ""));
    assert.deepEqual([...new Set(said)].sort(), [
      "1,500 entries",
      "1,500 failed runs",
      "500 entries match",
    ]);
  });

  test("an interrupted range that begins again counts nothing twice", async () => {
    await seedKinds(at.emulator, 1_500);
    const page = await open({ query: "" });
    await loaded(page);
    // The cursor of one range is refused; the range begins again from its top.
    await at.emulator.faults([
      { match: { method: "GET", path: "cursor=" }, nth: 3, times: 1, action: 400 },
    ]);
    await at.emulator.config({ latencyMs: 100 });
    await button(page, "Reload").click();
    await page.getByText(/Loading again/).waitFor();
    await page.waitForFunction(() =>
      /^Checked [01] seconds? ago(?!\. Loading)/.test(document.querySelector(".age").textContent),
    );
    assert.match(await headline(page), /^1,500 failed runs/);
    assert.equal(await page.getByRole("grid").getAttribute("aria-rowcount"), "1501");
  });

  test("a job that has ended before it is watched: what it took is gone from the list", async () => {
    await seedKinds(at.emulator, 90);
    const page = await open();
    await loaded(page);
    await page.route("**/api/jobs/*/events", async (route) => {
      const [, id] = /jobs\/([^/]+)\/events/.exec(route.request().url());
      await at.until(id, ({ state }) => state === "done");
      await route.continue();
    });
    await page.getByRole("grid").locator(".c0").nth(1).click();
    await button(page, "Resume…").click();
    await startFromDialog(page, { name: "quick" });
    await state(page, "Done");
    await page.getByRole("link", { name: "Failed runs" }).click();
    // Before the page looks at the jobs again, after ten seconds.
    await page.getByText("89 failed runs").waitFor({ timeout: 9_000 });
  });

  test("an empty queue is said to be empty, and when it was checked", async () => {
    const page = await open();
    await loaded(page);
    assert.equal(await headline(page), "No failed runs in the queue.");
    assert.match(await page.locator(".age").textContent(), /^Checked \d+ seconds? ago/);
  });
});

test("a session that ends: sign-in over the page, form and choice kept", async () => {
  await seedKinds(at.emulator, 90);
  const page = await open();
  await loaded(page);
  await page.getByRole("grid").getByRole("checkbox").nth(3).check();
  await button(page, "Resume…").click();
  const dialog = page.getByRole("dialog", { name: /^Resume/ });
  await dialog.getByLabel("Incident").fill("half written");
  await endSession(page, dialog.locator("button[type=submit]"));
  const again = signInAgain(page);
  await shot(page, "session-ended");
  await page.keyboard.press("Escape");
  await painted(page);
  assert.equal(await again.isVisible(), true, "it can't be dismissed");
  await again.getByLabel("Admin token").fill("wrong");
  await again.getByRole("button", { name: "Sign in" }).click();
  await again.getByText("That is not the admin token.").waitFor();
  await again.getByLabel("Admin token").fill(ADMIN_TOKEN);
  await again.getByRole("button", { name: "Sign in" }).click();
  await again.waitFor({ state: "detached" });
  assert.equal(await dialog.getByLabel("Incident").inputValue(), "half written");
  await dialog.locator("button[type=submit]").click();
  await page.getByRole("heading", { name: "half written", level: 2 }).waitFor();
});

describe("the choice", () => {
  test("what is chosen and not in view is said, and can be shown", async () => {
    await seedKinds(at.emulator, 90);
    const page = await open();
    await loaded(page);
    const boxes = page.getByRole("grid").locator(".c0");
    await boxes.nth(1).click();
    await boxes.nth(5).click({ modifiers: ["Shift"] });
    const choice = page.getByRole("group", { name: "Actions" });
    await choice.getByText("5 chosen", { exact: true }).waitFor();
    await page.getByLabel("Search").fill("nothing has this text");
    await choice.getByText(/^5 chosen, 5 not in view/).waitFor();
    assert.equal(await button(page, "Resume…").isEnabled(), true);
    await button(page, "Show all").click();
    await choice.getByText("5 chosen", { exact: true }).waitFor();
  });

  test("the dialog previews ids as it previews a filter, and refuses half a canary", async () => {
    await seedKinds(at.emulator, 90);
    const page = await open();
    await loaded(page);
    const boxes = page.getByRole("grid").locator(".c0");
    await boxes.nth(1).click();
    await boxes.nth(7).click({ modifiers: ["Shift"] });
    await button(page, "Resume…").click();
    const dialog = page.getByRole("dialog", { name: "Resume 7 entries" });
    await dialog.getByText(/^From .*; nothing that fails later\.$/).waitFor();
    assert.match(await dialog.locator(".facts").textContent(), /Workflows.*Errors/s);
    await dialog.getByLabel("Incident").fill("half");
    await dialog.getByRole("radio", { name: "At once" }).check();
    await dialog.getByText("How fast, how many").click();
    await dialog.getByLabel("Canary: wait, in seconds").fill("60");
    await dialog.getByText(/^Say how many entries go first/).waitFor();
    assert.equal(await dialog.locator("button[type=submit]").isDisabled(), true);
    await dialog.getByLabel("Canary: entries first").fill("2");
    await dialog.locator("button[type=submit]:not(:disabled)").waitFor();
    await shot(page, "dialog-ids");
  });
});

describe("what is looked at", () => {
  const of = (count, responseBody, more) =>
    at.emulator.seed({ count, responseBodies: [responseBody], ...more });
  const seedAlike = async () => {
    await of(20, '{"message":"timeout 10"}', { steps: ["charge"] });
    await of(30, '{"message":"timeout 100"}', { steps: ["ship"] });
    await of(10, "");
    await of(40, "Error 10: the log says timeout 10");
  };
  const chips = (page) => page.getByRole("group", { name: "Active filters" });

  test("an error's row is exactly that error, several are either, and no body is a row", async () => {
    await seedAlike();
    const page = await open();
    await loaded(page);
    await page.getByText("2 messages").click();
    await group(page, "Error", /^timeout 10 20$/).check();
    await match(page, 20);
    assert.deepEqual(new URL(page.url()).searchParams.getAll("error"), ["timeout 10"]);
    await group(page, "Error", /^No body/).check();
    await match(page, 30);
    await shot(page, "errors");
    await button(page, "Choose all 30").click();
    await button(page, "Resume…").click();
    const dialog = page.getByRole("dialog", { name: "Resume 30 entries" });
    await dialog.getByText("10 × No body").waitFor();
    await startFromDialog(page, { name: "exactly these" });
    await state(page, "Done");
    assert.equal((await assertShown(page, at.emulator)).taken, 30);
    await page.getByRole("link", { name: "Failed runs" }).click();
    await page.getByText("70 failed runs").waitFor();
  });

  test("the kind of an error selects its messages, which are listed", async () => {
    await seedAlike();
    const page = await open();
    await loaded(page);
    await group(page, "Error", /^timeout # 50$/).check();
    await match(page, 50);
    await page.getByText("2 messages").click();
    const messages = page.getByRole("group", { name: "Error" }).locator("details .name");
    await messages.nth(1).waitFor();
    assert.deepEqual(await messages.allTextContents(), ["timeout 100", "timeout 10"]);
    await button(page, "Remove Kind of error: timeout #").waitFor();
    await shot(page, "kinds");
    await button(page, "Choose all 50").click();
    await button(page, "Resume…").click();
    await startFromDialog(page, { name: "a kind" });
    await state(page, "Done");
    assert.equal((await assertShown(page, at.emulator)).taken, 50);
  });

  test("what filters is a chip to be removed, and a link brings them along", async () => {
    await seedAlike();
    const query = "?error=timeout+10&error=timeout+100&error=gone&step=charge&status=500";
    const page = await open({ query });
    await loaded(page);
    await match(page, 20);
    assert.equal(
      await chips(page)
        .getByRole("button", { name: /^Remove / })
        .count(),
      5,
    );
    await button(page, "Remove Error: gone").click();
    await button(page, "Remove Failed step: charge").click();
    await match(page, 50);
    await shot(page, "chips");
    await button(page, "Clear filters").click();
    await page.getByText("100 entries", { exact: true }).waitFor();
    assert.equal(await chips(page).count(), 0);
    assert.equal(new URL(page.url()).search, "");
  });

  test("the failed step is a column and a group that selects it", async () => {
    await seedAlike();
    const page = await open();
    await loaded(page);
    await group(page, "Failed step", /^ship/).check();
    await match(page, 30);
    await page.getByRole("gridcell", { name: "ship", exact: true }).first().waitFor();
    await button(page, "Choose all 30").click();
    await button(page, "Restart…").click();
    await startFromDialog(page, { name: "the step" });
    await state(page, "Done");
    const { taken } = await at.emulator.audit({ summary: true });
    assert.equal(taken, 30);
  });

  test("a search is apart from the errors, whatever the case, and takes what it shows by id", async () => {
    await seedAlike();
    const page = await open();
    await loaded(page);
    await page.getByLabel("Search").fill("TIMEOUT 10");
    await match(page, 90);
    assert.equal(new URL(page.url()).search, "?q=TIMEOUT+10");
    await group(page, "Failed step", /^ship/).check();
    await match(page, 30);
    await button(page, "Choose all 30").click();
    await button(page, "Resume…").click();
    await page.getByRole("dialog", { name: "Resume 30 entries" }).waitFor();
    await startFromDialog(page, { name: "searched" });
    await state(page, "Done");
    assert.equal((await assertShown(page, at.emulator)).taken, 30);
    await page.getByRole("link", { name: "Failed runs" }).click();
    await page.getByText("70 failed runs").waitFor();
  });
});
