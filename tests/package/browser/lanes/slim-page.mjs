import * as dlq from "upstash-workflow-dlq/slim";
import { lane } from "./lane.mjs";

await dlq.init(fetch("/node_modules/upstash-workflow-dlq/core.wasm"));
const env = JSON.parse(document.querySelector("#env").innerHTML);
globalThis.result = await lane(dlq, env).catch((error) => ({ error: String(error) }));
