// What the page says and does when the Worker, the session or the browser lets it down; in Chromium.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loaded, openPage, pageWorld, signInAgain } from "./page.mjs";
import { fillTrail } from "./world.mjs";

describe("the page in trouble", () => {
  const at = pageWorld();

  test("a job that is not known, one whose session has ended, and a Worker that is away", async () => {
    await at.emulator.seed(3);
    const job = await at.start({ operation: "resume", selection: { all: true } });
    const page = await openPage(at.browser, at.admin.url, {
      query: `?view=jobs&job=${crypto.randomUUID()}`,
    });
    await page.getByText("There is no such job.").waitFor();
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "Failed runs" }).click();
    await page.getByRole("link", { name: "Jobs" }).click();
    await page.getByRole("link", { name: job.name }).click();
    await page.getByText("The Worker can't be reached. Trying again…").waitFor();
    await page.context().setOffline(false);
    await page.context().clearCookies();
    // Whatever asks the Worker next opens the sign-in over the page.
    await signInAgain(page).waitFor();
    await page.getByLabel("Admin token").waitFor();
  });

  test("the trail is shown to its first line, page by page", async () => {
    await fillTrail(at);
    const page = await openPage(at.browser, at.admin.url, { query: "?view=trail" });
    const rows = page.locator(".trail tbody tr");
    await rows.first().waitFor();
    const older = page.getByRole("button", { name: "Show older" });
    while (await older.isVisible()) {
      const shown = await rows.count();
      await older.click();
      await page.waitForFunction(
        (n) => document.querySelectorAll(".trail tbody tr").length > n,
        shown,
      );
    }
    assert.ok((await rows.count()) > 225);
    const last = await rows.last().locator("td").allTextContents();
    assert.match(last[2], /^started/);
  });

  test("odd fields of an entry and of a log take neither the list nor the entry down", async () => {
    await at.emulator.seed(3);
    const page = await openPage(at.browser, at.admin.url);
    await loaded(page);
    const list = await at.json("/api/dlq/v2/workflows/dlq");
    const [first] = list.messages;
    const name = "n".repeat(1_000_000);
    const odd = {
      ...{ dlqId: first.dlqId, createdAt: "today", workflowCreatedAt: "today", labels: "shop" },
      ...{ label: { type: "script" }, failureCallbackInfo: null, workflowUrl: [], method: {} },
      responseHeader: { "Upstash-Error-Step-Name": [name], other: [[[1]]] },
    };
    const dates = { workflowRunCreatedAt: "today", workflowRunCompletedAt: {} };
    const log = {
      ...dates,
      steps: [null, { steps: [{ createdAt: "today", errors: [{ time: [] }] }] }],
    };
    await page.route("**/api/dlq/**", (route) => {
      const { pathname } = new URL(route.request().url());
      const json = pathname.endsWith(first.dlqId)
        ? odd
        : /logs|events/.test(pathname)
          ? { runs: [log] }
          : { messages: [odd, null, 5, { dlqId: "no-date" }, ...list.messages.slice(1)] };
      return route.fulfill({ json });
    });
    await page.reload();
    await loaded(page);
    await page.getByText("4 failed runs").waitFor();
    await page.getByRole("grid").locator(".c3", { hasText: "nnn" }).click();
    const panel = page.getByRole("region", { name: /^Entry / });
    await panel.getByRole("list", { name: "Timeline" }).waitFor();
    await panel.getByText("Facts").waitFor();
    // What the headers hold is shown when they are opened.
    assert.ok((await page.locator("body").innerText()).length < 20_000);
    assert.deepEqual(page.problems, []);
  });

  test("a list is loaded in several ranges at once, whichever end it begins at", async () => {
    for (const order of ["oldest", "newest"]) {
      await at.emulator.reset();
      await at.emulator.seed(4_000);
      // Longer than the browser takes from one request to the next, on a busy machine too.
      await at.emulator.config({ order, latencyMs: 200 });
      const page = await openPage(at.browser, at.admin.url);
      await loaded(page);
      await page.getByText("4,000 failed runs").waitFor();
      const { maxConcurrency } = await at.emulator.requests();
      assert.ok(maxConcurrency >= 3, `${order}: ${maxConcurrency} at once`);
      await page.context().close();
    }
  });

  test("all that match have a bound while the list is loaded again", async () => {
    await at.emulator.seed(400);
    const page = await openPage(at.browser, at.admin.url);
    await loaded(page);
    await page.getByRole("button", { name: "Choose all 400", exact: true }).click();
    await at.emulator.config({ latencyMs: 400 });
    await page.getByRole("button", { name: "Reload" }).click();
    await page.getByRole("button", { name: "Resume…", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Resume 400 entries" });
    await dialog.getByText("nothing that fails later").waitFor();
  });

  test("a copy that the browser refuses is not said to be one", async () => {
    const { dlqIds } = await at.emulator.seed({ count: 1, ids: true });
    for (const clipboard of [undefined, { writeText: "refuse" }]) {
      const page = await openPage(at.browser, at.admin.url, {
        query: `?entry=${dlqIds[0]}`,
        script: `Object.defineProperty(navigator, "clipboard", { value: ${
          clipboard ? '{ writeText: () => Promise.reject(new Error("denied")) }' : "undefined"
        } })`,
      });
      await page.getByRole("button", { name: "Copy" }).first().click();
      await page.getByRole("button", { name: /^Not copied/ }).waitFor();
      assert.deepEqual(page.problems, []);
      await page.context().close();
    }
  });
});
