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

test("the recipes say which Node and wrangler they start on, which are those that are tested", () => {
  const read = (name) => readFileSync(path(name), "utf8");
  const [, wrangler] = /^\| workerd by wrangler dev, [\d-]+ \| ([\d.]+) \|/m.exec(
    read("docs/runtimes.md"),
  );
  const { engines } = JSON.parse(read("node_modules/miniflare/package.json"));
  const [, node] = />=(\d+)/.exec(engines.node);
  const { engines: ours } = JSON.parse(read("pkg-template/package.json"));
  const literal = (text) => text.replaceAll(".", "\\.");
  const said = new RegExp(
    `They need Node ${/\d+/.exec(ours.node)} or later; the two for Cloudflare need wrangler ${literal(wrangler)} or later, and thus Node ${node}\\.`,
  );
  for (const document of ["README.md", NPM_PAGE]) assert.match(read(document), said);
  const configured = new RegExp(
    `wrangler ${literal(wrangler)} or later, on Node ${node}\\.\\d+ or later`,
  );
  for (const recipe of ["cloudflare-cron", "cloudflare-queue"]) {
    assert.match(read(`examples/${recipe}/wrangler.jsonc`), configured);
  }
});

test("the places that CONTRIBUTING names for questions and changes are there", () => {
  const text = readFileSync(path("CONTRIBUTING.md"), "utf8");
  const [, section] = /\n## Where to look, where to change\n([\s\S]*?)\n## /.exec(text);
  const places = [...section.matchAll(/`([\w.-]+\/[\w./-]+)`/g)].map(([, place]) => place);
  assert.ok(places.length > 30, `${places.length} places`);
  for (const place of places) assert.ok(existsSync(path(place)), place);
});

test("the first commands of the README install a tarball, and need no name on npm", () => {
  const text = readFileSync(path("README.md"), "utf8");
  const tarball = text.indexOf("npm pack ./pkg");
  assert.ok(tarball > 0);
  assert.ok(text.search(/npx upstash-workflow-dlq|from "upstash-workflow-dlq"/) > tarball);
  const releasing = readFileSync(path("CONTRIBUTING.md"), "utf8").split("## Releasing\n\n")[1];
  assert.match(releasing, /^Once, before the first release: reserve the name/);
});

test("the runbook has every reason for which a drive ends", () => {
  const types = readFileSync(path("pkg-template/index.d.ts"), "utf8");
  const unions = [...types.matchAll(/^ {2}done: (?:true|false);\n[\s\S]*?^ {2}reason: ([^;]*);/gm)];
  const reasons = unions.flatMap(([, union]) => [...union.matchAll(/"(\w+)"/g)]);
  const [, table] = /\| `reason` \|([\s\S]*?)\n\n/.exec(
    readFileSync(path("docs/runbook.md"), "utf8"),
  );
  const cells = table.split("\n").map((line) => line.split("|")[1] ?? "");
  const rows = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)]).map(([, name]) => name);
  // A drive that an error ends is the row of errors.
  const names = reasons.map(([, name]) => name).filter((name) => name !== "failed");
  assert.equal(names.length, 8);
  assert.deepEqual(rows.toSorted(), names.toSorted());
  assert.match(table, /\| an error \|/);
});

test("a bug report asks for the doctor's output by a command that there is", () => {
  const template = readFileSync(path(".github/ISSUE_TEMPLATE/bug.yml"), "utf8");
  const [, command, flag] = /npx upstash-workflow-dlq (\w+) --(\w+)/.exec(template);
  assert.ok(Object.hasOwn(COMMANDS, command), command);
  assert.ok(flagNamed(flag).commands.includes(command), flag);
});
