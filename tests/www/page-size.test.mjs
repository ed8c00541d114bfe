// Pages of a list that are larger than a response may be, however few entries they have.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { withPageSize } from "../../www/page/page-size.js";
import { startEmulator } from "../support/emulator.mjs";

/** Bytes of a payload; and of a response, which holds three of them. */
const PAYLOAD = 100_000;
const RESPONSE = 400_000;

test("entries of which three are a response's worth are listed and counted; one that is larger is an error", async (t) => {
  const emulator = await startEmulator();
  t.after(() => emulator.close());
  const { dlq } = new Client({
    ...{ baseUrl: emulator.url, token: emulator.token },
    maxResponseSize: RESPONSE,
    retry: { initialDelay: 0 },
  });
  await emulator.seed({ count: 12, payloadBytes: PAYLOAD });
  const listed = new Set();
  await withPageSize(async (pageSize) => {
    for await (const { messages } of dlq.listPages({ all: true }, { pageSize })) {
      for (const { dlqId } of messages) listed.add(dlqId);
    }
  });
  assert.equal(listed.size, 12);
  const preview = (pageSize) => dlq.preview({ all: true }, { pageSize });
  assert.equal((await withPageSize(preview)).count, 12);
  const { messages } = await withPageSize((count) => dlq.list({ count }));
  assert.equal(messages.length, 3);

  await emulator.seed({ count: 1, payloadBytes: 2 * RESPONSE });
  await assert.rejects(withPageSize(preview), { code: "response_too_large" });
});
