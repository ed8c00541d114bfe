// The lane, typed: what it uses of the types has to compile in a project of a user's.

import { Client, DlqError, NotFoundError, type Progress } from "upstash-workflow-dlq";

const client: Client = Client.fromEnv(process.env);
const seen: Progress[] = [];
const missing = await client.dlq.get("1752829295505-9").then(
  () => "found",
  (error: unknown) =>
    [error instanceof NotFoundError, error instanceof DlqError, (error as DlqError).name].join(),
);
const { messages } = await client.dlq.list({ count: 1 });
const summary = await client.dlq.resumeAll(
  { all: true },
  { retries: 1 },
  { onProgress: (event) => seen.push(event) },
);
console.log(JSON.stringify({ missing, listed: messages.length, events: seen.length, summary }));
