// How it ends, and what it says while it waits.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { progressLine, progressTo } from "../../pkg/cli/progress.js";
import { describe } from "../../pkg/messages.js";
import { childOf, world } from "./setup.mjs";

const EVENT = {
  done: 100,
  notFound: 0,
  unconfirmed: 0,
  failed: 3,
  perSecond: 41.6,
  requests: 1,
  strategy: "pages",
};

test("at any width the line fits, and what is left is the last to go", () => {
  const at = new Date("2026-01-31T01:02:03").getTime();
  for (const [event, says] of [
    [{ ...EVENT, etaMs: 125_000 }, "2 min 5 s left"],
    [{ ...EVENT, waiting: "rateLimit", waitingUntil: at }, "rate limit, until 01:02:03"],
  ]) {
    for (let width = 52; width <= 200; width++) {
      const line = progressLine(event, 10_000, width);
      assert.ok(line.length <= width, `${width}: ${line}`);
      assert.ok(line.includes(says), `${width}: ${line}`);
      assert.ok(line.includes("100 of 10,000") && line.includes("3 failed"), line);
    }
    assert.match(progressLine(event, 10_000, 120), /^\[#*-{20,}\] 1 %/);
    assert.match(progressLine(event, 10_000, 60), /^(\[#*-*\] )?1 % /);
  }
  assert.match(progressLine(EVENT, undefined), /^100 done {2}3 failed {2}42\/s$/);
});

test("a wait for the rate limit is said at once, elsewhere than on a terminal too", () => {
  const notes = [];
  const listen = progressTo(
    { json: false, terminal: false, note: (line) => notes.push(line) },
    200,
  );
  const waitingUntil = Date.now() + 60_000;
  listen(EVENT);
  listen({ ...EVENT, done: 101 });
  listen({ ...EVENT, waiting: "rateLimit", waitingUntil });
  listen({ ...EVENT, waiting: "rateLimit", waitingUntil });
  assert.equal(notes.length, 2);
  assert.match(notes[1], /rate limit, until \d\d:\d\d:\d\d/);
});

test("while the service limits the rate, the line says until when", async (t) => {
  const { emulator, start } = await world(t);
  await emulator.seed(300);
  const headers = { "Retry-After": 30 };
  await emulator.faults([
    { match: { method: "POST" }, action: { type: "status", status: 429, headers } },
  ]);
  const running = start(["resume", "--all", "--yes"]);
  await running.seen(/rate limit, until \d\d:\d\d:\d\d/);
  running.child.kill("SIGTERM");
  assert.equal((await running.ended).code, 143);
});

test("a rate limit is never said to have been carried out", () => {
  const said = (code) => describe({ code, status: 429, mayHaveActed: true });
  assert.doesNotMatch(said("rate_limited"), /been executed/);
  assert.match(said("server_error"), /may have been executed/);
});

test("what is unconfirmed does not end with 0", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed(50);
  await emulator.faults([{ match: { method: "POST" }, when: "after", action: "drop", times: 1 }]);
  const { code, out, err } = await run(["resume", "--all", "--yes"]);
  assert.match(out, /[1-9]\d* unconfirmed/);
  assert.equal(code, 5, err);
});

test("where none of the ids is found it does not end with 0, in one go or in slices", async (t) => {
  const { run } = await world(t);
  const ids = ["1-0", "2-0", "3-0"];
  const flags = ["--yes", "--strategy", "each", "--concurrency", "1", "--checkpoint", "c"];
  const once = await run(["delete", ...ids, "--yes"]);
  assert.equal(once.code, 5, once.err);
  const slice = await run(["resume", ...ids, ...flags, "--max-requests", "1"]);
  assert.equal(slice.code, 3, slice.err);
  const rest = await run(["resume", "--checkpoint", "c"]);
  assert.match(rest.out, /^0 resumed, 3 not found/);
  assert.equal(rest.code, 5, rest.err);
});

test("a service that takes more than the limit is said to", async (t) => {
  const { emulator, run } = await world(t, { config: { moreThanCount: 3 } });
  await emulator.seed(50);
  const { code, out, err } = await run(["resume", "--all", "--limit", "10", "--yes"]);
  assert.equal(code, 0, err);
  assert.match(out, /^13 resumed/);
  assert.match(err, /the service took 3 more than the allowed 10/);
});

test("where the service can't be asked whether more match, the result is printed all the same", async (t) => {
  const { emulator, terminal, folder } = await world(t);
  await emulator.seed(30);
  const running = terminal(["resume", "--all"]);
  await running.seen(/Resume 30 entries\?/);
  // The drive lists once, at its beginning.
  await emulator.faults([
    {
      match: { method: "GET", path: "/v2/workflows/dlq" },
      nth: 2,
      action: { type: "status", status: 403, body: { error: "no" } },
    },
  ]);
  running.type("y\r");
  const { code, out } = await running.ended;
  assert.match(out, /30 resumed, 0 not found, 0 unconfirmed, 0 failed: the limit is reached/);
  assert.match(out, /stopped at the 30 that were confirmed; more entries may match/);
  assert.equal(code, 3);
  assert.deepEqual(readdirSync(folder), [], "nothing is left to continue");
  assert.equal((await emulator.audit({ summary: true })).remaining, 0);
});

test("an error that comes before anything is done leaves no file, and one line to continue comes last", async (t) => {
  const { emulator, run, folder } = await world(t);
  await emulator.seed(300);
  for (let tries = 0; tries < 3; tries++) {
    const { code, err } = await run(["resume", "--all", "--yes"], {
      env: { QSTASH_TOKEN: "other" },
    });
    assert.equal(code, 1);
    assert.doesNotMatch(err, /to continue/);
  }
  assert.deepEqual(readdirSync(folder), []);
  await emulator.faults([{ match: { method: "POST" }, nth: 2, action: 401 }]);
  const { code, err } = await run(["resume", "--all", "--yes"]);
  assert.equal(code, 1);
  assert.match(err, /error: .*[\s\S]*\nto continue: .*\n$/);
  assert.equal(readdirSync(folder).length, 1);
});

test("a token that may only read costs one request, not one an id", async (t) => {
  const { emulator, run } = await world(t);
  const { dlqIds } = await emulator.seed({ count: 5, ids: true });
  for (const status of [401, 403]) {
    await emulator.faults([{ match: { method: "POST" }, action: status }]);
    const before = (await emulator.requests()).total;
    const { code, err } = await run(["retry-failure-function", ...dlqIds, "--yes"]);
    assert.equal(code, 1, err);
    assert.equal((await emulator.requests()).total, before + 1);
  }
});

test("SIGTERM at the question is heard, and so is the end of input", async (t) => {
  const { emulator, terminal } = await world(t);
  await emulator.seed(5);
  for (const command of [
    ["resume", "--all"],
    ["delete", "--all"],
  ]) {
    const running = terminal(["--no-color", ...command]);
    await running.seen(/\[y\/N\]|to confirm/);
    process.kill(childOf(running.child), "SIGTERM");
    const { code, out } = await running.ended;
    assert.equal(code, 143, out);
    assert.match(out, /nothing was done/);
    const ended = terminal(command);
    await ended.seen(/\[y\/N\]|to confirm/);
    ended.type("\x04");
    assert.equal((await ended.ended).code, 3);
  }
  assert.equal((await emulator.audit({ summary: true })).taken, 0);
});

test("conditions on listed entries select by themselves", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed({ count: 40, statuses: [500, 503] });
  const list = await run(["list", "--where-status", "503", "--ids"]);
  assert.equal(list.out.trimEnd().split("\n").length, 20, list.err);
  const preview = await run(["preview", "--where-status", "503"]);
  assert.match(preview.out, /^20 entries/, preview.err);
  const resumed = await run(["resume", "--where-status", "503", "--yes"]);
  assert.match(resumed.out, /^20 resumed/, resumed.err);
});

test("a repeated query parameter is sent with each of its values", async (t) => {
  const { emulator, run } = await world(t);
  const { err } = await run([
    "list",
    ...["--query", "label=a", "--query", "callerIp=192.0.2.1", "--query", "label=b"],
  ]);
  const { requests } = await emulator.requests();
  assert.match(requests[0].path, /label=a&label=b/, err);
  assert.match(requests[0].path, /callerIp=192\.0\.2\.1/);
});
