// Dates in the browser's zone and in UTC.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

// Read once, when the modules are loaded.
process.env.TZ = "Asia/Kolkata";
const { localInput, momentOf, shortTime, time } = await import("../../www/page/text.js");
const { localZone, setUtc, timeZone, zoneName } = await import("../../www/page/zone.js");

const MOMENT = Date.UTC(2026, 10, 27, 20, 1, 44);

before(() => assert.equal(localZone(), "Asia/Calcutta"));
after(() => setUtc(false));

for (const [utc, expected] of [
  [
    false,
    {
      time: "28 Nov 2026, 01:31:44 GMT+5:30",
      short: "28 Nov, 01:31:44",
      field: "2026-11-28T01:31:44",
      name: "GMT+5:30",
      zone: "Asia/Calcutta",
    },
  ],
  [
    true,
    {
      time: "27 Nov 2026, 20:01:44 UTC",
      short: "27 Nov, 20:01:44",
      field: "2026-11-27T20:01:44",
      name: "UTC",
      zone: "UTC",
    },
  ],
]) {
  test(`in ${expected.zone}`, () => {
    setUtc(utc);
    assert.equal(time(MOMENT), expected.time);
    assert.equal(shortTime(MOMENT), expected.short);
    assert.equal(localInput(MOMENT), expected.field);
    assert.equal(momentOf(localInput(MOMENT)), MOMENT, "a field's text is read in its own zone");
    assert.deepEqual([zoneName(MOMENT), timeZone()], [expected.name, expected.zone]);
  });
}

test("an empty field is no moment", () => {
  for (const utc of [true, false]) {
    setUtc(utc);
    assert.ok(Number.isNaN(momentOf("")));
  }
});
