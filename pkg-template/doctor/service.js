// Properties of the service besides its queue: clock, rate limits, logs, and the permission of the token.

import { AuthenticationError, DlqError } from "../errors.js";
import { ok, unknown, warning } from "./check.js";

/** An id that no entry has: its failure would be in 1970. */
const NO_ENTRY = "0-0";

/** The result of a call, or its error. */
const outcome = async (call) => {
  try {
    return { value: await call() };
  } catch (error) {
    if (!(error instanceof DlqError)) throw error;
    return { error };
  }
};

/**
 * Whether the token may act, by a request without an effect: it reruns the failure function of an entry that does not
 * exist. The id is in the path, so that no gateway can drop it and act on all entries.
 */
export const checkPermission = async (dlq, { signal }) => {
  const name = "permission";
  const { error } = await outcome(() => dlq.retryFailureFunction({ dlqId: NO_ENTRY }, { signal }));
  if (error instanceof AuthenticationError) {
    return warning(
      name,
      `the token can only read (HTTP ${error.status})`,
      "preview and list work, resume, restart and delete do not: use another token",
      { acts: false },
    );
  }
  if (error?.status === 404 || error?.status === 400) {
    return ok(name, "the token may change entries", "resume, restart and delete are allowed", {
      acts: true,
    });
  }
  return unknown(
    name,
    error ? error.message : "the service reports success for an entry that does not exist",
    "resume a single id first",
  );
};

/** Tolerated difference. The header's resolution costs half a second on average; a drive's grace period covers 2 s. */
const SKEW_MS = 2_000;

/** The difference of this machine's clock from the service's, by the fastest response. */
export const checkClock = (responses) => {
  const name = "clock";
  const dated = responses
    .map(({ sentAt, receivedAt, header }) => ({
      date: Date.parse(header("Date") ?? ""),
      sentAt,
      took: receivedAt - sentAt,
    }))
    .filter(({ date }) => !Number.isNaN(date))
    .sort((a, b) => a.took - b.took);
  if (dated.length === 0) {
    return unknown(
      name,
      "responses have no readable Date header",
      "a drive takes its cutoff from this machine's clock and corrects it by the first new run: keep the clock synchronized",
      { date: false },
    );
  }
  const [{ date, sentAt, took }] = dated;
  const skewMs = Math.round(sentAt + took / 2 - (date + 500));
  const data = { date: true, skewMs };
  if (Math.abs(skewMs) <= SKEW_MS + took / 2) {
    return ok(
      name,
      "agrees with the service's clock",
      "a drive takes its cutoff from the service's clock",
      data,
    );
  }
  const seconds = (Math.abs(skewMs) / 1000).toFixed(0);
  return warning(
    name,
    `this machine is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the service`,
    "drives use the service's clock; relative dates, such as --from-date 2h, are off by this difference",
    data,
  );
};

const LIMITS = { burst: "Burst-RateLimit", daily: "RateLimit", gateway: "X-RateLimit" };

/** The format of a reset header: `undefined` if this package can't parse it. */
const formOf = (reset) => {
  const number = Number(reset);
  if (reset === "") return undefined;
  if (Number.isNaN(number)) return Number.isNaN(Date.parse(reset)) ? undefined : "date";
  if (number >= 1e11) return "milliseconds";
  return number >= 1e9 ? "seconds" : "delta";
};

/** The rate-limit headers, the format of their resets, and the remaining daily quota. */
export const checkRateLimits = (responses) => {
  const name = "rateLimits";
  const limits = {};
  for (const { header } of responses) {
    for (const [scope, prefix] of Object.entries(LIMITS)) {
      const limit = header(`${prefix}-Limit`);
      if (limit === undefined) continue;
      const remaining = Number(header(`${prefix}-Remaining`));
      const form = formOf(header(`${prefix}-Reset`) ?? "");
      limits[scope] = { limit: Number(limit), remaining, ...(form && { reset: form }) };
    }
  }
  const scopes = Object.keys(limits);
  if (scopes.length === 0) {
    return unknown(
      name,
      "responses have no readable rate-limit headers",
      "a drive slows down after a 429, and waits as long as its headers say",
    );
  }
  const found = scopes
    .map(
      (scope) =>
        `${LIMITS[scope]}-* (${limits[scope].limit} requests, reset as ${limits[scope].reset ?? "unreadable"})`,
    )
    .join(", ");
  const { daily } = limits;
  if (daily && daily.remaining < daily.limit / 10) {
    return warning(
      name,
      `${found}; ${daily.remaining} requests are left today`,
      "a drive may reach the daily limit: it then ends with a checkpoint, to continue from tomorrow",
      { limits },
    );
  }
  const unreadable = scopes.some((scope) => limits[scope].reset === undefined);
  return unreadable
    ? warning(
        name,
        found,
        "the time until a reset is unknown, so drives back off instead: lower concurrency",
        { limits },
      )
    : ok(name, found, "a drive stays within these limits", { limits });
};

const DOCUMENTED = "/v2/workflows/logs";
const SDKS = "/v2/workflows/events";
const GROUPED = `${SDKS}?groupBy=workflowRunId&`;

/** Changes the URL of a request for logs from the SDK's path to the documented one. */
export const toDocumentedLogs = (url) => url.replace(GROUPED, `${DOCUMENTED}?`);

const RUNS = "wfr_doctor_1@1,wfr_doctor_2@1";
const nameOf = (run) => `${run?.workflowRunId}@${run?.workflowRunCreatedAt}`;

/** Whether `workflowRuns` selects exactly the runs it names; `undefined` if there is no run to test it with. */
const honoursRuns = async (client, runs, request) => {
  const ask = (workflowRuns) =>
    outcome(() => client.logs({ count: 10 }, { ...request, query: { workflowRuns } }));
  if (runs.length === 0) return undefined;
  const none = await ask(RUNS);
  if (none.error) return false;
  if (none.value?.runs?.length !== 0) return false;
  const wanted = runs.slice(0, 2).map(nameOf);
  const some = await ask(wanted.join(","));
  const got = some.value?.runs;
  return Array.isArray(got) && wanted.every((name) => got.some((run) => nameOf(run) === name));
};

const logsAt = async (path, client, { signal }) => {
  const { value, error } = await outcome(() => client.logs({ count: 2 }, { signal }));
  const runs = Array.isArray(value?.runs) ? value.runs : [];
  if (error) return { path, exists: ![403, 404, 405].includes(error.status) && undefined, error };
  return { path, exists: true, listsRuns: await honoursRuns(client, runs, { signal }) };
};

/**
 * Which paths have the logs of runs, and whether a request can select several runs.
 *
 * @param {import("../index.js").Client} client requests the SDK's path
 * @param {import("../index.js").Client} documented requests the documented path
 */
export const checkLogs = async (client, documented, options) => {
  const name = "logs";
  const paths = [
    await logsAt(DOCUMENTED, documented, options),
    await logsAt(SDKS, client, options),
  ];
  const data = Object.fromEntries(
    paths.map(({ path, exists, listsRuns }) => [path, { exists, workflowRuns: listsRuns }]),
  );
  const there = paths.filter(({ exists }) => exists);
  if (there.length === 0) {
    const failed = paths.find(({ exists }) => exists === undefined);
    if (failed) return unknown(name, failed.error.message, "run the doctor again later", data);
    return warning(
      name,
      "neither path has logs for this token",
      "follow and canary see only failures, in the DLQ, and count no run as succeeded",
      data,
    );
  }
  // A drive uses the documented path if there is one.
  const [{ listsRuns }] = there;
  const found = `${there.map(({ path }) => path).join(" and ")} ${there.length > 1 ? "have" : "has"} the logs of runs`;
  if (listsRuns === undefined) {
    return unknown(
      name,
      `${found}, which are empty`,
      "follow finds out by itself whether it can request ten runs at a time",
      data,
    );
  }
  return listsRuns
    ? ok(name, `${found}, ten at a time`, "following n runs takes about n / 10 requests", data)
    : warning(
        name,
        `${found}; workflowRuns is not honoured`,
        "follow requests one run at a time, ten times as many requests: follow a sample",
        data,
      );
};
