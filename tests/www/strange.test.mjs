// Entries, clocks and jobs as nobody expects them: dates that are none, messages that are endless or turn text around,
// a browser whose clock is wrong, and a job whose runs have all failed again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded, loseStarts, numbers, openPage, pageWorld, shot, state } from "./page.mjs";

const HOUR_MS = 3_600_000;
const DLQ = "/v2/workflows/dlq";

const at = pageWorld();

const open = async (t, options) => {
  const page = await openPage(at.browser, at.admin.url, options);
  t.after(() => page.context().close());
  return page;
};
const button = (page, name) => page.getByRole("button", { name, exact: true });
const grid = (page) => page.getByRole("grid", { name: "Failed runs" });
const panelOf = (page) => page.getByRole("region", { name: /^Entry / });
const headline = (page) => page.locator(".headline p").first().textContent();
const fits = async (page, what) => {
  const over = await page.evaluate(() =>
    [...document.querySelectorAll("html, .list, .side, .detail, dialog, .job, .incidents, .cards")]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => `${element.tagName}.${element.className}`),
  );
  assert.deepEqual(over, [], what);
};

test("dates that are no dates are not known, and hide no entry", async (t) => {
  const odd = ["soon", null, -1, 8.64e15 + 1, "1700000000000", true, {}];
  const messages = odd.map((date, n) => ({
    dlqId: `odd_${n}`,
    workflowRunId: `wfr_${n}`,
    workflowUrl: "https://shop.example/order",
    createdAt: date,
    workflowCreatedAt: date,
    responseStatus: 500,
    responseBody: `failed ${n}`,
  }));
  await at.emulator.faults([
    ...messages.map((body) => ({
      match: { path: `${DLQ}/${body.dlqId}` },
      action: { type: "status", status: 200, body },
    })),
    { match: { path: "/v2/dlq" }, action: { type: "status", status: 200, body: { messages } } },
  ]);
  const page = await open(t);
  await loaded(page);
  assert.equal(await grid(page).getAttribute("aria-rowcount"), String(messages.length + 1));
  assert.equal(await headline(page), `${messages.length} failed runs`);
  await shot(page, "odd-dates");
  for (let row = 2; row < messages.length + 2; row += 1) {
    await grid(page).locator(`[aria-rowindex="${row}"] .c4`).click();
    await panelOf(page).getByRole("heading", { name: "Facts" }).waitFor();
    await page.keyboard.press("Escape");
    await panelOf(page).waitFor({ state: "detached" });
  }
  // By ids the page says what they come to; all that match are counted by the service.
  for (const choose of ["Choose all that match", "Choose odd_0"]) {
    if (choose === "Choose odd_0") await button(page, "Choose none").click();
    await grid(page).getByRole("checkbox", { name: choose }).click();
    await button(page, "Resume…").click();
    await page.getByRole("dialog").locator(".preview .facts").waitFor({ state: "attached" });
    const said = await page.locator("main").textContent();
    assert.doesNotMatch(said, /NaN|Invalid|undefined|1970|Infinity|∞/, choose);
    await page.keyboard.press("Escape");
  }
  assert.deepEqual(page.problems, []);
});

test("text that turns what follows around ends where its own place ends", async (t) => {
  const { dlqIds } = await at.emulator.seed({
    count: 3,
    ids: true,
    responseBodies: ["\u202eevil \u2067text"],
    steps: ["\u202estep"],
    workflowUrls: ["https://shop.example/order"],
  });
  const page = await open(t, {
    query: `?entry=${dlqIds[0]}&error=${encodeURIComponent("\u202eevil \u2067text")}`,
  });
  await loaded(page);
  await panelOf(page).getByRole("heading", { name: "Facts" }).waitFor();
  await shot(page, "bidi");
  // Where each bit of text of ours is drawn: in order, from the left to the right.
  const wrong = await page.evaluate(() => {
    const left = (node, offset) => {
      const range = document.createRange();
      range.setStart(node, offset);
      range.setEnd(node, offset + 1);
      return range.getBoundingClientRect();
    };
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const text = node.data;
      if (/[\u202e\u2067]/.test(text)) continue;
      let before;
      for (let n = 0; n < text.length; n += 1) {
        if (!/[A-Za-z0-9]/.test(text[n])) continue;
        const box = left(node, n);
        if (box.width === 0) continue;
        if (before && Math.abs(before.top - box.top) < 2 && box.left < before.left) {
          found.push(`${node.parentElement.tagName}.${node.parentElement.className}: ${text}`);
          break;
        }
        before = box;
      }
    }
    return found;
  });
  assert.deepEqual(wrong, []);
});

for (const width of [390, 1024, 1440]) {
  test(`an endless message fits at ${width} pixels`, async (t) => {
    const endless = "x".repeat(100_000);
    await at.emulator.seed({
      count: 3,
      responseBodies: [endless],
      steps: ["y".repeat(300)],
      workflowUrls: [`https://shop.example/${"z".repeat(500)}`],
      labels: ["w".repeat(200)],
      runs: { failAgain: 1, failsWith: { status: 500, body: endless } },
    });
    const page = await open(t, { viewport: { width, height: 800 } });
    await loaded(page);
    await fits(page, "the list");
    await page
      .locator(".incidents")
      .getByRole("button", { name: /^Show x/ })
      .click();
    await page.getByText("3 entries match").waitFor();
    await fits(page, "a chip");
    await shot(page, `endless-${width}`);
    await grid(page).locator('[aria-rowindex="2"] .c4').click();
    await panelOf(page).getByRole("heading", { name: "Facts" }).waitFor();
    await fits(page, "an entry");
    await shot(page, `endless-entry-${width}`);
    await panelOf(page).getByRole("button", { name: "Resume…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/^1 × x/).waitFor();
    await fits(page, "the dialog");
    await dialog.getByLabel("Incident").fill("v".repeat(100));
    await dialog.getByRole("radio", { name: "At once" }).check();
    await dialog.locator("button[type=submit]:not(:disabled)").click();
    await state(page, "Done");
    await page.getByText(/1 × 500 · /).waitFor();
    await fits(page, "a job");
    await shot(page, `endless-job-${width}`);
  });
}

for (const hours of [-3, 3]) {
  test(`a browser whose clock is ${hours} hours off: ages are by the service's clock`, async (t) => {
    const failed = Date.now() - 8 * 60_000;
    await at.emulator.seed({ count: 3, from: failed - 1_000, to: failed });
    const page = await open(t, {
      script: `{ const now = Date.now; Date.now = () => now() + ${hours * HOUR_MS}; }`,
    });
    await loaded(page);
    const texts = {
      headline: await page.locator(".since").textContent(),
      row: await grid(page).locator('[aria-rowindex="2"] .c1').textContent(),
      card: await page.locator(".incidents .when").textContent(),
      age: await page.locator(".age").textContent(),
    };
    await grid(page).locator('[aria-rowindex="2"] .c4').click();
    texts.entry = await panelOf(page).getByRole("heading", { level: 2 }).textContent();
    await page.keyboard.press("Escape");
    assert.match(texts.headline, /the last 8 minutes ago/);
    assert.match(texts.row, /8 min ago/);
    assert.match(texts.card, /quiet for 8 minutes/);
    assert.match(texts.entry, /8 minutes ago/);
    assert.match(texts.age, /^Checked \d seconds? ago/);
    await button(page, "15 min").click();
    await page.getByText("3 entries match").waitFor();
  });
}

test("a job whose runs have all failed again says so, in the color of failures, and shows them", async (t) => {
  const failsWith = { status: 503, body: '{"message":"still down"}', step: "charge" };
  await at.emulator.seed({ count: 20, runs: { failAgain: 1, failsWith } });
  const { id } = await at.start({ operation: "resume", selection: { all: true }, follow: true });
  const page = await open(t, { query: `?view=jobs&job=${id}` });
  await state(page, "Done");
  await page.getByText("20 failed again.", { exact: true }).waitFor();
  await page.getByText("20 × 503 · charge · still down").waitFor();
  const shown = await numbers(page);
  assert.deepEqual([shown.Resumed, shown.Finished, shown["Failed again"]], [20, undefined, 20]);
  assert.equal(await page.locator(".parts .good, .parts .busy").count(), 0);
  assert.equal(await page.locator(".parts .bad").count(), 1);
  assert.equal(await page.locator(".job .good").count(), 0);
  // The list of jobs is loaded again when one has ended.
  await page.locator(".cards [aria-current] .state.bad").waitFor();
  await button(page, "Show the 20 that failed again").click();
  await page.getByText("20 entries match").waitFor();
});

test("the Worker can't be reached when a job is started: it is said so, and pressed again it is one job", async (t) => {
  await at.emulator.seed(3);
  const page = await open(t);
  await loaded(page);
  await button(page, "Choose all 3").click();
  await button(page, "Resume…").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Incident").fill("once");
  await dialog.getByRole("radio", { name: "At once" }).check();
  const submit = dialog.locator("button[type=submit]:not(:disabled)");
  await submit.waitFor();
  await loseStarts(page);
  await submit.click();
  await dialog
    .getByRole("alert")
    .getByText(/^The Worker can't be reached/)
    .waitFor();
  await page.unroute("**/api/jobs");
  await submit.click();
  await page.getByRole("heading", { name: "once", level: 2 }).waitFor();
  await state(page, "Done");
  const { jobs } = await at.json("/api/jobs");
  assert.equal(jobs.filter(({ name }) => name === "once").length, 1);
  const { resumed } = await at.emulator.audit({ summary: true });
  assert.equal(resumed, 3);
});

test("a form that is changed after a lost answer starts no second job by itself", async (t) => {
  await at.emulator.seed(3);
  const page = await open(t);
  await loaded(page);
  await button(page, "Choose all 3").click();
  await button(page, "Resume…").click();
  const dialog = page.getByRole("dialog").first();
  const incident = dialog.getByLabel("Incident");
  const submit = dialog.locator("button[type=submit]:not(:disabled):not([aria-disabled=true])");
  const lost = dialog.getByRole("alert").getByText(/^The Worker can't be reached/);
  const begun = dialog.getByRole("alert").getByText(/This form started a job before/);
  const named = async (pattern) =>
    (await at.json("/api/jobs")).jobs.map(({ name }) => name).filter((name) => pattern.test(name));
  let arrives;
  await page.route("**/api/jobs", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    if (arrives) await route.fetch();
    await route.abort();
  });
  const press = async (name, after) => {
    await incident.fill(name);
    await submit.click();
    await after.waitFor();
  };
  // The first request does not arrive, the second one does, with what was entered by then.
  arrives = false;
  await press("form 1", lost);
  arrives = true;
  await press("form 2", lost);
  await page.unroute("**/api/jobs");
  await press("form 3", begun);
  await press("form 4", begun);
  assert.deepEqual(await named(/^form/), ["form 2"]);

  await page.keyboard.press("Escape");
  await page.getByText("No job is started or stopped.").waitFor();
  await button(page, "Keep editing").click();

  await button(page, "Start another").click();
  await page.getByRole("heading", { name: "form 4", level: 2 }).waitFor();
  await state(page, "Done");
  assert.deepEqual((await named(/^form/)).sort(), ["form 2", "form 4"]);
  const { resumed } = await at.emulator.audit({ summary: true });
  assert.equal(resumed, 3);
});

test("the job that a changed form has started already is shown", async (t) => {
  await at.emulator.seed(3);
  const page = await open(t);
  await loaded(page);
  await button(page, "Choose all 3").click();
  await button(page, "Resume…").click();
  const dialog = page.getByRole("dialog");
  const submit = dialog.locator("button[type=submit]:not(:disabled):not([aria-disabled=true])");
  await dialog.getByLabel("Incident").fill("shown");
  await loseStarts(page);
  await submit.click();
  await dialog
    .getByRole("alert")
    .getByText(/^The Worker can't be reached/)
    .waitFor();
  await page.unroute("**/api/jobs");
  await dialog.getByLabel("Reason").fill("changed");
  await submit.click();
  await button(page, "Show it").click();
  await page.getByRole("heading", { name: "shown", level: 2 }).waitFor();
  await state(page, "Done");
});

for (const [what, action, said] of [
  ["the Worker's token", 401, /QSTASH_TOKEN/],
  ["too many requests", { type: "status", status: 429, body: { error: "slow down" } }, /./],
  ["a gateway's page", "html", /./],
  ["nonsense", "wrongShape", /./],
]) {
  test(`a service that refuses: ${what}`, async (t) => {
    await at.emulator.seed(30);
    await at.emulator.faults([{ match: { method: "GET", path: "/v2/" }, action }]);
    const page = await open(t);
    const alert = page.getByRole("alert");
    await alert.waitFor({ timeout: 60_000 });
    const text = await alert.textContent();
    t.diagnostic(text);
    assert.match(text, said);
    assert.equal(await headline(page), "… failed runs");
  });
}

test("two tabs: what one of them has taken is not offered by the other's dialog", async (t) => {
  await at.emulator.seed(10);
  const page = await open(t);
  await loaded(page);
  const other = await open(t);
  await loaded(other);
  await button(other, "Choose all 10").click();
  await button(page, "Choose all 10").click();
  await button(page, "Resume…").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Incident").fill("first tab");
  await dialog.getByRole("radio", { name: "At once" }).check();
  await dialog.locator("button[type=submit]:not(:disabled)").click();
  await state(page, "Done");
  await button(other, "Resume…").click();
  const second = other.getByRole("dialog");
  await second.getByText("The service finds 0; the page shows 10.").waitFor();
  await second.getByLabel("Incident").fill("second tab");
  assert.equal(await second.locator("button[type=submit]").isDisabled(), true);
});

test("nothing has failed: keys and filters do no harm", async (t) => {
  const page = await open(t, { query: "?status=500" });
  await loaded(page);
  await grid(page).focus();
  for (const key of ["j", "k", "x", "Shift+X", "Enter", "End", "Home", "PageDown", "r", "/"])
    await page.keyboard.press(key);
  await page.keyboard.type("carrier");
  await page.waitForURL(/q=carrier/);
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.deepEqual(page.problems, []);
});
