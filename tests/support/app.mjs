// An app of real SDK workflows, served by Node's http, that counts how often each step's function really runs.

import { once } from "node:events";
import { createServer } from "node:http";
import { serve } from "@upstash/workflow";

/**
 * So many deliveries are handled at a time; the others wait. Each makes a request to the emulator, and `fetch` gives
 * up to connect after ten seconds, which is short where thousands begin at once on a busy machine.
 */
const CONCURRENCY = 200;

/**
 * Starts an app whose workflows are delivered to by `emulator`.
 *
 * `workflows`: name → route function, or `{ route, failureFunction, … }` with further options of `serve()`. The route
 * gets the context and the app, whose `step(context, name, work)` is `context.run` that counts. `routes`: path → handler of
 * a Request, for third parties.
 */
export async function startApp(emulator, workflows, routes = {}) {
  const counts = new Map();
  const deliveries = [];
  const app = {
    /** How often the step's function ran, in all runs or in one. */
    count: (name, runId = "") => counts.get(`${runId}/${name}`) ?? 0,
    /** All of these counts, by `/name` and by `run id/name`. */
    counts: () => counts,
    /** Counts one more. */
    counted: (name, runId) => {
      for (const key of [`/${name}`, `${runId}/${name}`])
        counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    step: (context, name, work = () => name) =>
      context.run(name, () => {
        app.counted(name, context.workflowRunId);
        return work();
      }),
    /** What came in: `{ path, status, headers }`. */
    deliveries,
    url: (name) => `${origin}/${name}`,
    /** Exchanges a workflow, as a deploy would. */
    deploy: (name, workflow) => handlers.set(`/${name}`, handlerOf(emulator, app, workflow)),
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };

  const handlers = new Map(Object.entries(routes));
  const waiting = [];
  let handled = 0;
  const server = createServer(async (incoming, outgoing) => {
    const request = await toRequest(incoming, origin);
    const path = new URL(request.url).pathname;
    const handler = handlers.get(path) ?? (() => new Response("not found", { status: 404 }));
    if (handled === CONCURRENCY) await new Promise((resolve) => waiting.push(resolve));
    else handled += 1;
    const response = await handler(request);
    const body = Buffer.from(await response.arrayBuffer());
    // The place is handed to the one that has waited longest.
    const next = waiting.shift();
    if (next) next();
    else handled -= 1;
    deliveries.push({ path, status: response.status, headers: incoming.headers });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(body);
  });
  // A delivery on a pooled connection that is closed at this moment for being idle would be an error of the run.
  server.keepAliveTimeout = 0;
  // A connection beyond the backlog is dropped or reset: 511 by default, which a burst of deliveries exceeds.
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  for (const [name, workflow] of Object.entries(workflows)) app.deploy(name, workflow);
  return app;
}

function handlerOf(emulator, app, workflow) {
  const { route, ...options } = typeof workflow === "function" ? { route: workflow } : workflow;
  const { handler } = serve((context) => route(context, app), {
    // In place of `process.env`; the signing keys make `serve()` verify every delivery.
    env: {
      QSTASH_URL: emulator.url,
      QSTASH_TOKEN: emulator.token,
      QSTASH_CURRENT_SIGNING_KEY: emulator.currentSigningKey,
      QSTASH_NEXT_SIGNING_KEY: emulator.nextSigningKey,
    },
    disableTelemetry: true,
    ...options,
  });
  return handler;
}

async function toRequest(incoming, origin) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const hasBody = incoming.method !== "GET" && incoming.method !== "HEAD";
  return new Request(new URL(incoming.url, origin), {
    method: incoming.method,
    headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    body: hasBody ? Buffer.concat(chunks) : undefined,
  });
}

/** The SDK prints each error of a step, of which an app that fails on purpose has hundreds. */
export function muteSdk() {
  for (const name of ["error", "warn"]) {
    const print = console[name];
    console[name] = (...words) => {
      if (!String(words[0]).includes("[Upstash ")) print(...words);
    };
  }
}
