// Each line of the threat model names a test that is there.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { path } from "../../scripts/lib/run.mjs";

const rows = readFileSync(path("docs/threat-model.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| (?!what may happen)/.test(line))
  .map((line) => line.slice(2, -2).split(" | "));

/** A test's file: the admin app's are named without their folder. */
const fileOf = (name) =>
  [name, `tests/www/${name}.test.mjs`].map((one) => path(one)).find(existsSync);

/** What a cell names: `[file, piece of a test's name?]`. A piece without a file is of the file before. */
const namedIn = (cell) => {
  let file;
  return cell.split(/; |, (?=`)/).map((part) => {
    const [, named, piece] = /^`([^`]+)`(?:: (.*))?$/.exec(part) ?? [];
    file = named ?? file;
    return [file, named ? piece : part];
  });
};

test("there are lines", () => assert.ok(rows.length > 50, `${rows.length}`));

for (const [what, , cell = ""] of rows) {
  test(what.slice(0, 90), () => {
    for (const [name, piece] of namedIn(cell)) {
      const file = fileOf(name ?? "no test");
      assert.ok(file, `${name}, of ${cell}`);
      if (piece === undefined) continue;
      const text = readFileSync(file, "utf8").toLowerCase();
      assert.ok(text.includes(piece.toLowerCase()), `${name}: ${piece}`);
    }
  });
}
