// Whether the service honours each filter, and which date a range compares: tried out on entries that are
// there. All requests are lists.

import { momentOfId } from "../dates.js";
import { DlqError, ValidationError } from "../errors.js";
import { describe } from "../messages.js";
import { ok, unknown, warning } from "./check.js";
import { createdAt, idOf, runCreatedAt, VALUES } from "./entries.js";
import { LIST_MAX } from "./queue.js";

const DAY_MS = 86_400_000;
const STATES = ["CALLBACK_INPROGRESS", "CALLBACK_SUCCESS", "CALLBACK_FAIL", "CALLBACK_CANCELED"];
const UNHEARD =
  "do not use it: a drive that lists entries ends with filter_not_honoured, strategy pages acts on entries of others";

const SAFE = "a drive acts on nothing else";

/** What a filter is tried with that no entry has; `undefined` where every value may be somebody's. */
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

/** Whether an entry is one of a list. */
const has = (entries, entry) => entries.some((one) => idOf(one) === idOf(entry));

/** The check's name for a filter. */
const nameOf = (field) => `filter.${field}`;
/** The names of the checks, in order. */
export const FILTERS = Object.keys(STRANGERS).map(nameOf);

/**
 * What a refusal says of a filter.
 *
 * @param {string} [said] why, without anything of an entry: the report may be published
 */
const refused = (name, refusal, said = refusal.message) => {
  if (refusal.code === "filter_not_honoured") return ignored(name);
  if (refusal instanceof ValidationError) {
    return unknown(name, "the entries' own values can't be sent", "preview before a drive");
  }
  return refusal.code === "bad_request"
    ? warning(name, `refused: ${said}`, "select by another filter", { honoured: false })
    : unknown(name, said, "try again later");
};

/** The same where an entry's own value was sent, which the service's words may repeat. */
const refusedOwn = (name, refusal) => {
  const { code, operation, status, attempts } = refusal;
  return refused(name, refusal, describe({ code, op: operation, status, attempts }));
};

const ignored = (name) => warning(name, "the service ignores it", UNHEARD, { honoured: false });

/** Whether a value that no entry has selects nothing; a check, unless it does. */
const checkStranger = async (dlq, field, value, options) => {
  const { entries, refusal } = await listed(dlq, { [field]: value }, options);
  if (refusal) return refused(nameOf(field), refusal);
  return entries.length > 0 ? ignored(nameOf(field)) : undefined;
};

/** Whether the value of an entry selects that entry. */
const checkOwn = async (dlq, field, entry, options) => {
  const name = nameOf(field);
  const [value] = VALUES[field](entry);
  const { entries, refusal } = await listed(dlq, { [field]: value }, options);
  if (refusal) return refusedOwn(name, refusal);
  if (has(entries, entry)) {
    return ok(name, "selects what matches", SAFE, { honoured: true });
  }
  if (entries.length >= LIST_MAX) {
    return unknown(name, "more entries match than a page shows", "preview before a drive");
  }
  const follows = "a drive leaves entries out: select by another filter";
  return warning(name, "does not find an entry that matches", follows, { honoured: false });
};

/** Whether one filter selects what it should, and nothing else. */
const checkFilter = async (dlq, field, { first }, options) => {
  const name = nameOf(field);
  const stranger = STRANGERS[field](first, Date.now());
  const entry = first.find((one) => VALUES[field]?.(one).length > 0);
  if (first.length === 0 || (stranger === undefined && entry === undefined)) {
    return unknown(name, "there is no entry to try it on", "preview before a drive");
  }
  const found = stranger !== undefined && (await checkStranger(dlq, field, stranger, options));
  if (found) return found;
  if (entry) return await checkOwn(dlq, field, entry, options);
  return ok(name, "selects nothing that does not match", SAFE, { honoured: true });
};

/** One check for each filter. */
export const checkFilters = async (dlq, queue, options) => {
  const checks = [];
  for (const field of Object.keys(STRANGERS)) {
    checks.push(await checkFilter(dlq, field, queue, options));
  }
  return checks;
};

const RANGE = "rangeDate";
const ROOM = "leave some room at both ends of a range";

/** The dates that a range may mean, each with what follows for a drive. */
const DATES = {
  failure: [momentOfId, ok, "fromDate and toDate select by when a run failed"],
  message: [
    createdAt,
    warning,
    "fromDate and toDate select by when the step's message was created, before its retries: begin the range earlier",
  ],
  run: [
    runCreatedAt,
    warning,
    "fromDate and toDate select by when a run began, not when it failed: begin the range earlier",
  ],
};

/** Which date `fromDate` and `toDate` compare, by an entry that has three different ones. */
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
  if (entry === undefined) return unknown(RANGE, "no entry has dates that differ", ROOM);
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
  const found = dates.length > 1 ? "more than one date matches" : "it is none of an entry's dates";
  return unknown(RANGE, found, ROOM, data);
};
