// The time axis without a browser: bins, ticks, presets, and what it says in words.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  binAt,
  binsOf,
  filterOf,
  heightsOf,
  PRESETS,
  presetOf,
  sayAxis,
  sayBin,
  sayMost,
  shownRange,
  tickLabels,
} from "../../www/page/axis.js";
import { lean } from "../../www/page/entry.js";
import { NOTHING } from "../../www/page/filter.js";
import { viewOf } from "../../www/page/view.js";

const FIRST = Date.UTC(2026, 10, 27, 5, 25);
const sum = (counts) => counts.reduce((all, one) => all + one, 0);

describe("bins", () => {
  test("bins are of a round length, few, and hold first and last", () => {
    for (const span of [0, 1, 59_000, 3_600_000, 86_400_000, 90 * 86_400_000, 4_000 * 86_400_000]) {
      const first = 1_700_000_123_456;
      const { from, step, all } = binsOf(first, first + span);
      assert.ok(all.length <= 97, `${span}: ${all.length} bins`);
      assert.ok(from <= first && first + span < from + step * all.length, `${span}`);
      assert.equal(from % step, 0);
    }
  });

  test("a range of bins is the filter that selects exactly their entries", async () => {
    const entries = Array.from({ length: 500 }, (_, n) =>
      lean({ dlqId: `${FIRST + n * 977}-${n}`, responseStatus: 500 }),
    ).reverse();
    const { bins } = await viewOf(entries, NOTHING, () => false);
    for (const [one, other] of [
      [3, 3],
      [2, 9],
      [9, 2],
      [0, bins.all.length - 1],
    ]) {
      const filter = { ...NOTHING, ...filterOf(bins, one, other) };
      const { rows, bins: zoomed } = await viewOf(entries, filter, () => false);
      const there = bins.all.slice(Math.min(one, other), Math.max(one, other) + 1);
      assert.equal(rows.length, sum(there), `${one} to ${other}`);
      assert.ok(zoomed.from >= filter.from - zoomed.step, "the axis shows the range alone");
      assert.ok(zoomed.from + zoomed.step * zoomed.all.length <= filter.to + 1 + zoomed.step);
      assert.deepEqual([sum(zoomed.all), sum(zoomed.matching)], [rows.length, rows.length]);
    }
  });

  test("a moment beside the axis is in its nearest bin", () => {
    const bins = binsOf(FIRST, FIRST + 95_000);
    assert.deepEqual(
      [FIRST - 1, FIRST, FIRST + 1_999, FIRST + 2_000, FIRST + 999_999].map((ms) =>
        binAt(bins, ms),
      ),
      [0, 0, 1, 2, 95],
    );
  });

  test("the axis shows the filter's range, and all of it where that makes no sense", () => {
    const table = [
      [{}, [10, 20]],
      [{ from: 15 }, [15, 20]],
      [{ to: 15 }, [10, 15]],
      [{ from: 30 }, [30, 30]],
      [{ to: 5 }, [5, 5]],
      [{ from: 0, to: 90 }, [0, 90]],
      [{ from: 18, to: 12 }, [10, 20]],
    ];
    for (const [filter, shown] of table) {
      assert.deepEqual(shownRange(filter, 10, 20), shown, JSON.stringify(filter));
    }
  });

  test("presets end with the list", () => {
    for (const [title, length] of PRESETS) {
      assert.deepEqual(presetOf(length, FIRST), { from: FIRST - length, to: undefined }, title);
    }
  });
});

describe("labels", () => {
  const HOUR = 3_600_000;
  const ticks = (count, gap, from = FIRST) =>
    Array.from({ length: count }, (_, n) => from + n * gap);

  test("of ticks: the date below the first one and each new day", () => {
    assert.deepEqual(tickLabels(ticks(2, 30_000), 30_000, "UTC"), ["05:25:00\n27 Nov", "05:25:30"]);
    assert.deepEqual(tickLabels(ticks(3, 10 * HOUR), 10 * HOUR, "UTC"), [
      "05:25\n27 Nov",
      "15:25",
      "01:25\n28 Nov",
    ]);
    assert.deepEqual(tickLabels(ticks(2, 24 * HOUR), 24 * HOUR, "UTC"), ["27 Nov", "28 Nov"]);
    assert.deepEqual(tickLabels([FIRST], HOUR, "Asia/Tokyo"), ["14:25\n27 Nov"]);
  });

  test("of a bin: its range, how many failed, and how many match where a filter is active", () => {
    const bins = binsOf(FIRST, FIRST + 10_000);
    bins.all[2] = 1_234;
    bins.matching[2] = 7;
    assert.match(
      sayBin(bins, 2, true),
      /^27 Nov, \d\d:\d\d:02 to \d\d:\d\d:03: 1,234 failed, 7 match$/,
    );
    assert.match(sayBin(bins, 2, false), /: 1,234 failed$/);
    assert.equal(sayMost(bins), "At most 1,234 in 1 second");
    assert.match(
      sayAxis(bins),
      /^Failures from 27 Nov.* to 27 Nov.*\. At most 1,234 in 1 second\.$/,
    );
  });
});

test("a bin with one entry can be seen beside one with thousands", () => {
  assert.deepEqual(heightsOf(new Uint32Array([0, 1, 10_000]), 100), [0, 200, 10_000]);
});
