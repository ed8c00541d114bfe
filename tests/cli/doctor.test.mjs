// The doctor of the command line: a line per check, and its consequence in the line below.

import assert from "node:assert/strict";
import { test } from "node:test";
import { world } from "./setup.mjs";

test("doctor, for people and as JSON", async (t) => {
  const { emulator, run } = await world(t, { config: { pageCap: 20 } });
  await emulator.seed(60);
  const { out, err, code } = await run(["doctor", "--retention", "3"]);
  assert.equal(code, 0, err);
  const lines = out.split("\n");
  assert.match(lines[0], /^upstash-workflow-dlq \d+\.\d+\.\d+, Node v\d+\.\d+\.\d+, \w+$/);
  assert.ok(lines.includes(`ok       ${"token".padEnd(28)} accepted`), out);
  assert.match(
    out,
    /^warning {2}listCap +a list of 100 requested entries has 20\n +listing takes 5 times/m,
  );
  assert.match(out, /^ok {7}oldestEntry +the oldest of 60 entries/m);

  const json = await run(["doctor", "--json"]);
  const { type, version, node, platform, checks } = JSON.parse(json.out);
  assert.deepEqual([type, node, platform], ["doctor", process.version, process.platform]);
  assert.match(version, /^\d/);
  assert.equal(checks.find(({ name }) => name === "listCap").data.pageSize, 20);
  for (const text of [out, json.out]) assert.ok(!text.includes(emulator.token));
  assert.equal((await emulator.audit({ summary: true })).taken, 0);
});

test("doctor fails if no request succeeds", async (t) => {
  const { emulator, run } = await world(t);
  const other = await run(["doctor"], { env: { QSTASH_TOKEN: "another-token" } });
  assert.equal(other.code, 1);
  assert.match(other.out, /^warning {2}token +the token is not accepted \(HTTP 401\)/m);
  await emulator.faults([{ action: "html" }]);
  const down = await run(["doctor", "--attempts", "1"]);
  assert.equal(down.code, 1);
  assert.match(down.out, /^unknown {2}token +list: The service failed \(HTTP 502\)/m);

  for (const [args, said] of [
    [["doctor", "1-0"], /doctor takes no ids: leave them out/],
    [["doctor", "--label", "a"], /--label is for list/],
    [["doctor", "--retention", "x"], /--retention: must be a number/],
  ]) {
    const { code, err } = await run(args);
    assert.equal(code, 2);
    assert.match(err, said);
  }
});

test("control characters of a response are escaped", async (t) => {
  const { emulator, run } = await world(t);
  const body = { error: "\u001b[2J\u202eevil" };
  await emulator.faults([{ action: { type: "status", status: 400, body } }]);
  for (const args of [["doctor"], ["doctor", "--json"]]) {
    const { out } = await run(args);
    for (const mark of ["\u001b", "\u202e"]) assert.ok(!out.includes(mark), args.join(" "));
    assert.match(out, /evil/);
  }
});
