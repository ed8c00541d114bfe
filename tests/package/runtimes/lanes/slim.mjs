import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as dlq from "upstash-workflow-dlq/slim";
import { lane } from "./lane.mjs";

const early = (() => {
  try {
    new dlq.Client({ token: "t" });
  } catch (error) {
    return error.code;
  }
})();
if (early !== "wasm_unavailable") throw new Error(`before init: ${early}`);
const { resolve } = createRequire(import.meta.url);
await dlq.init(readFile(resolve("upstash-workflow-dlq/core.wasm")));
console.log(JSON.stringify(await lane(dlq, process.env)));
