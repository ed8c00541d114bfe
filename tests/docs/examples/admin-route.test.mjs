// The admin route: a function of a Request, held against the emulator.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { handle } from "../../../examples/admin-route/handler.js";
import { assertResumedOnce, seeded } from "./setup.mjs";

const SECRET = "correct horse";

/** `ask(path, body)`: an answer of the route, its text checked for the token. */
async function route(t, entries, seed) {
  const { emulator, credentials } = await seeded(t, entries, seed);
  const env = { ...credentials, ADMIN_SECRET: SECRET };
  const ask = async (path, body, { secret = SECRET, method = "POST" } = {}) => {
    const request = new Request(`https://app.example/admin/dlq/${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}` },
      body: method === "POST" ? JSON.stringify(body) : undefined,
    });
    const response = await handle(request, env);
    const text = await response.text();
    assert.ok(!text.includes(emulator.token));
    return { status: response.status, body: JSON.parse(text) };
  };
  return { emulator, env, ask };
}

test("previews, and resumes what was shown", async (t) => {
  const { emulator, ask } = await route(t, 250, { statuses: [500, 503] });
  const preview = await ask("preview", { selection: { all: true } });
  assert.equal(preview.status, 200);
  assert.equal(preview.body.count, 250);
  assert.equal((await emulator.audit({ summary: true })).resumed, 0, "nothing is touched");

  await emulator.seed({ count: 5, from: Date.now() + 5_000, to: Date.now() + 6_000 });
  const { selection } = preview.body;
  const { status, body } = await ask("resume", { selection, overrides: { retries: 3 } });
  assert.equal(status, 200);
  assert.deepEqual([body.done, body.resumed], [true, 250]);
  const { remaining } = await assertResumedOnce(emulator, 250);
  assert.equal(remaining, 5, "what failed later is left");
});

test("an error names the checkpoint, which goes on", async (t) => {
  const { emulator, ask } = await route(t, 250);
  await emulator.faults([{ match: { method: "POST" }, nth: 2, times: 1, action: 401 }]);
  const failed = await ask("resume", { selection: { all: true } });
  assert.equal(failed.status, 502);
  assert.equal(failed.body.code, "unauthorized");
  assert.equal(failed.body.summary.resumed, 100);
  const { status, body } = await ask("resume", { checkpoint: failed.body.checkpoint });
  assert.equal(status, 200);
  assert.deepEqual([body.done, body.resumed], [true, 250]);
  await assertResumedOnce(emulator, 250);
});

test("a checkpoint of a deletion deletes nothing", async (t) => {
  const { emulator, env, ask } = await route(t, 250);
  const { dlq } = Client.fromEnv(env);
  const { checkpoint } = await dlq.deleteAll({ all: true }, { maxRequests: 1 });
  const { status, body } = await ask("resume", { checkpoint });
  assert.equal(status, 400);
  assert.match(body.error, /the operation differs/);
  await assertResumedOnce(emulator, 0);
});

test("what is not allowed, not known or not valid does not reach the service", async (t) => {
  const { emulator, env, ask } = await route(t, 3);
  const all = { selection: { all: true } };
  assert.equal((await ask("resume", all, { secret: "wrong" })).status, 401);
  assert.equal((await ask("resume", all, { method: "GET" })).status, 404);
  assert.equal((await ask("constructor", all)).status, 404);
  const { status, body } = await ask("resume", { selection: { dlqIds: [] } });
  assert.equal(status, 400);
  assert.equal(body.issues[0].code, "empty_dlq_ids");
  assert.equal((await ask("resume", {})).status, 400);
  assert.equal((await ask("resume", 7)).status, 400);
  env.ADMIN_SECRET = "";
  assert.equal((await ask("resume", all, { secret: "" })).status, 401, "no secret is no key");
  assert.equal((await emulator.requests()).total, 0);
  await assertResumedOnce(emulator, 0);
});

test("a body that is too large is not read to its end", async (t) => {
  const { emulator, env } = await route(t, 3);
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent += 1;
      if (sent > 1_000) controller.close();
      else controller.enqueue(new Uint8Array(65_536).fill(48));
    },
  });
  const request = new Request("https://app.example/admin/dlq/resume", {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}` },
    body,
    duplex: "half",
  });
  const response = await handle(request, env);
  assert.equal(response.status, 413);
  assert.ok(sent < 30, `${sent} chunks of 64 KB were read`);
  assert.equal((await emulator.requests()).total, 0);
});
