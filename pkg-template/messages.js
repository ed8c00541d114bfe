// All texts of the package. The core reports codes and data; this module turns them into sentences that say what
// to write instead, or what to do.

const show = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));
const got = ({ received }) => (received === undefined ? "" : `, not ${show(received)}`);
const at = ({ position }) => (position === undefined ? "" : ` at character ${position}`);
const meant = ({ hint }) => (hint ? `; did you mean ${show(hint)}?` : "");
const plain = (issue) => `may only contain letters, digits, "_", "." and "-"${got(issue)}`;
const mustBe = (issue) => `must be ${issue.expected}${got(issue)}${meant(issue)}`;

/** What is wrong with one part of the input, by issue code. */
export const ISSUES = {
  unknown_key: (i) =>
    `is not a known key${meant(i) || "; remove it, or write it where it belongs: filter, overrides, drive, query or headers"}`,
  wrong_type: mustBe,
  null_value: (i) => `is null: leave it out, or write ${i.expected ?? "a value"}`,
  required: (i) => `is missing: write ${i.expected ?? "a value"}`,
  selection_missing: () =>
    "No filter provided, and no ids: write an id, an array of ids, { dlqIds }, { filter } or { all: true }",
  selection_conflict: () => "write only one of dlqIds, filter and all",
  empty_dlq_ids: () =>
    "Empty dlqIds array provided. The service takes it for all entries; write { all: true } to select them",
  empty_id: () =>
    "DLQ id cannot be empty: the service takes an empty one for all entries; write an id",
  empty_filter: () => "has no value: write at least one, or { all: true } to select all entries",
  empty_array: ({ path }) => {
    const field = /filter\.(\w+)$/.exec(path);
    const what = field
      ? `Empty array provided for filter field '${field[1]}'`
      : `Empty array provided for ${path}`;
    return `${what}: leave it out, or write at least one value`;
  },
  empty_string: ({ path }) => `${path} is empty: leave it out, or write a value`,
  all_not_true: (i) => `must be true${got(i)}; leave it out to select by ids or filter`,
  not_whole: mustBe,
  out_of_range: mustBe,
  count_in_drive: () =>
    "is for one request: write limit (total) or pageSize (per request) in drive",
  cursor_in_drive: () => "is for one request: write checkpoint in drive to continue an earlier one",
  count_with_ids: () => "has no effect with ids: leave it out, or write limit in drive",
  cursor_with_ids: () => "has no effect with ids: leave it out",
  pages_with_ids: () =>
    'lets the service choose entries, and ids are sent in batches (also those of a preview with limit, query or a budget): leave strategy out, or write "batches" or "each"',
  pages_with_where: () => 'can\'t check where: leave strategy out, or write "batches" or "each"',
  where_with_ids: () =>
    "is for a filter or all: leave it out (a preview's ids meet it already), or select by filter",
  narrowed_twice: ({ path }) =>
    `differs from ${path.replace("drive", "selection")}: leave one of the two out`,
  drive_only: () =>
    "is not for one request: use resumeAll, restartAll, deleteAll, listPages or preview",
  preview_only: () => "is for preview: leave it out",
  canary_without_resume: () => "is for resume and restart: leave it out",
  follow_without_resume: () => "is for resume and restart, which start runs: leave it out",
  no_runs: () =>
    'contains no runs: write an array of { workflowRunId, workflowCreatedAt }, a response of resume, or the summary of a drive with follow, or with report: "entries" and strategy "each" or "pages"',
  freeze_needs_bound: () =>
    "without it, a run that fails again is resumed again without end: add limit, maxRequests or timeBudget",
  bad_date: (i) => `must be a Date, milliseconds or an ISO 8601 date and time with zone${got(i)}`,
  date_in_seconds: (i) =>
    `looks like seconds${got(i)}: write milliseconds, ${Number(i.received) * 1000}`,
  date_too_fine: (i) => {
    const isMicro = Number(i.received) < 1e17;
    const ms = Math.trunc(Number(i.received) / (isMicro ? 1e3 : 1e6));
    return `looks like ${isMicro ? "micro" : "nano"}seconds${got(i)}: write milliseconds, ${ms}`;
  },
  date_order: () => "fromDate is after toDate: swap them",
  unknown_value: mustBe,
  bad_url: (i) => `must be a URL that starts with http:// or https://${got(i)}`,
  bad_ip: (i) => `must be an IPv4 or IPv6 address${got(i)}`,
  bad_duration: (i) => `must be seconds, or a string such as "10s" or "1d10h30m"${got(i)}${at(i)}`,
  bad_expression: (i) =>
    `must be an expression such as "(1 + retried) * 1000"${got(i)}${at(i)}${meant(i)}`,
  flow_control_empty: () => "has no value: write key, parallelism, rate or period",
  flow_control_without_key: () => "flow control needs a key: write flowControl.key",
  flow_control_without_limit: () =>
    "Provide at least one of parallelism or ratePerSecond for flowControl: write parallelism, rate or period",
  bad_label: plain,
  bad_flow_control_key: plain,
  header_character: (i) => `contains a character that is not allowed in headers${at(i)}: remove it`,
  bad_id: (i) => `${show(i.received)} is not allowed in the path of a URL: write a DLQ id`,
  comma_in_value: (i) => `contains a comma, at which the service splits: write an array${got(i)}`,
  url_too_long: () =>
    "makes a URL of more than 8,000 bytes: use resumeAll (restartAll, deleteAll), which sends batches",
  too_many_ids: () =>
    "the service restarts 50 ids per request, and does not say which others it leaves out: use restartAll, which sends batches",
  token_missing: () => "is missing: write token, or set QSTASH_TOKEN",
  token_quoted: () => "is in quotes: remove them (some tools keep the quotes of .env files)",
  token_whitespace: (i) => `contains white space${at(i)}: write only the token, without "Bearer"`,
  token_not_used: () => 'is not used with auth "none": leave it out',
  base_url_credentials: () => "contains credentials: use token instead",
  base_url_insecure: (i) =>
    `would send the token unencrypted${got(i)}: write https://, or set allowInsecure: true`,
  base_url_query: () => "contains a query or a fragment: write only the address",
  base_url_relative: (i) => `is relative, which needs auth "none"${got(i)}: write https://…`,
  region_not_used: () => "can't be combined with baseUrl: leave one of the two out",
  region_unknown: (i) =>
    `must be EU_CENTRAL_1 or US_EAST_1 (eu-central-1, us-east-1)${got(i)}${meant(i)}`,
  region_incomplete: () =>
    "is not set, but QSTASH_REGION requires it: set it, or unset QSTASH_REGION",
  more_issues: (i) => `and ${Number(i.received).toLocaleString("en-US")} more like these`,
  reserved_name: () => "has its own option: use that",
  reading_only: () =>
    "is not for upstash-workflow-dlq/read, which only lists by filter: leave it out, or use upstash-workflow-dlq, or its entry slim",
  unreadable: () =>
    "can't be read (a getter that throws, a cycle, too deep, or too many values): write plain data",
};

/** What happened, by failure code. */
export const FAILURES = {
  invalid_arguments: "The arguments are not valid",
  unauthorized: "The token was not accepted: check that it belongs to the region of baseUrl",
  forbidden: "The token may not do this: a read-only one can only list and get",
  not_found: "Not found: some of the DLQ entries are not there (resumed, deleted or expired)",
  rate_limited: "The rate limit is used up: try again after resetAt",
  bad_request: "The service refused the request",
  api_error: "The service refused the request",
  server_error: "The service failed",
  unexpected_redirect: "The service sent a redirect, which is not followed: check baseUrl",
  network_error:
    "The service can't be reached, or the connection broke: check baseUrl and the network",
  timeout: "No response in time: raise timeout, or try again",
  response_format: "The response can't be parsed: check that baseUrl is the address of the service",
  response_too_large:
    "The response is larger than maxResponseSize: raise it, request fewer entries (count), or select by ids, which need no list",
  cursor_stuck:
    "The service's cursor does not advance, or its pages have no new entries: continue from the checkpoint later",
  filter_not_honoured:
    "The service listed entries that the filter excludes, so none of them was processed: select by ids",
  checkpoint_damaged: "The checkpoint is damaged, or not from this package: store it unchanged",
  checkpoint_version:
    "The checkpoint is from another version of upstash-workflow-dlq: continue with that version, or start again",
  checkpoint_mismatch:
    "The checkpoint belongs to another drive: use continueFrom(checkpoint), or leave out the selection and overrides",
  checkpoint_hook:
    "onCheckpoint failed, so the request was not sent: fix how it stores the checkpoint",
  doctor_unavailable:
    "This build of the package (for browsers, the edge runtime, slim or read) does not contain the doctor: run npx upstash-workflow-dlq doctor, or call it in Node, Bun, Deno or a Worker",
  reading_only:
    "upstash-workflow-dlq/read can only read: use upstash-workflow-dlq, or its entry slim",
  missing_global: "A required global is missing",
  timers_unavailable:
    "setTimeout can't be used here: call the client in a request handler, not while the module loads",
  wasm_trapped: "The WebAssembly instance failed: please report it. The next call uses a new one",
  wasm_unavailable: "WebAssembly can't be compiled here",
};

const entries = (count) => `${count.toLocaleString("en-US")} ${count === 1 ? "entry" : "entries"}`;

const iso = (ms) => new Date(ms).toISOString();

/** The warnings of a preview, by code. `time` turns milliseconds since 1970 into text; the admin app passes its own. */
export const WARNINGS = {
  expires_soon: ({ count, firstExpiresAt }, time = iso) =>
    `${entries(count)} will be deleted by the service within a day, the first at ${time(firstExpiresAt)}: resume or restart them`,
  incompatible_step: ({ count }) =>
    `${entries(count)} failed because the workflow's steps have changed ("incompatible step"): a resume would fail again, restart them`,
};

/** For the console, when dev mode is on. */
export const devMode = (address) =>
  `upstash-workflow-dlq: dev mode is on (devMode or QSTASH_DEV): requests go to ${address}, whatever token and URL are given. No server is started. To use your account, write devMode: false`;

/** For the console, when a checkpoint exceeds the size of a queue message. */
export const largeCheckpoint = (length) =>
  `upstash-workflow-dlq: the checkpoint is ${Math.ceil(length / 1000)} KB long, more than the 128 KB of a queue message: store it elsewhere, or select by a filter instead of ids`;

/** The sentence for an issue, without its path. */
export const describeIssue = (issue) => ISSUES[issue.code](issue);

/** Issues without a path in their sentence: code written for the SDK may check how the message starts. */
const ALONE = /^(empty_(?!filter)|selection_missing|flow_control_without_limit|more_issues)/;

/** What to add if a global is missing. */
const GLOBALS = {
  fetch: "pass one as the option fetch, or run on Node 18 or later",
  WebAssembly: "run where WebAssembly is enabled",
};
const FROM_NODE =
  "add it to globalThis; under Jest with jsdom, in a setup file or by jest-fixed-jsdom";

/** How to allow the compilation of the wasm, which Workers refuse for bytes, and a page's policy may refuse. */
const compiling = (refused) =>
  /embedder/.test(refused)
    ? 'a Worker needs the wasm as a module, so the framework must not bundle this package: serverExternalPackages: ["upstash-workflow-dlq"] in next.config.mjs (OpenNext), external: ["upstash-workflow-dlq"] for Hono\'s Vite build'
    : "with a Content-Security-Policy, add script-src 'wasm-unsafe-eval'";

/** The message of an error. */
export const describe = ({ code, issues, op, status, detail, attempts, mayHaveActed }) => {
  if (issues) {
    const line = (issue) =>
      (ALONE.test(issue.code) ? "" : `${issue.path}: `) + describeIssue(issue);
    return issues.map(line).join("\n");
  }
  let text = FAILURES[code] ?? "The request failed";
  if (op) text = `${op}: ${text}`;
  if (code === "missing_global") return `${text}: ${detail}; ${GLOBALS[detail] ?? FROM_NODE}`;
  if (code === "wasm_unavailable") text += `: ${compiling(detail)}`;
  if (status) text += ` (HTTP ${status})`;
  if (detail) text += `: ${detail}`;
  if (attempts > 1) text += ` (after ${attempts} attempts)`;
  // A 429 refuses the request: another request of the same drive may have acted.
  if (mayHaveActed && code !== "rate_limited") text += ". The request may have been executed";
  return text;
};
