// Ids as people have them: from `list`, from Windows, from a spreadsheet, and damaged.

import assert from "node:assert/strict";
import { test } from "node:test";
import { world } from "./setup.mjs";

const utf16 = (text, big) => {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return big ? bytes.swap16() : bytes;
};

test("what list prints is what resume reads, as lines and as ids alone", async (t) => {
  const { emulator, run } = await world(t);
  const { dlqIds } = await emulator.seed({ count: 6, ids: true });
  const lines = (await run(["list", "--all", "--limit", "3"])).out;
  const resumed = await run(["resume", "--yes", "-"], { input: lines });
  assert.equal(resumed.code, 0, resumed.err);
  assert.match(resumed.out, /^3 resumed/);
  const ids = (await run(["list", "--ids"])).out;
  assert.deepEqual(ids.trimEnd().split("\n").sort(), dlqIds.slice(3).sort());
  assert.match((await run(["delete", "--yes", "-"], { input: ids })).out, /^3 deleted/);
});

test("byte order marks, line ends of any system, and empty lines are read", async (t) => {
  const { emulator, run } = await world(t);
  const { dlqIds } = await emulator.seed({ count: 8, ids: true });
  const [a, b, c, d, e, f, g, h] = dlqIds;
  for (const input of [
    `\ufeff${a}\r\n${b}\r\n`,
    utf16(`${c}\r\n${d}\r\n`),
    utf16(`${e}\n${f}`, true),
    `\r${g}\r\n\n  ${h}  \n\n`,
  ]) {
    const { code, out, err } = await run(["resume", "--yes", "-"], { input });
    assert.deepEqual([code, out.slice(0, 9)], [0, "2 resumed"], err);
  }
});

test("what can't be an id is refused by its line, before anything is sent", async (t) => {
  const { emulator, run } = await world(t);
  await emulator.seed(3);
  const table = [
    ["1-0\n\n2-0 3-0\n", /line 3 contains white space/],
    ["1-0\nnightly\t2-0\n", /line 2 contains white space/],
    [Buffer.from("1-0\n2-\xff0\n", "latin1"), /line 2 is not valid text.*UTF-8/],
    ["1-0\n2-\x000\n", /line 2 contains a control character \(2-\\x000\)/],
    ["1-0\n2-\x9b0\n", /line 2 contains a control character/],
    [Buffer.from("1-0\n", "utf16le"), /line 1 contains a control character/],
    ['{"type":"entry","dlqId":"1-0"}\n', /line 1 is JSON.*list --ids/],
    ["1-0\n2-0,3-0\n", /line 2 contains a comma/],
    ["a b\n".repeat(9), /line 5 contains[\s\S]*and 4 more/],
  ];
  for (const [input, said] of table) {
    for (const command of ["resume", "delete", "list", "retry-failure-function"]) {
      const { code, out, err } = await run(
        [command, "-", ...(command === "list" ? [] : ["--yes"])],
        {
          input,
        },
      );
      assert.deepEqual([code, out], [2, ""], `${command} ${said}: ${err}`);
      assert.match(err, said);
      assert.doesNotMatch(err.replaceAll("\n", ""), /\p{Cc}/u);
    }
  }
  const typed = await run(["resume", "1-0", "2-0 3-0", "--yes"]);
  assert.match(typed.err, /id 2 contains white space/);
  assert.equal((await emulator.requests()).total, 0);
});

test("ids that are all gone end with 5, some of them with 0", async (t) => {
  const { emulator, run } = await world(t);
  const { dlqIds } = await emulator.seed({ count: 2, ids: true });
  for (const strategy of ["batches", "each"]) {
    const gone = await run(["resume", "1-0", "2-0", "--strategy", strategy, "--yes"]);
    assert.equal(gone.code, 5, gone.err);
    // A 404 for several ids does not say whether the others were resumed.
    const counted =
      strategy === "each" ? "2 not found, 0 unconfirmed" : "0 not found, 2 unconfirmed";
    assert.ok(gone.out.startsWith(`0 resumed, ${counted}`), gone.out);
  }
  const args = ["--strategy", "each", "--yes"];
  const some = await run(["resume", "1-0", dlqIds[0], ...args]);
  assert.deepEqual([some.code, some.out.slice(0, 22)], [0, "1 resumed, 1 not found"], some.err);
});
