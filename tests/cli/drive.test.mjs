// Drives from the command line against the emulator: what is done, what is said, how it ends.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { events, until, world } from "./setup.mjs";

/** Nothing lost, nothing twice. */
async function assertAll(emulator, entries, done = "resumed") {
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual(audit.takenTwice, []);
  assert.equal(audit[done], entries);
}

const some = (emulator) => until(async () => (await emulator.audit({ summary: true })).resumed > 0);

test("everything is resumed with its overrides, and the result alone is on standard output", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed(250);
  const args = ["--set-retries", "5", "--set-label", "again", "--set-flow-control-key", "k"];
  const ended = await run(["resume", "--all", "--yes", ...args, "--set-rate", "50"]);
  assert.equal(ended.code, 0, ended.err);
  assert.match(ended.out, /^250 resumed, 0 not found, 0 unconfirmed, 0 failed: complete \(.*\)\n$/);
  await assertAll(emulator, 250);
  const { requests } = await emulator.requests();
  const { headers } = requests.find(({ method }) => method === "POST");
  assert.equal(headers["upstash-retries"], "5");
  assert.equal(headers["upstash-label"], "again");
  assert.equal(headers["upstash-flow-control-key"], "k");
  assert.equal(headers["upstash-flow-control-value"], "rate=50");
  assert.ok(!`${ended.out}${ended.err}`.includes(emulator.token));
});

test("restart and delete do theirs", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed({ count: 20, labels: ["a", "b"] });
  const restarted = await run(["restart", "--label", "a", "--yes"]);
  assert.equal(restarted.code, 0, restarted.err);
  assert.match(restarted.out, /^10 restarted,/);
  const deleted = await run(["delete", "--label=b", "-y"]);
  assert.match(deleted.out, /^10 deleted,/);
  const audit = await emulator.audit({ summary: true });
  assert.deepEqual([audit.restarted, audit.deleted, audit.remaining], [10, 10, 0]);
});

test("ids come as arguments or on standard input; the report pairs them with their runs", async (t) => {
  const { emulator, run, file } = await world(t);
  const { dlqIds } = await emulator.seed({ count: 12, ids: true });
  const [first, second, ...rest] = dlqIds;
  const named = await run(["resume", first, second, "--yes"]);
  assert.match(named.out, /^2 resumed,/, named.err);
  const args = ["resume", "-", "--strategy", "each", "--report", "night.csv", "--yes"];
  const piped = await run(args, { input: `${rest.join("\n")}\n\n` });
  assert.equal(piped.code, 0, piped.err);
  const [head, ...lines] = readFileSync(file("night.csv"), "utf8").trimEnd().split("\r\n");
  assert.equal(head, "dlqId,outcome,workflowRunId,state,step,status,error");
  const { byEntry } = await emulator.audit();
  for (const line of lines) {
    const [id, outcome, run] = line.split(",");
    assert.deepEqual(byEntry[id].workflowRunIds, [run]);
    assert.equal(outcome, "resumed");
  }
  assert.deepEqual(lines.map((line) => line.split(",")[0]).sort(), rest.sort());
  const again = await run(args, { input: "1-0\n" });
  assert.equal(again.code, 2, "an earlier report is not overwritten");
  const none = await run(["resume", "-", "--yes"], { input: "" });
  assert.deepEqual([none.code, none.out], [0, ""]);
  assert.match(none.err, /no ids/);
  await assertAll(emulator, 12);
});

test("a dry run and a preview touch nothing; without a terminal nothing is asked", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed({ count: 30, statuses: [500, 503] });
  const dry = await run(["resume", "--all", "--where-status", "503", "--dry-run"]);
  assert.equal(dry.code, 0, dry.err);
  assert.match(dry.err, /15 entries/);
  const preview = await run(["preview", "--all", "--json"]);
  const [shown] = events(preview.out);
  assert.deepEqual([shown.type, shown.count], ["preview", 30]);
  const refused = await run(["delete", "--all"]);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /no terminal for the question.*--yes/);
  const audit = await emulator.audit({ summary: true });
  assert.equal(audit.taken, 0);
});

test("what was shown can be resumed where only the status tells", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed({ count: 40, statuses: [500, 503] });
  const ended = await run(["resume", "--all", "--where-status", "503", "--yes"]);
  assert.match(ended.out, /^20 resumed,/, ended.err);
  const list = await run(["list", "--where-status", "500", "--json"]);
  const listed = events(list.out);
  assert.equal(listed.length, 20);
  assert.ok(listed.every((one) => one.type === "entry" && one.responseStatus === 500));
});

test("NDJSON: every line has a type, and the summary adds up", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed({ count: 20, unresumable: 0.2 });
  const ended = await run(["resume", "--all", "--strategy", "each", "--json", "--yes"]);
  assert.equal(ended.code, 1, "entries that the service refuses");
  const all = events(ended.out);
  const summary = all.at(-1);
  assert.equal(summary.type, "summary");
  assert.equal(summary.resumed + summary.failed, 20);
  const entries = all.filter(({ type }) => type === "entry");
  assert.equal(entries.length, 20);
  assert.equal(entries.filter(({ outcome }) => outcome === "failed").length, summary.failed);
  assert.ok(all.some(({ type }) => type === "progress"));
});

test("a spent budget ends with 3, and the same command goes on until the checkpoint is gone", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed(450);
  const args = ["resume", "--all", "--yes", "--checkpoint", "c", "--max-requests", "2"];
  const connection = ["--timeout", "20s", "--allow-insecure", "--max-response-size", "8MB"];
  const first = await run([...args, ...connection]);
  assert.equal(first.code, 3, first.err);
  assert.match(
    first.err,
    /to continue: npx upstash-workflow-dlq resume --checkpoint c --allow-insecure --timeout 20s --max-response-size 8MB\n/,
  );
  let last = first;
  for (let slices = 0; last.code === 3 && slices < 20; slices++) last = await run(args);
  assert.equal(last.code, 0, last.err);
  assert.match(last.out, /^450 resumed,/);
  assert.ok(!existsSync(file("c")));
  const over = await run(["resume", "--checkpoint", "c"]);
  assert.equal(over.code, 2);
  assert.match(over.err, /there is no c: its drive is complete, or it is in another folder/);
  await assertAll(emulator, 450);
});

test("a checkpoint of something else is refused, and so is a damaged one", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed({ count: 250, labels: ["a"] });
  const args = ["--yes", "--checkpoint", "c", "--max-requests", "2"];
  await run(["resume", "--label", "a", ...args]);
  const { total } = await emulator.requests();
  const other = await run(["resume", "--label", "b", ...args]);
  assert.equal(other.code, 2);
  assert.match(other.err, /--label/);
  const command = await run(["delete", "--label", "a", ...args]);
  assert.equal(command.code, 2);
  const elsewhere = { env: { QSTASH_URL: "http://127.0.0.1:1" } };
  const origin = await run(["resume", "--checkpoint", "c"], elsewhere);
  assert.equal(origin.code, 2);
  assert.match(origin.err, /does not fit: QSTASH_URL or --base-url differs\. Write the options/);
  writeFileSync(file("c"), readFileSync(file("c"), "utf8").replace(/wdlq4\.../, "wdlq4.zz"));
  const damaged = await run(["resume", ...args]);
  assert.equal(damaged.code, 2);
  assert.match(damaged.err, /damaged/);
  assert.equal((await emulator.requests()).total, total, "nothing was sent");
});

test("Ctrl-C stops cleanly with 130, and going on loses and doubles nothing", async (t) => {
  const { emulator, start, run, file } = await world(t, { config: { latencyMs: 30 } });
  await emulator.seed(600);
  const args = ["resume", "--all", "--page-size", "20", "--yes", "--checkpoint", "c"];
  const running = start([...args, "--report", "r.ndjson"]);
  await some(emulator);
  running.child.kill("SIGINT");
  const { code, err } = await running.ended;
  assert.equal(code, 130, err);
  assert.match(err, /to continue: /);
  assert.ok(readFileSync(file("c"), "utf8").includes("wdlq4."));
  const rest = await run(["resume", "--yes", "--checkpoint", "c", "--report", "r.ndjson"]);
  assert.equal(rest.code, 0, rest.err);
  assert.match(rest.out, /^600 resumed,/);
  const lines = readFileSync(file("r.ndjson"), "utf8").trimEnd().split("\n").map(JSON.parse);
  assert.equal(lines.length, 600);
  assert.equal(new Set(lines.map(({ dlqId }) => dlqId)).size, 600);
  await assertAll(emulator, 600);
});

test("killed at once, the same command goes on", async (t) => {
  const { emulator, start, run, file } = await world(t, { config: { latencyMs: 20 } });
  await emulator.seed(400);
  const args = ["resume", "--all", "--page-size", "20", "--yes", "--checkpoint", "c"];
  const running = start(args);
  await some(emulator);
  running.child.kill("SIGKILL");
  await running.ended;
  assert.ok(existsSync(file("c")), "written before each request that may act");
  const rest = await run([...args, "--json"]);
  assert.match(rest.err, /continuing from c/);
  const { resumed, unconfirmed } = events(rest.out).at(-1);
  assert.equal(rest.code, unconfirmed > 0 ? 5 : 0, rest.err);
  assert.ok(resumed <= 400 && 400 <= resumed + unconfirmed, `${resumed} + ${unconfirmed}`);
  await assertAll(emulator, 400);
});

test("an error in mid-drive ends with 1, with the report written and a way to go on", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed(300);
  await emulator.faults([
    { match: { method: "POST" }, nth: 2, action: { type: "status", status: 401 } },
  ]);
  const ended = await run(["resume", "--all", "--yes", "--report", "r.csv"]);
  assert.equal(ended.code, 1, ended.err);
  assert.match(ended.err, /error: .*token was not accepted/i);
  assert.match(
    readFileSync(file("r.csv"), "utf8"),
    /^dlqId,outcome,workflowRunId,state,step,status,error\r\n(\S+\r\n)+$/,
  );
  const name = /--checkpoint (\S+)/.exec(ended.err)[1];
  const rest = await run(["resume", "--yes", "--checkpoint", name]);
  assert.match(rest.out, /^300 resumed,/, rest.err);
  await assertAll(emulator, 300);
});

test("who reads only the beginning is no error", async (t) => {
  const { emulator, start } = await world(t);
  await emulator.seed(5000);
  const running = start(["list"]);
  await running.seen(/\n/);
  running.child.stdout.destroy();
  const { code, err } = await running.ended;
  assert.deepEqual([code, err], [0, ""]);
});

test("failure functions are run again, one by one", async (t) => {
  const { emulator, run } = await world(t);
  const seed = {
    count: 2,
    ids: true,
    states: ["CALLBACK_FAIL"],
    failureCallback: "http://127.0.0.1:9/",
  };
  const { dlqIds } = await emulator.seed(seed);
  const ended = await run(["retry-failure-function", ...dlqIds, "1-0", "--yes", "--json"]);
  assert.equal(ended.code, 1, "one is not there");
  const types = events(ended.out).map(({ type, dlqId }) => [type, dlqId]);
  assert.deepEqual(types, [
    ["run", dlqIds[0]],
    ["run", dlqIds[1]],
    ["error", "1-0"],
  ]);
});

test("a canary that fails again ends with 3, and the rest is left until it is gone on with", async (t) => {
  const { emulator, run } = await world(t);
  const to = Date.now() - 10_000;
  await emulator.seed({ count: 40, from: to - 60_000, to, runs: { failAgain: 1, afterMs: 3 } });
  const canary = ["--canary", "5", "--canary-wait", "300ms"];
  const ended = await run(["resume", "--all", ...canary, "--checkpoint", "c", "--yes"]);
  assert.equal(ended.code, 3, ended.err);
  assert.match(ended.out, /^5 resumed,.*failed again/);
  const rest = await run(["resume", "--checkpoint", "c"]);
  assert.equal(rest.code, 0, rest.err);
  assert.match(rest.out, /^40 resumed,/);
  await assertAll(emulator, 40);
});

test("errors that differ in numbers, ids and quoted text are one line of a preview", async (t) => {
  const { emulator, run } = await world(t);
  const bodies = ['{"message":"order {i} of \\"shop-{i}\\" is locked"}', '{"message":"no answer"}'];
  await emulator.seed({ count: 30, responseBodies: bodies });
  const previewed = await run(["preview", "--all"]);
  const dry = await run(["resume", "--all", "--dry-run"]);
  for (const said of [previewed.out, dry.err]) {
    const [, errors] = said.split("Errors, with numbers, ids and quoted text masked\n");
    const lines = errors.split("\n").filter((line) => /^ +\d/.test(line));
    assert.deepEqual(
      lines.map((line) => line.trim()).sort(),
      ["15  no answer", '15  order # of "…" is locked'],
      said,
    );
  }
});

test("ids can be listed and previewed", async (t) => {
  const { emulator, run } = await world(t);
  const { dlqIds } = await emulator.seed({ count: 5, ids: true });
  const [first, second] = dlqIds;
  const list = await run(["list", first, second]);
  assert.equal(list.code, 0, list.err);
  const ids = list.out
    .trim()
    .split("\n")
    .map((line) => line.split("\t")[0]);
  assert.deepEqual(ids.sort(), [first, second].sort());
  const preview = await run(["preview", "-"], { input: `${first}\n` });
  assert.match(preview.out, /^1 entry\n/, preview.err);
});

test("list and preview name the step that failed, which selects as well", async (t) => {
  const { emulator, run } = await world(t);
  const createdAt = Date.now() - 60_000;
  const entries = ["charge", "ship", "ship"].map((step, i) => ({
    createdAt: createdAt + i,
    responseHeader: { "Upstash-Error-Step-Name": [step] },
  }));
  await emulator.seed({ entries });
  const list = await run(["list", "--where-step", "charge"]);
  assert.equal(list.out.split("\t")[3], "charge", list.err);
  const preview = await run(["preview", "--all"]);
  assert.match(preview.out, /Failed steps\n +2 {2}ship\n +1 {2}charge\n/, preview.err);
});

test("a limit ends with 0; what fails again is taken again with --no-freeze within a bound", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed(30);
  const limited = await run(["resume", "--all", "--no-freeze", "--limit", "10", "--yes"]);
  assert.equal(limited.code, 0, limited.err);
  assert.match(limited.out, /^10 resumed,.*the limit is reached/);
  await assertAll(emulator, 10);
});

test("SIGTERM stops as Ctrl-C does, with 143", async (t) => {
  const { emulator, start, run } = await world(t, { config: { latencyMs: 30 } });
  await emulator.seed(300);
  const running = start(["resume", "--all", "--page-size", "10", "--yes"]);
  await some(emulator);
  running.child.kill("SIGTERM");
  const { code, err } = await running.ended;
  assert.equal(code, 143, err);
  const name = /--checkpoint (\S+)/.exec(err)[1];
  const rest = await run(["resume", "--checkpoint", name]);
  assert.match(rest.out, /^300 resumed,/, rest.err);
  await assertAll(emulator, 300);
});

test("a query parameter is sent when the drive continues from the checkpoint, too", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed(250);
  const args = ["--query", "extra=1", "--max-requests", "2", "--yes", "--checkpoint", "c"];
  assert.equal((await run(["resume", "--all", ...args])).code, 3);
  const { total } = await emulator.requests();
  const rest = await run(["resume", "--checkpoint", "c"]);
  assert.match(rest.out, /^250 resumed,/, rest.err);
  const { requests } = await emulator.requests({ from: total });
  const sent = requests.filter(({ method }) => method === "POST");
  assert.ok(sent.length > 0 && sent.every((one) => one.path.includes("extra=1")));
});
