// The page as somebody uses it who wants it to fail: a Worker that goes away, a reload in mid-job, runs with thousands
// of steps, links that nobody made, zoom.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertShown, loaded, openPage, pageWorld, seedKinds, state } from "./page.mjs";

const at = pageWorld();

const open = (options) => openPage(at.browser, at.admin.url, options);
const nothingYet = (page) => page.getByText("No job yet: choose failed runs, and resume them.");

test("jobs that are not known are not said to be none, and old ones are said to be old", async () => {
  await at.emulator.seed(3);
  const page = await open();
  await loaded(page);
  await page.route("**/api/jobs", (route) => route.fulfill({ status: 500, json: {} }));
  await page.goto(`${at.admin.url}/?view=jobs`);
  const alert = page.getByRole("alert").getByText(/^The jobs can't be loaded: /);
  await alert.waitFor();
  assert.equal(await nothingYet(page).count(), 0);
  await page.unroute("**/api/jobs");
  await page.getByRole("link", { name: "Trail" }).click();
  await page.getByRole("link", { name: "Jobs" }).click();
  await alert.waitFor({ state: "detached" });
  const { name } = await at.start({ operation: "resume", selection: { all: true }, name: "one" });
  await page.getByRole("link", { name: "Trail" }).click();
  await page.getByRole("link", { name: "Jobs" }).click();
  await page.getByRole("link", { name }).waitFor();
  await page.route("**/api/jobs", (route) => route.abort());
  await page.getByRole("link", { name: "Trail" }).click();
  await page.getByRole("link", { name: "Jobs" }).click();
  await page.getByText("What you see may be out of date.").waitFor();
  await page.getByRole("link", { name }).waitFor();
});

test("a trail that can't be loaded is tried again", async () => {
  await at.emulator.seed(3);
  const page = await open();
  await loaded(page);
  await page.route("**/api/trail", (route) => route.abort());
  await page.getByRole("link", { name: "Trail" }).click();
  const again = page.locator(".trail").getByRole("button", { name: "Try again" });
  await again.waitFor();
  await page.unroute("**/api/trail");
  await again.click();
  await again.waitFor({ state: "detached" });
  await page.locator(".trail").locator(".none, table").first().waitFor();
});

test("a reload in mid-job: what it takes leaves the list when it has ended, wherever one looks", async () => {
  await seedKinds(at.emulator, 90);
  const page = await open();
  await loaded(page);
  const { id } = await at.start({
    operation: "resume",
    selection: { all: true },
    drive: { limit: 30, maxRunsPerSecond: 3 },
  });
  await page.goto(`${at.admin.url}/?view=jobs&job=${id}`);
  await state(page, "Running", "Waiting");
  await page.reload();
  await page.getByRole("link", { name: "Failed runs" }).click();
  await loaded(page);
  await at.until(id, ({ state: now }) => now === "done");
  // Jobs are looked at every ten seconds.
  await page.getByText("60 failed runs").waitFor({ timeout: 30_000 });
  const { resumed } = await at.emulator.audit({ summary: true });
  assert.equal(resumed, 30);
});

test("runs that failed again and are not known yet are no entries that match", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open({ query: `?again=${crypto.randomUUID()}` });
  await loaded(page);
  await page.getByText(/^The runs that failed again are not known: /).waitFor();
  assert.equal(await page.locator("p.matching").textContent(), "…");
  assert.equal(await page.getByText("No entry matches.").count(), 0);
});

test("a run of 20,000 steps is drawn at once, its latest steps first", async () => {
  const failure = { status: 503, body: '{"message":"down"}', step: "ship" };
  await at.emulator.seedRuns([{ steps: ["pack"], errors: [failure], state: "RUN_FAILED" }]);
  const page = await open();
  await loaded(page);
  const STEPS = 20_000;
  await page.route(/workflows\/(logs|events)/, async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    const step = (n) => ({
      stepName: `step ${n}`,
      stepType: "Run",
      state: n === STEPS ? "STEP_FAILED" : "STEP_SUCCESS",
      createdAt: 1_700_000_000_000 + n,
      errors: [],
    });
    for (const run of json.runs) {
      run.steps = [
        { type: "sequential", steps: Array.from({ length: STEPS }, (_, n) => step(n + 1)) },
      ];
    }
    await route.fulfill({ response, json });
  });
  await page.getByRole("grid").locator(".row .c4").first().click();
  const strip = page.getByRole("list", { name: "Steps" }).getByRole("listitem");
  await page.getByRole("list", { name: "Timeline" }).waitFor();
  assert.equal(await strip.count(), 200);
  assert.match(await strip.last().textContent(), /step 20000 failed/);
  const more = page.getByRole("button", { name: "19,800 before these · Show more" });
  await more.click();
  await page.getByRole("button", { name: "18,800 before these · Show more" }).waitFor();
  assert.equal(await strip.count(), 1_200);
  // What is drawn says how long it takes: nodes.
  assert.ok((await page.locator(".detail *").count()) < 20_000);
});

test("links that nobody made show the page, and say what is not there", async () => {
  await seedKinds(at.emulator, 9);
  for (const [query, said] of [
    ["?view=__proto__", "9 entries"],
    ["?view=jobs&job=..%2f..%2fme", "There is no such job."],
    ["?view=jobs&job=.", "There is no such job."],
    [
      "?entry=..%2Fx",
      "It is not in the DLQ: it may have been resumed, restarted or deleted, or have expired.",
    ],
    ["?entry=17-0%0Arm+-rf", "This can't be the id of an entry."],
    ["?from=zzz&to=%ff&status=abc", "Not a filter: status=abc"],
    ["?status=500&status=00", "No entry matches."],
    ["?from=2030-01-01&to=2020-01-01", "No entry matches."],
  ]) {
    const page = await open({ query });
    await page.getByText(said, { exact: true }).first().waitFor();
    await page.context().close();
  }
});

test("zoom: nothing is wider than the screen at 200 % and at 400 %", async () => {
  await seedKinds(at.emulator, 90);
  // 1440 and 1280 pixels, zoomed.
  for (const viewport of [
    { width: 720, height: 450 },
    { width: 320, height: 256 },
  ]) {
    const page = await open({ viewport });
    await loaded(page);
    const fits = async (what) => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= viewport.width, `${what}: ${width} in ${viewport.width}`);
    };
    await fits("the list");
    await page.getByRole("button", { name: "Choose all 90", exact: true }).click();
    await page.getByRole("button", { name: "Resume…", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Resume 90 entries" });
    await dialog.getByLabel("Incident").fill("zoomed");
    await dialog.getByRole("radio", { name: "At once" }).check();
    await fits("the dialog");
    await dialog.locator("button[type=submit]").click();
    await page.getByRole("heading", { name: "zoomed", level: 2 }).waitFor();
    await fits("a job");
    await state(page, "Done");
    await assertShown(page, at.emulator);
    await at.emulator.reset();
    await seedKinds(at.emulator, 90);
    await page.context().close();
  }
});
