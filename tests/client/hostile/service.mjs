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
  const log = (n) => ({
    workflowRunId: `wfr_${n}`,
    workflowRunCreatedAt: n,
    workflowState: "RUN_STARTED",
    steps: [],
  });
  const found = (method, { pathname, searchParams }) => {
    const count = Number(searchParams.get("count") ?? left.size);
    const id = decodeURIComponent(pathname.split("/").at(-1));
    if (method === "GET") {
      if (pathname.startsWith(`${DLQ}/`)) return left.get(id);
      if (!pathname.includes("/dlq")) return { runs: [1, 2].map(log), cursor: "" };
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
  };
  return {
    ids: [...left.keys()],
    /** How many entries are there. */
    size: () => left.size,
    /** What the service of those says: status and text. */
    answer(method, url) {
      const body = found(method, new URL(url, "http://localhost"));
      return body
        ? { status: 200, text: JSON.stringify(body) }
        : { status: 404, text: '{"error":"not found"}' };
    },
  };
}

const JSON_TYPE = { "content-type": "application/json" };

/**
 * One without a network: a `fetch`, for what is in answers. From the request behind `after` on it comes
 * to what `hostile(url, init)` does.
 */
export function hostileFetch({ hostile, after = 0, entries = 6 } = {}) {
  const { ids, size, answer } = queue(entries);
  const seen = [];
  const good = (url, { method }) => {
    const { status, text } = answer(method, url);
    return new Response(text, { status, headers: JSON_TYPE });
  };
  const fetch = async (url, init) => {
    seen.push({ url, ...init });
    return (hostile && seen.length > after ? hostile : good)(url, init);
  };
  return { ids, size, seen, fetch, good };
}

/**
 * One that listens. `hostile(request, response, socket)` answers, in whatever way, from the request
 * behind `after` on. Closes with the test `t`. `again()` begins anew: all entries, none asked for, and
 * what is asked late of the one before is not heard.
 */
export async function startHostile(t, { hostile, after = 0, entries = 6 } = {}) {
  const service = { seen: [] };
  let answer;
  let round = 0;
  const server = createServer((request, response) => {
    const [, asked, url] = /^\/(\d+)(\/.*)$/.exec(request.url);
    if (Number(asked) !== round) {
      request.socket.destroy();
      return;
    }
    service.seen.push({ method: request.method, url, headers: request.headers });
    if (hostile && service.seen.length > after) {
      hostile(request, response, request.socket);
      return;
    }
    const { status, text } = answer(request.method, url);
    response.writeHead(status, JSON_TYPE).end(text);
  });
  service.again = () => {
    round += 1;
    service.seen.length = 0;
    service.url = `http://127.0.0.1:${server.address().port}/${round}`;
    ({ ids: service.ids, size: service.size, answer } = queue(entries));
  };
  // A client that hangs up is what is asked for.
  server.on("connection", (socket) => socket.on("error", () => {}));
  server.on("clientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  service.again();
  return service;
}
