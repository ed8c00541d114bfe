// Every text of the package. The core reports codes and data; here they become sentences, each of
// which says what to write instead, or what to do.

const show = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));
const got = ({ received }) => (received === undefined ? "" : `, not ${show(received)}`);
const at = ({ position }) => (position === undefined ? "" : ` at character ${position}`);
const meant = ({ hint }) => (hint ? `; did you mean ${show(hint)}?` : "");
const plain = (issue) => `may hold letters, digits, "_", "." and "-" alone${got(issue)}`;
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
    "Empty dlqIds array provided. The service takes it for all entries; write { all: true } if that is meant",
  empty_id: () =>
    "DLQ id cannot be empty: the service takes an empty one for all entries; write an id",
  empty_filter: () => "has no value: write at least one, or { all: true } if all entries are meant",
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
  count_in_drive: () => "is for one request: write limit (in all) or pageSize (a request) in drive",
  cursor_in_drive: () => "is for one request: write checkpoint in drive to continue an earlier one",
  count_with_ids: () => "has no meaning beside ids: leave it out, or write limit in drive",
  cursor_with_ids: () => "has no meaning beside ids: leave it out",
  pages_with_ids: () =>
    'lets the service choose entries, and ids are sent in batches (also those of a preview with limit, query or a budget): leave strategy out, or write "batches" or "each"',
  pages_with_where: () => 'can\'t check where: leave strategy out, or write "batches" or "each"',
  where_with_ids: () =>
    "is for a filter or all: leave it out (a preview's ids meet it already), or select by filter",
  narrowed_twice: ({ path }) =>
    `differs from ${path.replace("drive", "selection")}, which bounds what is done: leave one of the two out`,
  drive_only: () =>
    "is not for one request: use resumeAll, restartAll, deleteAll, listPages or preview",
  preview_only: () => "is for preview: leave it out",
  canary_without_resume: () => "is for resume and restart: leave it out",
  follow_without_resume: () => "is for resume and restart, which begin runs: leave it out",
  no_runs: () =>
    'names no runs: write an array of { workflowRunId, workflowCreatedAt }, an answer of resume, or the summary of a drive with follow, or with report: "entries" and strategy "each" or "pages"',
  freeze_needs_bound: () =>
    "without it a run that fails again is resumed again, for ever: add limit, maxRequests or timeBudget",
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
  bad_url: (i) => `must be a URL that begins with http:// or https://${got(i)}`,
  bad_ip: (i) => `must be an IPv4 or IPv6 address${got(i)}`,
  bad_duration: (i) => `must be seconds, or a text such as "10s" or "1d10h30m"${got(i)}${at(i)}`,
  bad_expression: (i) =>
    `must be an expression such as "(1 + retried) * 1000"${got(i)}${at(i)}${meant(i)}`,
  flow_control_empty: () => "has no value: write key, parallelism, rate or period",
  flow_control_without_key: () => "flow control needs a key: write flowControl.key",
  flow_control_without_limit: () =>
    "Provide at least one of parallelism or ratePerSecond for flowControl: write parallelism, rate or period",
  bad_label: plain,
  bad_flow_control_key: plain,
  header_character: (i) => `holds a character that no header can carry${at(i)}: remove it`,
  bad_id: (i) => `${show(i.received)} can't stand in a URL's path: write a DLQ id`,
  comma_in_value: (i) => `holds a comma, at which the service splits: write an array${got(i)}`,
  url_too_long: () =>
    "makes a URL of more than 8,000 bytes: use resumeAll (restartAll, deleteAll), which sends batches",
  too_many_ids: () =>
    "the service restarts 50 ids a request, and does not say which of more it leaves out: use restartAll, which sends batches",
  token_missing: () => "is missing: write token, or set QSTASH_TOKEN",
  token_quoted: () => "is in quotes: write the token alone (an env file may keep its quotes)",
  token_whitespace: (i) => `holds white space${at(i)}: write the token alone, without "Bearer"`,
  token_not_used: () => 'is not used with auth "none": leave it out',
  base_url_credentials: () => "holds credentials: write them as token",
  base_url_insecure: (i) =>
    `would send the token unencrypted${got(i)}: write https://, or set allowInsecure: true`,
  base_url_query: () => "holds a query or a fragment: write the address alone",
  base_url_relative: (i) => `is relative, which is for auth "none"${got(i)}: write https://…`,
  region_not_used: () => "is not used beside baseUrl: leave one of the two out",
  region_unknown: (i) =>
    `must be EU_CENTRAL_1 or US_EAST_1 (eu-central-1, us-east-1)${got(i)}${meant(i)}`,
  region_incomplete: () =>
    "is not set, and QSTASH_REGION asks for it: set it, or unset QSTASH_REGION",
  more_issues: (i) => `and ${Number(i.received).toLocaleString("en-US")} more like these`,
  reserved_name: () => "has a parameter of its own: write it there",
  unreadable: () =>
    "can't be read (a getter that throws, a cycle, too deep, or too many values): write plain data",
};

/** What happened, by failure code. */
export const FAILURES = {
  invalid_arguments: "The arguments are not valid",
  unauthorized: "The token was not accepted: check that it belongs to the region of baseUrl",
  forbidden: "The token may not do this: a read-only one can only list and get",
  not_found: "Not found: some of the DLQ entries are not there (resumed, deleted or expired)",
  rate_limited: "The rate limit is spent: try again after resetAt",
  bad_request: "The service refused the request",
  api_error: "The service refused the request",
  server_error: "The service failed",
  unexpected_redirect: "The service answered with a redirect, which is not followed: check baseUrl",
  network_error:
    "The service can't be reached, or the connection broke: check baseUrl and the network",
  timeout: "No answer in time: raise timeout, or try again",
  response_format: "The answer can't be read: check that baseUrl is the service's own address",
  response_too_large:
    "The answer is larger than maxResponseSize: ask for fewer entries (count, pageSize), or raise it",
  cursor_stuck: "The service's cursor does not move on: continue from the checkpoint later",
  filter_not_honoured:
    "The service listed entries that the filter excludes, so nothing of them was sent: select by ids",
  checkpoint_damaged: "The checkpoint is damaged or not one of this package: store it as it is",
  checkpoint_version:
    "The checkpoint is of another version of upstash-workflow-dlq: continue with that one, or start again",
  checkpoint_mismatch:
    "The checkpoint is of another drive: use continueFrom(checkpoint), or leave the selection and overrides out",
  checkpoint_hook: "onCheckpoint failed, so the request was not sent: make it store the checkpoint",
  doctor_unavailable:
    "The doctor is not in this build of the package (for browsers, the edge runtime, or slim): run npx upstash-workflow-dlq doctor, or call it in Node, Bun, Deno or a Worker",
  missing_global: "A global that is needed is missing here",
  timers_unavailable:
    "setTimeout can't be used here: call it from a request handler or a function, not while the module is loaded",
  wasm_trapped: "The WebAssembly broke down: please report it. The next call has a new one",
  wasm_unavailable: "WebAssembly can't be compiled here",
};

const entries = (count) => `${count.toLocaleString("en-US")} ${count === 1 ? "entry" : "entries"}`;

/** What a preview warns of, by code. */
export const WARNINGS = {
  expires_soon: ({ count, firstExpiresAt }) =>
    `${entries(count)} will be deleted by the service within a day, the first at ${new Date(firstExpiresAt).toISOString()}: resume now`,
  incompatible_step: ({ count }) =>
    `${entries(count)} failed because the workflow's steps have changed ("incompatible step"): a resume fails again, restart them`,
};

/** All requests of a client go to the local dev server. */
export const devMode = (address) =>
  `upstash-workflow-dlq: dev mode is on (devMode or QSTASH_DEV): requests go to ${address}, whatever token and URL are given. Nothing is started; write devMode: false for your own account`;

/** A checkpoint that outgrows what checkpoints are often kept in. */
export const largeCheckpoint = (length) =>
  `upstash-workflow-dlq: the checkpoint is ${Math.ceil(length / 1000)} KB long, and a queue message holds 128 KB: keep it elsewhere, or select by a filter instead of ids`;

/** The sentence for one issue, without its path. */
export const describeIssue = (issue) => ISSUES[issue.code](issue);

/** Issues whose sentence stands without a path: code written for the SDK may look for how it begins. */
const ALONE = /^(empty_(?!filter)|selection_missing|flow_control_without_limit|more_issues)/;

/** What to add where a global is missing. */
const GLOBALS = {
  fetch: "pass one as the option fetch, or run on Node 18 or later",
  WebAssembly: "run where WebAssembly is enabled",
};
const FROM_NODE =
  "add it to globalThis; under Jest with jsdom, in a setup file or by jest-fixed-jsdom";

/** How to have the wasm compiled. Workers refuse bytes; a page's policy may. */
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
  // A 429 refuses the request: what may have acted is another request of the same drive.
  if (mayHaveActed && code !== "rate_limited")
    text += ". It may have been carried out all the same";
  return text;
};
