// Every flag, defined once: the parser, the help, the names in error messages and the table in the
// README come from here. `path` is where its value goes in the call of the API.

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
  preview: "count and group what is selected; changes nothing",
  resume: "continue each run from the step that failed",
  restart: "run each run again from its first step",
  delete: "delete entries for good",
  follow: "wait for new runs and say what became of them; changes nothing",
  "retry-failure-function": "run the failure functions of ids again",
  doctor: "say what this account's service does, and what follows; changes nothing",
};

/**
 * Kinds of values: `text`, `date` and `span` (milliseconds), `duration` (the service's own), `number`,
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
      "errors that preview shows so",
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
      help: "a parameter that this version does not know",
    },
  ]),
  ...group("Overrides (what is absent is for the service to say)", RUNS, [
    override("set-retries", "retries", "n", "retries of a step that fails", NUMBER),
    override("set-delay", "delay", "10s", "wait before the first delivery", DURATION),
    override("set-retry-delay", "retryDelay", "expr", 'ms between tries: "(1 + retried) * 1000"'),
    override("set-flow-control-key", "flowControl.key", "key", "limit steps that share this key"),
    override("set-parallelism", "flowControl.parallelism", "n", "steps at once", NUMBER),
    override("set-rate", "flowControl.rate", "n", "steps started in a period", NUMBER),
    override("set-period", "flowControl.period", "1s", "the time that the rate is for", DURATION),
    override("set-label", "label", "label", "label of the new runs", MANY),
    override("set-failure-callback", "failureCallback", "url", "called if a run fails again"),
  ]),
  ...group("Pace and bounds", DRIVES, [
    drive("limit", "limit", "n", "entries in all at most", { commands: SELECTS }),
    drive("concurrency", "concurrency", "n", "requests in flight at most", {
      commands: [...DRIVES, "follow"],
    }),
    drive("page-size", "pageSize", "n", "entries a request (100)", { commands: SELECTS }),
    drive("strategy", "strategy", "name", "pages, batches, or each (pairs entry and run)", {
      kind: "text",
    }),
    drive("max-runs-per-second", "maxRunsPerSecond", "n", "entries a second at most"),
    drive("max-requests", "maxRequests", "n", "stop after so many requests", { commands: BOUNDED }),
    drive("time-budget", "timeBudget", "10m", "stop after so long", { ...SPAN, commands: BOUNDED }),
    drive("canary", "canary.entries", "n", "so many first, then see whether they fail again", {
      commands: RUNS,
    }),
    drive("canary-wait", "canary.wait", "40m", "how long to wait for their runs at most (40m)", {
      ...SPAN,
      commands: RUNS,
      requires: "canary",
    }),
    drive("canary-max-failed", "canary.maxFailedAgain", "n", "so many may fail again (0)", {
      commands: RUNS,
      requires: "canary",
    }),
    drive("no-freeze", "freeze", undefined, "also take what fails while it runs; needs a bound", {
      kind: "off",
    }),
  ]),
  ...group("Safety and output", ACTS, [
    {
      name: "follow",
      kind: "on",
      commands: RUNS,
      help: "then follow the new runs until each has finished or failed again",
    },
    drive("follow-timeout", "follow.timeout", "40m", "how long to follow runs at most (40m)", {
      ...SPAN,
      commands: FOLLOWS,
    }),
    drive("follow-sample", "follow.sample", "n", "follow so many runs, and estimate the rest", {
      commands: FOLLOWS,
    }),
    drive(
      "retention",
      "retention",
      "days",
      "days your plan keeps entries: warns of those that go",
      {
        commands: ["preview", ...DRIVES, "doctor"],
      },
    ),
    { name: "dry-run", kind: "on", help: "show what is selected, change nothing" },
    { name: "yes", short: "y", kind: "on", help: "do not show the preview, do not ask" },
    {
      name: "checkpoint",
      value: "file",
      commands: DRIVES,
      help: "kept up to date; continued if it exists; removed at the end",
    },
    {
      name: "report",
      value: "file",
      commands: [...DRIVES, "follow"],
      help: "the outcome of each entry: a .csv or .ndjson file (batches, unless each)",
    },
    { name: "ids", kind: "on", commands: ["list"], help: "print the ids alone, one a line" },
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
      help: "us-east-1 or eu-central-1: each has a queue and a token of its own",
    },
    {
      name: "allow-insecure",
      kind: "on",
      path: "options.allowInsecure",
      help: "http beyond loopback",
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
      help: "of one attempt (60s)",
    },
    {
      name: "attempts",
      kind: "number",
      value: "n",
      path: "options.retry.attempts",
      help: "attempts a request (5)",
    },
    { name: "help", short: "h", kind: "on", help: "this help" },
    { name: "version", kind: "on", help: "the version" },
  ]),
];

const BY_NAME = new Map(FLAGS.map((flag) => [flag.name, flag]));

/** The flag of that name. */
export const flagNamed = (name) => BY_NAME.get(name);

/** The flag that a path of the API stands for: the longest that it begins with. */
export const flagOfPath = (path) => {
  const fits = ({ path: own }) =>
    own !== undefined && (path === own || path.startsWith(`${own}.`) || path.startsWith(`${own}[`));
  return FLAGS.filter(fits).sort((a, b) => b.path.length - a.path.length)[0];
};
