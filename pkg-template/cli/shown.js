// Entries, previews and summaries as text for people.

import { bold, dim, visible } from "./text.js";

/** The groups of a preview that are shown. Errors are masked, so that messages with different ids are one group. */
const TITLES = {
  workflow: "Workflows",
  step: "Failed steps",
  status: "Statuses",
  fingerprint: "Errors, with numbers, ids and quoted text masked",
  label: "Labels",
  failureFunctionState: "Failure functions",
};
const MOST_VALUES = 5;
const ERROR_LENGTH = 80;
const VALUE_LENGTH = 200;

export const count = (n) => n.toLocaleString("en-US");
/** A date of the service, which may be out of range or of another type. */
const time = (ms) => {
  const date = new Date(typeof ms === "number" ? ms : Number.NaN);
  return Number.isNaN(date.valueOf()) ? visible(ms) : date.toISOString();
};

/** The name of the step that failed, as the workflow's SDK reports it. */
const stepOf = ({ responseHeader }) => {
  const found = Object.entries(responseHeader ?? {}).find(
    ([name]) => name.toLowerCase() === "upstash-error-step-name",
  );
  return found ? [found[1]].flat()[0] : "-";
};

/** The fields of an entry, as `list` prints them. */
export const entryFields = (entry) => [
  entry.dlqId,
  time(entry.createdAt),
  entry.responseStatus,
  stepOf(entry),
  Array.isArray(entry.labels) ? entry.labels.join(",") : (entry.label ?? "-"),
  entry.workflowUrl ?? entry.url,
  visible(entry.responseBody).slice(0, ERROR_LENGTH),
];

/** A preview. */
export const previewLines = (preview) => {
  const { count: entries, complete, firstDate, lastDate, groups, warnings } = preview;
  const many = `${count(entries)} ${entries === 1 ? "entry" : "entries"}`;
  return [
    bold(complete ? many : `${many}, and there may be more`),
    ...(firstDate === undefined ? [] : [`  from ${time(firstDate)} to ${time(lastDate)}`]),
    ...Object.entries(TITLES).flatMap(([name, title]) => groupLines(title, groups[name])),
    ...warnings.map(({ message }) => [bold("  warning: "), message]),
  ];
};

const nameOf = (key) => (key === "" ? "(no body)" : String(key).slice(0, VALUE_LENGTH));

const groupLines = (title, { values, others }) => {
  if (values.length === 0) return [];
  const rest = values.slice(MOST_VALUES).reduce((sum, { count: n }) => sum + n, others);
  const line = (n, text) => [`${count(n).padStart(9)}  `, text];
  return [
    dim(`  ${title}`),
    ...values.slice(0, MOST_VALUES).map(({ key, count: n }) => line(n, nameOf(key))),
    ...(rest > 0 ? [line(rest, dim("others"))] : []),
  ];
};

const REASONS = {
  complete: "complete",
  limit: "the limit is reached",
  requests: "--max-requests is used up",
  time: "--time-budget is used up",
  aborted: "stopped",
  remaining: "entries remain in the list that the service does not take",
  canary: "too many of the canary's runs failed again, or are being retried after an error",
  undecided: "the canary's runs did not finish in time",
  failed: "failed",
};

/** The result of a drive, on one line. */
export const summaryLine = (summary, done) => {
  const { reason, requests, elapsedMs } = summary;
  const counts = [done, "notFound", "unconfirmed", "failed"].map(
    (name) => `${count(summary[name] ?? 0)} ${name === "notFound" ? "not found" : name}`,
  );
  const took = `${count(requests)} ${requests === 1 ? "request" : "requests"}, ${(elapsedMs / 1000).toFixed(1)} s`;
  return `${counts.join(", ")}: ${REASONS[reason] ?? reason} (${took})`;
};

/** An error of runs that failed again. */
const errorOf = ({ status, error, step, count: n }) => {
  const what = [status, error].filter((part) => part !== undefined).join(": ");
  return `${String(what || step || "no error").slice(0, ERROR_LENGTH)}, ${count(n)}`;
};

const range = ({ low, high }) => `${count(low)} to ${count(high)}`;

/**
 * The outcome of the new runs, on one line.
 *
 * @param {import("../index.js").Outcome} outcome
 * @param {string} [done] for a drive: the number of entries and what was done to them
 */
export const outcomeLine = (outcome, done) => {
  const { runs, succeeded, failedAgain, canceled, running, retrying, unknown } = outcome;
  const { sample, errors = [], logs } = outcome;
  const few = errors.slice(0, 2).map(errorOf);
  const why =
    few.length > 0 ? ` (${few.join("; ")}${errors.length > few.length ? "; \u2026" : ""})` : "";
  const parts = [
    `${count(succeeded)} finished`,
    `${count(failedAgain)} failed again${why}`,
    canceled > 0 && `${count(canceled)} canceled`,
    retrying > 0 && `${count(retrying)} retrying after an error`,
    `${count(running)} running`,
    unknown > 0 &&
      `${count(unknown)} unknown${logs === false ? ", since the logs can't be read" : ""}`,
  ];
  const whole = sample
    ? `sample of ${count(runs)} of ${count(sample.of)} runs`
    : (done ?? `${count(runs)} ${runs === 1 ? "run" : "runs"}`);
  const estimate = sample
    ? ` \u00b7 of all, ${range(sample.succeeded)} finished and ${range(sample.failedAgain)} failed again`
    : "";
  return `${whole} \u2192 ${parts.filter(Boolean).join(" \u00b7 ")}${estimate}`;
};
