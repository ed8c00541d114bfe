// The page with many entries: how soon there is something to see, and that nothing holds it up.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assertShown,
  loaded,
  openPage,
  pageWorld,
  seedKinds,
  startFromDialog,
  state,
} from "../page.mjs";

/** Milliseconds of the main thread, at most, for any one task; and for those that answer each key and each turn of the wheel. */
const LONGEST_MS = 100;
const LONGEST_OF = { scrolling: 50, typing: 50 };

const at = pageWorld();

const open = async (t) => {
  const page = await openPage(at.browser, at.admin.url);
  t.after(() => page.context().close());
  await loaded(page);
  return page;
};

/**
 * The longest task of the page's main thread while `work` is done, in ms: of the processor's time, since on a busy
 * machine any task takes long by the clock.
 */
async function longestTask(page, work) {
  await at.browser.startTracing(page, { categories: ["toplevel", "__metadata"] });
  await work();
  const { traceEvents } = JSON.parse(await at.browser.stopTracing());
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ ph, tdur, pid, tid }) => ph === "X" && tdur > 0 && main.has(`${pid} ${tid}`),
  );
  assert.ok(tasks.length > 10, "tasks were traced");
  return Math.round(Math.max(...tasks.map(({ tdur }) => tdur)) / 1000);
}

/**
 * Opens the page again and again, signed in and compiled as for whoever has it open all day, until it is quick enough.
 * Whatever else the machine is busy with makes it slower, never quicker: the best of five.
 *
 * @param {{ seen: number, all: number }} most ms until rows and time axis are there, and until all entries are
 * @returns {Promise<{ seen: number, all: number }>} the least that was measured of each
 */
async function timesOf(page, most) {
  const now = () => page.evaluate(() => Math.round(performance.now()));
  const least = { seen: Infinity, all: Infinity };
  const isEnough = () => least.seen < most.seen && least.all < most.all;
  for (let turn = 0; turn < 5 && !isEnough(); turn += 1) {
    await page.goto("about:blank");
    await page.goto(at.admin.url);
    await page.waitForFunction(
      () => document.querySelector(".table .row") && document.querySelector(".chart canvas"),
    );
    const seen = await now();
    await loaded(page);
    least.seen = Math.min(least.seen, seen);
    least.all = Math.min(least.all, await now());
  }
  return least;
}

test("5,000 entries: something to see within a second", async (t) => {
  const most = { seen: 1_000, all: Infinity };
  await seedKinds(at.emulator, 5_000);
  const { seen, all } = await timesOf(await open(t), most);
  t.diagnostic(`first rows and time axis after ${seen} ms, all 5,000 after ${all} ms`);
  assert.ok(seen < most.seen, `${seen} ms`);
});

test("50,000 entries: first rows within 2 seconds, all within 8", async (t) => {
  const most = { seen: 2_000, all: 8_000 };
  await seedKinds(at.emulator, 50_000);
  const { seen, all } = await timesOf(await open(t), most);
  t.diagnostic(`first rows and time axis after ${seen} ms, all 50,000 after ${all} ms`);
  assert.ok(seen < most.seen && all < most.all, `${seen} ms, ${all} ms`);
});

test("50,000 entries: no task holds the page up", async (t) => {
  await seedKinds(at.emulator, 50_000);
  const page = await open(t);
  const grid = page.getByRole("grid", { name: "Failed runs" });
  const error = (name) =>
    page.getByRole("group", { name: "Error", exact: true }).getByRole("checkbox", { name });
  const some = () => page.getByText(/^1\d,\d{3} entries match$/).waitFor();
  const everything = () => page.getByText("50,000 entries", { exact: true }).waitFor();
  const chosen = (text) => page.getByText(text, { exact: true }).waitFor();
  const { keyboard, mouse } = page;
  const longest = {};
  // What else the machine does makes some slower, and none quicker: the least of three, where it can be done again.
  const during = async (name, work) => {
    const most = LONGEST_OF[name];
    longest[name] = await longestTask(page, work);
    for (let turn = 1; turn < 3 && longest[name] > most; turn += 1)
      longest[name] = Math.min(longest[name], await longestTask(page, work));
  };

  await during("loading", async () => {
    await page.reload();
    await loaded(page);
    await everything();
  });
  await during("scrolling", async () => {
    const { x, y } = await grid.boundingBox();
    await mouse.move(x + 200, y + 200);
    await grid.evaluate((element) => {
      element.scrollTop = 0;
    });
    for (let turn = 0; turn < 40; turn += 1) await mouse.wheel(0, turn % 2 === 0 ? 3_000 : 90_000);
    await grid.evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    await grid.locator('[aria-rowindex="50001"]').waitFor();
  });
  await during("typing", async () => {
    await page.getByRole("searchbox").click();
    await keyboard.type("carrier does", { delay: 30 });
    await some();
    await page.getByRole("searchbox").fill("");
    await everything();
  });
  await during("filtering", async () => {
    await error(/carrier/).check();
    await some();
    await error(/carrier/).uncheck();
    await everything();
    const { x, y, width, height } = await page.locator(".chart .u-over").boundingBox();
    await mouse.move(x + width * 0.2, y + height / 2);
    await mouse.down();
    await mouse.move(x + width * 0.7, y + height / 2, { steps: 8 });
    await mouse.up();
    await page.getByText(/entries match$/).waitFor();
    await page.getByRole("button", { name: "All", exact: true }).click();
    await everything();
  });
  await during("choosing", async () => {
    await page.getByRole("button", { name: "Choose all 50,000" }).click();
    await chosen("All 50,000 chosen");
    await page.getByRole("button", { name: "Choose none" }).click();
    await grid.focus();
    for (const key of ["Home", "x", "End", "Shift+X"]) await keyboard.press(key);
    await chosen("50,000 chosen");
    await error(/carrier/).check();
    await page.getByText(/^50,000 chosen, 33,\d{3} not in view/).waitFor();
    await page.getByRole("button", { name: "Choose none" }).click();
  });
  await during("a card's dialog", async () => {
    await error(/carrier/).uncheck();
    await everything();
    await page.getByRole("button", { name: "Resume the carrier does not answer…" }).click();
    await page
      .getByRole("dialog")
      .getByText(/^1\d,\d{3} × the carrier/)
      .waitFor();
  });
  const said = Object.entries(longest).map(([name, ms]) => `${name} ${ms}`);
  t.diagnostic(`longest task in ms: ${said.join(", ")}`);
  for (const [name, ms] of Object.entries(longest))
    assert.ok(ms <= (LONGEST_OF[name] ?? LONGEST_MS), `${name}: ${ms} ms`);

  await startFromDialog(page, { name: "many" });
  await state(page, "Done");
  await assertShown(page, at.emulator);
});
