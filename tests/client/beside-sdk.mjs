// The official SDK and this package, side by side: a server that keeps what each of them asks.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before } from "node:test";
import { Client as Sdk } from "@upstash/workflow";
import { Client } from "upstash-workflow-dlq";

export const TOKEN = "eyJ1c2VyIjoiYSIsInBhc3MiOiJiIn0=";

/** Ours alone, of what a cache could answer: `fetch` says in these words that none may. */
const UNCACHED = { "cache-control": "no-cache", pragma: "no-cache" };

/**
 * A pair of clients for the tests of a file.
 *
 * `answer` is a function of method and URL to `[status, body, headers?]`.
 */
export function besideSdk() {
  const side = { seen: [], answer: () => [200, {}] };
  let server;
  before(async () => {
    server = createServer(async (request, response) => {
      const { method, url, headers } = request;
      let body = "";
      for await (const chunk of request) body += chunk;
      side.seen.push({ method, url, headers, body });
      const [status, answered, more] = side.answer(method, url);
      const text = typeof answered === "string" ? answered : JSON.stringify(answered);
      // As the SDK's own mock server: no content type that would help.
      response.writeHead(status, { "content-type": "text/plain", ...more }).end(text);
    });
    server.listen(0, "localhost");
    await once(server, "listening");
    side.baseUrl = `http://localhost:${server.address().port}`;
    side.sdk = new Sdk({ baseUrl: side.baseUrl, token: TOKEN });
    side.ours = new Client({ baseUrl: side.baseUrl, token: TOKEN });
    // Our reads are tried again after a 5xx, the SDK's are not.
    side.once = new Client({ baseUrl: side.baseUrl, token: TOKEN, retry: false });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** What a call comes to: its requests, and its result or the status that it failed with. */
  side.outcome = async (client, operation, args) => {
    side.seen = [];
    const on = operation === "logs" ? client : client.dlq;
    const result = await on[operation](...structuredClone(args)).then(
      (value) => ({ value }),
      (error) => ({ failed: error.status ?? "refused" }),
    );
    return { requests: side.seen, ...result };
  };

  /** The same input to both has to come to the same; what it came to. */
  side.assertSame = async (operation, args, message) => {
    const theirs = await side.outcome(side.sdk, operation, args);
    const ours = await side.outcome(operation === "list" ? side.once : side.ours, operation, args);
    for (const { method, headers } of ours.requests) {
      if (method !== "GET") continue;
      for (const name in UNCACHED) {
        assert.equal(headers[name], UNCACHED[name]);
        delete headers[name];
      }
    }
    assert.deepEqual(ours, theirs, message);
    return ours;
  };
  return side;
}
