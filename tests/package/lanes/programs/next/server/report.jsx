import * as dlq from "upstash-workflow-dlq";
import { lane } from "../../lane.mjs";

// Shows what a program does with the package. Next.js judges a page by what it reads before its first
// request, which is that of `first`.
export async function Report({ first }) {
  await first(dlq.Client.fromEnv(process.env).dlq);
  const result = await lane(dlq, process.env).catch((error) => ({ error: String(error) }));
  return <pre>{JSON.stringify(result)}</pre>;
}

export const list = (queue) => queue.list();
export const preview = (queue) => queue.preview({ all: true });
