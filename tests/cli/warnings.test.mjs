// Entries that expire soon, or need a restart, are named before anything is done.

import assert from "node:assert/strict";
import { test } from "node:test";
import { world } from "./setup.mjs";

const DAY = 86_400_000;

test("preview and the question before a drive warn of entries", async (t) => {
  const { emulator, run } = await world(t);
  const at = Date.now() - 2.5 * DAY;
  const responseBodies = ["{\"message\":\"Incompatible step name. Expected 'a', got 'b'\"}"];
  await emulator.seed({ count: 3, from: at, to: at, responseBodies });
  const gone = /warning: 3 entries will be deleted by the service within a day, the first at 20/;
  const changed = /warning: 3 entries failed because the workflow's steps have changed .*restart/;

  const { out, code } = await run(["preview", "--all", "--retention", "3"]);
  assert.equal(code, 0);
  assert.match(out, gone);
  assert.match(out, changed);
  const without = await run(["preview", "--all"]);
  assert.doesNotMatch(without.out, gone);

  for (const command of ["resume", "restart", "delete"]) {
    const { err } = await run([command, "--all", "--dry-run", "--retention", "3"]);
    assert.match(err, gone, command);
  }
  const json = await run(["preview", "--all", "--json", "--retention", "3"]);
  const { warnings } = JSON.parse(json.out);
  assert.deepEqual(
    warnings.map((warning) => [warning.code, warning.count]),
    [
      ["expires_soon", 3],
      ["incompatible_step", 3],
    ],
  );

  // The drive itself does not take it.
  const resumed = await run(["resume", "--all", "--yes", "--retention", "3"]);
  assert.equal(resumed.code, 0, resumed.err);
  const wrong = await run(["preview", "--all", "--retention", "0"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /--retention: must be days as a whole number from 1 to 366, not 0/);
});
