// Whether the service honours each filter, and which date a range compares, tested with entries of the queue. All
// requests are lists.

import { momentOfId } from "../dates.js";
import { DlqError, ValidationError } from "../errors.js";
import { describe } from "../messages.js";
import { ok, unknown, warning } from "./check.js";
import { createdAt, idOf, runCreatedAt, VALUES } from "./entries.js";
import { LIST_MAX } from "./queue.js";

const DAY_MS = 86_400_000;
const STATES = ["CALLBACK_INPROGRESS", "CALLBACK_SUCCESS", "CALLBACK_FAIL", "CALLBACK_CANCELED"];
const IGNORED =
  "do not use it: a drive that lists entries ends with filter_not_honoured, and strategy pages acts on entries that do not match";

const SAFE = "a drive with it acts on matching entries only";

/** A value of each filter that no entry has; `undefined` if each possible value is in use. */
const STRANGERS = {
  workflowUrl: () => "https://doctor.invalid/",
  workflowRunId: () => "wfr_doctor",
  workflowCreatedAt: () => 1,
  label: () => "upstash-workflow-dlq.doctor",
  failureFunctionState: (entries) => {
    const seen = new Set(entries.flatMap(VALUES.failureFunctionState));
    return STATES.find((state) => !seen.has(state));
  },
  callerIp: () => "192.0.2.1",
  flowControlKey: () => "upstash-workflow-dlq.doctor",
  fromDate: (_, now) => now + DAY_MS,
  toDate: () => 1,
};

/**
 * The first page that a filter selects.
 *
 * @returns {Promise<{ entries: object[] } | { refusal: DlqError }>}
 */
const listed = async (dlq, filter, { signal }) => {
  const drive = { signal, pageSize: LIST_MAX, maxRequests: 1 };
  const entries = [];
  try {
    for await (const { messages } of dlq.listPages({ filter }, drive)) entries.push(...messages);
    return { entries };
  } catch (refusal) {
    if (!(refusal instanceof DlqError)) throw refusal;
    return { refusal };
  }
};

/** Whether a list contains an entry. */
const has = (entries, entry) => entries.some((one) => idOf(one) === idOf(entry));

/** The name of a filter's check. */
const nameOf = (field) => `filter.${field}`;
/** The names of the checks, in order. */
export const FILTERS = Object.keys(STRANGERS).map(nameOf);

/**
 * The check of a filter whose request was refused.
 *
 * @param {string} [said] the reason, without data of an entry: the report may be published
 */
const refused = (name, refusal, said = refusal.message) => {
  if (refusal.code === "filter_not_honoured") return ignored(name);
  if (refusal instanceof ValidationError) {
    return unknown(
      name,
      "the values of the listed entries are not valid in a request",
      "preview before a drive",
    );
  }
  return refusal.code === "bad_request"
    ? warning(name, `refused: ${said}`, "select by another filter", { honoured: false })
    : unknown(name, said, "run the doctor again later");
};

/** The same for a request with a value of an entry, which the service's message may repeat. */
const refusedOwn = (name, refusal) => {
  const { code, operation, status, attempts } = refusal;
  return refused(name, refusal, describe({ code, op: operation, status, attempts }));
};

const ignored = (name) => warning(name, "the service ignores it", IGNORED, { honoured: false });

/** Tests a value that no entry has. `undefined` if it selects nothing, as it should; otherwise the check. */
const checkStranger = async (dlq, field, value, options) => {
  const { entries, refusal } = await listed(dlq, { [field]: value }, options);
  if (refusal) return refused(nameOf(field), refusal);
  return entries.length > 0 ? ignored(nameOf(field)) : undefined;
};

/** Tests whether the value of an entry selects that entry. */
const checkOwn = async (dlq, field, entry, options) => {
  const name = nameOf(field);
  const [value] = VALUES[field](entry);
  const { entries, refusal } = await listed(dlq, { [field]: value }, options);
  if (refusal) return refusedOwn(name, refusal);
  if (has(entries, entry)) {
    return ok(name, "selects matching entries", SAFE, { honoured: true });
  }
  if (entries.length >= LIST_MAX) {
    return unknown(name, "more entries match than fit on a page", "preview before a drive");
  }
  const follows = "a drive with it misses entries: select by another filter";
  return warning(name, "misses an entry that matches", follows, { honoured: false });
};

/** Tests whether a filter selects exactly the matching entries. */
const checkFilter = async (dlq, field, { first }, options) => {
  const name = nameOf(field);
  const stranger = STRANGERS[field](first, Date.now());
  const entry = first.find((one) => VALUES[field]?.(one).length > 0);
  if (first.length === 0 || (stranger === undefined && entry === undefined)) {
    return unknown(name, "the queue has no entry to test it with", "preview before a drive");
  }
  const found = stranger !== undefined && (await checkStranger(dlq, field, stranger, options));
  if (found) return found;
  if (entry) return await checkOwn(dlq, field, entry, options);
  return ok(name, "selects no entry that does not match", SAFE, { honoured: true });
};

/** The checks of all filters. */
export const checkFilters = async (dlq, queue, options) => {
  const checks = [];
  for (const field of Object.keys(STRANGERS)) {
    checks.push(await checkFilter(dlq, field, queue, options));
  }
  return checks;
};

const RANGE = "rangeDate";
const MARGIN = "add a margin at both ends of a range";

/** The dates that a range may compare, each with the consequence for a drive. */
const DATES = {
  failure: [momentOfId, ok, "fromDate and toDate compare the time of the failure"],
  message: [
    createdAt,
    warning,
    "fromDate and toDate compare the creation of the step's message, before its retries: start the range earlier",
  ],
  run: [
    runCreatedAt,
    warning,
    "fromDate and toDate compare the start of the run, not its failure: start the range earlier",
  ],
};

/** Which date `fromDate` and `toDate` compare, tested with an entry whose three dates differ. */
export const checkDates = async (dlq, { first }, filters, options) => {
  const isIgnored = ({ name, data }) => /Date$/.test(name) && data.honoured === false;
  if (filters.some(isIgnored)) {
    return unknown(RANGE, "the service does not honour the range", "select by another filter");
  }
  const datesOf = (entry) => Object.values(DATES).map(([read]) => read(entry));
  const entry = first.find((one) => {
    const dates = datesOf(one);
    return !dates.includes(undefined) && new Set(dates).size === dates.length;
  });
  if (entry === undefined) return unknown(RANGE, "no entry has dates that differ", MARGIN);
  const dates = [];
  for (const [date, [read]] of Object.entries(DATES)) {
    const at = read(entry);
    const { entries, refusal } = await listed(dlq, { fromDate: at, toDate: at }, options);
    if (refusal) return refusedOwn(RANGE, refusal);
    if (has(entries, entry)) dates.push(date);
  }
  const data = { dates };
  if (dates.length === 1) {
    const [, status, follows] = DATES[dates[0]];
    return status(RANGE, `a range compares the date of the ${dates[0]}`, follows, data);
  }
  const found =
    dates.length > 1
      ? "a range matches more than one date"
      : "a range matches none of an entry's dates";
  return unknown(RANGE, found, MARGIN, data);
};
