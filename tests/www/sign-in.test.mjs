// Signing in as a person does it: a wrong token, a session that ends over a filled form, the keyboard alone, two tabs.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  signInAgain as again,
  endSession,
  loaded,
  openPage,
  pageWorld,
  seedKinds,
} from "./page.mjs";
import { ADMIN_TOKEN } from "./world.mjs";

const at = pageWorld();

const open = (options) => openPage(at.browser, at.admin.url, options);
const focused = (page) => page.evaluate(() => document.activeElement.id);
const isFocused = (page, id) =>
  page.waitForFunction((one) => document.activeElement.id === one, id);

/** A page whose session has ended while a dialog was filled in, with the focus in its field. */
async function ended() {
  await seedKinds(at.emulator, 9);
  const page = await open();
  await loaded(page);
  await page.getByRole("button", { name: "Choose all 9", exact: true }).click();
  await page.getByRole("button", { name: "Resume…", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: /^Resume/ });
  const submit = dialog.locator("button[type=submit]:not(:disabled)");
  // The session ends once the preview and the check of the form are answered: the start is what meets it.
  const check = page.waitForRequest("**/api/jobs/check");
  await dialog.getByLabel("Incident").fill("half written");
  await (await check).response();
  await submit.waitFor();
  await submit.focus();
  await endSession(page, submit);
  return { page, dialog };
}

test("at the beginning, by keyboard alone: a wrong token is told each time, and the field keeps the focus", async () => {
  const page = await open({ token: "" });
  await isFocused(page, "token");
  const field = page.getByLabel("Admin token");
  assert.equal(await field.getAttribute("type"), "password");
  assert.equal(await field.getAttribute("autocomplete"), "current-password");
  assert.equal(
    await page.locator("form input[autocomplete=username]").inputValue(),
    "admin",
    "a user for the password manager",
  );
  // Each alert is an element of its own, which a screen reader reads out.
  await page.evaluate(() => {
    globalThis.told = 0;
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) {
        for (const node of addedNodes) if (node.role === "alert") globalThis.told += 1;
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
  for (const times of [1, 2]) {
    await page.keyboard.type("not the token");
    await page.keyboard.press("Enter");
    await page.waitForFunction((n) => globalThis.told === n, times);
    await page.getByText("That is not the admin token.").waitFor();
    await page.waitForFunction(() => {
      const { selectionStart, selectionEnd, id } = document.activeElement;
      return id === "token" && selectionStart === 0 && selectionEnd > 0;
    });
  }
  await page.keyboard.type(ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await loaded(page);
});

test("over the page: Escape does not close it, a Worker that is away keeps the token, and the focus returns", async () => {
  const { page, dialog } = await ended();
  await isFocused(page, "token");
  for (let n = 0; n < 3; n += 1) {
    await page.keyboard.press("Escape");
    await isFocused(page, "token");
    assert.equal(await again(page).isVisible(), true);
  }
  await page.keyboard.type(ADMIN_TOKEN);
  await page.context().setOffline(true);
  await page.keyboard.press("Enter");
  await again(page).getByText("The Worker can't be reached.").waitFor();
  assert.equal(await page.getByLabel("Admin token").inputValue(), ADMIN_TOKEN);
  assert.equal(await focused(page), "token");
  await page.context().setOffline(false);
  await page.keyboard.press("Enter");
  await again(page).waitFor({ state: "detached" });
  const submit = dialog.locator("button[type=submit]");
  await page.waitForFunction(() => document.activeElement.type === "submit");
  assert.equal(await submit.evaluate((one) => one === document.activeElement), true);
  assert.equal(await dialog.getByText("Sign in first.").count(), 0, "that is over");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "half written", level: 2 }).waitFor();
});

test("too many wrong tokens: the form stays, and says how long", async () => {
  const { page } = await ended();
  await page.route("**/api/session", (route) =>
    route.fulfill({ status: 429, json: { error: { message: "Too many wrong tokens: wait." } } }),
  );
  await page.getByLabel("Admin token").fill("x");
  await page.keyboard.press("Enter");
  await again(page).getByText("Too many wrong tokens: wait.").waitFor();
  assert.equal(await page.getByLabel("Admin token").isVisible(), true);
  await page.unroute("**/api/session");
  await page.getByLabel("Admin token").fill(ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await again(page).waitFor({ state: "detached" });
});

test("a session that begins in another tab is seen when this one is looked at again", async () => {
  const { page, dialog } = await ended();
  const other = await page.context().newPage();
  await other.goto(`${at.admin.url}/#token=${ADMIN_TOKEN}`);
  await loaded(other);
  await page.bringToFront();
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await again(page).waitFor({ state: "detached" });
  assert.equal(await dialog.getByLabel("Incident").inputValue(), "half written");
});

test("a session of Cloudflare Access is one that no token continues", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open();
  await loaded(page);
  const me = { who: "jo@shop.example", by: "access", jobs: { maxIds: 50_000 } };
  await page.route("**/api/me", (route) => route.fulfill({ json: me }));
  await page.reload();
  await page.getByText(me.who).waitFor();
  await page.unroute("**/api/me");
  // Access answers with a redirect to its own sign-in.
  await page.route("**/api/**", (route) =>
    route.fulfill({ status: 302, headers: { location: "https://team.example/login" } }),
  );
  await page.getByRole("link", { name: "Jobs" }).click();
  await again(page).waitFor();
  await again(page)
    .getByRole("link", { name: /Cloudflare Access in another tab/ })
    .waitFor();
  assert.equal(await page.getByLabel("Admin token").count(), 0);
});

test("what failed without a session is there with the next one: the trail, an entry", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open();
  await loaded(page);
  await endSession(page, page.getByRole("grid").locator(".c4").nth(2));
  await page.getByLabel("Admin token").fill(ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await again(page).waitFor({ state: "detached" });
  await page.getByRole("heading", { name: "Facts" }).waitFor();
  await page.keyboard.press("Escape");
  await endSession(page, page.getByRole("link", { name: "Trail" }));
  await page.getByLabel("Admin token").fill(ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await page.locator(".trail").locator(".none, table").first().waitFor();
});

test("a link whose token is wrong leaves the session that there is, and says so; no token stays in the address", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open();
  await loaded(page);
  const wrong = "#token=not-the-token-but-a-long-one";
  const told = page
    .getByRole("alert")
    .getByText(/^You are still signed in as admin\. .*not the admin token/);
  await page.goto("about:blank");
  await page.goto(`${at.admin.url}/${wrong}`);
  await loaded(page);
  await told.waitFor();
  assert.equal(page.url(), `${at.admin.url}/`);
  await page.getByRole("button", { name: "Close" }).click();
  await told.waitFor({ state: "detached" });
  // The same in a tab that is open: no page is loaded.
  await page.getByRole("button", { name: "Choose all 9", exact: true }).click();
  await page.goto(`${at.admin.url}/${wrong}`);
  await told.waitFor();
  assert.equal(page.url(), `${at.admin.url}/`);
  await page.getByText("All 9 chosen").waitFor();
  // Until it is answered, or its cookie would come after the cookies are cleared.
  const begun = page.waitForResponse("**/api/session");
  await page.goto(`${at.admin.url}/#token=${ADMIN_TOKEN}`);
  assert.equal((await begun).status(), 204);
  await told.waitFor({ state: "detached" });
  assert.equal(page.url(), `${at.admin.url}/`);
  // Without a session it is the sign-in that tells.
  await page.context().clearCookies();
  await page.goto("about:blank");
  await page.goto(`${at.admin.url}/${wrong}`);
  await page
    .getByRole("alert")
    .getByText("That is not the admin token.", { exact: true })
    .waitFor();
  await page.getByLabel("Admin token").waitFor();
});

test("somebody else who signs in gets no form, choice or stream of the one before", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open();
  await loaded(page);
  const is = async (who) => {
    await page.unroute("**/api/me");
    const me = { who, by: "access", jobs: { maxIds: 50_000 } };
    await page.route("**/api/me", (route) => route.fulfill({ json: me }));
  };
  const filledIn = async () => {
    await page.getByRole("button", { name: "Choose all 9", exact: true }).click();
    await page.getByRole("button", { name: "Resume…", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Incident").fill("half written");
  };
  await is("jo@shop.example");
  await page.reload();
  await page.getByText("jo@shop.example", { exact: true }).waitFor();
  await loaded(page);
  await filledIn();
  // The same person again keeps all of it.
  const jobs = page.waitForResponse("**/api/jobs");
  await page.evaluate(() => dispatchEvent(new Event("session-ended")));
  await jobs;
  assert.equal(await page.getByLabel("Incident").inputValue(), "half written");
  // Another one, who signed in by another tab.
  await is("kim@shop.example");
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await page.getByText("kim@shop.example", { exact: true }).waitFor();
  await page
    .getByRole("alert")
    .getByText("You are kim@shop.example now. What jo@shop.example chose and entered here is gone.")
    .waitFor();
  await loaded(page);
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.getByText("0 chosen").waitFor();
  // Likewise where the session had ended, and its dialog was open.
  await filledIn();
  await page.unroute("**/api/me");
  await page.route("**/api/**", (route) =>
    route.fulfill({ status: 302, headers: { location: "https://team.example/login" } }),
  );
  await page.evaluate(() => dispatchEvent(new Event("session-ended")));
  await again(page).getByText("Sign in again as kim@shop.example to continue.").waitFor();
  await page.unroute("**/api/**");
  await is("jo@shop.example");
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await again(page).waitFor({ state: "detached" });
  await page.getByText("0 chosen").waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
});

test("signing out without the Worker says that it may not have happened; with it, it has in every tab", async () => {
  await seedKinds(at.emulator, 9);
  const page = await open();
  await loaded(page);
  const other = await page.context().newPage();
  await other.goto(at.admin.url);
  await loaded(other);
  const out = page.getByRole("button", { name: "Sign out" });
  await page.context().setOffline(true);
  await out.click();
  await page
    .getByRole("alert")
    .getByText("You may still be signed in. The Worker can't be reached.")
    .waitFor();
  await page.context().setOffline(false);
  await out.click();
  await page.getByLabel("Admin token").waitFor();
  await other.evaluate(() => dispatchEvent(new Event("focus")));
  await again(other).waitFor();
});
