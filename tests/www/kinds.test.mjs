// Kinds of errors without a browser: what is counted of each, what it says, and how it is chosen.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lean } from "../../www/page/entry.js";
import { matcher, NOTHING } from "../../www/page/filter.js";
import {
  curvePoints,
  isChosen,
  kindName,
  onlyKind,
  sayEnd,
  sayKind,
  sayTimes,
  toggled,
} from "../../www/page/kinds.js";
import { viewOf } from "../../www/page/view.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A moment of the local zone, in which the page shows times. */
const at = (hour, minute, day = 27) => new Date(2026, 10, day, hour, minute).getTime();

let made = 0;
const entry = (ms, responseBody) => {
  made += 1;
  return lean({ dlqId: `${ms}-${made}`, responseBody, responseStatus: 500 });
};
const viewed = (entries, change) =>
  viewOf(
    [...entries].sort((a, b) => b.at - a.at),
    { ...NOTHING, ...change },
    () => false,
  );
const kindsOf = async (entries, change) => (await viewed(entries, change)).kinds;
const counts = (kinds) => Object.fromEntries(kinds.map((kind) => [kindName(kind), kind.count]));

const START = at(19, 46);
const mixed = [
  ...Array.from({ length: 8 }, (_, n) => entry(START + n * MINUTE, `timeout after ${n % 4} ms`)),
  ...Array.from({ length: 3 }, (_, n) => entry(START + n * HOUR, "card declined")),
  entry(START + 2 * HOUR, ""),
];

describe("what is counted", () => {
  test("the most frequent first, with first and last, messages, and a curve", async () => {
    const [timeout, card, none] = await kindsOf(mixed);
    assert.deepEqual(
      [timeout, card, none].map((kind) => [kindName(kind), kind.count]),
      [
        ["timeout after # ms", 8],
        ["card declined", 3],
        ["No body", 1],
      ],
    );
    assert.deepEqual([timeout.first, timeout.last], [START, START + 7 * MINUTE]);
    assert.deepEqual([...timeout.messages.values()], [2, 2, 2, 2]);
    assert.deepEqual(
      [...card.curve].flatMap((count, part) => (count > 0 ? [[part, count]] : [])),
      [
        [0, 1],
        [11, 1],
        [23, 1],
      ],
    );
  });

  test("what is chosen of the errors hides none of them, other filters do", async () => {
    const all = { "timeout after # ms": 8, "card declined": 3, "No body": 1 };
    assert.deepEqual(counts(await kindsOf(mixed, { error: ["card declined"] })), all);
    assert.deepEqual(counts(await kindsOf(mixed, { fingerprint: ["timeout after # ms"] })), all);
    assert.deepEqual(await kindsOf(mixed, { status: ["404"] }), []);
    const late = { from: START + HOUR };
    assert.deepEqual(counts(await kindsOf(mixed, late)), { "card declined": 2, "No body": 1 });
  });

  test("50,000 messages of 50,000 kinds are counted in slices of a few milliseconds", async () => {
    const letters = (n) => [...String(n)].map((digit) => "abcdefghij"[digit]).join("");
    const many = Array.from({ length: 50_000 }, (_, n) => entry(START + n, `x ${letters(n)}y`));
    assert.equal((await kindsOf(many)).length, 50_000);
  });
});

describe("how a kind is chosen", () => {
  const those = async (filter) => (await viewed(mixed, filter)).rows.length;

  test("by its message where it has one, else by its fingerprint; and no longer", async () => {
    const [timeout, card] = await kindsOf(mixed);
    for (const [kind, change] of [
      [timeout, { fingerprint: ["timeout after # ms"], error: [] }],
      [card, { error: ["card declined"] }],
    ]) {
      assert.equal(isChosen(NOTHING, kind), false);
      assert.deepEqual(toggled(NOTHING, kind), change);
      const filter = { ...NOTHING, ...change };
      assert.equal(isChosen(filter, kind), true);
      assert.equal(await those(filter), kind.count);
      assert.deepEqual({ ...filter, ...toggled(filter, kind) }, NOTHING);
    }
  });

  test("several kinds and messages are either; a kind takes its messages over", async () => {
    const [timeout, card] = await kindsOf(mixed);
    const one = { ...NOTHING, error: ["timeout after 1 ms", "card declined"] };
    assert.equal(await those(one), 2 + 3);
    const both = { ...one, ...toggled(one, timeout) };
    assert.deepEqual([both.error, both.fingerprint], [["card declined"], ["timeout after # ms"]]);
    assert.equal(await those(both), 8 + 3);
    assert.ok(isChosen(both, card) && isChosen(both, timeout));
  });

  test("a link can name a kind of one message by its fingerprint", async () => {
    const [, card] = await kindsOf(mixed);
    const filter = { ...NOTHING, fingerprint: ["card declined"] };
    assert.equal(isChosen(filter, card), true);
    assert.deepEqual({ ...filter, ...toggled(filter, card) }, NOTHING);
  });

  test("one kind alone, within the other filters, is as many as its count", async () => {
    for (const change of [{}, { from: START + MINUTE }, { error: ["card declined"], q: "c" }]) {
      const filter = { ...NOTHING, ...change };
      for (const kind of await kindsOf(mixed, change)) {
        const missed = matcher(onlyKind(filter, kind));
        const matching = mixed.filter((one) => missed(one) === undefined);
        assert.equal(matching.length, kind.count, kindName(kind));
      }
    }
  });
});

describe("what is said", () => {
  const kind = (change) => ({
    fingerprint: "the carrier does not answer",
    count: 2_300,
    first: at(19, 46),
    last: at(21, 16),
    messages: new Map([["the carrier does not answer", 2_300]]),
    ...change,
  });

  test("what happened, in a sentence", () => {
    assert.equal(
      sayKind(kind(), at(23, 16)),
      "2,300 × the carrier does not answer, 19:46–21:16, quiet for 2 hours",
    );
  });

  test("the day where it is not today", () => {
    const table = [
      [kind(), at(23, 0), "19:46–21:16"],
      [kind(), at(3, 0, 28), "27 Nov, 19:46–21:16"],
      [kind({ last: at(1, 5, 28) }), at(3, 0, 28), "27 Nov, 19:46 – 01:05"],
      [kind({ last: at(19, 46) + 5_000 }), at(23, 0), "19:46"],
    ];
    for (const [one, now, said] of table) assert.equal(sayTimes(one, now), said);
  });

  test("whether it is over", () => {
    const table = [
      [kind(), at(21, 18), "still failing"],
      [kind(), at(21, 22), "quiet for 6 minutes"],
      // Ten failures in 90 minutes: a quiet hour is nothing unusual.
      [kind({ count: 10 }), at(22, 16), "the last one 1 hour ago"],
      [kind({ count: 10 }), at(23, 16), "quiet for 2 hours"],
      [kind({ count: 1, first: at(21, 16) }), at(23, 16), "2 hours ago"],
    ];
    for (const [one, now, said] of table) assert.equal(sayEnd(one, now), said);
  });
});

test("a curve rises to its height where most failed", () => {
  assert.equal(
    curvePoints(new Uint32Array([0, 4, 2]), 16),
    "0,16 0,16.0 1,16.0 1,0.0 2,0.0 2,8.0 3,8.0 3,16",
  );
  assert.match(curvePoints(new Uint32Array(2), 16), /^0,16 0,16\.0/);
});
