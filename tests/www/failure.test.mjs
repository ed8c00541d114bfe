// The page's messages and steps against the package's own: what a row of the page counts is what
// `where.error` and `where.step` select.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { lean } from "../../www/page/entry.js";
import { fromQuery, matcher, NOTHING, toQuery } from "../../www/page/filter.js";
import { toSelection } from "../../www/page/selection.js";
import { viewOf } from "../../www/page/view.js";
import { startEmulator } from "../support/emulator.mjs";
import { random } from "../support/scenario.mjs";

const LONG = "x".repeat(998);
// A response's body and its message; the same as the body where only one is given.
const BODIES = [
  ["timeout 10"],
  ["timeout 100"],
  ["", ""],
  ["   \n", ""],
  ['{"message":""}', ""],
  ['{"error":"Error","message":"down"}', "down"],
  ['\n {"error":"gone"}', "gone"],
  ['{"error":{"message":"inner"}}', "inner"],
  ['{"message":null,"error":{"message":"inner too"}}', "inner too"],
  ['{"message":{"message":"no text"}}'],
  ['{"message":"card \\"visa\\" \\u00fcber"}', 'card "visa" über'],
  ['{"message":"half \\ud83d of a pair"}', "half \ufffd of a pair"],
  ['{"message":7}'],
  ['{"__proto__":{"message":"inherited"}}'],
  ['{"toString":1}'],
  ['{"message":"cut'],
  ['["message"]'],
  ["null"],
  ["<html>502 Bad Gateway</html>"],
  [" \t\r\n\f around \f", "around"],
  ["\u00a0\u000bno ASCII space\u00a0"],
  [`${LONG}yyy`, `${LONG}yy`],
  [`${LONG} y${" ".repeat(30_000)}z`, `${LONG} y`],
  [`${LONG}  z`, LONG],
  ["😀".repeat(1_001), "😀".repeat(1_000)],
  [`{"message":"${"m".repeat(3_000)}"}`, "m".repeat(1_000)],
  [`{"stack":"${"s".repeat(9_000)}","message":"after a long stack"}`, "after a long stack"],
];

const countsOf = ({ values }) => Object.fromEntries(values.map(({ key, count }) => [key, count]));
const everything = async (dlq) => (await dlq.list({ count: 100 })).messages.map(lean);
const idsOf = async (pages) => {
  const found = [];
  for await (const { messages } of pages) found.push(...messages.map(({ dlqId }) => dlqId));
  return found.sort();
};

describe("against the package", () => {
  let emulator;
  let dlq;
  before(async () => {
    emulator = await startEmulator();
    ({ dlq } = new Client({ token: emulator.token, baseUrl: emulator.url }));
  });
  beforeEach(() => emulator.reset());
  after(() => emulator.close());

  test("the message of each kind of body", async () => {
    const at = Date.now() - 3_600_000;
    await emulator.seed({
      entries: BODIES.map(([responseBody], n) => ({ responseBody, dlqId: `${at + n}-${n}` })),
    });
    const entries = await everything(dlq);
    for (const { id, error } of entries) {
      const [body, message = body] = BODIES[Number(id.split("-")[1])];
      assert.equal(error, message, JSON.stringify(body.slice(0, 80)));
    }
    const { kinds } = await viewOf(entries, NOTHING, () => false);
    const messages = kinds.flatMap((kind) => [...kind.messages]);
    assert.equal(messages.length, BODIES.length - 2, "three have no message");
    for (const [error, count] of messages) {
      const filter = fromQuery(toQuery({ ...NOTHING, error: [error] }));
      const matches = matcher(filter);
      const shown = entries.filter((entry) => matches(entry) === undefined).map(({ id }) => id);
      const { selection, where } = toSelection(filter, Date.now());
      const selected = await idsOf(dlq.listPages(selection, { where }));
      const said = JSON.stringify(error.slice(0, 80));
      assert.deepEqual(selected, shown.sort(), said);
      const preview = await dlq.preview(selection, { where });
      assert.deepEqual(countsOf(preview.groups.error), { [error]: count }, said);
    }
  });

  test("the failed step, several of them, with an error", async () => {
    const shapes = [
      { "Upstash-Error-Step-Name": ["charge"] },
      { "upstash-error-step-name": ["ship"] },
      { "Upstash-Error-Step-Name": [""] },
      { "X-Other": ["charge"] },
    ];
    for (const responseHeader of shapes) {
      await emulator.seed({ entries: [{ responseHeader }, { responseHeader, responseBody: "x" }] });
    }
    const entries = await everything(dlq);
    const { groups } = await viewOf(entries, NOTHING, () => false);
    const preview = await dlq.preview({ all: true });
    assert.deepEqual(countsOf(preview.groups.step), { charge: 2, ship: 2 });
    assert.deepEqual(Object.fromEntries(groups.step), { charge: 2, ship: 2 });
    const filter = { ...NOTHING, step: ["ship", "charge"], error: ["x"] };
    const { rows } = await viewOf(entries, filter, () => false);
    const { selection, where } = toSelection(filter, Date.now());
    const selected = await idsOf(dlq.listPages(selection, { where }));
    assert.deepEqual(selected, rows.map(({ id }) => id).sort());
    assert.equal(rows.length, 2);
  });
});

/** A client of a service that has this entry alone. */
const serving = (message) => {
  const fetch = async () => Response.json({ messages: [message] });
  return new Client({ token: "t", fetch });
};
/** What the package makes of an entry: its preview, of this one alone. */
const previewOf = (message) => serving(message).dlq.preview({ all: true });

test("the kind of a message, whatever is in it", async () => {
  const { pick, many } = random(17);
  const parts = [
    "a",
    "Größe",
    "dead",
    "beef",
    "7",
    "#",
    "-",
    "_",
    ".",
    ":",
    " ",
    "\n",
    "'",
    '"',
    "`",
    "😀",
    "…",
    "é",
    "字",
    "：",
    "—",
  ];
  const messages = [
    "timeout after 100ms, 3 of 5",
    'row 17 of "jobs"',
    "it's 'the' user's \"\" text",
    "550e8400-e29b-41d4-a716-446655440000 taken, shard-3",
    "connect ECONNREFUSED 10.0.0.1:5432 at 2026-11-27T01:02:03.004Z",
    "it's 'un\nclosed' `7` 0x7ffe deadbeef e-mail wfr_9xKq",
    ...Array.from({ length: 400 }, () => many(() => pick(parts), 1, 16).join("")),
  ];
  for (const responseBody of messages) {
    const message = { dlqId: "1700000000000-0", responseBody };
    const { groups } = await previewOf(message);
    const { fingerprint } = lean(message);
    assert.deepEqual(countsOf(groups.fingerprint), { [fingerprint]: 1 }, responseBody);
  }
});

test("names of any length and of any characters", async () => {
  const { pick, many, whole } = random(23);
  const parts = ["a", " ", "é", "字", "\u{1f6a2}", "\ud83d", "\udea2", "\n"];
  const names = [
    "\ud83d",
    `${"x".repeat(999)}\u{1f6a2}`,
    `${"x".repeat(999)}\ud83d`,
    `${"\u{1f6a2}".repeat(999)}\udea2x`,
    "\u{1f6a2}".repeat(1_001),
    ...Array.from({ length: 100 }, () => {
      const part = many(() => pick(parts), 1, 12).join("");
      return part.repeat(pick([1, 1, Math.ceil((990 + whole(0, 20)) / part.length)]));
    }),
  ];
  for (const name of names) {
    const message = {
      dlqId: "1700000000000-0",
      responseHeader: { "Upstash-Error-Step-Name": [name] },
      // A filter compares these whole, and a preview cuts them.
      labels: [name.slice(0, 900)],
    };
    const said = JSON.stringify(name);
    const { dlq } = serving(message);
    const { groups } = await dlq.preview({ all: true });
    const entry = lean(message);
    assert.deepEqual(countsOf(groups.step), { [entry.step]: 1 }, said);
    assert.deepEqual(countsOf(groups.label), { [entry.labels[0]]: 1 }, said);
    // A link may have the whole name.
    for (const step of [entry.step, name]) {
      const chosen = { ...NOTHING, step: [step], label: entry.labels };
      const filter = fromQuery(toQuery(chosen));
      assert.equal(matcher(filter)(entry), undefined, said);
      const { selection, where } = toSelection(filter, 1_700_000_000_001);
      const { count } = await dlq.preview(selection, { where });
      assert.equal(count, 1, said);
    }
  }
});

test("entries in shapes of their own, as the package reads them", async () => {
  const shapes = [
    {},
    { responseBody: null, responseBodyBase64: "//4=" },
    { responseBody: "", responseBodyBase64: "//4=" },
    { responseBody: 7 },
    { responseBody: { message: "an object" } },
    { responseHeader: null },
    { responseHeader: { "Upstash-Error-Step-Name": null, "upstash-error-step-name": ["lower"] } },
    { responseHeader: { "Upstash-Error-Step-Name": [] } },
    { responseHeader: { "Upstash-Error-Step-Name": [7] } },
    { responseHeader: { "Upstash-Error-Step-Name": ["\u{1f6a2}".repeat(1_200)] } },
  ];
  for (const shape of shapes) {
    const message = { dlqId: "1700000000000-0", ...shape };
    const { groups } = await previewOf(message);
    const said = JSON.stringify(shape);
    const { error, step } = lean(message);
    assert.deepEqual(countsOf(groups.error), { [error]: 1 }, said);
    assert.deepEqual(countsOf(groups.step), step === "" ? {} : { [step]: 1 }, said);
  }
});
