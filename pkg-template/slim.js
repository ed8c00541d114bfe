// Entry without the wasm: the application loads it.

import { glue } from "./core.js";
import { loadedApi } from "./loaded.js";

export * from "./public.js";

export const { Client, init } = loadedApi(glue, {
  entry: "upstash-workflow-dlq/slim",
  file: "upstash-workflow-dlq/core.wasm",
});
