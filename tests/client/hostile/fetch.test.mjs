// A fetch of the caller's that lies: no hang, no error that is not ours, and the next call works.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { calls, harmless, outcome, PATIENCE, TOKEN } from "./attack.mjs";
import { bang, NEVER, side, thenable, unreadable } from "./caller.mjs";
import { hostileFetch } from "./service.mjs";

describe("a fetch of the caller's", () => {
  const good = '{"messages":[],"workflowRuns":[],"deleted":0}';
  const body = (pull) => new Response(new ReadableStream({ pull }));
  const LIES = {
    "answers nothing": async () => undefined,
    "answers null": async () => null,
    "answers a text": async () => good,
    "is not async": () => new Response(good),
    throws: bang,
    "throws nothing": () => {
      throw undefined;
    },
    "rejects with a token": async (url, { headers }) => {
      throw new Error(JSON.stringify([url, headers]));
    },
    "rejects with what can't be read": async () => {
      throw unreadable("message");
    },
    "never answers": () => NEVER,
    "answers with a body that never ends": async () => body(() => NEVER),
    "answers with a body that fails": async () => body((to) => to.error(new Error(TOKEN))),
    "answers with a body of texts": async () => body((to) => to.enqueue("text")),
    "answers with a body without end": async () => body((to) => to.enqueue(new Uint8Array(65_536))),
    "answers with a body that was read": async () => {
      const response = new Response(good);
      await response.text();
      return response;
    },
    "answers with a body that is locked": async () => {
      const response = new Response(good);
      response.body.getReader();
      return response;
    },
    "answers with the same response again": async () => LIES.again,
    "answers with an error": async () => Response.error(),
    "answers with a thenable": () => thenable(bang),
    "answers with a double of half a response": async () => ({ status: 200 }),
    "answers with a text that is none": async () => ({ status: 200, text: async () => 5 }),
    "answers with a status that is none": async () => ({ status: "ok", text: async () => good }),
    "answers with a status that can't be read": async () => ({
      status: Symbol("x"),
      text: async () => good,
    }),
    "answers with a body that lies": async () => ({ status: 200, body: { getReader: bang } }),
    "answers with headers that lie": async () => ({
      status: 429,
      headers: { get: () => ({ toString: bang, length: 3 }) },
      text: async () => good,
    }),
    "answers with headers that are none": async () => ({
      status: 429,
      text: async () => good,
      headers: 5,
    }),
    "answers with getters that throw": async () =>
      new Proxy({}, { get: (_, key) => (key === "then" ? undefined : bang()) }),
    "is a class": class {},
  };
  for (const [name, fetch] of Object.entries(LIES)) {
    test(`that ${name}`, PATIENCE, async () => {
      LIES.again = new Response(good);
      let lies = true;
      const { ids, good: honest } = hostileFetch();
      const either = (...args) => (lies ? fetch(...args) : honest(...args));
      const options = { fetch: either, timeout: 40, maxResponseSize: 2 ** 20 };
      for (const call of Object.keys(calls({}, [], []))) {
        const { dlq } = side({ options });
        lies = true;
        const told = [];
        harmless(call, await outcome(calls(dlq, ids, told)[call]), told);
        lies = false;
        assert.ok((await dlq.list()).messages, call);
      }
    });
  }
});

describe("a short length, announced of a body that is compressed", () => {
  // What a page sees of a response from another origin: `Content-Length`, and no `Content-Encoding`.
  const inflated = (type, max) => {
    const taken = { bytes: 0 };
    const body = new ReadableStream({
      pull(controller) {
        // A failure reads on; it still has an end.
        if (taken.bytes > 64 * max) return controller.close();
        taken.bytes += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const response = new Response(body, { headers: { "Content-Length": "100" } });
    Object.defineProperty(response, "type", { value: type });
    return { taken, fetch: async () => response };
  };
  const CASES = {
    "by the caller's fetch": ["basic", (fetch) => ({ fetch })],
    "of another origin": [
      "cors",
      (fetch, t) => {
        t.mock.method(globalThis, "fetch", fetch);
        return { fetch: undefined };
      },
    ],
  };
  for (const [name, [type, options]] of Object.entries(CASES)) {
    test(`${name}: the body is read up to the limit`, async (t) => {
      const max = 2 ** 20;
      const { taken, fetch } = inflated(type, max);
      const { dlq } = side({ options: { maxResponseSize: max, ...options(fetch, t) } });
      const { error } = await outcome(() => dlq.list());
      assert.equal(error?.code, "response_too_large");
      assert.ok(taken.bytes <= max + 2 * 65_536, `${taken.bytes} bytes were taken`);
    });
  }
});
