import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as dlq from "upstash-workflow-dlq";
import * as read from "upstash-workflow-dlq/read";
import { lane, look } from "./lane.mjs";

const { resolve } = createRequire(import.meta.url);
await read.init(readFile(resolve("upstash-workflow-dlq/core-read.wasm")));
await look(read, process.env);
console.log(JSON.stringify(await lane(dlq, process.env)));
