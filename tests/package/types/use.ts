// What has to compile, with the types that come of it.

import {
  ApiError,
  Client,
  DlqError,
  type DoctorReport,
  type Done,
  type Entry,
  type FlowControl,
  type FollowSummary,
  type Outcome,
  type OutcomeLine,
  type Progress,
  RateLimitError,
  type Summary,
  ValidationError,
  type WorkflowRun,
} from "upstash-workflow-dlq";

/** Compiles where `Given` is exactly `Expected`. */
const is = <Expected>() => ({
  exactly: <Given>(
    _given: Given,
    ..._same: [Given] extends [Expected] ? ([Expected] extends [Given] ? [] : [never]) : [never]
  ) => {},
});

const client = new Client({ token: "t" });
new Client();
new Client({}, { QSTASH_TOKEN: "t" });
new Client({ auth: "none", baseUrl: "/api" });
new Client({ token: "t", auth: "query", retry: false, fetch, timeout: 5_000 });
new Client({ token: "t", maxResponseSize: 1_000_000 });
new Client({ token: "t", fetch: (url, init) => fetch(url, init), headers: { a: "b" } });
new Client({ onRequest: ({ method, url, ms }) => console.log(method, url, ms.toFixed()) });
interface Env {
  QSTASH_TOKEN: string;
  KV: { get(key: string): Promise<string> };
}
export const fromWorker = (env: Env) => Client.fromEnv(env);
const { dlq } = client;

// One call.
is<{ messages: Entry[]; cursor?: string }>().exactly(await dlq.list());
await dlq.list({ cursor: "c", count: 5, filter: { url: "https://a.b", responseStatus: 500 } });
is<Entry>().exactly(await dlq.get("1-0"));
const { workflowRuns, cursor } = await dlq.resume("1-0");
is<WorkflowRun[]>().exactly(workflowRuns);
is<string | undefined>().exactly(cursor);
await dlq.resume(["1-0", "2-0"] as const, { retries: 3 });
await dlq.resume({ dlqIds: ["1-0"] }, {}, { signal: new AbortController().signal, timeout: 5 });
await dlq.resume({ dlqIds: "1-0", cursor });
await dlq.resume({ filter: { fromDate: new Date(), label: ["a", "b"] }, count: 50, cursor });
await dlq.resume({ filter: { failureFunctionState: ["CALLBACK_FAIL"], label: undefined } });
await dlq.resume({ all: true, count: 10 });
is<WorkflowRun>().exactly(await dlq.resume({ dlqId: "1-0", retries: 2 }));
is<WorkflowRun[]>().exactly(await dlq.restart({ dlqId: ["1-0"] }));
await dlq.restart({ all: true }, { delay: "1d10h30m", retryDelay: "pow(2, retried) * 1000" });
await dlq.restart("1-0", { delay: 10, label: ["a", "b"], failureCallback: "https://a.b" });
const flowControls: FlowControl[] = [
  { key: "k", parallelism: 1 },
  { key: "k", rate: 1, period: "1m" },
  { key: "k", ratePerSecond: 1 },
  { key: "k", period: 60 },
];
for (const flowControl of flowControls) await dlq.resume("1-0", { flowControl });
is<number>().exactly((await dlq.delete({ filter: { toDate: "2026-01-01" } })).deleted);
is<string>().exactly((await dlq.retryFailureFunction({ dlqId: "1-0" })).workflowRunId);
is<void>().exactly(await dlq.cancelFailureFunction({ dlqId: "1-0" }));
await dlq.resume({ all: true }, {}, { query: { newFilter: ["a", 1] }, headers: { "x-a": "b" } });

// What there is to know before a drive.
is<DoctorReport>().exactly(await dlq.doctor());
const { checks } = await dlq.doctor({ retention: 3, signal: new AbortController().signal });
for (const { name, status, found, follows } of checks) {
  if (name === "filter.label" && status === "warning") console.log(found, follows);
}
for (const warning of (await dlq.preview({ all: true }, { retention: 3 })).warnings) {
  if (warning.code === "expires_soon") new Date(warning.firstExpiresAt);
}

// What became of the runs.
is<FollowSummary>().exactly(await dlq.follow(workflowRuns));
await dlq.follow([{ workflowRunId: "wfr_1" }], { timeout: 60_000, sample: 100, report: "entries" });
await dlq.follow(await dlq.resume("1-0"), { signal: new AbortController().signal });
const followed = await dlq.resumeAll({ all: true }, {}, { follow: { timeout: 60_000 } });
is<Outcome | undefined>().exactly(followed.outcome);
await dlq.follow(followed);
await dlq.follow(followed.outcome?.checkpoint ?? "");
await dlq.resumeAll({ all: true }, {}, { canary: { entries: 5 }, follow: true });
await dlq.continueFrom("wdlq1", { canary: false });

// Drives.
const summary = await dlq.resumeAll(
  { all: true },
  { retries: 3 },
  {
    strategy: "batches",
    limit: 5,
    pageSize: 10,
    concurrency: 8,
    maxRunsPerSecond: 100,
    maxRequests: 40,
    timeBudget: 25_000,
    report: "entries",
    where: { responseStatus: [500, 503] },
    onProgress: (event: Progress) => event.perSecond,
    onCheckpoint: async (checkpoint: string, _entries, runs) => {
      is<OutcomeLine[] | undefined>().exactly(runs);
      return checkpoint.length;
    },
  },
);
is<Summary<"resumed">>().exactly(summary);
is<number>().exactly(summary.resumed);
is<"resumed" | "notFound" | "unconfirmed" | "failed" | undefined>().exactly(
  summary.entries?.[0]?.outcome,
);
await dlq.resumeAll(["1-0"]);
await dlq.resumeAll({ all: true }, {}, { freeze: false, limit: 10 });
await dlq.resumeAll({ all: true }, {}, { freeze: false, timeBudget: 10 });
await dlq.resumeAll(undefined, undefined, { checkpoint: "wdlq4…" });
is<number>().exactly((await dlq.restartAll({ filter: { label: "a" } })).restarted);
is<number>().exactly((await dlq.deleteAll({ all: true }, { limit: 5 })).deleted);
await dlq.deleteAll(undefined, { checkpoint: "wdlq4…" });
new Client({ token: undefined as string | undefined, region: "us-east-1", devMode: false });
new Client({ headers: new Headers(), timeout: "30s", retry: { maxDelay: "1m" } });
new Client({ headers: [["x-a", "b"]] });
await dlq.resume("1-0", { flowControl: { key: "k" } });
await dlq.resume("1-0", { flowControl: { parallelism: 2, period: "7d" } });
let slice = await dlq.resumeAll({ all: true }, {}, { timeBudget: "10m" });
while (!slice.done) {
  is<string>().exactly(slice.checkpoint);
  slice = await dlq.continueFrom(slice.checkpoint, { maxRequests: 40 });
}
is<undefined>().exactly(slice.checkpoint);
is<"complete" | "limit">().exactly(slice.reason);
is<number>().exactly((await dlq.continueFrom<"deleted">("wdlq4…")).deleted);
const continued = await dlq.continueFrom("wdlq4…", { maxRequests: 40 });
is<Summary<Done>>().exactly(continued);
if ("deleted" in continued) is<number>().exactly(continued.deleted);
for await (const page of dlq.resumePages({ all: true })) {
  is<WorkflowRun[]>().exactly(page.workflowRuns);
  is<string>().exactly(page.checkpoint);
  is<number>().exactly(page.progress.done);
}
for await (const { messages } of dlq.listPages({ all: true })) is<Entry[]>().exactly(messages);
for await (const { deleted } of dlq.deletePages({ all: true })) is<number>().exactly(deleted);
const pages = dlq.restartPages({ all: true });
is<Summary<"restarted">>().exactly(await pages.summary());
const last = await pages.next();
if (last.done) is<Summary<"restarted">>().exactly(last.value);
const preview = await dlq.preview({ filter: { workflowUrl: "https://a.b" } });
await dlq.resumeAll(preview.selection);
await dlq.deleteAll(preview.selection);
await dlq.preview({
  all: true,
  where: { error: ["a", ""], responseStatus: ["5xx", 404] },
  limit: 5,
});
await dlq.preview({ filter: { label: "a" }, where: { step: "charge" }, limit: undefined });
await dlq.resumeAll({ dlqIds: ["1-0"], limit: 1 });
is<{ key: number; count: number }[]>().exactly(preview.groups.status.values);

// Errors.
try {
  await dlq.resume("1-0");
} catch (error) {
  if (error instanceof RateLimitError) is<"burst" | "daily" | undefined>().exactly(error.scope);
  else if (error instanceof ValidationError)
    is<string[]>().exactly(error.issues.map(({ path }) => path));
  else if (error instanceof ApiError) is<number | undefined>().exactly(error.status);
  else if (error instanceof DlqError) is<boolean>().exactly(error.mayHaveActed);
}
