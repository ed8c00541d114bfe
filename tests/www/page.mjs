// The admin page in a browser, as its tests use it.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, afterEach, before, beforeEach } from "node:test";
import { path } from "../../scripts/lib/run.mjs";
import { buildPage } from "../../www/build.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { eventually } from "../support/eventually.mjs";
import { ADMIN_TOKEN, world } from "./world.mjs";

const SHOTS = path("target/screenshots");
/** By how much Chromium runs slower than the machine does: what races with the page shows then. */
const SLOW = Number(process.env.SLOW ?? 1);

const KINDS = [
  {
    responseBodies: ['{"error":"Error","message":"the carrier does not answer"}'],
  },
  {
    responseBodies: ['{"error":"Error","message":"card \\"visa\\" declined"}'],
    states: ["CALLBACK_FAIL"],
  },
  {
    responseBodies: ["<html><script>globalThis.hacked = true</script>502 Bad Gateway</html>"],
    states: ["CALLBACK_SUCCESS"],
  },
];

/** Entries of believable variety, a third of each kind; some of what they hold wants to be HTML. */
export async function seedKinds(emulator, count, more) {
  for (const [index, kind] of KINDS.entries()) {
    await emulator.seed({
      count: Math.floor((count + index) / KINDS.length),
      workflowUrls: [
        "https://shop.example/order",
        "https://shop.example/report/daily",
        "https://shop.example/import?file=<img src=x onerror=alert(1)>",
      ],
      labels: ["shop", ["nightly", "<u>eu</u>"], null],
      statuses: [500, 503, 404, 429],
      bodies: ['{"order":{i},"note":"<b onmouseover=alert(1)>x</b>"}'],
      failureCallback: "http://127.0.0.1:1/failed",
      ...kind,
      ...more,
    });
  }
}

/**
 * Opens the page in a context of its own.
 *
 * @param {object} [options] besides those of a context: `script`, which runs before the page's own; `clock`: the page's
 *   time passes as ever, and `page.clock` can put it forward
 * @returns {Promise<import("playwright-core").Page & { problems: string[], hosts: Set<string> }>}
 */
export async function openPage(
  browser,
  url,
  { token = ADMIN_TOKEN, query = "", script, clock = false, ...options } = {},
) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, ...options });
  const page = await context.newPage();
  if (SLOW > 1) {
    const session = await context.newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW });
  }
  // The page's policy lets nothing in later on.
  if (script) await page.addInitScript(script);
  if (clock) await page.clock.install();
  page.problems = [];
  page.hosts = new Set();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.problems.push(message.text());
  });
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("request", (request) => page.hosts.add(new URL(request.url()).host));
  await page.goto(`${url}/${query}${token ? `#token=${token}` : ""}`);
  return page;
}

/** Waits until all entries are there. */
export const loaded = (page) =>
  page.waitForFunction(
    () => document.querySelector(".age")?.textContent.startsWith("Checked"),
    undefined,
    { timeout: 60_000 },
  );

/**
 * A script of a page that remembers in `globalThis.said` each text that elements have had.
 *
 * @param {string} selector of these elements
 */
export const remembering = (selector) =>
  `globalThis.said = new Set();
  new MutationObserver(() => {
    for (const one of document.querySelectorAll(${JSON.stringify(selector)})) said.add(one.textContent);
  }).observe(document, { childList: true, subtree: true, characterData: true });`;

/** The texts that were remembered since, in their order. */
export const remembered = (page) => page.evaluate(() => [...globalThis.said]);

/** How many entries the list shows, in sight or not. */
export const rowsOf = async (page) =>
  Number(await page.getByRole("grid").getAttribute("aria-rowcount")) - 1;

/**
 * Waits until the list shows from `least` to `most` entries: it is drawn some time after the URL has changed.
 *
 * @returns {Promise<number>} how many it shows
 */
export const rowsBetween = (page, least, most) =>
  eventually(async () => {
    const rows = await rowsOf(page);
    assert.ok(rows >= least && rows <= most, `${rows} rows, not ${least} to ${most}`);
    return rows;
  });

/** Waits until what is drawn has been painted, and effects have run: Preact runs them after the next frame. */
export const painted = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        requestAnimationFrame(() => setTimeout(() => setTimeout(resolve)));
      }),
  );

/** A picture for people to look at. */
export async function shot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png` });
}

/** Waits for the dialog's preview. */
export const previewed = (dialog) =>
  dialog.locator(".preview .facts").waitFor({ state: "attached" });

/** From now on a request that starts a job arrives, and its response is lost. */
export const loseStarts = (page) =>
  page.route("**/api/jobs", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await route.fetch();
    await route.abort();
  });

/** Fills in what the dialog needs, and starts the job: at once, where a test is not about the pace; `""` leaves it. */
export async function startFromDialog(
  page,
  { name = "an incident", typed, pace = "At once" } = {},
) {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Incident").fill(name);
  // Deletions and failure functions have no pace.
  const choice = dialog.getByRole("radio", { name: pace });
  if (pace && (await choice.count()) > 0) await choice.check();
  // Counted, so that it is known whether the number has to be typed.
  await dialog.getByRole("heading", { name: /\d/ }).waitFor();
  const guard = dialog.getByLabel(/^Type \d+/);
  if (typed !== undefined) await guard.fill(String(typed));
  else if ((await guard.count()) > 0) {
    const label = await dialog.locator("label", { hasText: /^Type \d+/ }).textContent();
    await guard.fill(/\d+/.exec(label)[0]);
  }
  await dialog.locator("button[type=submit]:not(:disabled)").click();
  await page.getByRole("heading", { name, level: 2 }).waitFor();
  return new URL(page.url()).searchParams.get("job");
}

export const signInAgain = (page) => page.getByRole("dialog", { name: "Your session has ended" });

/**
 * Ends the session and clicks `target`. The page may have found out before, by a look of its own: then the sign-in
 * is over the target, and a click of the mouse would not reach it.
 */
export async function endSession(page, target) {
  await page.context().clearCookies();
  await target.dispatchEvent("click");
  await signInAgain(page).waitFor();
}

/** Waits until the job that is shown is in one of the states. */
export const state = (page, ...states) =>
  page
    .locator(".job .state", { hasText: new RegExp(`^(${states.join("|")})$`) })
    .waitFor({ timeout: 60_000 });

/** The numbers of the job that is shown, by their names; those that are 0 are not shown. */
export const numbers = async (page) =>
  Object.fromEntries(
    await page
      .locator(".numbers > div")
      .evaluateAll((all) =>
        all.map((one) => [
          one.querySelector("dt").textContent,
          Number(one.querySelector("dd").textContent.replaceAll(",", "")),
        ]),
      ),
  );

/** What the page says, against what was really done. */
export async function assertShown(
  page,
  emulator,
  { name = "Resumed", done = "resumed", exact = true } = {},
) {
  const { [name]: shown, Unconfirmed: unconfirmed = 0 } = await numbers(page);
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual(audit.resumedTwice, []);
  assert.deepEqual(audit.takenTwice, []);
  if (exact) assert.deepEqual([shown, unconfirmed], [audit[done], 0]);
  else
    assert.ok(
      shown <= audit[done] && audit[done] <= shown + unconfirmed,
      `${shown}, ${unconfirmed}`,
    );
  return audit;
}

/** No rule of axe is violated. */
export async function assertAccessible(page, what) {
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
  );
  assert.deepEqual(found, [], what);
}

/**
 * A world for the page's tests of this file or suite, with a browser: both begin before the first of them and are closed
 * after the last, the emulator is emptied before each, and what a test opened in Chromium is closed after it: a page that
 * nobody looks at any more still counts seconds and asks for jobs.
 *
 * @param {{ launch?: () => Promise<object>, bindings?: object }} [options] `launch`: another browser than Chromium
 * @returns {{ browser, emulator, admin }} filled in when the first test begins
 */
export function pageWorld({ launch = launchChromium, bindings } = {}) {
  const at = {};
  before(async () => {
    const page = await buildPage();
    at.browser = await launch();
    Object.assign(at, await world({ page, bindings }));
  });
  beforeEach(() => at.emulator.reset());
  afterEach(async () => {
    await Promise.all((at.browser.contexts?.() ?? []).map((context) => context.close()));
  });
  after(async () => {
    await at.browser?.close();
    await at.close?.();
  });
  return at;
}
