// Every flag, defined once: the parser, the help, the names in error messages and the table in the
// README are derived from it. `path` is the place of its value in the arguments of the API.

const READS = ["list", "preview"];
const DRIVES = ["resume", "restart", "delete"];
const RUNS = ["resume", "restart"];
const FOLLOWS = ["follow", ...RUNS];
const SELECTS = [...READS, ...DRIVES];
const BOUNDED = [...SELECTS, "follow"];
const ACTS = [...DRIVES, "retry-failure-function"];

/** What each command does, in the order of the help. */
export const COMMANDS = {
  list: "list entries; changes nothing",
  preview: "count and group the selected entries; changes nothing",
  resume: "continue each run from the step that failed",
  restart: "run each run again from its first step",
  delete: "delete entries permanently",
  follow: "wait for new runs to end and report their outcome; changes nothing",
  "retry-failure-function": "run the failure functions of entries again",
  doctor: "check how the service behaves for this account; changes nothing",
};

/**
 * Kinds of values: `text`, `date` and `span` (milliseconds), `duration` (the service's own), `number`, `size` (bytes),
 * `status` (a number, or a class such as 5xx), `pair` (name=value); `on` and `off` take none. `many`: may be repeated.
 */
const group = (title, commands, flags) =>
  flags.map((flag) => ({ group: title, commands, kind: "text", ...flag }));

const filter = (name, path, value, help, more) => ({
  name,
  path: `selection.filter.${path}`,
  value,
  help,
  ...more,
});
const override = (name, path, value, help, more) => ({
  name,
  path: `overrides.${path}`,
  value,
  help,
  ...more,
});
const drive = (name, path, value, help, more) => ({
  name,
  path: `drive.${path}`,
  value,
  help,
  kind: "number",
  ...more,
});

const MANY = { many: true };
const MANY_TEXTS = { kind: "text", many: true };
const DATE = { kind: "date" };
const DURATION = { kind: "duration" };
const NUMBER = { kind: "number" };
const SPAN = { kind: "span" };

export const FLAGS = [
  ...group("Selection (AND between flags, OR where one is repeated)", SELECTS, [
    { name: "all", kind: "on", path: "selection.all", help: "everything in the queue" },
    filter("from-date", "fromDate", "when", "failed at or after: ISO 8601, ms, or 2h (ago)", DATE),
    filter("to-date", "toDate", "when", "failed at or before", DATE),
    filter("workflow-url", "workflowUrl", "url", "of this workflow", MANY),
    filter("workflow-run-id", "workflowRunId", "id", "of this failed run"),
    filter("workflow-created-at", "workflowCreatedAt", "when", "of runs created then", DATE),
    filter("label", "label", "label", "with this label", MANY),
    filter(
      "failure-function-state",
      "failureFunctionState",
      "state",
      "CALLBACK_INPROGRESS, _SUCCESS, _FAIL or _CANCELED",
      MANY,
    ),
    filter("caller-ip", "callerIp", "ip", "triggered from this address", MANY),
    filter("flow-control-key", "flowControlKey", "key", "with this flow-control key", MANY),
    drive("where-status", "where.responseStatus", "status", "failed step's status: 503, or 5xx", {
      kind: "status",
      many: true,
    }),
    drive("where-error", "where.error", "text", 'this error message; "" for none', MANY_TEXTS),
    drive(
      "where-fingerprint",
      "where.fingerprint",
      "text",
      "errors as preview shows them, masked",
      MANY_TEXTS,
    ),
    drive("where-step", "where.step", "name", "failed in this step", MANY_TEXTS),
    drive("where-body", "where.responseBody", "text", "failed step's response holds this text", {
      kind: "text",
    }),
    {
      name: "query",
      kind: "pair",
      many: true,
      value: "name=value",
      path: "drive.query",
      help: "a query parameter that this version does not know",
    },
  ]),
  ...group("Overrides (default: what the service uses)", RUNS, [
    override("set-retries", "retries", "n", "retries of a failed step", NUMBER),
    override("set-delay", "delay", "10s", "delay before the first delivery", DURATION),
    override(
      "set-retry-delay",
      "retryDelay",
      "expr",
      'ms between attempts: "(1 + retried) * 1000"',
    ),
    override("set-flow-control-key", "flowControl.key", "key", "limit steps that share this key"),
    override("set-parallelism", "flowControl.parallelism", "n", "steps at the same time", NUMBER),
    override("set-rate", "flowControl.rate", "n", "steps started in a period", NUMBER),
    override("set-period", "flowControl.period", "1s", "the period of the rate", DURATION),
    override("set-label", "label", "label", "label of the new runs", MANY),
    override("set-failure-callback", "failureCallback", "url", "called if a run fails again"),
  ]),
  ...group("Pace and bounds", DRIVES, [
    drive("limit", "limit", "n", "maximum number of entries", { commands: SELECTS }),
    drive("concurrency", "concurrency", "n", "maximum number of requests in flight", {
      commands: [...DRIVES, "follow"],
    }),
    drive("page-size", "pageSize", "n", "entries per request (100)", { commands: SELECTS }),
    drive(
      "strategy",
      "strategy",
      "name",
      "pages, batches, or each (reports the run of each entry)",
      {
        kind: "text",
      },
    ),
    drive("max-runs-per-second", "maxRunsPerSecond", "n", "maximum number of entries per second"),
    drive("max-requests", "maxRequests", "n", "stop after this number of requests", {
      commands: BOUNDED,
    }),
    drive("time-budget", "timeBudget", "10m", "stop after this time", {
      ...SPAN,
      commands: BOUNDED,
    }),
    drive("canary", "canary.entries", "n", "take n entries first; continue if their runs succeed", {
      commands: RUNS,
    }),
    drive("canary-wait", "canary.wait", "40m", "maximum time to wait for their runs (40m)", {
      ...SPAN,
      commands: RUNS,
      requires: "canary",
    }),
    drive(
      "canary-max-failed",
      "canary.maxFailedAgain",
      "n",
      "number of their runs that may fail again (0)",
      {
        commands: RUNS,
        requires: "canary",
      },
    ),
    drive(
      "no-freeze",
      "freeze",
      undefined,
      "also take entries that fail meanwhile; needs a bound",
      {
        kind: "off",
      },
    ),
  ]),
  ...group("Safety and output", ACTS, [
    {
      name: "follow",
      kind: "on",
      commands: RUNS,
      help: "follow the new runs until each has finished or failed again",
    },
    drive("follow-timeout", "follow.timeout", "40m", "maximum time to follow runs (40m)", {
      ...SPAN,
      commands: FOLLOWS,
    }),
    drive("follow-sample", "follow.sample", "n", "follow n runs and estimate the others", {
      commands: FOLLOWS,
    }),
    drive(
      "retention",
      "retention",
      "days",
      "days your plan keeps entries: warns before they expire",
      {
        commands: ["preview", ...DRIVES, "doctor"],
      },
    ),
    { name: "dry-run", kind: "on", help: "show the selected entries, change nothing" },
    { name: "yes", short: "y", kind: "on", help: "no preview, no question" },
    {
      name: "checkpoint",
      value: "file",
      commands: DRIVES,
      help: "written as the drive goes; continued if it exists; removed at the end",
    },
    {
      name: "report",
      value: "file",
      commands: [...DRIVES, "follow"],
      help: "write the outcome of each entry to a .csv or .ndjson file",
    },
    { name: "ids", kind: "on", commands: ["list"], help: "print only the ids, one per line" },
    { name: "json", kind: "on", commands: Object.keys(COMMANDS), help: "NDJSON" },
    {
      name: "no-color",
      kind: "on",
      commands: Object.keys(COMMANDS),
      help: "no colours (also: NO_COLOR)",
    },
  ]),
  ...group("Connection", Object.keys(COMMANDS), [
    { name: "base-url", value: "url", path: "options.baseUrl", help: "instead of QSTASH_URL" },
    {
      name: "region",
      value: "name",
      path: "options.region",
      help: "us-east-1 or eu-central-1; each has its own queue and token",
    },
    {
      name: "allow-insecure",
      kind: "on",
      path: "options.allowInsecure",
      help: "allow http to hosts other than loopback",
    },
    {
      name: "auth",
      value: "how",
      path: "options.auth",
      help: "header (default), query, or none (a gateway has the token)",
    },
    {
      name: "timeout",
      kind: "span",
      value: "60s",
      path: "options.timeout",
      help: "timeout of one attempt (60s)",
    },
    {
      name: "attempts",
      kind: "number",
      value: "n",
      path: "options.retry.attempts",
      help: "attempts per request (5)",
    },
    {
      name: "max-response-size",
      kind: "size",
      value: "64MiB",
      path: "options.maxResponseSize",
      help: "maximum size of a response (64MiB)",
    },
    { name: "help", short: "h", kind: "on", help: "this help" },
    { name: "version", kind: "on", help: "the version" },
  ]),
];

const BY_NAME = new Map(FLAGS.map((flag) => [flag.name, flag]));

/** The flag of that name. */
export const flagNamed = (name) => BY_NAME.get(name);

/** The flag of a path of the API: the one with the longest matching path. */
export const flagOfPath = (path) => {
  const fits = ({ path: own }) =>
    own !== undefined && (path === own || path.startsWith(`${own}.`) || path.startsWith(`${own}[`));
  return FLAGS.filter(fits).sort((a, b) => b.path.length - a.path.length)[0];
};
