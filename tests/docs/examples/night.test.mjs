// An operator's night that a cron Worker ends: everything works again but one workflow. What the recipe logs, the
// app and the service agree to the last run.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startEmulator } from "../../support/emulator.mjs";
import { night } from "../../support/night.mjs";
import { workerOf } from "./setup.mjs";

const COUNT = 500;
const PATIENCE_MS = 90_000;

test("a night's runs are resumed and followed in slices", { timeout: 150_000 }, async (t) => {
  const emulator = await startEmulator();
  t.after(() => emulator.close());
  const at = await night(emulator, COUNT);
  t.after(at.close);
  await at.repair();
  await at.carrierIsBack();

  const summaries = [];
  const credentials = { QSTASH_URL: emulator.url, QSTASH_TOKEN: emulator.token };
  const worker = await workerOf(t, "cloudflare-cron", credentials, (line) => {
    if (line.startsWith("{")) summaries.push(JSON.parse(line));
  });
  await worker.cron();
  const deadline = performance.now() + PATIENCE_MS;
  while (!summaries.at(-1)?.done) {
    assert.ok(performance.now() < deadline, JSON.stringify(summaries.at(-1)));
    await sleep(100);
  }
  const { resumed, unconfirmed, outcome } = summaries.at(-1);
  assert.deepEqual([resumed, unconfirmed], [COUNT, 0]);
  const { succeeded, failedAgain, runs } = outcome;
  assert.deepEqual([runs, succeeded, failedAgain], [COUNT, COUNT - at.hopeless, at.hopeless]);
  assert.ok(summaries.length >= 2, "in more than one invocation");
  const { audit } = await at.assertBooks(new Map());
  assert.equal(audit.resumed, COUNT);
});
