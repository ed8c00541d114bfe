// What a job is asked to do, checked before anything is begun.

import { Client, ValidationError } from "upstash-workflow-dlq";
import * as v from "valibot";
import { accountOf } from "./account.js";
import { Refusal } from "./refusal.js";

export const MOST_IDS = 50_000;
/** Bytes of an order: ids of 20 characters, and some room. */
export const MOST_BYTES = 1_500_000;

// Of what an order says besides its ids: it is kept, and sent to whoever watches the job.
const MOST_JSON = 32_768;
const LONGEST_TEXT = 4_000;
const DEEPEST = 8;

/** Characters of a key that a refusal quotes, as in those of the package. */
const LONGEST_KEY = 120;

/** Each operation's name among the package's, and what its count is called there. */
export const OPERATIONS = {
  resume: { all: "resumeAll", pages: "resumePages", done: "resumed", overrides: true },
  restart: { all: "restartAll", pages: "restartPages", done: "restarted", overrides: true },
  delete: { all: "deleteAll", pages: "deletePages", done: "deleted", overrides: false },
  failureFunction: { done: "called", overrides: false },
};

const TOO_LARGE = `Too large: ${MOST_JSON} characters in all, ${LONGEST_TEXT} in a text, ${DEEPEST} levels.`;

/** The path of an issue. Its keys are of the request: one may be as long as a body. */
const pathOf = ({ path = [] }) =>
  path.map(({ key }) => String(key).slice(0, LONGEST_KEY).toWellFormed()).join(".");

const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value of JSON is small enough to be kept, with no text in it that is longer than any real one. */
function isBounded(value) {
  const bounded = (one, depth) => {
    if (typeof one === "string") return one.length <= LONGEST_TEXT;
    if (typeof one !== "object" || one === null) return true;
    return depth < DEEPEST && Object.values(one).every((inner) => bounded(inner, depth + 1));
  };
  return bounded(value, 0) && JSON.stringify(value).length <= MOST_JSON;
}

const text = (from, to, message) =>
  v.pipe(
    v.string(message),
    v.check((value) => value.trim().length >= from && value.length <= to, message),
  );
const count = v.pipe(
  v.number("A whole number, 1 or more."),
  v.safeInteger("A whole number."),
  v.minValue(1, "1 or more."),
);
const object = v.pipe(v.custom(isPlain, "An object."), v.check(isBounded, TOO_LARGE));

const DRIVE = [
  "strategy",
  "limit",
  "pageSize",
  "concurrency",
  "maxRunsPerSecond",
  "where",
  "canary",
];

/** What an order is, apart from what the package knows better: filters, overrides, numbers of a drive. */
const ORDER = v.strictObject(
  {
    id: v.pipe(
      v.string("A UUID."),
      v.regex(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/, "A UUID, in lower case."),
    ),
    name: text(1, 100, "Name the incident, in up to 100 characters."),
    reason: v.optional(text(0, 1_000, "Up to 1,000 characters."), ""),
    operation: v.picklist(Object.keys(OPERATIONS), `One of ${Object.keys(OPERATIONS).join(", ")}.`),
    selection: v.pipe(
      v.custom(isPlain, "An object: { dlqIds: […] }, { filter: { … } } or { all: true }."),
      v.looseObject({
        dlqIds: v.optional(
          v.pipe(
            // First: each id that is wrong makes an issue, and a body has room for 700,000.
            v.custom((ids) => !(ids?.length > MOST_IDS), `Up to ${MOST_IDS}: choose by a filter.`),
            v.array(text(1, 200, "An id: a text of up to 200 characters.")),
          ),
        ),
      }),
      v.check(({ dlqIds, ...rest }) => isBounded(rest), TOO_LARGE),
    ),
    overrides: v.optional(object),
    drive: v.optional(
      v.pipe(
        object,
        v.rawCheck(({ dataset: { value }, addIssue }) => {
          for (const key of Object.keys(value).filter((name) => !DRIVE.includes(name))) {
            addIssue({
              message: "A job has no such option.",
              path: [{ type: "object", origin: "value", input: value, key, value: value[key] }],
            });
          }
        }),
      ),
    ),
    confirmed: v.optional(count),
    follow: v.optional(v.boolean("true or false.")),
  },
  ({ expected }) => (expected === "never" ? "There is no such field." : "Send an object."),
);

/** What the parts of an order have to be to each other. */
function* contradictions({ operation, selection, overrides, drive, follow }) {
  const { dlqIds } = selection;
  if (!OPERATIONS[operation].overrides && overrides !== undefined) {
    yield ["overrides", "Only what is resumed or restarted can have overrides."];
  }
  if (!OPERATIONS[operation].overrides && follow) {
    yield ["follow", "Only what is resumed or restarted has new runs to follow."];
  }
  if (operation !== "failureFunction") return;
  if (!(dlqIds?.length > 0) || Object.keys(selection).length > 1) {
    yield ["selection", "Failure functions are run again for ids: { dlqIds: […] }."];
  }
  if (drive !== undefined) yield ["drive", "Failure functions are called one after the other."];
}

/** An order without what only a job needs: what a form has before the job has a name. */
const DRAFT = v.omit(ORDER, ["id", "name", "reason", "confirmed", "follow"]);

/**
 * The order of a schema, if it can be carried out.
 *
 * @throws {Refusal} 400 with all that is wrong
 */
async function valid(schema, body, env) {
  const { success, output: order, issues: found = [] } = v.safeParse(schema, body);
  const issues = found.map((issue) => ({
    path: pathOf(issue),
    code: "invalid",
    message: issue.message,
  }));
  if (success) {
    for (const [path, message] of contradictions(order))
      issues.push({ path, code: "invalid", message });
  }
  if (issues.length === 0) issues.push(...(await refusedByThePackage(order, env)));
  if (issues.length > 0)
    throw new Refusal(400, "invalid", issues[0].message, { issues: issues.slice(0, 100) });
  return order;
}

/**
 * Checks the order of a form that is being filled in.
 *
 * @throws {Refusal} 400 with all that is wrong
 */
export const checkDraft = (body, env) => valid(DRAFT, body, env);

/**
 * The order of a job, if it can be carried out. Ids are there once each.
 *
 * @throws {Refusal} 400 with all that is wrong
 */
export async function checked(body, env) {
  const order = await valid(ORDER, body, env);
  const { selection } = order;
  return selection.dlqIds
    ? { ...order, selection: { ...selection, dlqIds: [...new Set(selection.dlqIds)] } }
    : order;
}

/** How many entries an order takes at most: what was confirmed, and every limit that it names. */
export function mostOf({ confirmed, selection, drive }) {
  const bounds = [confirmed, selection.limit, drive?.limit].filter((bound) => bound !== undefined);
  return bounds.length > 0 ? Math.min(...bounds) : undefined;
}

/** Whether the bound of an order is what a person confirmed, rather than a limit that was asked for. */
export const isConfirmed = ({ confirmed, selection, drive }) =>
  confirmed < Math.min(selection.limit ?? Infinity, drive?.limit ?? Infinity);

/** The arguments of a drive: a deletion has no overrides. */
export const driveArguments = ({ operation, selection, overrides }, drive) =>
  OPERATIONS[operation].overrides ? [selection, overrides ?? {}, drive] : [selection, drive];

/** Whether an order's new runs are followed to their end: where there are any, unless it says otherwise. */
export const isFollowed = ({ operation, follow = true }) =>
  follow && OPERATIONS[operation].overrides;

/** The arguments of an order's own drive, with its bound in one place. */
export function orderArguments(order, options) {
  const { limit: _, ...selection } = order.selection;
  const limit = mostOf(order);
  // Ids are their own bound: one that is as high would end the drive by its limit.
  const isBound = limit !== undefined && !(selection.dlqIds?.length <= limit);
  const drive = { ...order.drive, limit: isBound ? limit : undefined, ...options };
  return driveArguments({ ...order, selection }, drive);
}

/** A drive that is made and not begun has been checked. */
async function refusedByThePackage(order, env) {
  const { pages } = OPERATIONS[order.operation];
  if (!pages) return [];
  const drive = Client.fromEnv(accountOf(env)).dlq[pages](
    ...driveArguments(order, order.drive ?? {}),
  );
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
