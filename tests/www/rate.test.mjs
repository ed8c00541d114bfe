// The rate of a job: what happens now, whatever happened before.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Rate } from "../../www/worker/rate.js";

/** The rate after each of these notes, `[at, total]`, in whole entries a second. */
const rates = (notes) => {
  const rate = new Rate();
  return notes.map(([at, total]) => {
    if (total !== undefined) rate.note(total, at);
    return Math.round(rate.perSecond(at));
  });
};

describe("the rate of a job", () => {
  test("nothing yet, and from one note alone", () => {
    assert.deepEqual(rates([[0], [0, 500], [1_000, 500]]), [0, 0, 0]);
  });

  test("what was done before the job was watched is not counted", () => {
    assert.deepEqual(
      rates([
        [0, 9_000],
        [1_000, 9_050],
      ]),
      [0, 50],
    );
  });

  test("steady pages, across the window's end", () => {
    const notes = Array.from({ length: 40 }, (_, n) => [n * 1_000, n * 100]);
    assert.deepEqual(rates(notes).slice(1), Array(39).fill(100));
  });

  test("a change shows within the window", () => {
    const fast = Array.from({ length: 20 }, (_, n) => [n * 1_000, n * 1_000]);
    const slow = Array.from({ length: 12 }, (_, n) => [20_000 + n * 1_000, 19_000 + n]);
    assert.equal(rates([...fast, ...slow]).at(-1), 1);
  });

  test("a stall brings it to 0", () => {
    const seen = rates([[0, 0], [1_000, 100], [5_000], [9_000], [11_001], [60_000]]);
    assert.deepEqual(seen, [0, 100, 20, 11, 0, 0]);
  });
});
