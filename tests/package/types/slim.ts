import { Client, init } from "upstash-workflow-dlq/slim";

await init(new Uint8Array(8));
await init(new ArrayBuffer(8));
await init(fetch("/core.wasm"));
export const client: Client = new Client({ token: "t" });
