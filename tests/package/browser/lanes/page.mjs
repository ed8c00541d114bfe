import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

// Importing alone must not need WebAssembly.
const loaded = typeof dlq.Client === "function";
const env = JSON.parse(document.querySelector("#env").innerHTML);
globalThis.result = await lane(dlq, env).catch((error) => ({ loaded, error: error.toJSON() }));
