// How fast, beside the SDK's documented loop, in one run on the same emulator: ratios, since a
// machine's own speed says little.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client as Sdk } from "@upstash/workflow";
import { Client } from "upstash-workflow-dlq";
import { startEmulator } from "../../../support/emulator.mjs";
import { paceOf } from "../../../support/pace.mjs";

const ENTRIES = 10_000;
const ROUNDS = 5;

async function emulatorOf(t, config) {
  const emulator = await startEmulator({ config });
  t.after(() => emulator.close());
  const { url: baseUrl, token } = emulator;
  return { emulator, client: new Client({ baseUrl, token }, {}), sdk: new Sdk({ baseUrl, token }) };
}

const NEAR = { latencyMs: 25, pageCap: 100 };

/** Milliseconds that it takes to resume everything, and that everything was. */
async function timed(emulator, run) {
  // From nothing: ids are made of the time, and could come again.
  await emulator.reset();
  await emulator.config(NEAR);
  await emulator.seed(ENTRIES);
  const begun = performance.now();
  await run();
  const took = performance.now() - begun;
  const { remaining, resumedTwice } = await emulator.audit({ summary: true });
  assert.equal(remaining, 0);
  assert.deepEqual(resumedTwice, []);
  return took;
}

// Another process may take a core in the midst: the best of a few rounds counts.
test(`${ENTRIES} entries at 25 ms, beside the SDK's loop`, async (t) => {
  const { emulator, client, sdk } = await emulatorOf(t, NEAR);
  const all = { all: true };
  const loop = async () => {
    let cursor;
    do {
      ({ cursor } = await sdk.dlq.resume({ all: true, count: 100, cursor }));
    } while (cursor);
  };
  const ours = (drive) => () => client.dlq.resumeAll(all, {}, { concurrency: 8, ...drive });
  const show = (ms, ratio) => `${Math.round(ms)} ms, ${ratio.toFixed(1)} times as fast`;
  const best = { pages: 0, batches: 0 };
  for (let round = 0; round < ROUNDS && (best.pages < 5 || best.batches < 2.5); round++) {
    const theirs = await timed(emulator, loop);
    const pages = await timed(emulator, ours({ strategy: "pages" }));
    const batches = await timed(emulator, ours({ strategy: "batches" }));
    best.pages = Math.max(best.pages, theirs / pages);
    best.batches = Math.max(best.batches, theirs / batches);
    t.diagnostic(
      `the SDK's loop ${Math.round(theirs)} ms; pages × 8 ${show(pages, theirs / pages)}; batches × 8 ${show(batches, theirs / batches)}`,
    );
  }
  assert.ok(best.pages >= 5, `pages: ${best.pages.toFixed(2)}`);
  assert.ok(best.batches >= 2.5, `batches: ${best.batches.toFixed(2)}`);
});

for (const [strategy, entries] of [
  ["pages", 20_000],
  ["batches", 10_000],
]) {
  test(`${strategy} under a burst limit: what it allows, and hardly ever more`, async (t) => {
    const limit = 20;
    const config = { burst: { limit }, latencyMs: 20 };
    const { emulator, client } = await emulatorOf(t, config);
    await emulator.seed(entries);
    const drive = { strategy, concurrency: 8 };
    const summary = await client.dlq.resumeAll({ all: true }, {}, drive);
    assert.equal(summary.resumed, entries);
    const { requests } = await emulator.requests({ limit: 20_000 });
    const { seconds, share, refused } = paceOf(requests, limit);
    t.diagnostic(
      `${(100 * share).toFixed(0)} % of ${limit} a second over ${seconds} s, ${(100 * refused).toFixed(1)} % answered 429`,
    );
    assert.ok(seconds >= 5);
    assert.ok(share >= 0.9, `${share}`);
    assert.ok(refused < 0.05, `${refused}`);
  });
}
