// Holds the client's requests, and the emulator's responses, against the service's own OpenAPI file, which is not part
// of this repository: `npm run contract:official -- path/to/openapi.yaml`. Prism does the validation; what a validator
// does not look at, names of parameters that the file does not know, is looked up here.
//
// ROUNDS (300) random calls are made from SEED (1): every method with every filter, override and strategy.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { path } from "../../../../scripts/lib/run.mjs";
import { ensurePackages } from "../../../../scripts/setup.mjs";
import { startEmulator } from "../../../support/emulator.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 300);
const SEED = Number(process.env.SEED ?? 1);

// Paths of the official SDK that the file does not have, each held against the path beside it: but for parameters of
// its `own`, and for lists of `several` values where the file has one. tests/service/contract/README.md lists them.
const ALIASES = {
  "/v2/dlq": { path: "/v2/workflows/dlq", own: ["source", "url", "responseStatus"], several: [] },
  "/v2/workflows/events": {
    path: "/v2/workflows/logs",
    own: ["groupBy", "messageId", "host", "path"],
    several: ["workflowUrl", "callerIp", "flowControlKey"],
  },
};

const [file] = process.argv.slice(2);
if (!file) {
  console.error("usage: npm run contract:official -- <path of the service's OpenAPI file>");
  process.exit(2);
}

await ensurePackages("the contract's packages", path("tests/service/contract"), [
  "--ignore-scripts",
]);
await ensurePackages("Prism", path("tests/service/contract/official"), ["--ignore-scripts"]);
const { default: fc } = await import("fast-check");
const { parse } = await import("@readme/openapi-parser");
const { Client } = await import("upstash-workflow-dlq");
const { answers, auth, call } = await import("../inputs.mjs");
const { answer, perform } = await import("../service.mjs");
const { startPrism } = await import("./prism.mjs");

const description = await parse(resolve(file));
const problems = new Map();
const operations = new Map();
const methods = new Set(["continueFrom"]); // of drives that are incomplete
const known = new Set();

/** Counts a problem once for each operation and text. */
function report(kind, operation, text) {
  const key = `${kind}: ${operation}: ${text}`;
  problems.set(key, (problems.get(key) ?? 0) + 1);
}

/** The operation of the file that a request goes to: `{ operation, parameters }`, or nothing. */
function operationOf(method, pathname) {
  const segments = pathname.split("/");
  const fits = (part, i) =>
    part === segments[i] || (part.startsWith("{") && (segments[i] ?? "") !== "");
  const matches = (template) => {
    const parts = template.split("/");
    return parts.length === segments.length && parts.every(fits);
  };
  const { paths } = description;
  const template = pathname in paths ? pathname : Object.keys(paths).find(matches);
  const described = paths[template]?.[method.toLowerCase()];
  if (!described) return undefined;
  return { operation: `${method} ${template}`, parameters: described.parameters ?? [] };
}

/** Names of parameters and headers that the operation does not have. */
function unknownNames(url, headers, parameters, own) {
  const known = (where) =>
    parameters.filter((one) => one.in === where).map(({ name }) => name.toLowerCase());
  const queries = new Set([...known("query"), "qstash_token", ...own].map((n) => n.toLowerCase()));
  const headed = new Set(known("header"));
  return [
    ...[...new Set(url.searchParams.keys())].filter((name) => !queries.has(name.toLowerCase())),
    ...[...headers.keys()].filter(
      (name) =>
        name.startsWith("upstash-") && !name.startsWith("upstash-telemetry-") && !headed.has(name),
    ),
  ];
}

/** A `fetch` through Prism that reports what it finds. */
function through(prism, responses) {
  return async (input, init) => {
    const url = new URL(input);
    const headers = new Headers(init.headers);
    const alias = ALIASES[url.pathname];
    // The upstream tells the SDK's paths from those of the file by this header.
    if (alias) headers.set("x-path", url.pathname + url.search);
    const described = new URL((alias?.path ?? url.pathname) + url.search, prism.url);
    const query = described.searchParams;
    for (const name of alias?.own ?? []) query.delete(name);
    for (const name of alias?.several ?? []) if (query.has(name)) query.set(name, query.get(name));
    const found = operationOf(init.method, described.pathname);
    const { operation, parameters } = found ?? {
      operation: `${init.method} ${url.pathname}`,
      parameters: [],
    };
    operations.set(operation, (operations.get(operation) ?? 0) + 1);
    if (!found) report("request", operation, "no such operation");
    for (const name of unknownNames(url, headers, parameters, alias?.own ?? []))
      report("request", operation, `unknown parameter ${name}`);
    const response = await fetch(described, { ...init, headers, redirect: "manual" });
    for (const { location, message } of JSON.parse(response.headers.get("sl-violations") ?? "[]")) {
      const [kind, ...where] = location;
      if (kind === "request" || (responses && kind === "response"))
        report(kind, operation, `${where.join(".")} ${message}`);
    }
    return response;
  };
}

/** An HTTP server whose responses `respond` makes. */
async function startUpstream(respond) {
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    const target = request.headers["x-path"] ?? request.url;
    const [status, content] = await respond(request, new URL(target, "http://upstream"));
    const text = typeof content === "string" ? content : JSON.stringify(content);
    // Prism parses whatever says that it is JSON, an empty body as well.
    const type = text.startsWith("<") ? "text/html" : "application/json";
    response.writeHead(status, text === "" ? {} : { "content-type": type }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Random calls of every method, with responses a client can continue with. */
async function randomCalls() {
  const state = { responses: [], asked: 0 };
  const upstream = await startUpstream(({ method }, url) => {
    const how = state.responses[state.asked] ?? "end";
    state.asked += 1;
    return answer(method, url, how, state.asked);
  });
  const prism = await startPrism(resolve(file), upstream.url);
  const fetch = through(prism, false);
  const retry = { attempts: 3, initialDelay: 1, maxDelay: 1 };
  const property = fc.asyncProperty(call, answers, auth, async (call, responses, auth) => {
    Object.assign(state, { responses, asked: 0 });
    const client = new Client(
      { baseUrl: "https://dlq.example", token: "t", auth, fetch, retry },
      {},
    );
    methods.add(call[0]);
    for (const name of Object.keys(client.dlq)) known.add(name);
    await perform(client, call).catch((error) => {
      assert.ok(error.code && error.code !== "invalid_arguments", error);
    });
  });
  await fc.assert(property, { numRuns: ROUNDS, seed: SEED });
  await prism.close();
  upstream.close();
}

/** A session of every operation with the emulator, whose responses are validated too. */
async function emulatorSession() {
  const emulator = await startEmulator({ config: { entryFields: "described", stateField: "top" } });
  const upstream = await startUpstream(async (request, url) => {
    const response = await fetch(emulator.url + url.pathname + url.search, {
      method: request.method,
      headers: { ...request.headers, host: undefined, "x-path": undefined },
      redirect: "manual",
    });
    return [response.status, await response.text()];
  });
  const prism = await startPrism(resolve(file), upstream.url);
  const failed = { failureFunctionState: "CALLBACK_FAIL", failureCallback: "https://a.example/f" };
  const entry = { runs: { failAgain: 1, afterMs: 3_600_000 } };
  const { dlqIds } = await emulator.seed({
    entries: [{ ...failed, ...entry }, ...Array.from({ length: 40 }, () => entry)],
  });
  const client = new Client(
    { baseUrl: emulator.url, token: emulator.token, fetch: through(prism, true) },
    {},
  );
  const { dlq } = client;
  const [first, second, third, ...more] = dlqIds;
  await dlq.list({ count: 5 });
  await dlq.get(first);
  await dlq.get("1-0").catch(() => undefined);
  await dlq.get("nonsense").catch(() => undefined);
  await dlq.retryFailureFunction({ dlqId: first });
  await dlq.cancelFailureFunction({ dlqId: first });
  await dlq.resume(second, { retries: 1 });
  await dlq.restart(third, { label: ["a", "b"] });
  await dlq.resume(more.slice(0, 3)).catch(() => undefined);
  await dlq.resume(["1-0", "2-0"]).catch(() => undefined);
  await dlq.restart(more.slice(3, 6));
  await dlq.delete({ filter: { workflowUrl: "https://example.com/workflow" }, count: 3 });
  await dlq.resumeAll({ all: true }, {}, { pageSize: 7 });
  await client.logs({ count: 10 });
  await prism.close();
  upstream.close();
  await emulator.close();
}

await randomCalls();
await emulatorSession();

for (const name of known) if (!methods.has(name)) report("client", `dlq.${name}`, "never called");

const total = [...operations.values()].reduce((sum, n) => sum + n, 0);
console.log(`${total} requests:`, Object.fromEntries([...operations].sort()));
console.log(`methods: ${[...methods].sort().join(" ")}`);
for (const [problem, times] of problems) console.error(`${problem} (${times}x)`);
console.log(problems.size === 0 ? "No violation." : `${problems.size} violations.`);
process.exitCode = problems.size === 0 ? 0 : 1;
