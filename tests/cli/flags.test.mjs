// The table of flags: whole, consistent, and in step with the types, the help and the README.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { must, path } from "../../scripts/lib/run.mjs";
import { world } from "./setup.mjs";

const { COMMANDS, FLAGS } = await import("../../pkg/cli/flags.js");
const { EXIT_MEANINGS } = await import("../../pkg/cli/exit.js");

/** The names that a type of index.d.ts declares, comments left aside. */
function fieldsOf(type) {
  const types = readFileSync(path("pkg-template/index.d.ts"), "utf8");
  const found = new RegExp(`export (?:interface|type) ${type}\\b[^{]*\\{(.*?)\\n\\}`, "s").exec(
    types,
  );
  assert.ok(found, `there is no type ${type}`);
  return [...found[1].matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);
}

const paths = FLAGS.map((flag) => flag.path).filter(Boolean);
const covered = (path) => paths.some((own) => own === path || own.startsWith(`${path}.`));

test("every filter, override and option of a drive has a flag", () => {
  // What only a program can give, and what other flags stand for.
  const notHere = ["onProgress", "onCheckpoint", "signal", "checkpoint", "report", "follow"];
  const options = [...fieldsOf("ContinueOptions"), ...fieldsOf("DriveOptions")];
  assert.ok(options.includes("concurrency") && options.includes("canary"));
  const wanted = [
    ...fieldsOf("FilterFields").map((name) => `selection.filter.${name}`),
    ...fieldsOf("Overrides").map((name) => `overrides.${name}`),
    ...options.filter((name) => !notHere.includes(name)).map((name) => `drive.${name}`),
    ...["key", "parallelism", "rate", "period"].map((name) => `overrides.flowControl.${name}`),
    ...["entries", "wait", "maxFailedAgain"].map((name) => `drive.canary.${name}`),
    ...["responseStatus", "responseBody"].map((name) => `drive.where.${name}`),
  ];
  assert.deepEqual(
    wanted.filter((path) => !covered(path)),
    [],
  );
});

test("every option of the client has a flag", () => {
  // What only a program can give, and what the environment has.
  const notHere = ["headers", "fetch", "onRequest", "enableTelemetry", "devMode"];
  const options = fieldsOf("ClientOptions");
  assert.ok(options.includes("maxResponseSize"));
  const wanted = options.filter((name) => !notHere.includes(name)).map((name) => `options.${name}`);
  assert.deepEqual(
    wanted.filter((path) => !covered(path)),
    [],
  );
});

test("names and paths are unique, every flag is explained, and what takes a value names it", () => {
  for (const list of [FLAGS.map(({ name }) => name), paths]) {
    assert.equal(new Set(list).size, list.length);
  }
  for (const { name, kind, value, help, commands } of FLAGS) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.equal(value === undefined, kind === "on" || kind === "off", name);
    assert.ok(help.length > 3 && commands.every((one) => one in COMMANDS), name);
  }
});

test("the help has every command, flag and exit code, and each command's those it takes", async (t) => {
  const { run } = await world(t);
  const { code, out, err } = await run(["--help"]);
  assert.deepEqual([code, err], [0, ""]);
  for (const name of Object.keys(COMMANDS)) assert.ok(out.includes(`  ${name} `), name);
  for (const { name } of FLAGS) assert.match(out, new RegExp(`--${name}\\b`));
  for (const exit of Object.keys(EXIT_MEANINGS))
    assert.match(out, new RegExp(`^ {2}${exit} `, "m"));
  for (const command of Object.keys(COMMANDS)) {
    const { out: own } = await run([command, "--help"]);
    for (const { name, commands } of FLAGS) {
      const listed = new RegExp(`^ {2}(-\\w, )?--${name} `, "m").test(own);
      assert.equal(listed, commands.includes(command), `${command} --${name}`);
    }
  }
  const { version } = JSON.parse(readFileSync(path("pkg-template/package.json"), "utf8"));
  assert.equal((await run(["--version"])).out, `${version}\n`);
});

test("every example of the help is understood", async (t) => {
  const { run } = await world(t);
  const { out } = await run(["--help"]);
  const examples = [...out.matchAll(/^ {2}npx upstash-workflow-dlq (\w[^<|\n]*)/gm)].map(
    ([, line]) => line,
  );
  assert.ok(examples.length >= 6);
  const { parse } = await import("../../pkg/cli/parse.js");
  for (const line of examples) assert.ok(parse(line.trim().split(" ")).command, line);
});

test("the README's table names every flag", () => {
  const readme = readFileSync(path("pkg-template/README.md"), "utf8");
  const section = readme.slice(readme.indexOf("## Command line"));
  for (const { name } of FLAGS) assert.ok(section.includes(`\`--${name}\``), name);
  for (const exit of Object.keys(EXIT_MEANINGS)) assert.ok(section.includes(`\`${exit}\``), exit);
});

test("a size is bytes, or has a decimal or a binary unit in any case", async () => {
  const { parse } = await import("../../pkg/cli/parse.js");
  const sizes = {
    1048576: 1_048_576,
    "512B": 512,
    "2KB": 2_000,
    "2kib": 2_048,
    "64MiB": 67_108_864,
    "64mb": 64_000_000,
    "1GiB": 1_073_741_824,
  };
  for (const [typed, bytes] of Object.entries(sizes)) {
    const { call } = parse(["list", "--max-response-size", typed]);
    assert.equal(call.options.maxResponseSize, bytes, typed);
  }
  for (const typed of ["64M", "64Mi", "1.5MiB", "64 MiB", "MiB", "64TB", "-1", ""]) {
    assert.throws(() => parse(["list", `--max-response-size=${typed}`]), /must be a size/, typed);
  }
});

test("npm puts the program in place", async (t) => {
  const { project } = await world(t);
  const place = join(project.folder, "installed");
  mkdirSync(place);
  await must("npm", ["install", "--offline", "--prefix", place, project.tarball]);
  const help = await must(join(place, "node_modules/.bin/upstash-workflow-dlq"), ["--help"]);
  assert.match(help, /Commands/);
});
