// One slice of a job: as much as an invocation may do, kept so that an end at any moment loses nothing.

import { Client } from "upstash-workflow-dlq";
import { accountOf } from "./account.js";
import { callAgain } from "./callbacks.js";
import { isConfirmed, isFollowed, mostOf, OPERATIONS, orderArguments } from "./order.js";

// Of the 50 subrequests of the free plan; some are for the register.
const REQUESTS = 40;
const MS = 20_000;
// A Worker has six connections at once.
const CONNECTIONS = 6;
// An isolate has 128 MB, and a list whose entries have large payloads takes several times its size. A list that is
// larger than this is requested again by the drive, with fewer entries.
const RESPONSE_BYTES = 16 * 1024 * 1024;
/** What stops a job: a list of a single entry is too large. Nothing that the job could do would change that. */
const ENTRY_TOO_LARGE = Object.assign(
  new Error(
    "An entry is larger than the 16 MiB that a job can list. Choose entries by hand or by a search, which need no list, or a range of time without it.",
  ),
  { code: "entry_too_large", retryable: false },
);
// To see whether more matches than was confirmed.
const LOOK_REQUESTS = 5;
// Attempts of a call that certainly did nothing.
const ATTEMPTS = 5;
// Refusals of calls, before any has succeeded, after which a person has to look, once: it may be the token.
const REFUSALS = 3;
// Pause after a slice without a request: what it waits for is further away than its end.
const IDLE_MS = 1_000;

/** How long a slice begins new requests. */
export const sliceMs = (env) => Number(env.MS_PER_SLICE ?? MS);
const requestsOf = (env) => Number(env.REQUESTS_PER_SLICE ?? REQUESTS);

/**
 * What a slice came to.
 *
 * @typedef {object} Outcome
 * @property {object} counts `done`, `notFound`, `unconfirmed`, `failed`, `requests`, `retries` of the whole job
 * @property {object} [outcome] how the new runs fare, once they are followed
 * @property {object} [canary] how those of the canary fare, where it has not passed
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
  let made = 0;
  const onRequest = () => {
    made += 1;
  };
  const options = { onRequest, maxResponseSize: RESPONSE_BYTES };
  const { dlq } = Client.fromEnv(accountOf(env), options);
  const countsOf = (source) => ({
    done: source[done] ?? source.done,
    ...pick(source, ["notFound", "unconfirmed", "failed", "requests", "retries"]),
  });
  let kept = 0;
  let waitUntil;
  let isFollowing = false;
  const { concurrency, pageSize, maxRunsPerSecond } = order.drive ?? {};
  const limits = {
    ...(concurrency && { concurrency: Math.min(concurrency, CONNECTIONS) }),
    ...(pageSize && { pageSize }),
    ...(maxRunsPerSecond && { maxRunsPerSecond }),
    maxRequests: requestsOf(env),
    timeBudget: sliceMs(env),
    signal,
    ...(isFollowed(order) && { follow: true }),
    // The object's output gate holds each request back until this is on disk.
    onCheckpoint: (checkpoint, lines, runs = []) => {
      kept += lines.length;
      store.together(() => {
        store.setText("checkpoint", checkpoint);
        store.addLines(lines);
        store.addOutcomes(runs);
      });
    },
    onProgress: (event) => {
      waitUntil = event.waitingUntil;
      isFollowing = event.outcome !== undefined;
      onProgress({
        counts: countsOf(event),
        ...pick(event, ["of", "waiting", "waitingUntil", "canary", "outcome"]),
      });
    },
  };
  const finish = async (summary, error) => {
    store.together(() => {
      store.addLines(summary.entries?.slice(kept) ?? []);
      store.addOutcomes(summary.outcome?.entries ?? summary.canary?.entries ?? []);
      if (summary.checkpoint) store.setText("checkpoint", summary.checkpoint);
    });
    const goesOn = ["requests", "time", "aborted", "failed"].includes(summary.reason);
    const ended =
      summary.reason === "limit" && isConfirmed(order)
        ? await beyondConfirmed(dlq, order, summary)
        : summary.reason;
    return {
      counts: countsOf(summary),
      ended: goesOn ? undefined : ended,
      ...pick(summary, isFollowing ? ["outcome"] : ["canary"]),
      error,
      waitUntil: waitUntil ?? (made === 0 ? Date.now() + IDLE_MS : undefined),
    };
  };
  try {
    const checkpoint = store.text("checkpoint");
    return await finish(
      checkpoint === undefined
        ? await dlq[all](...orderArguments(order, { ...limits, report: "entries" }))
        : await dlq.continueFrom(checkpoint, limits),
    );
  } catch (error) {
    if (!error.summary) throw error;
    // Not retryable: it is a list. While runs are followed, no entries are left to choose.
    const isEntry = error.code === "response_too_large" && !error.retryable && !isFollowing;
    return await finish(error.summary, isEntry ? ENTRY_TOO_LARGE : error);
  }
}

/**
 * How a job ends that has taken as many as were confirmed: `"complete"` where nothing else matches, `"confirmed"`
 * where more does by now, `"limit"` where that can't be known.
 */
async function beyondConfirmed(dlq, { selection, drive }, { failed, frozenToDate }) {
  // The bound is passed to the drive only where there are more ids.
  if (selection.dlqIds) return "confirmed";
  const { limit: _, ...what } = selection;
  const { toDate = frozenToDate } = what.filter ?? {};
  const filter = { ...what.filter, ...(toDate !== undefined && { toDate }) };
  const looked = Object.keys(filter).length > 0 ? { ...what, all: undefined, filter } : what;
  try {
    const { count, complete } = await dlq.preview(looked, {
      where: drive?.where,
      limit: failed + 1,
      maxRequests: LOOK_REQUESTS,
    });
    // What was refused is still there.
    if (count > failed) return "confirmed";
    return complete ? "complete" : "limit";
  } catch {
    return "limit";
  }
}

/** A slice of calls, one an entry. */
async function call({ order, store, env, signal, onProgress }) {
  const ids = order.selection.dlqIds.slice(0, mostOf(order));
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
  const most = requestsOf(env);
  const until = Date.now() + sliceMs(env);
  const attempts = Math.min(ATTEMPTS, most);
  const { dlq } = Client.fromEnv(accountOf(env), { onRequest, retry: { attempts } });
  const { at: reached, error } = await callAgain({
    dlq,
    ids,
    at,
    sent,
    signal,
    mayCall: () => made - requests + attempts <= most && Date.now() < until,
    sending: (now) => keep(now, true),
    known: (next, line) => {
      store.together(() => {
        store.addLines([line]);
        keep(next, false);
      });
      const now = counts();
      onProgress({ counts: now, of: ids.length });
      return line.outcome === "failed" && now.done === 0 && now.failed === REFUSALS;
    },
  });
  if (error) keep(reached, false);
  const isOver = reached === ids.length && !error;
  const whole = ids.length === order.selection.dlqIds.length ? "complete" : "confirmed";
  return { counts: counts(), ended: isOver ? whole : undefined, error };
}

const pick = (source, names) =>
  Object.fromEntries(
    names.filter((name) => source[name] !== undefined).map((name) => [name, source[name]]),
  );
