// Reads the first pages of the queue: the page size of lists, and the age of the oldest entry.

import { failedAt } from "../dates.js";
import { ok, unknown, warning } from "./check.js";
import { idOf } from "./entries.js";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** The service's documented maximum of a list. */
export const LIST_MAX = 100;
/** Pages that are read to find the oldest entry. */
const PAGES_MAX = 10;

/**
 * @typedef {object} Queue
 * @property {object[]} first the entries of the first page that have an id
 * @property {number} pageSize entries on the first page
 * @property {number} count entries that were read
 * @property {boolean} complete whether these are all entries of the queue
 * @property {number} [oldest] milliseconds since 1970: the earliest failure
 */

/**
 * @param {import("../index.js").Dlq} dlq
 * @param {import("../index.js").DoctorOptions} options those of the caller; the core checks them
 * @returns {Promise<Queue>}
 */
export const readQueue = async (dlq, options) => {
  const bounds = { pageSize: LIST_MAX, maxRequests: PAGES_MAX };
  // The core refuses what is not an object.
  const drive =
    typeof options === "object" && options !== null ? { ...options, ...bounds } : options;
  const pages = dlq.listPages({ all: true }, drive);
  const queue = { first: [], pageSize: 0, count: 0, oldest: Number.POSITIVE_INFINITY };
  for await (const { messages } of pages) {
    if (queue.count === 0) {
      queue.first = messages.filter((entry) => idOf(entry) !== undefined);
      queue.pageSize = messages.length;
    }
    queue.count += messages.length;
    for (const entry of messages) {
      queue.oldest = Math.min(queue.oldest, failedAt(entry ?? {}) ?? queue.oldest);
    }
  }
  const { reason } = await pages.summary();
  return { ...queue, complete: reason === "complete" };
};

const shown = (count) => count.toLocaleString("en-US");

/** The maximum page size of the service. */
export const checkListCap = ({ pageSize, count, complete }) => {
  const data = { pageSize };
  const more = count > pageSize || !complete;
  if (pageSize >= LIST_MAX) {
    return ok(
      "listCap",
      `a list has the ${LIST_MAX} requested entries`,
      `reading n entries takes n / ${LIST_MAX} requests`,
      data,
    );
  }
  if (more && pageSize > 0) {
    return warning(
      "listCap",
      `a list of ${LIST_MAX} requested entries has ${pageSize}`,
      `listing takes ${Math.ceil(LIST_MAX / pageSize)} times as many requests: raise maxRequests accordingly`,
      data,
    );
  }
  return unknown(
    "listCap",
    `the queue has fewer than ${LIST_MAX} entries`,
    "nothing to do: drives follow cursors at any page size",
    data,
  );
};

const span = (ms) =>
  ms < 2 * DAY_MS ? `${Math.floor(ms / HOUR_MS)} hours` : `${Math.floor(ms / DAY_MS)} days`;

/** The age of the oldest entry, and whether it expires within a day. */
export const checkOldestEntry = ({ count, complete, oldest }, retention, now = Date.now()) => {
  if (count === 0) {
    return ok("oldestEntry", "the queue is empty", "there is nothing to resume", { count });
  }
  const seen = complete ? `${shown(count)} entries` : `the first ${shown(count)} entries`;
  if (oldest === Number.POSITIVE_INFINITY) {
    return unknown(
      "oldestEntry",
      `${seen} have no date`,
      "when they expire is unknown: resume soon",
      { count },
    );
  }
  const age = Math.max(0, now - oldest);
  const data = { count, complete, oldest, ageMs: age };
  const found = `the oldest of ${seen} failed ${new Date(oldest).toISOString()}, ${span(age)} ago`;
  if (retention === undefined) {
    return unknown(
      "oldestEntry",
      found,
      "set retention to the days that your plan keeps entries (3 on the free plan, 7 on pay as you go) to check when they expire",
      data,
    );
  }
  const left = retention * DAY_MS - age;
  const expires = { ...data, expiresAt: oldest + retention * DAY_MS };
  return left < DAY_MS
    ? warning(
        "oldestEntry",
        found,
        "entries have expired or expire within a day: resume now",
        expires,
      )
    : ok("oldestEntry", found, `the first one expires in ${span(left)}`, expires);
};
