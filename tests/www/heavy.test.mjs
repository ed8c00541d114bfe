// Entries whose payloads are large: more than a response may have, more than a browser lays out; in Chromium.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loaded, openPage, pageWorld } from "./page.mjs";
import { world } from "./world.mjs";

const MB = 1_000_000;
/** More than a response may have, unless a client is told otherwise: 64 MiB. */
const TOO_LARGE = 68 * MB;

const at = pageWorld();

const open = async (t, options) => {
  const page = await openPage(at.browser, at.admin.url, options);
  t.after(() => page.context().close());
  await loaded(page);
  return page;
};

/** How many entries each list was for. */
async function counts() {
  const { requests } = await at.emulator.requests();
  return requests
    .filter(({ method }) => method === "GET")
    .map(({ path }) => Number(new URL(path, at.emulator.url).searchParams.get("count")));
}

/** Opens an entry with these fields; the page counts what it decodes from base64. */
async function opened(t, fields) {
  const { dlqIds } = await at.emulator.seed({ count: 1, ids: true });
  const page = await open(t, {
    script: `{
      const { atob } = globalThis;
      globalThis.decoded = 0;
      globalThis.atob = (text) => {
        globalThis.decoded += 1;
        return atob(text);
      };
    }`,
  });
  await page.route(`**/api/dlq/v2/workflows/dlq/${dlqIds[0]}`, (route) =>
    route.fulfill({ json: { dlqId: dlqIds[0], ...fields } }),
  );
  await page.getByRole("grid").locator('[aria-rowindex="2"] .c4').click();
  const panel = page.getByRole("region", { name: /^Entry / });
  await panel.getByRole("heading", { name: "Facts" }).waitFor();
  // The log of the run has arrived, or can't be had.
  await panel.getByText(/^(The service's logs|The log of the run can't)/).waitFor();
  return { page, panel };
}

test("a list is loaded whose entries are more than a response may have", async (t) => {
  await at.emulator.seed({ count: 70, payloadBytes: MB });
  const page = await open(t);
  await page.getByText("70 entries", { exact: true }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("an entry is listed, shown and counted that alone is more than a response may have", async (t) => {
  await at.emulator.seed(4);
  const newest = Date.now();
  // The first page has it, what is loaded after that, and the preview.
  await at.emulator.seed({ count: 1, payloadBytes: TOO_LARGE, from: newest, to: newest });
  const page = await open(t);
  await page.getByText("5 entries", { exact: true }).waitFor();
  await page.getByRole("grid").locator('[aria-rowindex="2"] .c4').click();
  const panel = page.getByRole("region", { name: /^Entry / });
  await panel.getByRole("heading", { name: "Facts" }).waitFor({ timeout: 60_000 });
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Choose all 5", exact: true }).click();
  await page.getByRole("button", { name: "Resume…", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: "Resume 5 entries" }).waitFor({ timeout: 60_000 });
  await dialog.locator(".preview .facts").waitFor({ state: "attached", timeout: 60_000 });
  assert.deepEqual(page.problems, []);
});

test("a list whose first page takes too long is requested with fewer entries", async (t) => {
  await at.emulator.seed({ count: 5 });
  await at.emulator.faults([{ match: { method: "GET", path: "/v2/" }, times: 1, action: "hang" }]);
  const page = await open(t, {
    // Time that runs out, runs out ten times as fast.
    script: `{
      const { timeout } = AbortSignal;
      AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 10);
    }`,
  });
  await page.getByText("5 entries", { exact: true }).waitFor();
  assert.deepEqual((await counts()).slice(0, 2), [100, 3]);
});

for (const [count, payload] of [
  [20, MB],
  [12, 3 * MB],
]) {
  test(`a job lists ${count} entries of ${payload} bytes in smaller pages: its isolate has 128 MB`, async () => {
    await at.emulator.seed({ count, payloadBytes: payload, responseBodies: ["down"] });
    const { id } = await at.start({
      operation: "resume",
      selection: { all: true },
      drive: { where: { error: "down" } },
    });
    const job = await at.until(id, ({ state }) => ["done", "stopped"].includes(state));
    assert.deepEqual([job.state, job.done], ["done", count]);
    const asked = await counts();
    assert.ok(
      asked.some((one) => one > 0 && one * payload < 16 * MB),
      `asked for ${asked}`,
    );
  });
}

test("a job lists entries with large payloads although its slices are short", async (t) => {
  const short = await world({ bindings: { REQUESTS_PER_SLICE: "2" } });
  t.after(() => short.close());
  await short.emulator.seed({ count: 12, payloadBytes: 3 * MB, responseBodies: ["down"] });
  const where = { error: "down" };
  const order = { operation: "resume", selection: { all: true }, drive: { where } };
  const { id } = await short.start(order);
  const job = await short.until(id, ({ state }) => ["done", "stopped"].includes(state));
  assert.deepEqual([job.state, job.done], ["done", 12]);
});

test("a job says that an entry is larger than it can list, and goes on once that is gone", async () => {
  const where = { error: "down" };
  await at.emulator.seed({ count: 20, responseBodies: ["down"] });
  const large = { count: 1, payloadBytes: 17 * MB, responseBodies: ["down"], ids: true };
  const { dlqIds } = await at.emulator.seed(large);
  const order = { operation: "resume", selection: { all: true }, drive: { where } };
  const { id } = await at.start(order);
  const stopped = await at.until(id, ({ state }) => state === "stopped");
  assert.equal(stopped.error.code, "entry_too_large");
  // What is chosen by id needs no list.
  const alone = await at.start({ operation: "delete", selection: { dlqIds } });
  assert.equal((await at.until(alone.id, ({ state }) => state === "done")).done, 1);
  assert.equal((await at.post(`/api/jobs/${id}/continue`)).status, 200);
  assert.equal((await at.until(id, ({ state }) => state === "done")).done, 20);
});

test("a payload of 20 MB in base64 is decoded when it arrives, and not each time the page is drawn", async (t) => {
  const payload = Buffer.from("字".repeat(5 * MB)).toString("base64");
  const { page, panel } = await opened(t, { bodyBase64: payload });
  await panel.getByText("字字字").waitFor();
  const decoded = await page.evaluate(() => globalThis.decoded);
  assert.ok(decoded > 0);
  const search = page.getByRole("searchbox");
  for (const text of ["c", "ca", ""]) {
    await search.fill(text);
    await page.waitForURL((url) => (url.searchParams.get("q") ?? "") === text);
  }
  assert.equal(await page.evaluate(() => globalThis.decoded), decoded);
});

test("of facts and headers as much is laid out as can be read", async (t) => {
  const long = "z".repeat(MB);
  const many = Array.from({ length: 20_000 }, (_, n) => [`x-${n}`, ["v"]]);
  const { page, panel } = await opened(t, {
    workflowUrl: `https://shop.example/${long}`,
    labels: [long],
    flowControlKey: long,
    header: { ...Object.fromEntries(many), [long]: [long] },
    responseHeader: { long: [long] },
  });
  for (const summary of await panel.locator("details > summary").all()) await summary.click();
  await panel.getByText("19,801 before these").waitFor();
  assert.ok((await panel.innerText()).length < 100_000);
  assert.ok((await panel.locator("*").count()) < 2_000);
  assert.deepEqual(page.problems, []);
});
