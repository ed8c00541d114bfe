// The admin page in Chromium, over the Worker in workerd and the emulator.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { buildPage } from "../../www/build.mjs";
import {
  assertAccessible,
  assertShown,
  loaded,
  numbers,
  openPage,
  pageWorld,
  painted,
  previewed,
  rowsBetween,
  rowsOf,
  seedKinds,
  shot,
  startFromDialog,
  state,
} from "./page.mjs";
import { ADMIN_TOKEN, mortalWorld } from "./world.mjs";

const AXE = { path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") };

const at = pageWorld();

describe("the page", () => {
  const open = (options) => openPage(at.browser, at.admin.url, { script: AXE, ...options });
  const button = (page, name) => page.getByRole("button", { name, exact: true });
  const grid = (page) => page.getByRole("grid", { name: "Failed runs" });
  const choice = (page, group, name) =>
    page.getByRole("group", { name: group }).getByRole("checkbox", { name });

  test("with the mouse: one glance, a group, a preview, a job, the links to the new runs", async () => {
    await seedKinds(at.emulator, 900);
    const page = await open();
    await loaded(page);
    await page.getByText("900 failed runs").waitFor();
    await shot(page, "entries");
    await choice(page, "Error", /carrier/).check();
    await page.waitForURL(/error=the\+carrier/);
    await page.getByText("300 entries match").waitFor();
    assert.equal(await rowsOf(page), 300);
    await button(page, "Choose all 300").click();
    await shot(page, "chosen");
    await button(page, "Resume…").click();
    const dialog = page.getByRole("dialog", { name: "Resume 300 entries" });
    await dialog.getByText("300 × the carrier does not answer").waitFor();
    await dialog.getByText("How fast, how many").click();
    await dialog.getByLabel("Strategy").selectOption("each");
    await shot(page, "dialog");
    await startFromDialog(page, { name: "the carrier was down" });
    await state(page, "Done");
    await shot(page, "job-done");
    const { Resumed: resumed, ...others } = await numbers(page);
    assert.equal(resumed, 300);
    for (const none of ["Not found", "Unconfirmed", "Refused"])
      assert.equal(others[none], undefined);
    const { taken } = await assertShown(page, at.emulator);
    assert.equal(taken, 300);
    const { byEntry } = await at.emulator.audit();
    for (const line of await page.locator(".runs li").allTextContents()) {
      const [dlqId, run] = line.split(" → ");
      assert.deepEqual(byEntry[dlqId].workflowRunIds, [run]);
    }
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "CSV" }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^dlq-.*\.csv$/);
    assert.equal(
      readFileSync(await download.path(), "utf8")
        .trim()
        .split("\r\n").length,
      301,
    );

    await page.getByRole("link", { name: "Trail" }).click();
    await page.getByRole("cell", { name: "the carrier was down" }).first().waitFor();
    assert.deepEqual(await page.locator("td:nth-child(3)").allTextContents(), [
      "finished: resume",
      "started: resume",
    ]);
    await shot(page, "trail");
    await page.getByRole("link", { name: "Failed runs" }).click();
    await page.getByText("600 failed runs").waitFor();
    assert.deepEqual(page.problems, []);
  });

  test("with the keyboard alone", async () => {
    await seedKinds(at.emulator, 200);
    const page = await open();
    await loaded(page);
    const { keyboard } = page;
    await keyboard.press("/");
    await keyboard.type("visa");
    await page.waitForURL(/q=visa/);
    await page.getByText(/^6\d entries match$/).waitFor();
    await grid(page).focus();
    for (const key of ["ArrowDown", "j", "k", "x", "ArrowDown", "ArrowDown", "Shift+X"])
      await keyboard.press(key);
    await page.getByText("3 chosen", { exact: true }).waitFor();
    await keyboard.press("End");
    await keyboard.press("Enter");
    await page
      .getByRole("region", { name: /^Entry / })
      .getByText("declined")
      .waitFor();
    await keyboard.press("Escape");
    await page.getByRole("region", { name: /^Entry / }).waitFor({ state: "detached" });
    await keyboard.press("r");
    const dialog = page.getByRole("dialog", { name: "Resume 3 entries" });
    await dialog.waitFor();
    await keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await keyboard.press("r");
    await keyboard.type("by keyboard");
    await dialog.locator("button[type=submit]:not(:disabled)").waitFor();
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "by keyboard", level: 2, exact: true }).waitFor();
    await state(page, "Done");
    const { taken } = await assertShown(page, at.emulator);
    assert.equal(taken, 3);
    await keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  });

  test("a range of time is dragged; what is looked at is in the URL", async () => {
    const to = Date.now() - 10_000;
    await seedKinds(at.emulator, 1_000, { from: to - 999_000, to });
    const page = await open();
    await loaded(page);
    await painted(page);
    const { x, y, width } = await page.locator(".chart .u-over").boundingBox();
    await page.mouse.move(x + width * 0.25, y + 20);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.6, y + 30, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=.*to=/);
    const some = await rowsBetween(page, 301, 399);
    await choice(page, "Status", "503").check();
    await page.waitForURL(/status=503/);
    const count = await rowsBetween(page, 1, some / 2);

    const other = await open({ query: new URL(page.url()).search });
    await loaded(other);
    // Whoever is sent the link sees the same.
    await rowsBetween(other, count, count);
    await page.goBack();
    await rowsBetween(page, some, some);
    await page.goForward();
    await rowsBetween(page, count, count);

    await button(other, `Choose all ${count}`).click();
    await button(other, "Resume…").click();
    await startFromDialog(other);
    await state(other, "Done");
    const { taken } = await assertShown(other, at.emulator);
    assert.equal(taken, count, "as many as were shown");
  });

  test("many entries, however they were chosen, and deletions want their count typed", async () => {
    await at.emulator.seed(140);
    const page = await open();
    await loaded(page);
    const dialog = page.getByRole("dialog");
    const boxes = grid(page).locator(".c0");
    const byFilter = () => button(page, "Choose all 140").click();
    const byHeader = () => page.getByLabel("Choose all that match").click();
    const byRange = async () => {
      await boxes.nth(1).click();
      await page.keyboard.press("End");
      await page.keyboard.press("Shift+X");
    };
    for (const choose of [byFilter, byHeader, byRange]) {
      await choose();
      await page.getByText(/^(All )?140 chosen/).waitFor();
      await button(page, "Resume…").click();
      await dialog.getByLabel("Incident").fill("many");
      await dialog.getByText(/^From .*; nothing that fails later\.$/).waitFor();
      await dialog.getByLabel("Type 140 to go ahead").fill("139");
      assert.equal(await dialog.locator("button[type=submit]").isDisabled(), true);
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await button(page, "Choose none").click();
    }
    await grid(page).evaluate((element) => element.scrollTo(0, 0));

    await boxes.nth(1).click();
    await boxes.nth(5).click({ modifiers: ["Shift"] });
    await page.getByText("5 chosen", { exact: true }).waitFor();
    await button(page, "Delete…").click();
    await startFromDialog(page, { name: "cleaning up", typed: 5 });
    await state(page, "Done");
    const { taken, remaining } = await assertShown(page, at.emulator, {
      name: "Deleted",
      done: "deleted",
    });
    assert.deepEqual([taken, remaining], [5, 135]);
  });

  test("failure functions are run again, from a group and from one entry", async () => {
    await seedKinds(at.emulator, 30);
    const page = await open();
    await loaded(page);
    await choice(page, "Failure function", "failed").check();
    await page.getByText("10 entries match").waitFor();
    await button(page, "Choose all 10").click();
    await button(page, "Re-run failure function…").click();
    await startFromDialog(page, { name: "call again" });
    await state(page, "Done");
    assert.equal((await numbers(page))["Called again"], 10);
    const { requests } = await at.emulator.requests();
    assert.equal(requests.filter(({ path }) => path.includes("/callback/")).length, 10);
  });

  test("paused, gone on with, cancelled; two tabs see the same job", async () => {
    await at.emulator.seed(3_000);
    const page = await open();
    await loaded(page);
    await button(page, "Choose all 3,000").click();
    await button(page, "Resume…").click();
    await previewed(page.getByRole("dialog"));
    // So slow that it is not done before it is cancelled, however slow the browser is.
    await at.emulator.config({ latencyMs: 1_000 });
    const id = await startFromDialog(page, { name: "slowly", typed: 3_000 });
    await page.waitForFunction(() => document.querySelector("progress").value > 0);
    await shot(page, "job-running");
    await button(page, "Pause").click();
    await state(page, "Paused");
    const tab = await page.context().newPage();
    await tab.goto(`${at.admin.url}/?view=jobs&job=${id}`);
    await state(tab, "Paused");
    const paused = await numbers(page);
    assert.ok(paused.Resumed > 0 && paused.Resumed < 3_000);
    assert.deepEqual(await numbers(tab), paused);
    await assertShown(page, at.emulator);
    await button(tab, "Continue").click();
    await state(page, "Running");
    await page.waitForFunction(
      (value) => document.querySelector("progress").value > value,
      paused.Resumed,
    );
    await button(page, "Cancel job…").click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel job" }).click();
    await state(tab, "Cancelled");
    await state(page, "Cancelled");
    assert.deepEqual(await numbers(tab), await numbers(page));
    await assertShown(page, at.emulator);
    assert.deepEqual([...page.problems, ...(tab.problems ?? [])], []);
  });

  test("a fault in mid-job is said, and gone on after", async () => {
    await at.emulator.seed(600);
    const refusal = { type: "status", status: 403, body: { error: "a read-only token" } };
    await at.emulator.faults([
      { match: { path: "/v2/workflows/dlq/resume" }, nth: 2, when: "before", action: "drop" },
      { match: { path: "/v2/workflows/dlq/resume" }, nth: 4, action: refusal },
    ]);
    const page = await open();
    await loaded(page);
    await button(page, "Choose all 600").click();
    await button(page, "Resume…").click();
    await startFromDialog(page, { name: "with a fault", typed: 600 });
    await state(page, "Stopped");
    await page.getByText("a read-only token").waitFor();
    await shot(page, "job-stopped");
    await assertShown(page, at.emulator, { exact: false });
    await button(page, "Continue").click();
    await state(page, "Done");
    // The request that was lost may have acted: its entries count as done, lest more than 600 be.
    await page.getByText("Stopped at the number that was confirmed").waitFor();
    const { remaining } = await assertShown(page, at.emulator, { exact: false });
    const { Unconfirmed: unconfirmed = 0 } = await numbers(page);
    assert.deepEqual([remaining, unconfirmed], [100, 100]);
  });

  test("who has no token is asked for it; a wrong one is refused", async () => {
    await at.emulator.seed(3);
    const page = await open({ token: "" });
    const field = page.getByLabel("Admin token");
    await field.fill("a wrong token that is long enough");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("not the admin token").waitFor();
    await shot(page, "sign-in");
    await assertAccessible(page, "signing in");
    await field.fill(ADMIN_TOKEN);
    await page.getByRole("button", { name: "Sign in" }).click();
    await loaded(page);
    await page.reload();
    await loaded(page);
    await button(page, "Sign out").click();
    await field.waitFor();
  });

  test("what entries hold stays text; no token is anywhere; nobody else is asked", async () => {
    await seedKinds(at.emulator, 60);
    const page = await open();
    await loaded(page);
    assert.equal(page.url(), `${at.admin.url}/`, "the link's token is gone");
    const panel = page.getByRole("region", { name: /^Entry / });
    for (const row of [2, 3, 4]) {
      await grid(page).locator(`[aria-rowindex="${row}"] .c4`).click();
      await panel.locator("pre").first().waitFor();
      await page.keyboard.press("Escape");
      await panel.waitFor({ state: "detached" });
    }
    await choice(page, "Error", /script/).check();
    await button(page, "Choose all 20").click();
    await button(page, "Resume…").click();
    await page.getByRole("dialog").getByText("20 × <html>").waitFor();
    await startFromDialog(page, { name: "<img src=x onerror=alert(1)>" });
    await state(page, "Done");
    await page.getByRole("link", { name: "Trail" }).click();
    await page.getByRole("cell", { name: "<img src=x" }).first().waitFor();
    const found = await page.evaluate(() => ({
      hacked: globalThis.hacked,
      made: document.querySelectorAll("main img, main script, main b, main u").length,
      stored: JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
      html: document.documentElement.outerHTML,
      history: history.length,
    }));
    assert.deepEqual([found.hacked, found.made], [undefined, 0]);
    for (const secret of [ADMIN_TOKEN, at.emulator.token]) {
      assert.ok(!found.stored.includes(secret) && !found.html.includes(secret));
    }
    assert.deepEqual([...page.hosts], [new URL(at.admin.url).host]);
    assert.deepEqual(page.problems, []);
  });

  test("payloads: JSON, bytes, redacted, and an entry that is gone", async () => {
    const base = { workflowUrl: "https://shop.example/a", responseStatus: 500, responseBody: "x" };
    const { dlqIds } = await at.emulator.seed({
      entries: [
        { ...base, body: '{"a":[1,2]}' },
        { ...base, body: "plain\ttext", redacted: true },
        { ...base, body: "" },
      ],
    });
    const page = await open({ query: `?entry=${dlqIds[0]}` });
    const panel = page.getByRole("region", { name: /^Entry / });
    await panel.getByRole("region", { name: "Payload" }).waitFor();
    assert.equal(
      await panel.getByRole("region", { name: "Payload" }).textContent(),
      '{\n  "a": [\n    1,\n    2\n  ]\n}',
    );
    await page.goto(`${at.admin.url}/?entry=${dlqIds[1]}`);
    await panel
      .getByText(/^Redacted/)
      .first()
      .waitFor();
    await page.goto(`${at.admin.url}/?entry=17-0`);
    await panel.getByText("It is not in the DLQ: ").waitFor();
    await panel.getByRole("button", { name: "Copy DLQ id" }).waitFor();
    // Pasted into a terminal, what follows the line break would be run.
    await page.goto(`${at.admin.url}/?entry=${encodeURIComponent("17-0\nrm -rf ~\n")}`);
    await panel.getByText("This can't be the id of an entry.").waitFor();
    assert.equal(await panel.getByRole("button", { name: /^Copy/ }).count(), 0);
  });
});

test("a Worker that is killed in mid-job: the page finds it again, and the job is done", async () => {
  const killed = await mortalWorld({
    page: await buildPage(),
    bindings: { REQUESTS_PER_SLICE: "20" },
  });
  try {
    await killed.emulator.seed(4_000);
    const page = await openPage(at.browser, killed.url());
    await loaded(page);
    // So slow that it is not done before the page has found it again, twice.
    await killed.emulator.config({ latencyMs: 300 });
    await page.getByRole("button", { name: "Choose all 4,000" }).click();
    await page.getByRole("button", { name: "Resume…" }).click();
    await startFromDialog(page, { name: "cut off", typed: 4_000 });
    for (const share of [500, 1_500]) {
      await page.waitForFunction(
        (value) => document.querySelector("progress").value > value,
        share,
      );
      await killed.kill();
      await page.getByText("The connection is lost").waitFor();
      await killed.begin();
    }
    await killed.emulator.config({ latencyMs: 0 });
    await state(page, "Done");
    const { remaining } = await assertShown(page, killed.emulator, { exact: false });
    assert.equal(remaining, 0);
  } finally {
    await killed.close();
  }
});
