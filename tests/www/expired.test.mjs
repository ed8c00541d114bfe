// A job whose report has expired: the page has its summary, and says what is gone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../support/eventually.mjs";
import { numbers, openPage, pageWorld, state } from "./page.mjs";

// Two seconds, in days.
const at = pageWorld({ bindings: { REPORT_DAYS: String(2 / 86_400) } });

test("a link to a job whose report has expired shows what is left of it", async () => {
  await at.emulator.seed(5);
  const { id } = await at.start({
    ...{ operation: "resume", selection: { all: true }, name: "long ago", reason: "a fix" },
  });
  await eventually(async () => assert.equal((await at.call(`/api/jobs/${id}/report`)).status, 410));
  const page = await openPage(at.browser, at.admin.url, { query: `?view=jobs&job=${id}` });
  await page.getByRole("heading", { name: "long ago", level: 2 }).waitFor();
  await state(page, "Done");
  assert.equal((await numbers(page)).Resumed, 5);
  await page.getByText("Its order, its runs and its report have expired.").waitFor();
  assert.equal(await page.getByRole("link", { name: "CSV" }).count(), 0);
  assert.deepEqual(
    // The stream of events answers 409, which a browser logs.
    page.problems.filter((text) => !/409/.test(text)),
    [],
  );
});
