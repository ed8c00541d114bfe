// Worlds in which something is previewed, time passes, and what was shown is acted on: any selection,
// `where` and limit, with entries that appear and vanish in between. A world follows from its seed.

import assert from "node:assert/strict";

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
  const query = !base.dlqIds && r.chance(0.2) && { query: { responseStatus: r.pick(STATUSES) } };
  return {
    limit: narrowing.limit,
    selection: place === 0 ? base : { ...base, ...narrowing },
    options: { ...(place !== 1 && narrowing), ...query },
  };
}

/** How a drive goes about what was shown, at random; a deletion has no new runs that a canary could look at. */
export function way(r, preview, deletes) {
  const byIds = Array.isArray(preview.selection) || preview.selection.dlqIds !== undefined;
  const strategies = [undefined, "batches", "each"];
  if (!byIds && !preview.selection.where) strategies.push("pages");
  return {
    strategy: r.pick(strategies),
    concurrency: r.pick([1, 2, 8]),
    pageSize: r.pick([5, 20, 100]),
    ...(!deletes && r.chance(0.3) && { canary: { entries: r.whole(1, 6) } }),
  };
}

/** Seeds the emulator, previews a selection and lets time pass. */
export async function show(r, emulator, client) {
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
  const fails = r.chance(0.5);
  const runs = { failAgain: fails ? 1 : 0, afterMs: 3 };
  const seeded = { ...fill, count, to, from: to - 3_600_000, runs, ids: true };
  const { dlqIds } = await emulator.seed(seeded);

  const { selection, options, limit } = select(r, dlqIds);
  const matching = new Set();
  const unlimited = { ...options, limit: undefined };
  const { limit: _, ...whole } = selection;
  for await (const { messages } of client.dlq.listPages(whole, unlimited)) {
    for (const { dlqId } of messages) matching.add(dlqId);
  }
  const budget = r.chance(0.2) ? { maxRequests: r.whole(1, 4) } : {};
  const preview = await client.dlq.preview(selection, { ...options, ...budget });
  const { complete, reason } = preview;
  if (complete || reason === "limit") {
    assert.equal(preview.count, Math.min(matching.size, limit ?? Infinity));
  }
  const isPart = limit !== undefined || options.query !== undefined || !complete;
  // A part is told by its ids, the whole by what selects it.
  const shown = isPart ? new Set(preview.selection) : matching;
  assert.equal(shown.size, preview.count);
  assert.ok([...shown].every((dlqId) => matching.has(dlqId)));
  assert.ok(preview.sample.every(({ dlqId }) => shown.has(dlqId)));

  const vanishing = [...matching].filter(() => r.chance(0.1));
  const vanished = r.chance(0.4) && vanishing.length > 0 ? vanishing : [];
  if (vanished.length > 0) await client.dlq.delete(vanished);
  if (r.chance(0.6)) {
    // In the next millisecond at the earliest: the bound is the one before the preview began.
    const now = Date.now() + 5;
    await emulator.seed({ ...fill, count: r.whole(1, 30), from: now, to: now + 1 });
  }
  return { preview, shown, vanished, fails };
}

/**
 * Nothing was done that was not shown, and where nothing vanished all of it: of a canary whose runs fail again,
 * its entries.
 */
export async function assertShown(emulator, world, drive, told) {
  const { preview, shown, vanished, fails } = world;
  const audit = await emulator.audit();
  const done = Object.keys(audit.byEntry).filter((dlqId) => !vanished.includes(dlqId));
  assert.ok(
    done.every((dlqId) => shown.has(dlqId)),
    "nothing else than what was shown",
  );
  const canary = fails ? drive.canary?.entries : undefined;
  const most = Math.min(preview.count, canary ?? Infinity);
  assert.ok(done.length <= most, JSON.stringify(told));
  if (vanished.length === 0) assert.equal(done.length, most, JSON.stringify(told));
}
