// When the oldest entry leaves the DLQ, in words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { expiryOf } from "../../www/page/expiry.js";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 27);

for (const [what, hours, days, expected] of [
  ["days are left", 20, 3, { text: "The oldest expires in 2 days.", soon: false }],
  ["a day and a little", 47.9, 3, { text: "The oldest expires in 1 day.", soon: false }],
  ["less than a day", 49, 3, { text: "The oldest expires in 23 hours.", soon: true }],
  ["its time is over", 73, 3, { text: "The oldest may be gone at any moment.", soon: true }],
  ["nobody has said how long entries are kept", 73, undefined, undefined],
]) {
  test(what, () => assert.deepEqual(expiryOf(NOW - hours * HOUR, days, NOW), expected));
}

test("nothing of an empty queue, whose first entry is none", () => {
  assert.equal(expiryOf(Infinity, 3, NOW), undefined);
  assert.equal(expiryOf(undefined, 3, NOW), undefined);
});
