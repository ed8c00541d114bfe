// What a browser downloads for the page, in KB of gzip; and how long the page's own files are.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { path } from "../../scripts/lib/run.mjs";
import { buildPage } from "../../www/build.mjs";

// The core has a budget of its own (scripts/size.mjs). What the rest may be is what it has reached: it is lowered with
// every gain, and never raised without a reason in docs/decisions/0009-admin-page.md.
const BUDGET = { all: 150, besidesCore: 71.9 };

const kilobytes = (bytes) => gzipSync(bytes, { level: 9 }).length / 1024;

test("the page with everything", async (t) => {
  const folder = await buildPage();
  const sizes = readdirSync(folder).map((name) => [
    name,
    kilobytes(readFileSync(join(folder, name))),
  ]);
  const all = sizes.reduce((sum, [, size]) => sum + size, 0);
  const core = kilobytes(readFileSync(join(folder, "core.wasm")));
  const said = [...sizes, ["all", all]];
  t.diagnostic(said.map(([name, size]) => `${name} ${size.toFixed(1)}`).join(", "));
  assert.ok(all <= BUDGET.all, `${all.toFixed(1)} KB`);
  assert.ok(all - core <= BUDGET.besidesCore, `${(all - core).toFixed(1)} KB besides the core`);
});

test("no file of the page has more than 250 lines", () => {
  const files = readdirSync(path("www/page"), { recursive: true })
    .filter((name) => /\.(jsx?|css)$/.test(name))
    .map((name) => [name, readFileSync(path("www/page", name), "utf8").split("\n").length - 1]);
  assert.ok(files.length > 50);
  assert.deepEqual(
    files.filter(([, lines]) => lines > 250),
    [],
  );
});
