// What a preview showed bounds what is done, by the API over the wire: any selection, `where`, limit and
// strategy, with entries that appear and vanish in between, and with a checkpoint on the way. The worlds follow
// from a seed: `SEED=5 ROUNDS=1` plays the fifth alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { RETRY, random } from "../support/scenario.mjs";
import { startEmulator } from "./setup.mjs";

const SEED = Number(process.env.SEED ?? 1);
const ROUNDS = Number(process.env.ROUNDS ?? 60);
const STATUSES = [500, 503];
const BODIES = ["db is down", '{"message":"row {i} \\u00fc"}', ""];
const WHERE = [
  { responseStatus: 503 },
  { responseStatus: "5xx", responseBody: "ü" },
  { error: "db is down" },
  { error: ["", "db is down"] },
  { fingerprint: "row # ü" },
  { error: "nothing like it" },
];

/** What is selected, and what narrows it, here or among the options. */
function select(r, dlqIds) {
  const base = r.pick([
    () => ({ all: true }),
    () => ({ filter: { fromDate: Date.now() - r.whole(1_000_000, 3_600_000) } }),
    () => ({ dlqIds: dlqIds.filter((_, at) => at === 0 || r.chance(0.6)) }),
  ])();
  const narrowing = {
    ...(!base.dlqIds && r.chance(0.6) && { where: r.pick(WHERE) }),
    ...(r.chance(0.4) && { limit: r.whole(1, 60) }),
  };
  const place = r.whole(0, 2);
  return {
    limit: narrowing.limit,
    selection: place === 0 ? base : { ...base, ...narrowing },
    options: place === 1 ? {} : narrowing,
  };
}

function way(r, preview) {
  const byIds = Array.isArray(preview.selection) || preview.selection.dlqIds !== undefined;
  const strategies = [undefined, "batches", "each"];
  if (!byIds && !preview.selection.where) strategies.push("pages");
  return {
    strategy: r.pick(strategies),
    concurrency: r.pick([1, 2, 8]),
    pageSize: r.pick([5, 20, 100]),
  };
}

async function play(emulator, client, seed) {
  const r = random(seed);
  await emulator.reset();
  await emulator.config({
    pageCap: r.pick([100, 30]),
    cursorKind: r.pick(["id", "position"]),
    order: r.pick(["oldest", "newest"]),
    trailingEmptyPage: r.chance(0.3),
  });
  const to = Date.now() - 10_000;
  const count = r.pick([1, 20, 80]);
  const fill = { statuses: STATUSES, responseBodies: BODIES };
  const runs = { failAgain: r.pick([0, 1]), afterMs: 3 };
  const seeded = { ...fill, count, to, from: to - 3_600_000, runs, ids: true };
  const { dlqIds } = await emulator.seed(seeded);

  const { selection, options, limit } = select(r, dlqIds);
  const matching = new Set();
  const unlimited = { ...options, limit: undefined };
  const { limit: _, ...whole } = selection;
  for await (const { messages } of client.dlq.listPages(whole, unlimited)) {
    for (const { dlqId } of messages) matching.add(dlqId);
  }
  const preview = await client.dlq.preview(selection, options);
  assert.equal(preview.count, Math.min(matching.size, limit ?? Infinity));
  assert.ok(preview.sample.every(({ dlqId }) => matching.has(dlqId)));

  const vanishing = [...matching].filter(() => r.chance(0.1));
  const vanished = r.chance(0.4) && vanishing.length > 0 ? vanishing : [];
  if (vanished.length > 0) await client.dlq.delete(vanished);
  if (r.chance(0.6)) {
    // In the next millisecond at the earliest: the bound is the one before the preview began.
    const now = Date.now() + 5;
    await emulator.seed({ ...fill, count: r.whole(1, 30), from: now, to: now + 1 });
  }

  const method = r.pick(["resumeAll", "restartAll", "deleteAll"]);
  const drive = way(r, preview);
  const args = (more) => [
    preview.selection,
    ...(method === "deleteAll" ? [] : [{}]),
    { ...drive, ...more },
  ];
  let summary = await client.dlq[method](...args(r.chance(0.4) ? { maxRequests: 3 } : {}));
  while (!summary.done && summary.reason === "requests") {
    summary = await client.dlq.continueFrom(summary.checkpoint, { maxRequests: 3 });
  }
  const audit = await emulator.audit();
  const done = Object.keys(audit.byEntry).filter((dlqId) => !vanished.includes(dlqId));
  assert.ok(
    done.every((dlqId) => matching.has(dlqId)),
    "nothing else than what was shown",
  );
  assert.ok(done.length <= preview.count, `${done.length} done, ${preview.count} shown`);
  if (vanished.length === 0) assert.equal(done.length, preview.count, JSON.stringify(summary));
}

test(`${ROUNDS} worlds`, async (t) => {
  const emulator = await startEmulator();
  t.after(() => emulator.close());
  const { url: baseUrl, token } = emulator;
  const client = new Client({ baseUrl, token, retry: RETRY }, {});
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    try {
      await play(emulator, client, seed);
    } catch (error) {
      throw new Error(`SEED=${seed} ROUNDS=1`, { cause: error });
    }
  }
});
