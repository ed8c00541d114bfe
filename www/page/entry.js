// What the page keeps of an entry: without payload, headers and body, so that fifty thousand fit.

import { cut, messageOf, stepOf } from "./failure.js";
import { fingerprintOf } from "./fingerprint.js";
import { listed } from "./typed.js";

// Workflows, errors and labels are few; each text is kept once.
const texts = new Map();
function once(text) {
  if (!texts.has(text)) texts.set(text, text);
  return texts.get(text);
}

/** Labels of an entry that are kept. */
const LABELS = 100;
/**
 * A name as it is kept. It is the app's, and may hold what a stranger sent: whole, a thousand names of 100 KB take the
 * tab half a minute, since V8 hashes a text of more than 16,383 characters by its length alone.
 */
const named = (name = "") => once(cut(name));

/** An id begins with the moment of the failure, where the service made it so; `NaN` where nothing names it. */
const failedAt = ({ dlqId, createdAt, workflowCreatedAt }) => {
  const moment = /^(\d{13})-\d+$/.exec(dlqId)?.[1];
  if (moment) return Number(moment);
  return createdAt ?? workflowCreatedAt ?? Number.NaN;
};

const kinds = new Map();
function kindOf(error) {
  if (!kinds.has(error)) kinds.set(error, once(fingerprintOf(error)));
  return kinds.get(error);
}

/** An entry of the service, made lean. */
export function lean(given) {
  const entry = listed(given);
  const error = once(messageOf(entry));
  return {
    id: entry.dlqId,
    at: failedAt(entry),
    workflow: named(entry.workflowUrl ?? entry.url),
    run: entry.workflowRunId ?? "",
    status: entry.responseStatus,
    error,
    fingerprint: kindOf(error),
    step: once(stepOf(entry)),
    labels: labelsOf(entry),
    state: entry.failureFunctionState ?? entry.failureCallbackInfo?.state,
    ip: named(entry.callerIP),
    key: named(entry.flowControlKey),
  };
}

function labelsOf({ labels, label }) {
  const all = labels?.length ? labels : [label].filter(Boolean);
  return all.slice(0, LABELS).map(named);
}

const STATES = {
  CALLBACK_INPROGRESS: "running",
  CALLBACK_SUCCESS: "succeeded",
  CALLBACK_FAIL: "failed",
  CALLBACK_CANCELED: "cancelled",
};
export const stateName = (state) =>
  Object.hasOwn(STATES, state) ? STATES[state] : shownName(state);

/** Characters of a name that are shown. Names are the app's: one of a megabyte takes the page half a minute. */
const LONGEST_NAME = 300;
/** A name as it is shown. */
export const shownName = (name, longest = LONGEST_NAME) =>
  name.length > longest ? `${name.slice(0, longest)}…` : name;

/** Whether a text can be an id, as the command line has it: pasted into a terminal, a line break would run what follows. */
export const isId = (text) => !/[\s\p{Cc}\p{Bidi_Control}\ufffd]/u.test(text);

/** A message as people see it; a response without a body has none. */
export const errorName = (message) => message || "No body";

/** The path, since workflows of one app share the rest. */
export function workflowName(url) {
  try {
    const { pathname, host } = new URL(url);
    return shownName(pathname === "/" ? host : pathname);
  } catch {
    return shownName(url);
  }
}
