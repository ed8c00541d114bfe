// Prints as JSON the bytes in use after two numbers of calls, of every kind: `node calls.mjs 10000 30000`.
//
// A process without node:test: its hooks hold on to each promise until it is collected, which costs half of the time.

import { ok, rejects } from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Client } from "upstash-workflow-dlq";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

const RUNS = { workflowRuns: [{ workflowRunId: "wfr_1", workflowCreatedAt: 1 }] };
const MISSING = JSON.stringify({ error: "not found" });

let calls = 0;
const fetch = async (url, { method }) => {
  calls += 1;
  if (url.endsWith("/404")) return new Response(MISSING, { status: 404 });
  if (method === "GET") return new Response('{"messages":[],"cursor":""}');
  return new Response(JSON.stringify(RUNS));
};
const client = new Client({ token: "t", fetch }, {});
const { signal } = new AbortController();

/** Bytes in use once nothing is left to collect. The wasm's memory is one of the array buffers. */
async function inUse() {
  // Finalizers run in turns of their own.
  for (let turn = 0; turn < 5; turn += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return { heapUsed, arrayBuffers, external };
}

async function callUntil(end) {
  let collected = calls;
  while (calls < end) {
    // A client's memory in the wasm comes back when its object is collected, and the collector
    // does not see how much that is: its pace is set here, so that the figures are steady.
    if (calls - collected > 2_000) {
      collected = calls;
      await inUse();
    }
    await client.dlq.resume("1-0", { retries: 2 }, { signal });
    await client.dlq.resumeAll(["1-0"], {}, { signal, onProgress: () => {} });
    for await (const page of client.dlq.resumePages(["1-0"])) ok(page.checkpoint);
    await rejects(client.dlq.get("404"));
    await rejects(client.dlq.resume({ filter: { lable: "x" } }));
    new Client({ token: "t", fetch }, {});
  }
  return await inUse();
}

const [first, all] = process.argv.slice(2).map(Number);
const before = await callUntil(first);
const after = await callUntil(all);
console.log(JSON.stringify({ before, after }));
