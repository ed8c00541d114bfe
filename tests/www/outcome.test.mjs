// The page of a job: what became of its runs, what it does now, and what is asked before it is cancelled.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  loaded,
  numbers,
  openPage,
  pageWorld,
  remembered,
  remembering,
  shot,
  state,
} from "./page.mjs";

const failsWith = {
  status: 503,
  body: '{"error":"Error","message":"carrier down"}',
  step: "charge",
};
const order = { operation: "resume", selection: { all: true }, follow: true };
/** The colors of states and bars, by name, as the browser has them. */
const colors = (page) =>
  page.evaluate(() => {
    const probe = document.createElement("i");
    document.body.append(probe);
    const found = {};
    for (const name of ["good", "failed", "warn", "accent"]) {
      probe.style.color = `var(--${name})`;
      found[name] = getComputedStyle(probe).color;
    }
    probe.remove();
    return found;
  });
const colorOf = (locator) => locator.evaluate((element) => getComputedStyle(element).color);

describe("a job's outcome", () => {
  const at = pageWorld();
  const button = (page, label) => page.getByRole("button", { name: label });
  const open = (query) => openPage(at.browser, at.admin.url, { query });
  const start = async (seed, more) => {
    await at.emulator.seed(seed);
    return (await at.start({ ...order, ...more })).id;
  };

  test("runs that failed again are said, in their color, and shown alone", async () => {
    await at.emulator.seed({ count: 7, statuses: [404], from: 1, to: 2 });
    const runs = { failAgain: 0.3, afterMs: 50, failsWith };
    const filter = { fromDate: Date.now() - 86_400_000 };
    const id = await start({ count: 40, runs }, { selection: { filter } });
    const page = await open(`?view=jobs&job=${id}`);
    await state(page, "Done");
    const { runStates } = await at.emulator.audit({ summary: true });
    const failed = runStates.RUN_FAILED;
    const shown = await numbers(page);
    assert.deepEqual(
      [shown.Finished, shown["Failed again"], shown.Unconfirmed],
      [runStates.RUN_SUCCESS, failed, undefined],
      "zeros are hidden",
    );
    await page.getByText(`${failed} × 503 · charge · carrier down`).waitFor();
    const { good, failed: failure } = await colors(page);
    assert.equal(await colorOf(page.locator(".job .state")), failure);
    assert.notEqual(good, failure);
    await shot(page, "job-outcome");
    await button(page, `Show the ${failed} that failed again`).click();
    await loaded(page);
    await page.getByText(`${failed} entries match`).waitFor();
    await button(page, `Choose all ${failed}`).click();
    await button(page, "Resume…").click();
    await page
      .getByRole("dialog")
      .getByRole("heading", { name: `${failed} entries` })
      .waitFor();
    assert.deepEqual(page.problems, []);
  });

  test("green is for runs that have all finished", async () => {
    const id = await start({ count: 10, runs: { afterMs: 20 } });
    const page = await open(`?view=jobs&job=${id}`);
    await state(page, "Done");
    await page.getByText("10 finished.").waitFor();
    const { good } = await colors(page);
    assert.equal(await colorOf(page.locator(".job .state")), good);
    assert.equal(await page.locator(".parts .good").count(), 1);
  });

  test("what was refused is no green bar", async () => {
    const filler = { count: 6, runs: { afterMs: 20 } };
    const { dlqIds } = await at.emulator.seed({ ...filler, ids: true });
    await at.emulator.faults([
      {
        match: { path: "/v2/workflows/dlq/resume" },
        action: { type: "status", status: 400, body: { error: "no" } },
      },
    ]);
    const { id } = await at.start({ ...order, selection: { dlqIds } });
    const page = await open(`?view=jobs&job=${id}`);
    await state(page, "Done", "Stopped");
    await page.getByText("Refused").waitFor();
    assert.equal(await page.locator(".parts .good, .parts .busy").count(), 0);
    assert.equal(await page.locator(".parts .bad").count(), 1);
  });

  test("a canary that waits says so; when it has stopped, going on is not the chief button", async () => {
    const runs = { failAgain: 1, afterMs: 3_000, failsWith };
    // Begun once the page is there, which has three seconds to see it wait.
    const page = await open("?view=jobs");
    await page.getByRole("heading", { name: "Jobs" }).waitFor();
    const id = await start({ count: 30, runs }, { drive: { canary: { entries: 5 } } });
    await page.goto(`${at.admin.url}/?view=jobs&job=${id}`);
    await page.getByText(/^Canary: waiting for the first 5 runs: 5 still under way/).waitFor();
    assert.equal(await page.getByText(/left/).count(), 0, "no time is told");
    await state(page, "Stopped");
    await page.getByText("The canary stopped it").waitFor();
    const rest = button(page, "Take the rest anyway");
    assert.ok(!(await rest.getAttribute("class"))?.includes("primary"));
    await button(page, /^Show the \d that failed again/).waitFor();
    await shot(page, "job-canary");
  });

  test("cancelling asks, and keeping changes nothing", async () => {
    const id = await start({ count: 20, runs: { afterMs: 600_000 } });
    const page = await open(`?view=jobs&job=${id}`);
    await page.getByText(/^Following the new runs: 0 of 20/).waitFor();
    await button(page, "Cancel job…").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("What was done stays done.").waitFor();
    await dialog.getByRole("button", { name: "Keep it" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.match(await page.locator(".job .state").textContent(), /Running|Waiting/);
    await button(page, "Cancel job…").click();
    await dialog.getByRole("button", { name: "Cancel job" }).click();
    await state(page, "Cancelled");
  });

  test("the rate is what happens now, and the pace that was asked for is said", async () => {
    await at.emulator.seed(3_000);
    const drive = { maxRunsPerSecond: 20 };
    const { id } = await at.start({ ...order, drive, confirmed: 3_000 });
    const page = await open(`?view=jobs&job=${id}`);
    await page.getByText("at most 20 a second, as asked").waitFor();
    const said = page.locator(".rate", { hasText: /· 1\d(\.\d)? a second|· 2\d a second/ });
    await said.waitFor({ timeout: 30_000 });
    await page.getByText(/about [23] minutes left/).waitFor();
    await button(page, "Pause").click();
    await state(page, "Paused");
    assert.equal(await page.getByText(/left$/).count(), 0);
  });

  test("runs that failed again are not said to be none before the list was looked through for them", async () => {
    await at.emulator.seed({ count: 20, runs: { failAgain: 1, failsWith } });
    const { id } = await at.start({ operation: "resume", selection: { all: true }, follow: true });
    await at.until(id, ({ state }) => state === "done");
    const page = await openPage(at.browser, at.admin.url, {
      query: `?again=${id}`,
      script: remembering(".matching, .none"),
    });
    // Who reloads before the link's token was taken is not signed in.
    await page.getByText("20 entries match").waitFor();
    // They are known later than the list.
    await page.route("**/failed-again", async (route) => {
      await loaded(page);
      await page.waitForTimeout(300);
      await route.continue();
    });
    await page.reload();
    await page.getByText("20 entries match").waitFor();
    assert.deepEqual(await remembered(page), ["…", "20 entries match"]);
  });

  test("a job's card says what the job says, its pace is no trouble, and an act without a response is told as that", async () => {
    await at.emulator.seed(200);
    const drive = { maxRunsPerSecond: 5 };
    const { id } = await at.start({ operation: "resume", selection: { all: true }, drive });
    const page = await openPage(at.browser, at.admin.url, { query: `?view=jobs&job=${id}` });
    const card = page.locator(".cards [aria-current]");
    await card.waitFor();
    // From here on the list of jobs is not loaded again.
    await page.route("**/api/jobs", (route) => route.abort());
    const rate = page.locator(".rate");
    await rate.getByText(/ · next request at /).waitFor();
    assert.doesNotMatch(await rate.textContent(), /again/);
    const pause = page.getByRole("button", { name: "Pause" });
    await page.route("**/pause", (route) => route.abort());
    await pause.click();
    await page.getByText("There was no response to “pause”: it may not have arrived.").waitFor();
    await page.unroute("**/pause");
    await pause.click();
    await state(page, "Paused");
    await card.getByText("Paused", { exact: true }).waitFor();
    assert.equal(await page.getByText("There was no response").count(), 0);
  });
});
