// Everything a client can do, done to a service; and what has to hold of whatever comes of it.

import assert from "node:assert/strict";
import { Client, DlqError } from "upstash-workflow-dlq";
import { FAILURES } from "../../../pkg/messages.js";
import { everything, forms } from "../../support/secrets.mjs";

export const TOKEN = "eyJVc2VySUQiOiJob3N0aWxlIn0+/=";
/** Bytes of an answer that these clients read. */
export const SIZE_MAX = 256 * 1024;
/** No hang: longer than any of this takes, on a machine that is busy. */
export const PATIENCE = { timeout: 60_000 };

/** Retries that take no time. */
export const QUICK = { attempts: 2, initialDelay: 1, maxDelay: 2 };

/** Every method of a client, as one object. */
export const methodsOf = (client) => ({ ...client.dlq, logs: client.logs });

/** A client, and all that it told its hooks. */
export function victim(url, options) {
  const told = [];
  const onRequest = (event) => void told.push(event);
  const client = new Client(
    {
      token: TOKEN,
      baseUrl: url,
      retry: QUICK,
      timeout: 250,
      maxResponseSize: SIZE_MAX,
      onRequest,
      ...options,
    },
    {},
  );
  return { dlq: methodsOf(client), told };
}

async function pages(iterator) {
  const seen = [];
  for await (const page of iterator) {
    seen.push(page);
    // A service that always has more is left at some point.
    if (seen.length === 20) break;
  }
  return seen;
}

/** All methods, by a name each. Drives of a service that always has more end after `timeBudget`. */
export function calls(dlq, ids, told, { timeBudget = 300 } = {}) {
  const drive = (more) => ({
    pageSize: 2,
    timeBudget,
    maxRequests: 40,
    onProgress: (event) => void told.push(event),
    onCheckpoint: (checkpoint, lines) => void told.push(checkpoint, lines),
    ...more,
  });
  const all = { all: true };
  const canary = { entries: 1, wait: 0, maxFailedAgain: 0 };
  const runs = [1, 2, 3].map((n) => ({ workflowRunId: `wfr_${n}`, workflowCreatedAt: n }));
  const follow = { timeout: 50, interval: 10 };
  return {
    list: () => dlq.list(),
    get: () => dlq.get(ids[0]),
    resume: () => dlq.resume(ids.slice(0, 2), { retries: 1 }),
    "resume, older form": () => dlq.resume({ dlqId: ids[0] }),
    restart: () => dlq.restart(all),
    delete: () => dlq.delete(ids.slice(0, 1)),
    retryFailureFunction: () => dlq.retryFailureFunction({ dlqId: ids[0] }),
    cancelFailureFunction: () => dlq.cancelFailureFunction({ dlqId: ids[0] }),
    "resumeAll by pages": () => dlq.resumeAll(all, {}, drive({ strategy: "pages" })),
    "resumeAll by pages, several": () =>
      dlq.resumeAll(all, {}, drive({ strategy: "pages", concurrency: 3 })),
    "resumeAll by batches": () =>
      dlq.resumeAll(all, {}, drive({ strategy: "batches", report: "entries" })),
    "resumeAll one by one": () => dlq.resumeAll(all, {}, drive({ strategy: "each", canary })),
    "resumeAll of ids": () => dlq.resumeAll(ids, {}, drive({ report: "entries" })),
    "resumeAll where": () => dlq.resumeAll(all, {}, drive({ where: { responseStatus: 500 } })),
    deleteAll: () => dlq.deleteAll(all, drive()),
    "restartAll of ids": () => dlq.restartAll(ids, {}, drive()),
    resumePages: () => pages(dlq.resumePages(all, {}, drive())),
    listPages: () => pages(dlq.listPages(all, drive())),
    preview: () => dlq.preview(all, drive()),
    "preview of ids": () => dlq.preview(ids, drive()),
    "preview, with warnings": () => dlq.preview(all, drive({ retention: 1 })),
    logs: () => dlq.logs({ count: 2 }),
    follow: () => dlq.follow(runs, { ...follow, maxRequests: 20, report: "entries" }),
    "resumeAll and follow": () => dlq.resumeAll(ids, {}, drive({ follow })),
    doctor: () => dlq.doctor({ retention: 1 }),
  };
}

/** Names of calls that have so many answers before the one that counts: one request has none. */
export const callsWith = (answers) =>
  Object.keys(calls({}, [], [])).filter(
    (name) => answers === 0 || /All|Pages|preview|follow|doctor/.test(name),
  );

/** A promise, and how to keep it. */
export function promised() {
  let keep;
  const promise = new Promise((resolve) => {
    keep = resolve;
  });
  return { promise, keep };
}

/** Runs a call; what came of it, either way. */
export async function outcome(run) {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

/** What comes out is a result, or an error that is ours and documented; the token is nowhere. */
export function harmless(name, { error, value }, told = []) {
  if (error !== undefined) {
    assert.ok(error instanceof DlqError, `${name}: ${error?.stack ?? error}`);
    assert.ok(Object.hasOwn(FAILURES, error.code), `${name}: ${error.code}`);
    assert.ok(!error.code.startsWith("wasm_"), `${name}: ${error.message}`);
    structuredClone(error.toJSON());
  }
  const { checkpoint } = error ?? value ?? {};
  if (checkpoint !== undefined) assert.match(checkpoint, /^wdlq4\.[\w-]+\.[\w-]+$/);
  const text = everything([error ?? value, told]).join("\n");
  for (const form of forms(TOKEN)) {
    const at = text.indexOf(form);
    assert.ok(at < 0, `${name}: the token: ${text.slice(Math.max(0, at - 200), at + 200)}`);
  }
}
