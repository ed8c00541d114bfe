// The overrides in the dialog, and in the request.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assertShown,
  loaded,
  openPage,
  pageWorld,
  previewed,
  shot,
  startFromDialog,
  state,
} from "./page.mjs";

const at = pageWorld();
const button = (page, name) => page.getByRole("button", { name, exact: true });

test("restarted with all seven overrides; what is wrong is said in its place, as one types", async () => {
  await at.emulator.seed(10);
  const page = await openPage(at.browser, at.admin.url);
  await loaded(page);
  await button(page, "Choose all 10").click();
  await button(page, "Restart…").click();
  const dialog = page.getByRole("dialog");
  await previewed(dialog);
  await dialog.getByText("Overrides", { exact: true }).click();
  const wrong = {
    Retries: "-1",
    Delay: "1 fortnight",
    "Retry delay": "(1 + retried",
    Labels: "späti",
    "Flow-control rate": "10",
    "Failure callback": "ftp://x",
  };
  for (const [label, value] of Object.entries(wrong)) {
    await dialog.getByLabel(label, { exact: true }).fill(value);
  }
  await dialog.locator(".issue").nth(4).waitFor();
  for (const label of ["Retries", "Delay", "Retry delay", "Labels", "Failure callback"]) {
    const field = dialog.getByLabel(label, { exact: true });
    assert.equal(await field.getAttribute("aria-invalid"), "true", label);
    const id = (await field.getAttribute("aria-describedby")).split(" ").at(-1);
    assert.ok((await dialog.locator(`#${id}`).textContent()).length > 10, label);
  }
  await shot(page, "overrides");
  assert.equal(await dialog.locator("button[type=submit]").isDisabled(), true);
  const right = {
    Retries: "5",
    Delay: "10s",
    "Retry delay": "(1 + retried) * 1000",
    Labels: "night, repaired",
    "Flow-control key": "slowly",
    "Flow-control rate": "10",
    "Flow-control period": "1m",
    "Flow-control parallelism": "2",
    "Failure callback": "https://hooks.example/failed",
  };
  for (const [label, value] of Object.entries(right)) {
    await dialog.getByLabel(label, { exact: true }).fill(value);
  }
  await startFromDialog(page, { name: "again" });
  await state(page, "Done");
  await assertShown(page, at.emulator, { name: "Restarted", done: "restarted" });
  const { requests } = await at.emulator.requests();
  const { headers } = requests.find(({ path }) => path.startsWith("/v2/workflows/dlq/restart"));
  const sent = Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith("upstash-")),
  );
  assert.deepEqual(sent, {
    "upstash-retries": "5",
    "upstash-delay": "10s",
    "upstash-retry-delay": "(1 + retried) * 1000",
    "upstash-label": "night,repaired",
    "upstash-flow-control-key": "slowly",
    "upstash-flow-control-value": "parallelism=2, rate=10, period=1m",
    "upstash-failure-callback": "https://hooks.example/failed",
  });
});
