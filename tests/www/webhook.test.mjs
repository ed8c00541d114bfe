// The webhook that is told when a job stops or ends.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { sentence } from "../../www/worker/webhook.js";
import { mortalWorld } from "./world.mjs";

const over = ({ state }) => ["done", "cancelled", "stopped"].includes(state);

test("a job that stopped and one that ended are told, once each, tried again where it was not taken", async () => {
  const told = [];
  const statuses = [500];
  let tell;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.statusCode = statuses.shift() ?? 200;
    response.end();
    if (response.statusCode === 200) told.push(JSON.parse(body));
    tell?.();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const next = async (count) => {
    while (told.length < count) {
      await new Promise((resolve) => {
        tell = resolve;
      });
    }
  };
  const secret = `http://127.0.0.1:${server.address().port}/services/a-secret-path`;
  const at = await mortalWorld({ bindings: { WEBHOOK_URL: secret } });
  try {
    await at.emulator.seed(300);
    const refusal = { type: "status", status: 403, body: { error: "a read-only token" } };
    const match = { path: "/v2/workflows/dlq/resume" };
    await at.emulator.faults([{ match, nth: 2, action: refusal }]);
    const name = "<!channel> it's down";
    const order = { name, operation: "resume", selection: { all: true }, confirmed: 300 };
    const { id } = await at.start(order);
    await at.until(id, over);
    await next(1);
    const [{ text, link, job }] = told;
    assert.equal(link, `${at.url()}/?view=jobs&job=${id}`);
    assert.match(
      text,
      /^`&lt;!channel&gt; it's down` by `admin` is stopped: `[^`]*read-only token[^`]*`\. .*100 resumed\. http/,
    );
    assert.deepEqual([job.id, job.state, job.done], [id, "stopped", 100]);
    assert.equal("selection" in job, false);

    await at.post(`/api/jobs/${id}/continue`);
    await at.until(id, ({ state }) => state === "done");
    await next(2);
    assert.deepEqual([told[1].job.state, told[1].job.done], ["done", 300]);
    // Both alarms of the job have passed by now: nothing more is told.
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(told.length, 2);
    for (const route of ["me", "jobs", `jobs/${id}`, "trail"]) {
      const answer = await (await at.call(`/api/${route}`)).text();
      assert.ok(!answer.includes("a-secret-path"), route);
    }
    assert.ok(!at.said().includes("a-secret-path"), "not in the log");
  } finally {
    await at.close();
    server.close();
  }
});

test("what it says", () => {
  const job = {
    name: "x",
    who: "on-call@example.com",
    operation: "delete",
    state: "done",
    done: 12_000,
  };
  assert.equal(
    sentence({ ...job, ended: "complete", notFound: 3, unconfirmed: 0, failed: 1 }, "https://a/b"),
    "`x` by `on-call@example.com` is done. 12,000 deleted · 3 not found · 1 refused. https://a/b",
  );
  const outcome = { succeeded: 90, failedAgain: 8, running: 1, retrying: 1, unknown: 0 };
  const errors = [{ count: 8, status: 500, error: "carrier <down>" }];
  assert.equal(
    sentence(
      { ...job, operation: "resume", ended: "complete", outcome: { ...outcome, errors } },
      "l",
    ),
    "`x` by `on-call@example.com` is done. 12,000 resumed · 90 finished · " +
      "8 failed again (500: `carrier &lt;down&gt;`) · 2 not known to have ended. l",
  );
  assert.match(
    sentence({ ...job, ended: "confirmed" }, "l"),
    /is done: confirmed\. 12,000 deleted\. l/,
  );
  const name = "x\n@all look\u2028(@here)\u202ea@b.example";
  assert.match(
    sentence({ ...job, name, ended: "complete" }, "l"),
    /^`x @\u200ball look \(@\u200bhere\) a@b\.example` by `on-call@example\.com` is done\./,
    "one line, and nobody is called",
  );
});

test("no character of somebody else's text leaves its code span", () => {
  const job = { operation: "resume", state: "stopped", done: 1 };
  const fates = { succeeded: 0, failedAgain: 1, running: 0, retrying: 0, unknown: 0 };
  const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  const texts = [
    ...ascii.flatMap((one) => [one, one.repeat(3), `a${one}b`, `${one}a${one}`]),
    "[sign in](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<https://evil.example|sign in>",
    "https://evil.example",
    "*bold* _em_ ~gone~ ||spoiler|| # heading",
    "``` ` [x](https://evil.example) ` ```",
    "a\u2028# b\u2029> c\u0085- d\u202ee",
    `${"x".repeat(99)}\u{1f6a2}`,
    "@everyone <@U1> <!here>",
  ];
  for (const text of texts) {
    const outcome = { ...fates, errors: [{ count: 1, status: 500, error: text }] };
    const [name, who, error] = [text, text, { message: text }];
    const said = sentence({ ...job, name, who, error, outcome }, "https://a/b");
    const outside = said.replace(/`[^`]+`/g, "{}");
    assert.equal(
      outside,
      "{} by {} is stopped: {}. 1 resumed · 0 finished · 1 failed again (500: {}). https://a/b",
      JSON.stringify(text),
    );
    assert.doesNotMatch(said, /` +`|[<>]|(?<![\w.+-])@\w|[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
    assert.ok(said.isWellFormed());
  }
});
