// Entries, previews and summaries as text for people.

import { plain } from "./output.js";

const TITLES = {
  workflow: "Workflows",
  label: "Labels",
  status: "Statuses",
  error: "Errors",
  fingerprint: "Kinds of errors",
  step: "Failed steps",
  failureFunctionState: "Failure functions",
};
const MOST_VALUES = 5;
const ERROR_LENGTH = 80;
const VALUE_LENGTH = 200;

const count = (n) => n.toLocaleString("en-US");
const time = (ms) => (typeof ms === "number" ? new Date(ms).toISOString() : plain(ms));

/** An entry on one line, its fields apart by tabs. */
export const entryLine = (entry) =>
  [
    entry.dlqId,
    time(entry.createdAt),
    entry.responseStatus,
    (entry.labels ?? [entry.label ?? "-"]).join(","),
    entry.workflowUrl ?? entry.url,
    plain(entry.responseBody).slice(0, ERROR_LENGTH),
  ]
    .map(plain)
    .join("\t");

/** What a selection comes to. */
export const previewLines = (preview, paint) => {
  const { count: entries, complete, firstDate, lastDate, groups } = preview;
  const many = `${count(entries)} ${entries === 1 ? "entry" : "entries"}`;
  return [
    paint.bold(complete || entries === 0 ? many : `${many}, and that may not be all`),
    ...(firstDate === undefined ? [] : [`  from ${time(firstDate)} to ${time(lastDate)}`]),
    ...Object.entries(groups).flatMap(([name, group]) => groupLines(TITLES[name], group, paint)),
  ];
};

const groupLines = (title, { values, others }, paint) => {
  if (values.length === 0) return [];
  const rest = values.slice(MOST_VALUES).reduce((sum, { count: n }) => sum + n, others);
  const line = (n, text) => `${count(n).padStart(9)}  ${text}`;
  return [
    paint.dim(`  ${title}`),
    ...values
      .slice(0, MOST_VALUES)
      .map(({ key, count: n }) =>
        line(n, plain(key === "" ? "(no body)" : key).slice(0, VALUE_LENGTH)),
      ),
    ...(rest > 0 ? [line(rest, paint.dim("others"))] : []),
  ];
};

const REASONS = {
  complete: "nothing is left",
  limit: "the limit is reached",
  requests: "--max-requests is spent",
  time: "--time-budget is spent",
  aborted: "stopped",
  remaining: "the service lists entries that it does not take",
  canary: "too many of the first entries failed again",
  failed: "failed",
};

/** What a drive came to, on one line. */
export const summaryLine = (summary, done) => {
  const { reason, requests, elapsedMs } = summary;
  const counts = [done, "notFound", "unconfirmed", "failed"].map(
    (name) => `${count(summary[name] ?? 0)} ${name === "notFound" ? "not found" : name}`,
  );
  const took = `${count(requests)} ${requests === 1 ? "request" : "requests"}, ${(elapsedMs / 1000).toFixed(1)} s`;
  return `${counts.join(", ")}: ${REASONS[reason] ?? reason} (${took})`;
};
