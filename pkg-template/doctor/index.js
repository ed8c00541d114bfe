// What this account's service does where its documentation is silent, and what follows for a drive.

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

/** Checks that nothing can be said of where the queue can't be listed. */
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
    const follows = "nothing works: check that the token belongs to this region's address";
    return warning(name, `the token is not accepted (HTTP ${status})`, follows, { status });
  }
  if (failure)
    return unknown(name, failure.message, "nothing works until this does", { code: failure.code });
  return auth === "none"
    ? ok(name, "none is sent, and requests are accepted", "the gateway decides what is allowed")
    : ok(name, "accepted", "requests are allowed");
};

/** The queue, or why it can't be read. What is wrong with the caller's options is thrown. */
const queueOf = async (dlq, asked) => {
  try {
    return { queue: await readQueue(dlq, asked) };
  } catch (failure) {
    if (!(failure instanceof DlqError) || failure instanceof ValidationError) throw failure;
    return { failure };
  }
};

/**
 * Asks the service, and changes nothing.
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
    const why = "not looked at, since the queue can't be listed";
    checks.push(...OF_QUEUE.map((name) => unknown(name, why, "run this again once it can")));
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
