// What an error says of where it comes from, and whose class it is.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as esm from "upstash-workflow-dlq";
import { failure, world } from "./setup.mjs";

const cjs = createRequire(import.meta.url)("upstash-workflow-dlq");
const HERE = fileURLToPath(import.meta.url);

/** The first frame of a stack. */
const frameOf = ({ stack }) => stack.split("\n").find((line) => /^\s+at /.test(line));

describe("a stack begins where the API was called", () => {
  const calls = {
    "one call, refused before any request": ({ dlq }) => dlq.list({ count: 0 }),
    "one call, refused by the service": ({ dlq }) => dlq.get("1752829295505-9"),
    "a drive, refused before any request": ({ dlq }) => dlq.resumeAll({ all: false }),
    "a preview": ({ dlq }) => dlq.preview({}),
    "the logs": (client) => client.logs({ count: 0 }),
  };
  for (const [name, call] of Object.entries(calls)) {
    test(name, async (t) => {
      const { client } = await world(t);
      const error = await failure(call(client));
      assert.ok(frameOf(error)?.includes(HERE), error.stack);
      assert.doesNotMatch(error.stack, /wasm-function|core\.js/);
    });
  }

  test("a drive that the service ends", async (t) => {
    const { emulator, client } = await world(t, { entries: 3 });
    await emulator.faults([{ match: { method: "POST" }, action: 401 }]);
    const error = await failure(client.dlq.resumeAll({ all: true }));
    assert.equal(error.code, "unauthorized");
    assert.ok(frameOf(error)?.includes(HERE), error.stack);
  });
});

test("a connection that breaks is the cause of the error, which says something where its cause does not", async () => {
  const client = (cause) =>
    new esm.Client(
      { token: "token-of-a-test", retry: false, fetch: () => Promise.reject(cause) },
      {},
    );
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const error = await failure(client(new TypeError("fetch failed", { cause: refused })).dlq.list());
  assert.equal(error.cause.message, "fetch failed");
  assert.equal(error.cause.cause.code, "ECONNREFUSED");
  for (const cause of [new Error(""), new Error(), "", undefined, null, {}]) {
    const { code, message } = await failure(client(cause).dlq.list());
    assert.equal(code, "network_error");
    assert.match(message, /can't be reached/);
  }
});

describe("what a framework throws through fetch to catch it again goes through unchanged, unretried", () => {
  const errors = {
    "Next.js leaving a static page": Object.assign(new Error("Dynamic server usage: no-store"), {
      digest: "DYNAMIC_SERVER_USAGE",
    }),
    "Next.js stopping a page that may not be dynamic": Object.assign(
      new Error("couldn't be static"),
      {
        code: "NEXT_STATIC_GEN_BAILOUT",
      },
    ),
    "React postponing": { $$typeof: Symbol.for("react.postpone"), message: "postponed" },
  };
  const calls = {
    list: ({ dlq }) => dlq.list(),
    resume: ({ dlq }) => dlq.resume("1-0"),
    logs: (client) => client.logs(),
    preview: ({ dlq }) => dlq.preview({ all: true }),
    resumeAll: ({ dlq }) => dlq.resumeAll({ all: true }),
    listPages: ({ dlq }) => dlq.listPages({ all: true }).next(),
  };
  for (const [name, control] of Object.entries(errors)) {
    test(name, async () => {
      for (const [call, run] of Object.entries(calls)) {
        let sent = 0;
        const fetch = async () => {
          sent += 1;
          throw control;
        };
        assert.equal(await failure(run(new esm.Client({ token: "t", fetch }, {}))), control, call);
        assert.equal(sent, 1, call);
      }
    });
  }
});

describe("two copies of the package", () => {
  for (const [thrower, catcher] of [
    [esm, cjs],
    [cjs, esm],
  ]) {
    test(`${thrower === esm ? "ESM" : "CommonJS"}'s errors are instances of the other's classes`, async () => {
      const { dlq } = new thrower.Client({ token: "t" }, {});
      const error = await failure(dlq.resume({}));
      assert.equal(error instanceof thrower.ValidationError, true);
      assert.equal(error instanceof catcher.ValidationError, true);
      assert.equal(error instanceof catcher.DlqError, true);
      assert.equal(error instanceof catcher.NetworkError, false);
    });
  }
});

test("what Object.prototype holds is neither an option nor a variable", async (t) => {
  const { emulator } = await world(t, { entries: 1 });
  const planted = { QSTASH_URL: "https://evil.example", baseUrl: "https://evil.example" };
  t.after(() => {
    for (const name of Object.keys(planted)) delete Object.prototype[name];
  });
  Object.assign(Object.prototype, planted);
  const targets = [];
  const client = new esm.Client(
    {
      token: "t",
      fetch: (url) => {
        targets.push(String(url));
        return Promise.resolve(new Response('{"messages":[]}'));
      },
    },
    {},
  );
  await client.dlq.list();
  assert.equal(new URL(targets[0]).origin, "https://qstash.upstash.io");
  assert.ok(emulator.url);
});
