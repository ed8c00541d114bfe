// One slice of a job: as much as an invocation may do, kept so that an end at any moment loses nothing.

import { Client } from "upstash-workflow-dlq";
import { callAgain } from "./callbacks.js";
import { driveArguments, OPERATIONS } from "./order.js";

// Of the 50 subrequests of the free plan; some are for the register.
const REQUESTS = 40;
const MS = 20_000;
// A Worker has six connections at once.
const CONNECTIONS = 6;
// A call may be repeated where it certainly did nothing.
const CALLS = 15;

/** How long a slice begins new requests. */
export const sliceMs = (env) => Number(env.MS_PER_SLICE ?? MS);

/**
 * What a slice came to.
 *
 * @typedef {object} Outcome
 * @property {object} counts `done`, `notFound`, `unconfirmed`, `failed`, `requests`, `retries` of the whole job
 * @property {string} [ended] why it is over; else there is more to do
 * @property {Error} [error] what it could not go on for
 * @property {number} [waitUntil] nothing can be sent before
 */

/** @returns {Promise<Outcome>} */
export function slice(job) {
  return job.order.operation === "failureFunction" ? call(job) : drive(job);
}

/** A slice of a drive of the package. */
async function drive({ order, store, env, signal, onProgress }) {
  const { all, done } = OPERATIONS[order.operation];
  const { dlq } = Client.fromEnv(env);
  const countsOf = (source) => ({
    done: source[done] ?? source.done,
    ...pick(source, ["notFound", "unconfirmed", "failed", "requests", "retries"]),
  });
  let kept = 0;
  let waitUntil;
  const { concurrency, pageSize, maxRunsPerSecond } = order.drive ?? {};
  const limits = {
    ...(concurrency && { concurrency: Math.min(concurrency, CONNECTIONS) }),
    ...(pageSize && { pageSize }),
    ...(maxRunsPerSecond && { maxRunsPerSecond }),
    maxRequests: Number(env.REQUESTS_PER_SLICE ?? REQUESTS),
    timeBudget: sliceMs(env),
    signal,
    // The object's output gate holds each request back until this is on disk.
    onCheckpoint: (checkpoint, lines) => {
      kept += lines.length;
      store.together(() => {
        store.setText("checkpoint", checkpoint);
        store.addLines(lines);
      });
    },
    onProgress: (event) => {
      waitUntil = event.waitingUntil;
      onProgress({
        counts: countsOf({ ...event, [done]: event.done }),
        ...pick(event, ["of", "perSecond", "waiting", "waitingUntil"]),
      });
    },
  };
  const finish = (summary, error) => {
    store.together(() => {
      store.addLines(summary.entries?.slice(kept) ?? []);
      if (summary.checkpoint) store.setText("checkpoint", summary.checkpoint);
    });
    const over = !["requests", "time", "aborted", "failed"].includes(summary.reason);
    return {
      counts: countsOf(summary),
      ended: over ? summary.reason : undefined,
      error,
      waitUntil,
    };
  };
  try {
    const checkpoint = store.text("checkpoint");
    return finish(
      checkpoint === undefined
        ? await dlq[all](...driveArguments(order, { ...order.drive, ...limits, report: "entries" }))
        : await dlq.continueFrom(checkpoint, limits),
    );
  } catch (error) {
    if (!error.summary) throw error;
    return finish(error.summary, error);
  }
}

/** A slice of calls, one an entry. */
async function call({ order, store, env, signal, onProgress }) {
  const ids = order.selection.dlqIds;
  const { at, sent, requests } = store.value("calls") ?? { at: 0, sent: false, requests: 0 };
  let made = requests;
  const counts = () => {
    const { called = 0, notFound = 0, unconfirmed = 0, failed = 0 } = store.outcomes();
    return { done: called, notFound, unconfirmed, failed, requests: made, retries: 0 };
  };
  const keep = (next, isSent) =>
    store.setValue("calls", { at: next, sent: isSent, requests: made });
  const onRequest = () => {
    made += 1;
  };
  const { dlq } = Client.fromEnv(env, { onRequest });
  const { at: next, error } = await callAgain({
    dlq,
    ids,
    at,
    sent,
    signal,
    most: CALLS,
    sending: (now) => keep(now, true),
    known: (now, line) => {
      store.together(() => {
        store.addLines([line]);
        keep(now, false);
      });
      onProgress({ counts: counts(), of: ids.length });
    },
  });
  if (error) keep(next, false);
  return { counts: counts(), ended: next === ids.length ? "complete" : undefined, error };
}

const pick = (source, names) =>
  Object.fromEntries(
    names.filter((name) => source[name] !== undefined).map((name) => [name, source[name]]),
  );
