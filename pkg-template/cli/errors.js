// Errors as lines for people, in the words of the command line.

import { FAILURES } from "../messages.js";
import { DlqError, ValidationError } from "../public.js";
import { EXIT, UsageError } from "./exit.js";
import { FLAGS, flagOfPath } from "./flags.js";
import { red } from "./text.js";

// Messages that name flags in place of options.
const SAID_HERE = {
  selection_missing:
    "nothing is selected: write ids, - (ids on standard input), a filter, or --all",
  selection_conflict: "write only one of ids, filters and --all",
  empty_filter: "nothing is selected: write a filter, or --all to select all entries",
  empty_dlq_ids: "there are no ids: write at least one, or --all to select all entries",
  pages_with_ids: "ids are sent in batches: leave it out, or write batches or each",
  pages_with_where: "can't check --where-…: leave it out, or write batches or each",
  where_with_ids: "is for filters and --all: leave it out",
  freeze_needs_bound:
    "without a bound, a run that fails again is resumed again without end: add --limit, --max-requests or --time-budget",
  bad_date:
    "must be ISO 8601 with a zone (2026-01-31T03:00:00Z), milliseconds, or 2h for two hours ago",
  date_order: "--from-date is after --to-date: swap them",
  flow_control_without_key: "is missing: --set-parallelism, --set-rate and --set-period need it",
  flow_control_without_limit: "needs a limit: write --set-parallelism, --set-rate or --set-period",
  comma_in_value: "contains a comma, at which the service splits: repeat the flag for each value",
  token_missing:
    "QSTASH_TOKEN is missing: set it in the environment (read -rs QSTASH_TOKEN && export QSTASH_TOKEN)",
  base_url_credentials: "contains credentials, which ps would show: set QSTASH_TOKEN instead",
  base_url_query:
    "contains a query or a fragment: write only the address; a token belongs in QSTASH_TOKEN",
  base_url_insecure: "would send the token unencrypted: write https://, or add --allow-insecure",
  region_not_used: "can't be combined with --base-url: leave one of the two out",
  base_url_relative: "is relative: write https://…",
  reserved_name: "has its own flag, or is not a query parameter of the service: leave it out",
};

const NAMED = { "options.token": "QSTASH_TOKEN", selection: "selection" };

// A path that several flags stand for is named after the first.
const nameOf = (path, places) => {
  if (NAMED[path]) return NAMED[path];
  if (path.startsWith("env.")) return path.slice("env.".length);
  const id = /^selection(?:\.dlqIds)?\[(\d+)\]$/.exec(path);
  if (id) return places?.[id[1]] ?? `id ${Number(id[1]) + 1}`;
  const flag = flagOfPath(path) ?? FLAGS.find((one) => one.path?.startsWith(`${path}.`));
  return flag ? `--${flag.name}` : path;
};

/** One line for each issue. */
const issueLines = ({ issues }, places) =>
  issues.map(({ path, code, message }) => {
    const name = nameOf(path, places);
    const said = SAID_HERE[code] ?? message.replaceAll(path, name);
    return name === "selection" || said.startsWith(name) ? said : `${name}: ${said}`;
  });

// The flags for the options that a failure's sentence names.
const OPTIONS_HERE = { baseUrl: "QSTASH_URL or --base-url", timeout: "--timeout" };
const TOO_LARGE =
  "The response is larger than --max-response-size: raise it (default: 64MiB), or select by ids, which need no list";
const inFlags = (message) =>
  message
    .replace(FAILURES.response_too_large, TOO_LARGE)
    .replace(
      /\b(of|check|that|raise) (baseUrl|timeout)\b/g,
      (_, verb, name) => `${verb} ${OPTIONS_HERE[name]}`,
    )
    .replace("try again after resetAt", "try again later");

const CHECKPOINT_TOLD = {
  checkpoint_damaged: "The checkpoint is damaged: write another --checkpoint file",
  checkpoint_hook: "The checkpoint or the report can't be written, so nothing more was sent",
};

/** The line for an error of checkpoints; `undefined` for other errors. */
const checkpointLine = ({ code, detail }) => {
  if (code === "checkpoint_mismatch") {
    const cause = detail.replace("the baseUrl", "QSTASH_URL or --base-url");
    return `The checkpoint does not fit: ${cause}. Write the options of the earlier command, or another --checkpoint file`;
  }
  const said = CHECKPOINT_TOLD[code];
  return said && [said, detail].filter(Boolean).join(": ");
};

/**
 * The lines that describe an error, and the exit code.
 *
 * @param {string[]} [places] where each id was written
 */
export const told = (error, places) => {
  if (error instanceof UsageError) return { lines: error.message.split("\n"), code: EXIT.usage };
  if (error instanceof ValidationError)
    return { lines: issueLines(error, places), code: EXIT.usage };
  if (error instanceof DlqError) {
    const begun = error.summary !== undefined || !error.code.startsWith("checkpoint_");
    const lines = [checkpointLine(error) ?? inFlags(error.message)];
    if (error.resetAt) lines.push(`The limit resets at ${new Date(error.resetAt).toISOString()}`);
    if (error.requestId) lines.push(`Request id: ${error.requestId}`);
    return { lines, code: begun ? EXIT.failed : EXIT.usage };
  }
  // Unexpected: the stack is for a bug report.
  return { lines: String(error?.stack ?? error).split("\n"), code: EXIT.failed };
};

/** Prints an error. @returns {Promise<number>} the exit code */
export const tellError = async (error, output, places) => {
  const { lines, code } = told(error, places);
  for (const line of lines) output.note([red("error:"), ` ${line}`]);
  const data = error instanceof DlqError ? error.toJSON() : { message: String(error?.message) };
  const { summary: _, checkpoint: __, ...shown } = data;
  await output.event("error", shown);
  return code;
};
