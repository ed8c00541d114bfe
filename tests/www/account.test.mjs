// The account on which jobs act.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "../support/emulator.mjs";
import { over, world } from "./world.mjs";

test("jobs act on the account that the page shows, whatever else the environment names", async () => {
  const elsewhere = await startEmulator({ dev: true });
  // Of the package's client these lead elsewhere.
  const others = [
    { QSTASH_DEV: "true", QSTASH_DEV_PORT: new URL(elsewhere.url).port },
    {
      QSTASH_REGION: "US_EAST_1",
      US_EAST_1_QSTASH_URL: elsewhere.url,
      US_EAST_1_QSTASH_TOKEN: elsewhere.token,
    },
  ];
  try {
    for (const bindings of others) {
      const at = await world({ bindings });
      try {
        await elsewhere.reset();
        await Promise.all([at.emulator.seed(3), elsewhere.seed(3)]);
        assert.equal((await at.json("/api/dlq/v2/workflows/dlq")).messages.length, 3);
        const order = { operation: "delete", selection: { all: true }, confirmed: 3 };
        const { id } = await at.start(order);
        assert.equal((await at.until(id, over)).done, 3);
        assert.equal((await at.emulator.audit({ summary: true })).deleted, 3);
        assert.equal((await elsewhere.requests()).total, 0);
      } finally {
        await at.close();
      }
    }
  } finally {
    await elsewhere.close();
  }
});
