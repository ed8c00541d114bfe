// What a preview warns of.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Warnings } from "../../pkg/warnings.js";
import { world } from "./setup.mjs";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 31, 12);
const INCOMPATIBLE =
  '{"error":"WorkflowError","message":"Incompatible step name. Expected \'charge\', got \'pay\' from the request"}';

describe("warnings, by entry", () => {
  const expiring = (count, firstExpiresAt) => ({ code: "expires_soon", count, firstExpiresAt });
  const incompatible = (count) => ({ code: "incompatible_step", count });
  for (const [what, retention, entries, expected] of [
    ["nothing, without a retention", undefined, [{ createdAt: 1 }], []],
    ["nothing, of entries that have time", 3, [{ createdAt: NOW - 2 * DAY }], []],
    [
      "entries in their last day",
      3,
      [{ createdAt: NOW - 2 * DAY - 1 }, { createdAt: NOW - 2.5 * DAY }, { createdAt: NOW }],
      [expiring(2, NOW + DAY / 2)],
    ],
    [
      "when an entry failed by its id, not when its message was created",
      3,
      [
        { dlqId: `${NOW - 2.5 * DAY}-7`, createdAt: NOW },
        { dlqId: `${NOW}-7`, createdAt: 1 },
      ],
      [expiring(1, NOW + DAY / 2)],
    ],
    ["what should be gone already", 3, [{ createdAt: NOW - 4 * DAY }], [expiring(1, NOW - DAY)]],
    [
      "the run's date, where there is no other",
      3,
      [{ workflowCreatedAt: 5 }],
      [expiring(1, 5 + 3 * DAY)],
    ],
    [
      "steps that have changed",
      undefined,
      [
        { responseBody: INCOMPATIBLE },
        { responseBody: "incompatible step type" },
        { responseBody: "x" },
      ],
      [incompatible(2)],
    ],
    [
      "both",
      7,
      [{ createdAt: NOW - 7 * DAY, responseBody: INCOMPATIBLE }],
      [expiring(1, NOW), incompatible(1)],
    ],
    [
      "nothing, of fields that are of no use",
      3,
      [
        { createdAt: "0", responseBody: 5 },
        { createdAt: -1e300, responseBody: ["incompatible step"] },
        { createdAt: { valueOf: 1 } },
        { createdAt: null },
        { dlqId: 5 },
        { dlqId: "x-1" },
        {},
      ],
      [],
    ],
  ]) {
    test(what, () => {
      const warnings = new Warnings(retention, NOW);
      for (const entry of entries) warnings.add(entry);
      const found = warnings.list();
      assert.deepEqual(
        found.map(({ message: _, ...rest }) => rest),
        expected,
      );
      for (const { message } of found)
        assert.match(message, /^\d+ entr(y|ies) .*(resume now|restart them)$/);
    });
  }
});

test("a preview has those of all its entries, however many are in its sample", async (t) => {
  const now = Date.now();
  const { client, emulator } = await world(t);
  await emulator.seed({
    count: 230,
    responseBodies: ["db is down", INCOMPATIBLE],
    from: now - 3 * DAY + HOUR,
    to: now - HOUR,
  });
  const { warnings, count } = await client.dlq.preview({ all: true }, { retention: 3 });
  assert.equal(count, 230);
  const [expiring, incompatible] = warnings;
  assert.equal(incompatible.count, 115);
  assert.ok(expiring.count > 50 && expiring.count < 100, `${expiring.count}`);
  assert.ok(Math.abs(expiring.firstExpiresAt - now - HOUR) < 60_000);

  const some = await client.dlq.preview({ all: true, where: { responseBody: "db is down" } });
  assert.deepEqual(some.warnings, []);
});
