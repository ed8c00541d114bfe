// What was shown and confirmed bounds what is done, whatever arrives, vanishes or interrupts meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";
import { world } from "./setup.mjs";

const CASES = Number(process.env.CASES ?? 24);
const BASE = Date.now() - 3_600_000;
const COUNT = { resume: "resumed", restart: "restarted", delete: "deleted" };

/** Mulberry32: the same choices for the same seed. */
const chance = (seed) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** An entry, and whether each selection matches it. */
const entryAt = (createdAt, kind) => ({
  dlqId: `${createdAt}-0`,
  createdAt,
  labels: [kind % 2 ? "a" : "b"],
  responseStatus: kind % 3 ? 500 : 503,
  responseBody:
    kind % 5 ? `row ${kind} is locked` : JSON.stringify({ message: "caf\u00e9 closed" }),
});

const SELECTIONS = [
  [["--all"], () => true],
  [["--label", "a"], ({ labels }) => labels[0] === "a"],
  [["--label", "a", "--label", "b"], () => true],
  [["--where-status", "503"], ({ responseStatus }) => responseStatus === 503],
  [["--all", "--where-status", "5xx"], () => true],
  [
    ["--label", "b", "--where-body", "locked"],
    (e) => e.labels[0] === "b" && /locked/.test(e.responseBody),
  ],
  [["--where-error", "caf\u00e9 closed"], ({ responseBody }) => /closed/.test(responseBody)],
  [["--where-fingerprint", "row # is locked"], ({ responseBody }) => /locked/.test(responseBody)],
];

/** A case: what is there, what is asked, what happens between the question and the answer. */
const plan = (seed) => {
  const random = chance(seed);
  const up = (most) => 1 + Math.floor(random() * most);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const [args, matches] = pick(SELECTIONS);
  const entries = Array.from({ length: up(60) }, (_, i) => entryAt(BASE + 2 * i, up(30)));
  const where = args.some((arg) => arg.startsWith("--where"));
  const strategy = pick([undefined, "batches", "each", where ? undefined : "pages"]);
  const flags = [
    ...(random() < 0.4 ? ["--limit", up(40)] : []),
    ...(strategy ? ["--strategy", strategy] : []),
    ...(random() < 0.7 ? ["--page-size", up(20)] : []),
    ...(random() < 0.5 ? ["--concurrency", up(4)] : []),
  ];
  const command = pick(Object.keys(COUNT));
  const slices = random() < 0.3;
  // One file for each case: what stops at the number that was confirmed leaves its checkpoint.
  const file = `${seed}.checkpoint`;
  if (slices) flags.push("--max-requests", 2 + up(3), "--checkpoint", file);
  // Without the frozen time range a drive needs a bound, and what fails again meanwhile may match.
  const bounded = slices || flags.includes("--limit");
  if (bounded && command !== "delete" && random() < 0.3) flags.push("--no-freeze");
  const canary = command !== "delete" && random() < 0.25 ? up(5) : undefined;
  if (canary) flags.push("--canary", canary);
  const fails = random() < 0.3;
  for (const entry of entries) entry.runs = { failAgain: fails ? 1 : 0, afterMs: 3 };
  return {
    command,
    args: [...args, ...flags.map(String)],
    limited: flags.includes("--limit"),
    matches,
    entries,
    stops: canary !== undefined && fails ? canary : undefined,
    slices,
    file,
    older:
      random() < 0.4
        ? Array.from({ length: up(9) }, (_, i) => entryAt(BASE + 1 + 2 * i, up(30)))
        : [],
    newer: random() < 0.5 ? up(9) : 0,
    vanish: random() < 0.3 ? entries.filter(() => random() < 0.2) : [],
    kinds: () => up(30),
  };
};

test("done is what was shown, or less, by any selection, flags and end", async (t) => {
  const { emulator, terminal, run } = await world(t);
  const first = Number(process.env.SEED ?? 1);
  for (let seed = first; seed < first + CASES; seed++) {
    const { command, args, limited, matches, entries, stops, slices, file, ...later } = plan(seed);
    const { older, newer, vanish, kinds } = later;
    const told = `SEED=${seed} CASES=1: ${command} ${args.join(" ")}`;
    await emulator.reset();
    await emulator.seed({ entries });
    const running = terminal([command, ...args]);
    const shown = new Set(entries.filter(matches).map(({ dlqId }) => dlqId));
    await Promise.race([running.seen(/\[y\/N\]|to confirm/), running.ended]);
    const asked = /(?:Resume|Restart|Delete) (\d+) entr/.exec(running.out);
    if (!asked) {
      assert.match(running.out, /nothing to do|nothing was found/, told);
      if (!slices) assert.equal(shown.size, 0, told);
      continue;
    }
    const confirmed = Number(asked[1]);
    assert.ok(confirmed <= shown.size, told);

    const now = Date.now();
    const late = Array.from({ length: newer }, (_, i) => entryAt(now + 1 + i, kinds()));
    if (older.length + late.length > 0) await emulator.seed({ entries: [...older, ...late] });
    for (const { dlqId } of vanish) await remove(emulator, dlqId);
    while (Date.now() <= now + newer + 1) await emulator.config();
    running.type(command === "delete" ? `${confirmed}\r` : "y\r");
    let { code, out } = await running.ended;
    for (let turns = 0; code === 3 && slices && !stops && /to continue/.test(out); turns++) {
      assert.ok(turns < 40, told);
      const next = await run([command, "--checkpoint", file, "--max-requests", "6"]);
      ({ code } = next);
      out = next.out + next.err;
    }
    assert.ok([0, 3, 5].includes(code), `${told}: ${code} ${out}`);

    const gone = new Set(vanish.map(({ dlqId }) => dlqId));
    const { byEntry } = await emulator.audit();
    const done = Object.entries(byEntry)
      .filter(([id, counts]) => counts[COUNT[command]] > 0 && !gone.has(id))
      .map(([id]) => id);
    assert.ok(done.length <= confirmed, `${told}: ${done.length} of ${confirmed}\n${out}`);
    // A filter with its time range can't tell an entry of an older date that appears later; ids can.
    const added = new Map(limited ? [] : older.map((entry) => [entry.dlqId, entry]));
    for (const id of done) {
      const ours = shown.has(id) || (added.has(id) && matches(added.get(id)));
      assert.ok(ours, `${told}: ${id} was not shown\n${out}`);
    }
    const all = Math.min(confirmed, stops ?? confirmed);
    if (vanish.length === 0) assert.equal(done.length, all, `${told}\n${out}`);
  }
});

const remove = (emulator, dlqId) =>
  fetch(`${emulator.url}/v2/workflows/dlq/${dlqId}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${emulator.token}` },
  });

test("a deletion by a condition takes what was counted, and says that more match by then", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed({ entries: Array.from({ length: 60 }, (_, i) => entryAt(BASE + 2 * i, i)) });
  const running = terminal(["delete", "--all", "--where-status", "503", "--limit", "40"]);
  await running.seen(/Delete 20 entries permanently\? Type 20 to confirm/);
  await emulator.seed({ entries: [1, 3, 5].map((i) => entryAt(BASE + i, 3)) });
  running.type("20\r");
  const { code, out } = await running.ended;
  assert.match(out, /20 deleted/);
  assert.match(out, /stopped at the 20 that were confirmed; more entries match now/);
  assert.equal(code, 3);
  const { byEntry, deleted, remaining } = await emulator.audit();
  assert.deepEqual([deleted, remaining], [20, 43]);
  assert.ok(
    [1, 3, 5].every((i) => byEntry[`${BASE + i}-0`] === undefined),
    "not those that came later",
  );
});

test("a limit takes the entries that were shown, whatever the strategy and the query were", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed({ entries: Array.from({ length: 30 }, (_, i) => entryAt(BASE + 2 * i, i)) });
  const query = ["--query", "responseStatus=503"];
  const args = ["resume", "--all", ...query, "--limit", "5", "--strategy", "pages"];
  const running = terminal([...args, "--json"]);
  await running.seen(/Resume 5 entries\? \[y\/N\]/);
  const shown = JSON.parse(/\{"type":"preview".*\}/.exec(running.out)[0]).selection;
  // The first of those that were shown leaves the queue, and others come before it.
  await remove(emulator, shown[0]);
  await emulator.seed({ entries: [-1, -3, 1].map((i) => entryAt(BASE + i, 3)) });
  running.type("y\r");
  const { code, out } = await running.ended;
  assert.match(out, /--strategy batches: the entries that were shown are taken by their ids/);
  assert.equal(JSON.parse(/\{"type":"summary".*\}/.exec(out)[0]).reason, "limit");
  const { byEntry } = await emulator.audit();
  const resumed = Object.keys(byEntry).filter((id) => byEntry[id].resumed > 0);
  assert.deepEqual(resumed.sort(), shown.slice(1).sort());
  assert.ok([0, 5].includes(code), out);
});

test("a count that stopped at a budget is called so, and bounds what is done", async (t) => {
  const { emulator, terminal, run } = await world(t);
  await emulator.seed(450);
  const running = terminal(["resume", "--all", "--max-requests", "3"]);
  await running.seen(/Resume (\d00) entries, of at least \1 that match\? \[y\/N\]/);
  const counted = Number(/Resume (\d+) entries/.exec(running.out)[1]);
  running.type("y\r");
  const { code, out } = await running.ended;
  assert.equal(code, 3, out);
  const [, file] = /--checkpoint (\S+)/.exec(out);
  const rest = await run(["resume", "--checkpoint", file]);
  assert.equal(rest.code, 0, rest.err);
  assert.equal((await emulator.audit({ summary: true })).resumed, counted, out);
  const none = await run(["resume", "--all", "--where-status", "404", "--max-requests", "1"]);
  assert.equal(none.code, 3, none.err);
  assert.match(none.err, /nothing was found within --max-requests/);
});
