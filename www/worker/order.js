// What a job is asked to do, checked before anything is begun.

import { Client, ValidationError } from "upstash-workflow-dlq";
import { Refusal } from "./refusal.js";

export const MOST_IDS = 50_000;

/** Each operation's name among the package's, and what its count is called there. */
export const OPERATIONS = {
  resume: { all: "resumeAll", pages: "resumePages", done: "resumed", overrides: true },
  restart: { all: "restartAll", pages: "restartPages", done: "restarted", overrides: true },
  delete: { all: "deleteAll", pages: "deletePages", done: "deleted", overrides: false },
  failureFunction: { done: "called", overrides: false },
};

const DRIVE = [
  "strategy",
  "limit",
  "pageSize",
  "concurrency",
  "maxRunsPerSecond",
  "where",
  "canary",
];
const FIELDS = ["id", "name", "reason", "operation", "selection", "overrides", "drive", "expected"];

/** The arguments of a drive: a delete has no overrides. */
export const driveArguments = ({ operation, selection, overrides }, drive) =>
  OPERATIONS[operation].overrides ? [selection, overrides ?? {}, drive] : [selection, drive];

/**
 * The order, if it can be carried out.
 *
 * @throws {Refusal} 400 with all that is wrong
 */
export async function checked(body, env) {
  const issues = [];
  const wrong = (path, message) => issues.push({ path, code: "invalid", message });
  const given = isPlain(body) ? body : {};
  if (given !== body) wrong("", "Send an object.");
  for (const name of Object.keys(given))
    if (!FIELDS.includes(name)) wrong(name, "There is no such field.");
  const { id, name, reason = "", operation, drive = {}, expected } = given;
  if (typeof id !== "string") wrong("id", "A UUID.");
  if (!isText(name, 1, 100)) wrong("name", "Name the incident, in up to 100 characters.");
  if (!isText(reason, 0, 1000)) wrong("reason", "Up to 1,000 characters.");
  if (expected !== undefined && !(Number.isSafeInteger(expected) && expected >= 0)) {
    wrong("expected", "A whole number.");
  }
  const known = Object.hasOwn(OPERATIONS, operation);
  if (!known) wrong("operation", `One of ${Object.keys(OPERATIONS).join(", ")}.`);
  if (!isPlain(drive)) wrong("drive", "An object.");
  else {
    for (const key of Object.keys(drive)) {
      if (!DRIVE.includes(key)) wrong(`drive.${key}`, "A job has no such option.");
    }
  }
  if (known && !OPERATIONS[operation].overrides && given.overrides !== undefined) {
    wrong("overrides", "Only what is resumed or restarted can have overrides.");
  }
  const ids = idsOf(given.selection);
  if (ids?.length > MOST_IDS) wrong("selection.dlqIds", `Up to ${MOST_IDS}: choose by a filter.`);
  if (operation === "failureFunction" && !ids?.every?.((one) => isText(one, 1, 200))) {
    wrong("selection", "Failure functions are run again for ids: { dlqIds: […] }.");
  }
  if (issues.length === 0) issues.push(...(await refusedByThePackage(given, env)));
  if (issues.length > 0) {
    throw new Refusal(400, "invalid", issues[0].message, { issues });
  }
  const order = Object.fromEntries(FIELDS.map((field) => [field, given[field]]));
  return { ...order, reason, selection: ids ? { dlqIds: [...new Set(ids)] } : given.selection };
}

const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value, from, to) =>
  typeof value === "string" && value.trim().length >= from && value.length <= to;

/** The ids of a selection by ids. */
function idsOf(selection) {
  const { dlqIds } = isPlain(selection) ? selection : {};
  return Array.isArray(dlqIds) && dlqIds.length > 0 ? dlqIds : undefined;
}

/** A drive that is made and not begun has been checked. */
async function refusedByThePackage(order, env) {
  const { pages } = OPERATIONS[order.operation];
  if (!pages) return [];
  const drive = Client.fromEnv(env).dlq[pages](...driveArguments(order, order.drive ?? {}));
  try {
    await drive.summary();
    return [];
  } catch (error) {
    if (error instanceof ValidationError) return error.issues;
    throw error;
  } finally {
    await drive.return();
  }
}
