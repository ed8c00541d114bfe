// A service that means harm: it answers well for a while, and then as the test has it. What it answers
// well with is small, and its own: the emulator is for whoever plays by the rules.

import { once } from "node:events";
import { createServer } from "node:http";

const DLQ = "/v2/workflows/dlq";

/** A handful of entries, which are taken, listed and looked up. */
function queue(count) {
  const left = new Map();
  for (let number = 0; number < count; number++) {
    const dlqId = `${1_700_000_000_000 + number}-0`;
    left.set(dlqId, {
      dlqId,
      workflowRunId: `wfr_${number}`,
      workflowCreatedAt: 1_700_000_000_000,
    });
  }
  const run = () => ({ workflowRunId: "wfr_new", workflowCreatedAt: Date.now() + 1000 });
  return {
    ids: [...left.keys()],
    answer(method, { pathname, searchParams }) {
      const count = Number(searchParams.get("count") ?? left.size);
      const id = decodeURIComponent(pathname.split("/").at(-1));
      if (method === "GET") {
        if (pathname.startsWith(`${DLQ}/`)) return left.get(id);
        const messages = [...left.values()].slice(0, count);
        return { messages, cursor: messages.length < left.size ? "more" : "" };
      }
      if (pathname.startsWith(`${DLQ}/callback/`)) return run();
      const named = searchParams.getAll("dlqIds");
      const taken = named.length > 0 ? named : [...left.keys()].slice(0, count);
      if (taken.some((one) => !left.has(one))) return undefined;
      for (const one of taken) left.delete(one);
      const cursor = left.size > 0 && named.length === 0 ? "more" : "";
      if (method === "DELETE") return { deleted: taken.length, cursor };
      return { workflowRuns: taken.map(run), cursor };
    },
  };
}

/**
 * Starts one.
 *
 * `hostile(request, response, socket)` answers, in whatever way, from the request behind `after` on;
 * `undefined` for one that never is. Closes with the test `t`.
 */
export async function startHostile(t, { hostile, after = 0, entries = 6 } = {}) {
  const { ids, answer } = queue(entries);
  const seen = [];
  const server = createServer((request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers });
    if (hostile && seen.length > after) {
      hostile(request, response, response.socket);
      return;
    }
    const body = answer(request.method, new URL(request.url, "http://localhost"));
    const [status, found] = body ? [200, body] : [404, { error: "not found" }];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(found));
  });
  // A client that hangs up is what is asked for.
  server.on("connection", (socket) => socket.on("error", () => {}));
  server.on("clientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${server.address().port}`, ids, seen };
}
