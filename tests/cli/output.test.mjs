// Whatever a service, a file name or an error says, a terminal is not steered and the token not shown.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Output } from "../../pkg/cli/output.js";
import { bold, render, shellWord, visible } from "../../pkg/cli/text.js";
import { safeJson } from "../../pkg/cli/unsafe.js";
import { run as runProgram } from "../../scripts/lib/run.mjs";
import { events, world } from "./setup.mjs";

/** One of each kind: C0, DEL, C1, bidirectional marks, separators. */
const KINDS = [
  "\x1b]0;own\x07",
  "\x1b[2J",
  "\x7f",
  "\x9b31m",
  "\u202e",
  "\u2066",
  "\u200f",
  "\u2028",
];
const ESCAPE = "\x1b";
const ATTACK = `a${KINDS.join("b")}c`;
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const unsafeIn = (text) => UNSAFE.exec(text.replaceAll(/[\n\t]/g, ""))?.[0];
/** On a terminal the lines end with \r\n, and the status line is drawn and cleared. */
const OURS = [
  "\r\n",
  ...["1G", "0J", "1m", "22m", "2m", "31m", "39m"].map((end) => `${ESCAPE}[${end}`),
];
const unsafeOnTerminal = (text) =>
  unsafeIn(OURS.reduce((left, ours) => left.replaceAll(ours, ""), text));

test("every character is either harmless or escaped, and JSON stays the same value", () => {
  for (let code = 0; code < 0x3000; code++) {
    const text = `x${String.fromCodePoint(code)}y`;
    assert.doesNotMatch(visible(text), UNSAFE, code.toString(16));
    const json = safeJson({ [text]: text }, (same) => same);
    assert.doesNotMatch(json, UNSAFE);
    assert.deepEqual(JSON.parse(json), { [text]: text });
  }
  assert.equal(visible("é 漢 🎉"), "é 漢 🎉");
  assert.equal(visible("a\r\n\tb"), "a b");
  assert.equal(visible(undefined), "");
  assert.equal(visible({ toString: 1 }), '{"toString":1}');
});

test("a style is ours alone", () => {
  assert.equal(render([bold("a"), "\x1b[1mb"], false), "a\\x1b[1mb");
  assert.equal(render([bold(`a${"\x1b[0m"}`), "b"], true), "\x1b[1ma\\x1b[0m\x1b[22mb");
});

test("a file name comes back out of the shell as it is", async () => {
  for (const name of [
    "plain-1.checkpoint",
    "with space",
    "it's",
    "$HOME `id`",
    ATTACK,
    "a\\'b\x1b",
  ]) {
    const { output } = await runProgram("bash", ["-c", `printf %s ${shellWord(name)}`], {
      env: { LC_ALL: "C.UTF-8", PATH: process.env.PATH },
    });
    assert.equal(output, name);
    assert.doesNotMatch(shellWord(name), UNSAFE);
  }
});

test("a terminal that became narrower has all rows of the line cleared, and the line drawn again", () => {
  const written = [];
  const listeners = new Map();
  const err = {
    isTTY: true,
    columns: 80,
    hasColors: () => false,
    write: (text) => written.push(text),
    on: (name, listener) => listeners.set(name, listener),
  };
  const output = new Output({ out: {}, err, env: {}, color: true, json: false });
  output.status((width) => "#".repeat(width));
  assert.equal(written.join("").length, 79);
  written.length = 0;
  err.columns = 30;
  listeners.get("resize")();
  const drawn = written.join("");
  assert.ok(drawn.includes(`${ESCAPE}[2A`), "three rows of 30 held the 79 characters");
  assert.ok(drawn.endsWith("#".repeat(29)));
});

/** An entry that attacks in every field. */
const entry = (at) => ({
  dlqId: ATTACK + at,
  createdAt: at ? ATTACK : 1_700_000_000_000,
  workflowRunId: ATTACK,
  callerIP: ATTACK,
  workflowUrl: `https://a.example/${ATTACK}`,
  url: ATTACK,
  method: ATTACK,
  header: { [ATTACK]: [ATTACK] },
  body: ATTACK,
  labels: [ATTACK],
  flowControlKey: ATTACK,
  responseStatus: 500,
  responseHeader: { [ATTACK]: [ATTACK], "Upstash-Error-Step-Name": [ATTACK] },
  responseBody: at % 2 ? ATTACK : JSON.stringify({ message: ATTACK }),
});

test("no field of an entry does, in any command, with or without a terminal and colours", async (t) => {
  const { emulator, run, terminal } = await world(t);
  const body = { messages: [0, 1, 2].map(entry), cursor: "" };
  await emulator.faults([{ action: { type: "status", status: 200, body } }]);
  for (const args of [["list"], ["preview", "--all"], ["resume", "--all", "--dry-run"]]) {
    const { out, err } = await run(args);
    assert.equal(unsafeIn(out + err), undefined, args.join(" "));
    const shown = (await terminal(args).ended).out;
    assert.equal(unsafeOnTerminal(shown), undefined, args.join(" "));
    const json = await run([...args, "--json"]);
    assert.equal(unsafeIn(json.out + json.err), undefined, args.join(" "));
    if (args[0] === "list") {
      for (const one of events(json.out)) assert.deepEqual(one.labels, [ATTACK], "nothing is lost");
    }
  }
});

test("no entry of hostile types breaks list or preview", async (t) => {
  const { emulator, run } = await world(t);
  const values = [null, 1e300, -1, "x", [], {}, [[]], { toString: 1 }, true];
  const names = ["dlqId", "createdAt", "responseStatus", "labels", "label", "workflowUrl", "url"];
  const messages = [...names, "responseBody", "responseHeader"].flatMap((name) =>
    values.map((value) => ({ dlqId: "1-0", createdAt: 1, [name]: value })),
  );
  const body = { messages: [null, 1, "x", ...messages], cursor: "" };
  await emulator.faults([{ action: { type: "status", status: 200, body } }]);
  for (const command of ["list", "preview"]) {
    for (const more of [[], ["--json"]]) {
      const { code, err } = await run([command, "--all", "--max-requests", "1", ...more]);
      assert.doesNotMatch(err, /\n\s+at /, `${command} ${more}`);
      assert.notEqual(code, 2, err);
    }
  }
});

test("no field of an entry is taken for the kind of an event", async (t) => {
  const { emulator, run } = await world(t);
  const body = { messages: [{ ...entry(0), type: "summary" }], cursor: "" };
  await emulator.faults([{ action: { type: "status", status: 200, body } }]);
  const { out } = await run(["list", "--all", "--json"]);
  assert.deepEqual(
    events(out).map(({ type }) => type),
    ["entry"],
  );
});

test("no field of an error does", async (t) => {
  const { emulator, run } = await world(t);
  const headers = { "Retry-After": 3600 };
  for (const status of [400, 401, 403, 404, 429, 500]) {
    const body = { error: `${ATTACK} ${emulator.token}` };
    await emulator.faults([{ action: { type: "status", status, body, headers } }]);
    for (const more of [[], ["--json"]]) {
      const { out, err } = await run(["list", "--attempts", "1", ...more]);
      assert.equal(unsafeIn(out + err), undefined, `${status} ${more}`);
      assert.ok(!`${out}${err}`.includes(emulator.token));
    }
  }
  for (const args of [
    [ATTACK],
    ["list", `--${ATTACK}`],
    ["list", "--limit", ATTACK],
    ["list", "--base-url", ATTACK],
    ["get", ATTACK],
  ]) {
    const { code, out, err } = await run(args);
    assert.equal(code, 2, err);
    assert.equal(unsafeIn(out + err), undefined, args.join(" "));
  }
});

test("no name of a checkpoint or a report does, nor what a checkpoint says", async (t) => {
  const { emulator, run, file } = await world(t);
  await emulator.seed(250);
  const name = `${ATTACK.replaceAll("/", "")}.checkpoint`;
  const args = ["--yes", "--max-requests", "2", "--checkpoint", name, "--report", `${name}.csv`];
  const stopped = await run(["resume", "--all", ...args]);
  assert.equal(stopped.code, 3, stopped.err);
  assert.equal(unsafeIn(stopped.err), undefined);
  const content = JSON.parse(readFileSync(file(name), "utf8"));
  for (const changed of [
    { command: ATTACK },
    { asked: { [ATTACK]: ATTACK } },
    { checkpoint: ATTACK },
    { report: { name: `${ATTACK}.csv`, size: 1, file: "1" } },
  ]) {
    writeFileSync(file("c"), JSON.stringify({ ...content, ...changed }));
    const { out, err } = await run(["resume", "--label", "x", "--checkpoint", "c", "--dry-run"]);
    const plain = await run(["resume", "--checkpoint", "c", "--max-requests", "1"]);
    assert.equal(unsafeIn(out + err + plain.out + plain.err), undefined, JSON.stringify(changed));
  }
});
