// Entries and logs as the service sends them, each field with its type. What is of another type counts as left out, so
// that one odd field takes neither the list nor an entry down.

import { isMoment } from "./zone.js";

/** Half a pair of surrogates is U+FFFD, as for the package and in a URL. */
const text = (value) => (typeof value === "string" ? value.toWellFormed() : undefined);
const moment = (value) => (isMoment(value) ? value : undefined);
const number = (value) => (Number.isFinite(value) ? value : undefined);
/** A status as the package compares it. */
const status = (value) =>
  Number.isInteger(value) && value >= 0 && value <= 999 ? value : undefined;
/** A body of another type has no message: the package reads it so. */
const body = (value) => (value === null || value === undefined ? undefined : (text(value) ?? ""));

const list = (type) => (value) =>
  Array.isArray(value) ? value.map(type).filter((one) => one !== undefined) : undefined;

/** An object's own fields, by their types. */
const object = (types) => {
  const all = Object.entries(types);
  return (value) => {
    const given = Object(value);
    const found = {};
    for (const [name, type] of all) {
      const one = Object.hasOwn(given, name) ? type(given[name]) : undefined;
      if (one !== undefined) found[name] = one;
    }
    return found;
  };
};

/** Headers, each with a list of values. */
function headers(value) {
  if (typeof value !== "object") return undefined;
  const given = Object.entries(value ?? {}).filter(([, values]) => values !== null);
  return Object.fromEntries(
    given.map(([name, values]) => [name, [values].flat().map((one) => text(one) ?? "")]),
  );
}

const LISTED = {
  dlqId: text,
  createdAt: moment,
  workflowCreatedAt: moment,
  workflowUrl: text,
  url: text,
  workflowRunId: text,
  responseStatus: status,
  responseBody: body,
  responseBodyBase64: body,
  responseHeader: headers,
  labels: list(text),
  label: text,
  failureFunctionState: text,
  failureCallbackInfo: object({ state: text, responseBody: text, responseStatus: number }),
  callerIP: text,
  flowControlKey: text,
};

/** What the table keeps of an entry. */
export const listed = object(LISTED);

/** All that is shown of an entry. */
export const entryOf = object({
  ...LISTED,
  messageId: text,
  method: text,
  header: headers,
  body: text,
  bodyBase64: text,
  maxRetries: number,
  parallelism: number,
  rate: number,
  period: number,
  failureCallback: text,
});

const error = object({ time: moment, status: number, error: text, body: text });
const step = object({
  stepName: text,
  stepType: text,
  state: text,
  createdAt: moment,
  errors: list(error),
});
const run = object({
  dlqId: text,
  workflowRunCreatedAt: moment,
  workflowRunCompletedAt: moment,
  steps: list(object({ type: text, steps: list(step) })),
});

/** The runs of a response with logs. */
export const runsOf = (value) => list(run)(value) ?? [];
