// An app as the SDK's documentation has it: its client and its workflow are set up by the environment alone.

import { once } from "node:events";
import { createServer } from "node:http";
import { Client, serve } from "@upstash/workflow";

const { handler } = serve(async (context) => {
  const text = await context.run("read", () => context.requestPayload.text);
  return await context.run("shout", () => text.toUpperCase());
});

const server = createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const request = new Request(`http://127.0.0.1:${server.address().port}/`, {
    method: "POST",
    headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    body: Buffer.concat(chunks),
  });
  const response = await handler(request);
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(body);
}).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}/`;

const forged = await fetch(url, { method: "POST", body: "[]" });
console.log(`unsigned: ${forged.status}`);

const client = new Client();
const { workflowRunId } = await client.trigger({ url, body: { text: "hello" } });
for (let state = ""; state !== "RUN_SUCCESS"; ) {
  const { runs } = await client.logs({ workflowRunId });
  state = runs[0]?.workflowState ?? "";
  if (state === "RUN_FAILED") process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, 10));
}
server.close();
server.closeAllConnections();
