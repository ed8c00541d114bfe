// Entries, previews and summaries as text for people.

import { bold, dim, visible } from "./text.js";

/** The groups of a preview that are shown. Errors are masked: else each id would be one of its own. */
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

const count = (n) => n.toLocaleString("en-US");
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

/** What a selection comes to. */
export const previewLines = (preview) => {
  const { count: entries, complete, firstDate, lastDate, groups } = preview;
  const many = `${count(entries)} ${entries === 1 ? "entry" : "entries"}`;
  return [
    bold(complete || entries === 0 ? many : `${many}, and there may be more`),
    ...(firstDate === undefined ? [] : [`  from ${time(firstDate)} to ${time(lastDate)}`]),
    ...Object.entries(TITLES).flatMap(([name, title]) => groupLines(title, groups[name])),
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
  complete: "nothing is left",
  limit: "the limit is reached",
  requests: "--max-requests is spent",
  time: "--time-budget is spent",
  aborted: "stopped",
  remaining: "the service lists entries that it does not take",
  canary: "too many of the first entries failed again, or are being retried after an error",
  undecided: "the first entries have not finished in time",
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
