// What is known of the list at each moment, without a browser.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { certainty, reduce, UNKNOWN } from "../../www/page/list.js";

const entries = (...times) => times.map((at) => ({ id: `${at}-0`, at }));
const after = (...events) =>
  events.reduce((state, event, i) => reduce(state, event, 1_000 * (i + 1)), UNKNOWN);

describe("the list", () => {
  test("nothing is known before the first answer; then a lower bound; then all", () => {
    assert.equal(certainty(UNKNOWN), "unknown");
    const begun = after({ type: "begun" });
    assert.equal(certainty(begun), "unknown");
    const arrived = reduce(begun, { type: "arrived", entries: entries(2, 1) }, 5);
    assert.deepEqual([certainty(arrived), arrived.loading.count], ["atLeast", 2]);
    const loaded = reduce(arrived, { type: "loaded", entries: entries(3, 1, 2), asOf: 9 }, 10);
    assert.deepEqual([certainty(loaded), loaded.asOf, loaded.loading], ["exact", 9, undefined]);
    assert.deepEqual(
      loaded.entries.map(({ at }) => at),
      [3, 2, 1],
      "the newest first",
    );
  });

  test("an empty queue is known to be empty only once it was listed", () => {
    assert.equal(
      certainty(after({ type: "begun" }, { type: "failed", error: new Error() })),
      "unknown",
    );
    assert.equal(
      certainty(after({ type: "begun" }, { type: "loaded", entries: [], asOf: 1 })),
      "exact",
    );
  });

  test("a list that fails, or is under way, leaves the last complete one in place", () => {
    const seen = after({ type: "begun" }, { type: "loaded", entries: entries(1, 2), asOf: 2 });
    for (const event of [
      { type: "begun" },
      { type: "arrived", entries: entries(9) },
      { type: "failed", error: new Error("down") },
    ]) {
      const next = reduce(seen, event, 60_000);
      assert.deepEqual(next.entries, seen.entries, event.type);
      assert.deepEqual([next.complete, next.asOf, next.loadedAt], [true, 2, 2_000], event.type);
    }
  });

  test("a failure says since when, and tries again after pauses that grow to a minute", () => {
    const error = new Error("down");
    let state = after({ type: "begun" });
    const pauses = [];
    for (let now = 10_000; now < 400_000; now += 60_000) {
      state = reduce(reduce(state, { type: "begun" }, now), { type: "failed", error }, now);
      assert.equal(state.problem.since, 10_000);
      pauses.push(state.problem.retryAt - now);
    }
    assert.deepEqual(pauses, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
    const loaded = reduce(state, { type: "loaded", entries: [], asOf: 1 }, 500_000);
    assert.equal(loaded.problem, undefined);
    assert.equal(reduce(loaded, { type: "failed", error }, 600_000).problem.retryAt, 605_000);
  });
});
