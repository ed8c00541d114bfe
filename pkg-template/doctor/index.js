// The doctor: how the service behaves for this account where its documentation is silent, and the consequences for a
// drive. It changes nothing.

import { AuthenticationError, DlqError, ValidationError } from "../errors.js";
import { ok, unknown, warning } from "./check.js";
import { checkDates, checkFilters, FILTERS } from "./filters.js";
import { observed } from "./observed.js";
import { checkListCap, checkOldestEntry, readQueue } from "./queue.js";
import { checkOtherRegion, checkRegion } from "./region.js";
import {
  checkClock,
  checkLogs,
  checkPermission,
  checkRateLimits,
  toDocumentedLogs,
} from "./service.js";

/** Checks that need a list of the queue. */
const OF_QUEUE = [
  "permission",
  "otherRegion",
  "listCap",
  "oldestEntry",
  ...FILTERS,
  "rangeDate",
  "logs",
];

const checkToken = ({ auth }, failure) => {
  const name = "token";
  if (failure instanceof AuthenticationError) {
    const { status } = failure;
    const follows =
      "no request is accepted: check that the token belongs to the region of this address";
    return warning(name, `the token is not accepted (HTTP ${status})`, follows, { status });
  }
  if (failure)
    return unknown(name, failure.message, "the service can't be used until this succeeds", {
      code: failure.code,
    });
  return auth === "none"
    ? ok(
        name,
        "none is sent, and requests are accepted",
        "the gateway decides which requests are allowed",
      )
    : ok(name, "accepted", "requests are allowed");
};

/** The queue, or the failure of reading it. An error in the caller's options is thrown. */
const queueOf = async (dlq, asked) => {
  try {
    return { queue: await readQueue(dlq, asked) };
  } catch (failure) {
    if (!(failure instanceof DlqError) || failure instanceof ValidationError) throw failure;
    return { failure };
  }
};

/**
 * Runs all checks.
 *
 * @param {typeof import("../index.js").Client} Client
 * @param {import("../index.js").ClientOptions} options of the client
 * @param {object} [env] environment variables of the client
 * @param {import("../index.js").DoctorOptions} [asked]
 * @returns {Promise<import("../index.js").DoctorReport>}
 */
export const doctor = async (Client, options, env, asked = {}) => {
  const { client, through, unwatched, events, responses } = observed(Client, options, env);
  const { dlq } = client;
  const { queue, failure } = await queueOf(dlq, asked);
  const region = checkRegion(options, env, events[0]?.url);
  const checks = [checkToken(options, failure), region];
  if (failure) {
    const why = "not checked, because the queue can't be listed";
    checks.push(...OF_QUEUE.map((name) => unknown(name, why, "run the doctor again when it can")));
  } else {
    const elsewhere = (name) => unwatched({ token: undefined, baseUrl: undefined, region: name });
    const filters = await checkFilters(dlq, queue, asked);
    checks.push(
      await checkPermission(dlq, asked),
      await checkOtherRegion(elsewhere, region.data.region, env, asked),
      checkListCap(queue),
      checkOldestEntry(queue, asked.retention),
      ...filters,
      await checkDates(dlq, queue, filters, asked),
      await checkLogs(client, through(toDocumentedLogs), asked),
    );
  }
  checks.push(checkClock(responses), checkRateLimits(responses));
  return { at: Date.now(), requests: events.length, checks };
};
