import { Client, init } from "upstash-workflow-dlq/read";

await init(fetch("/core-read.wasm"));
const client: Client = Client.fromEnv({}, { auth: "none", baseUrl: "/dlq" });
await client.logs({ filter: { workflowRunId: "wfr_1" } });
await client.dlq.get("1-0");
await client.dlq.list({ count: 10 });
const pages = client.dlq.listPages({ filter: { label: "a" } }, { concurrency: 2, limit: 5 });
for await (const { messages, progress } of pages) console.log(messages.length, progress.done);
const { count, summary } = await client.dlq.preview(
  { all: true, where: { responseStatus: "5xx" } },
  { retention: 3 },
);
console.log(count, summary.listed, summary.reason);

// @ts-expect-error: it only reads
client.dlq.resumeAll({ all: true });
// @ts-expect-error: entries by ids are read by `get`
client.dlq.preview({ dlqIds: ["1-0"] });
// @ts-expect-error: nor as an array
client.dlq.listPages(["1-0"]);
// @ts-expect-error: there is nothing to continue from
client.dlq.listPages({ all: true }, { checkpoint: "" });
// @ts-expect-error: a page has no checkpoint
(await pages.next()).value.checkpoint;
