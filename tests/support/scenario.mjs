// Random scenarios over the wire: what is seeded, how the service behaves, what goes wrong, and how
// it is driven. All of it follows from a seed.

import assert from "node:assert/strict";

/** mulberry32: the same numbers for the same seed. */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (from, to) => from + Math.floor(next() * (to - from + 1));
  const pick = (list) => list[whole(0, list.length - 1)];
  const chance = (part) => next() < part;
  const many = (make, from, to) => Array.from({ length: whole(from, to) }, make);
  return { whole, pick, chance, many };
}

/** Nothing here is about the length of a back-off. */
export const RETRY = { attempts: 6, initialDelay: 1, maxDelay: 5 };

const FAULTS = [
  { action: 500 },
  { action: 503, when: "after" },
  { action: "html", when: "after" },
  { action: { type: "cutOff", clean: true }, when: "after" },
  { action: { type: "wrongShape" }, when: "after" },
  { action: { type: "status", status: 429 } },
  { action: "emptyPage" },
];
// These leave the service time to finish, which takes seconds.
const SLOW_FAULTS = [{ action: "drop" }, { action: "drop", when: "after" }];

/** @param {number} seed */
export function scenario(seed) {
  const r = random(seed);
  const entries = r.pick([1, 20, 60, 150]);
  const named = r.chance(0.5);
  const faults = r.chance(0.7) ? r.many(() => ({ ...r.pick(FAULTS) }), 1, 3) : [];
  if (r.chance(0.06)) faults.push({ ...r.pick(SLOW_FAULTS), times: 1 });
  for (const fault of faults) {
    fault.match = { method: r.chance(0.8) ? "POST" : "GET" };
    // An empty page means something where there are pages.
    if (fault.action === "emptyPage" && named) fault.action = 500;
    fault.probability = r.pick([0.1, 0.3]);
    fault.times ??= r.whole(1, 5);
  }
  const method = r.pick(["resumeAll", "resumeAll", "restartAll", "deleteAll"]);
  const strategy = named ? r.pick(["batches", "each"]) : r.pick(["pages", "pages", "batches"]);
  // Ahead: the bound is too late until an answer shows it, so that none may be lost.
  const dateSkewMs = faults.length > 0 ? r.pick([0, -5_000]) : r.pick([0, 400, 90_000, -5_000]);
  return {
    method,
    entries,
    named,
    gone: named ? r.pick([0, 0, 3]) : 0,
    // A page is refused for the sake of one, so that pages may come to nothing.
    stuck: strategy === "pages" ? 0 : r.pick([0, 0, 2]),
    config: {
      pageCap: r.pick([100, 100, 30, 7]),
      notFound: r.pick(["atomic", "rest", "stop-at-first"]),
      cursorKind: r.pick(["id", "position", "filter"]),
      endCursor: r.pick(["empty", "null", "absent"]),
      trailingEmptyPage: r.chance(0.3),
      order: r.pick(["oldest", "newest"]),
      dateCompares: r.pick(["failure", "message", "run"]),
      shuffle: r.chance(0.3),
      dateHeader: r.chance(0.8),
      dateSkewMs,
      unresumable: r.pick(["400", "404", "skip"]),
      idsCap: r.pick([null, null, 7]),
      idsOverCap: r.pick(["first", "cursor", "400"]),
      latencyMs: r.pick([0, 0, 3]),
    },
    // A run that is delivered at all does not fail in the millisecond in which it was resumed.
    runs: { failAgain: r.pick([0, 0, 0.2, 1]), afterMs: 3 },
    faults: { rules: faults, seed },
    drive: {
      strategy,
      concurrency: r.pick([1, 2, 8]),
      pageSize: r.pick([5, 20, 100]),
      ...(r.chance(0.2) && { limit: r.whole(1, 100) }),
    },
    maxRequests: r.chance(0.4) ? r.whole(2, 12) : undefined,
  };
}

/** Brings an emulator into the scenario's state; gives the selection. */
export async function arrange(emulator, given) {
  const { entries, named, gone, stuck, config, runs, faults } = given;
  await emulator.reset();
  await emulator.config(config);
  // The past: nothing that is seeded is newer than the drive's start.
  const to = Date.now() - 10_000;
  const seed = { count: entries, to, from: to - 3_600_000, runs, ids: true };
  const { dlqIds } = await emulator.seed(seed);
  for (let index = 0; index < stuck; index++) {
    const dlqId = `${to - 1_800_000 + index}-77`;
    await emulator.seed({ entries: [{ dlqId, unresumable: true }] });
    dlqIds.splice(Math.floor(dlqIds.length / 2), 0, dlqId);
  }
  await emulator.faults(faults);
  const missing = Array.from({ length: gone }, (_, i) => `1700000000000-${i}`);
  return named ? [...dlqIds, ...missing] : { all: true };
}

/**
 * Drives to the end, slice by slice. An error that can be gone on from is a slice's end as well.
 *
 * @returns {Promise<{ summary: object, slices: number }>}
 */
export async function driveToEnd(client, selection, { method, drive, maxRequests }) {
  const begin = (options) =>
    method === "deleteAll"
      ? client.dlq.deleteAll(selection, options)
      : client.dlq[method](selection, {}, options);
  const budget = maxRequests ? { maxRequests } : {};
  const { concurrency, pageSize } = drive;
  let checkpoint;
  for (let slices = 1; slices < 500; slices++) {
    const call = checkpoint
      ? client.dlq.continueFrom(checkpoint, { concurrency, pageSize, ...budget })
      : begin({ ...drive, ...budget });
    const summary = await call.catch((error) => {
      if (!error.summary) throw error;
      return error.summary;
    });
    if (summary.done || summary.reason === "remaining") return { summary, slices };
    checkpoint = summary.checkpoint;
  }
  throw new Error("it does not end");
}

const DONE = { resumeAll: "resumed", restartAll: "restarted", deleteAll: "deleted" };

/** Holds a summary against what was really done. */
export async function assertScenario(emulator, given, summary) {
  const { method, entries, named, gone, stuck, drive, runs } = given;
  await emulator.idle();
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual(audit.takenTwice, [], "nothing is taken twice");
  const { [DONE[method]]: counted, notFound, unconfirmed, failed } = summary;
  const truth = audit[DONE[method]];
  assert.equal(audit.taken, truth, "nothing else is done");
  assert.ok(counted <= truth, `${counted} reported, ${truth} done`);
  const most = counted + unconfirmed;
  assert.ok(truth <= most, `${truth} done, at most ${most} reported`);
  if (drive.limit) assert.ok(truth <= drive.limit, "the limit holds");
  // What can be taken: a deletion takes all.
  const able = method === "deleteAll" ? entries + stuck : entries;
  assert.ok(truth <= able, "what failed again is left alone");
  if (summary.reason === "complete") {
    assert.equal(truth, able, "all of it is done");
    if (named) assert.equal(counted + notFound + unconfirmed + failed, entries + stuck + gone);
    if (runs.failAgain === 1 && method !== "deleteAll") {
      assert.equal(audit.remaining, entries + stuck);
    }
  } else {
    assert.equal(summary.reason, "limit");
  }
}
