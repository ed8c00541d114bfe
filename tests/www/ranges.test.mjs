// The date ranges in which the page lists entries.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ranges } from "../../www/page/ranges.js";

describe("ranges", () => {
  const asOf = 1_700_000_000_000;

  test("leave nothing out, wherever the list begins", () => {
    for (const span of [0, 5, 60_000, 86_400_000]) {
      const dates = [asOf - 7_000 - span, asOf - 7_000];
      for (const page of [dates, [...dates].reverse()]) {
        const all = ranges(page, asOf);
        assert.equal(all.at(0).fromDate, undefined);
        assert.equal(all.at(-1).toDate, asOf);
        for (const [n, { fromDate, toDate }] of all.entries()) {
          if (n > 0) assert.equal(fromDate, all[n - 1].toDate + 1);
          assert.ok(fromDate === undefined || fromDate <= toDate);
        }
        assert.ok(all.length <= 40, `${all.length} ranges`);
      }
    }
  });

  test("no range has much more than its share, whichever end is listed first", () => {
    const random = (seed) => () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    for (const span of [10_000, 3_600_000, 14 * 86_400_000]) {
      const next = random(span);
      const dates = Array.from({ length: 20_000 }, () => asOf - Math.floor(next() * span)).sort(
        (a, b) => a - b,
      );
      for (const list of [dates, [...dates].reverse()]) {
        const shares = ranges(list.slice(0, 100), asOf).map(
          ({ fromDate = 0, toDate }) =>
            dates.filter((date) => date >= fromDate && date <= toDate).length,
        );
        assert.equal(
          shares.reduce((all, one) => all + one),
          20_000,
        );
        assert.ok(Math.max(...shares) <= 0.7 * 20_000, `${span}: ${shares}`);
      }
    }
  });
});
