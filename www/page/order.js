// A dialog's form as an order for a job.

const text = (value) => (value?.trim() ? value.trim() : undefined);
// What is no number is left to the package, which says what to write instead.
const numeric = (value) => {
  const trimmed = text(value);
  return trimmed === undefined || Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed);
};
/** An object without what is absent; nothing if all of it is. */
const only = (fields) => {
  const there = Object.entries(fields).filter(([, value]) => value !== undefined);
  return there.length > 0 ? Object.fromEntries(there) : undefined;
};

/** @param {Record<string, string>} form */
const overridesOf = (form) =>
  only({
    retries: numeric(form.retries),
    // As in the SDK, a plain number is seconds.
    delay: numeric(form.delay),
    retryDelay: text(form.retryDelay),
    flowControl: only({
      key: text(form.flowKey),
      rate: numeric(form.flowRate),
      period: numeric(form.flowPeriod),
      parallelism: numeric(form.flowParallelism),
    }),
    label: text(form.label)
      ?.split(/[\s,]+/)
      .filter(Boolean),
    failureCallback: text(form.failureCallback),
  });

const driveOf = (form, where) =>
  only({
    where,
    strategy: text(form.strategy),
    limit: numeric(form.limit),
    concurrency: numeric(form.concurrency),
    maxRunsPerSecond: numeric(form.maxRunsPerSecond),
    canary: text(form.canaryEntries) && {
      entries: numeric(form.canaryEntries),
      wait: (numeric(form.canaryWait) ?? 2_400) * 1000,
      maxFailedAgain: numeric(form.canaryFailed) ?? 0,
    },
  });

/** Whether an operation begins new runs, which can be paced and overridden. */
export const hasRuns = (operation) => operation === "resume" || operation === "restart";

/** The order of a form. */
export function orderOf({ operation, selection, where, form }) {
  const overrides = hasRuns(operation) ? overridesOf(form) : undefined;
  const drive = operation === "failureFunction" ? undefined : driveOf(form, where);
  return { operation, selection, ...(overrides && { overrides }), ...(drive && { drive }) };
}

/** A canary without its number of entries would be no canary at all. */
export function canaryIssues({ canaryEntries, canaryWait, canaryFailed }) {
  const half = !text(canaryEntries) && (text(canaryWait) || text(canaryFailed));
  if (!half) return [];
  const message = "Say how many entries go first, or leave the canary empty.";
  return [{ path: "drive.canary.entries", code: "canary_entries", message }];
}

/** Which field of the form an issue is about. */
const FIELDS = [
  ["overrides.retries", "retries"],
  ["overrides.delay", "delay"],
  ["overrides.retryDelay", "retryDelay"],
  ["overrides.flowControl.rate", "flowRate"],
  ["overrides.flowControl.period", "flowPeriod"],
  ["overrides.flowControl.parallelism", "flowParallelism"],
  ["overrides.flowControl", "flowKey"],
  ["overrides.label", "label"],
  ["overrides.failureCallback", "failureCallback"],
  ["drive.strategy", "strategy"],
  ["drive.limit", "limit"],
  ["drive.concurrency", "concurrency"],
  ["drive.maxRunsPerSecond", "maxRunsPerSecond"],
  ["drive.canary.wait", "canaryWait"],
  ["drive.canary.maxFailedAgain", "canaryFailed"],
  ["drive.canary", "canaryEntries"],
  ["name", "name"],
  ["reason", "reason"],
];
export const fieldOf = ({ path }) => FIELDS.find(([prefix]) => path.startsWith(prefix))?.[1];
