// What the page keeps of an entry: without payload and headers, so that fifty thousand fit.

const BODY_LENGTH = 2_000;
const ERROR_LENGTH = 200;

// Workflows, errors and labels are few; each text is kept once.
const texts = new Map();
function once(text) {
  const known = texts.get(text);
  if (known !== undefined) return known;
  texts.set(text, text);
  return text;
}

/** An id begins with the moment of the failure, where the service made it so. */
const failedAt = ({ dlqId, createdAt }) => {
  const moment = /^(\d{13})-\d+$/.exec(dlqId)?.[1];
  return moment ? Number(moment) : createdAt;
};

/** An entry of the service, made lean. */
export function lean(entry) {
  const body = once(String(entry.responseBody ?? "").slice(0, BODY_LENGTH));
  return {
    id: entry.dlqId,
    at: failedAt(entry),
    workflow: once(entry.workflowUrl ?? entry.url ?? ""),
    run: entry.workflowRunId ?? "",
    status: entry.responseStatus,
    body,
    error: errorOf(body),
    labels: labelsOf(entry),
    state: entry.failureFunctionState ?? entry.failureCallbackInfo?.state,
    ip: once(entry.callerIP ?? ""),
    key: once(entry.flowControlKey ?? ""),
  };
}

const lists = new Map();
function labelsOf({ labels, label }) {
  const all = labels?.length ? labels : label ? [label] : [];
  const key = all.join("\n");
  if (!lists.has(key)) lists.set(key, all);
  return lists.get(key);
}

const errors = new Map();
/** The error's message: that of the JSON, else the text. */
export function errorOf(body) {
  let error = errors.get(body);
  if (error !== undefined) return error;
  error = body;
  try {
    const parsed = JSON.parse(body);
    const message = parsed?.message ?? parsed?.error;
    if (typeof message === "string") error = message;
  } catch {
    // Not JSON: the body is the text.
  }
  error = once(error.slice(0, ERROR_LENGTH));
  errors.set(body, error);
  return error;
}

/** The part of the answer's body that stands for the message: what `where.responseBody` looks for. */
export const partFor = ({ body, error }) => {
  if (body.includes(error)) return error;
  // Inside JSON its quotes are escaped.
  return JSON.stringify(error).slice(1, -1);
};

const STATES = {
  CALLBACK_INPROGRESS: "running",
  CALLBACK_SUCCESS: "succeeded",
  CALLBACK_FAIL: "failed",
  CALLBACK_CANCELED: "cancelled",
};
export const stateName = (state) => STATES[state] ?? state;

/** The path, since workflows of one app share the rest. */
export function workflowName(url) {
  try {
    const { pathname, host } = new URL(url);
    return pathname === "/" ? host : pathname;
  } catch {
    return url;
  }
}
