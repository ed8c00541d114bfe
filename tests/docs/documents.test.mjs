// What the documents say of files, errors and options is there.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import * as dlq from "upstash-workflow-dlq";
import { COMMANDS, flagNamed } from "../../pkg-template/cli/flags.js";
import { FAILURES } from "../../pkg-template/messages.js";
import { path } from "../../scripts/lib/run.mjs";

const NPM_PAGE = "pkg-template/README.md";
const markdown = (folder) =>
  readdirSync(path(folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
const documents = [
  ...[".", "docs", "docs/decisions"].flatMap(markdown),
  "tests/service/emulator/README.md",
  "www/README.md",
  NPM_PAGE,
];

for (const document of documents) {
  test(`${document}: its links lead somewhere`, () => {
    const base = dirname(document);
    const text = readFileSync(path(document), "utf8");
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(path(base, target)), target);
    }
  });
}

test("the table of errors has every class and every code, once", () => {
  const text = readFileSync(path(NPM_PAGE), "utf8");
  const table = text.slice(text.indexOf("## Errors")).split("\n");
  const rows = table
    .map((line) => /^\| (?:`(\w+)`)? ?\| `(\w+)` \|/.exec(line))
    .filter((row) => row !== null);
  assert.deepEqual(rows.map(([, , code]) => code).sort(), Object.keys(FAILURES).sort());
  const classes = Object.keys(dlq).filter((name) => name.endsWith("Error"));
  const named = rows.map(([, name]) => name).filter(Boolean);
  assert.deepEqual(named.sort(), classes.sort());
});

test("every code of the types has its text", () => {
  const types = readFileSync(path("pkg-template/index.d.ts"), "utf8");
  const [, union] = /export type ErrorCode =([^;]*);/.exec(types);
  const codes = [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  assert.deepEqual(codes.sort(), Object.keys(FAILURES).sort());
});

test("every recipe is on the page", () => {
  const text = readFileSync(path(NPM_PAGE), "utf8");
  for (const folder of readdirSync(path("examples"))) {
    assert.ok(text.includes(`examples/${folder}/`), folder);
  }
});

test("a bug report asks for the doctor's output by a command that there is", () => {
  const template = readFileSync(path(".github/ISSUE_TEMPLATE/bug.yml"), "utf8");
  const [, command, flag] = /npx upstash-workflow-dlq (\w+) --(\w+)/.exec(template);
  assert.ok(Object.hasOwn(COMMANDS, command), command);
  assert.ok(flagNamed(flag).commands.includes(command), flag);
});
