// The API reference is written without a warning, and has what people look for.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { docs, REFERENCE } from "../../scripts/docs.mjs";
import { path } from "../../scripts/lib/run.mjs";

before(docs);

test("every export has a page", () => {
  const types = readFileSync(path("pkg-template/index.d.ts"), "utf8");
  const declared = [...types.matchAll(/^export (?:declare )?(class|interface|type) (\w+)/gm)];
  assert.ok(declared.length > 40, `${declared.length}`);
  const folders = { class: "classes", interface: "interfaces", type: "types" };
  for (const [, kind, name] of declared) {
    assert.ok(existsSync(join(REFERENCE, folders[kind], `index.${name}.html`)), name);
  }
});

test("names no folder of this machine", () => {
  const page = readFileSync(join(REFERENCE, "index.html"), "utf8");
  assert.ok(page.includes("upstash-workflow-dlq"));
  assert.ok(!page.includes(path()));
});
