// What responses say of the service besides their bodies: its clock, its limits, its logs, and what the
// token may do.

import { AuthenticationError, DlqError } from "../errors.js";
import { ok, unknown, warning } from "./check.js";

/** An id that no entry has: it names a failure in 1970. */
const NO_ENTRY = "0-0";

/** The result of a call, or its failure. */
const outcome = async (call) => {
  try {
    return { value: await call() };
  } catch (error) {
    if (!(error instanceof DlqError)) throw error;
    return { error };
  }
};

/**
 * Whether the token may act, by the response to a request that can't: the failure function of an entry that
 * does not exist is to be run again. Its id is in the path, so that no gateway can lose it and act on all.
 */
export const checkPermission = async (dlq, { signal }) => {
  const name = "permission";
  const { error } = await outcome(() => dlq.retryFailureFunction({ dlqId: NO_ENTRY }, { signal }));
  if (error instanceof AuthenticationError) {
    return warning(
      name,
      `the token can only read (HTTP ${error.status})`,
      "preview and list work; resume, restart and delete are refused: use another token",
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
    error ? error.message : "the service claims to have acted on an entry that does not exist",
    "try resume on one id first",
  );
};

/** Half a second on average is lost by the header's resolution; a drive's grace period covers two. */
const SKEW_MS = 2_000;

/** The clock of this machine beside the service's, by the response that took least time. */
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
      "responses have no Date that can be read",
      "a drive bounds what it takes by this machine's clock, and corrects it by the first new run: keep it right",
      { date: false },
    );
  }
  const [{ date, sentAt, took }] = dated;
  const skewMs = Math.round(sentAt + took / 2 - (date + 500));
  const data = { date: true, skewMs };
  if (Math.abs(skewMs) <= SKEW_MS + took / 2) {
    return ok(
      name,
      "agrees with the service's",
      "a drive bounds what it takes by the service's clock",
      data,
    );
  }
  const seconds = (Math.abs(skewMs) / 1000).toFixed(0);
  return warning(
    name,
    `this machine is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the service`,
    "drives follow the service's clock; dates that you write, such as --from-date 2h, are off by as much",
    data,
  );
};

const LIMITS = { burst: "Burst-RateLimit", daily: "RateLimit", gateway: "X-RateLimit" };

/** The form of a reset: `undefined` for one that this package can't read. */
const formOf = (reset) => {
  const number = Number(reset);
  if (reset === "") return undefined;
  if (Number.isNaN(number)) return Number.isNaN(Date.parse(reset)) ? undefined : "date";
  if (number >= 1e11) return "milliseconds";
  return number >= 1e9 ? "seconds" : "delta";
};

/** Which rate-limit headers there are, in which form, and what is left of a day. */
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
      "responses have no rate-limit headers that can be read",
      "a drive slows down when it is refused (429), and waits for what that response says",
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
      "a drive may have to wait until tomorrow: it ends with a checkpoint, or give it a timeBudget",
      { limits },
    );
  }
  const unreadable = scopes.some((scope) => limits[scope].reset === undefined);
  return unreadable
    ? warning(name, found, "waits are guessed: lower concurrency", { limits })
    : ok(name, found, "a drive keeps to this pace", { limits });
};

const DOCUMENTED = "/v2/workflows/logs";
const SDKS = "/v2/workflows/events";
const GROUPED = `${SDKS}?groupBy=workflowRunId&`;

/** Requests for logs go to the documented path in place of the SDK's. */
export const toDocumentedLogs = (url) => url.replace(GROUPED, `${DOCUMENTED}?`);

const RUNS = "wfr_doctor_1@1,wfr_doctor_2@1";
const nameOf = (run) => `${run?.workflowRunId}@${run?.workflowRunCreatedAt}`;

/** Whether `workflowRuns` selects exactly the runs it names. `undefined` where there is no run to try it on. */
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
 * Which path has the logs of runs, and whether several runs can be asked for at once.
 *
 * @param {import("../index.js").Client} client asks the SDK's path
 * @param {import("../index.js").Client} documented asks the documented path
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
    if (failed) return unknown(name, failed.error.message, "try again later", data);
    return warning(
      name,
      "neither path has logs for this token",
      "follow and canary see failures in the DLQ alone, and count no run as succeeded",
      data,
    );
  }
  // A drive asks the documented path first.
  const [{ listsRuns }] = there;
  const found = `${there.map(({ path }) => path).join(" and ")} ${there.length > 1 ? "have" : "has"} the logs of runs`;
  if (listsRuns === undefined) {
    return unknown(
      name,
      `${found}, which are empty`,
      "follow tries whether runs can be asked for ten at a time",
      data,
    );
  }
  return listsRuns
    ? ok(name, `${found}, ten at a time`, "following n runs takes about n / 10 requests", data)
    : warning(
        name,
        `${found}; workflowRuns is not honoured`,
        "follow asks for one run at a time, ten times the requests: follow a sample",
        data,
      );
};
