// Entry that only reads, for dashboards: as slim, with a wasm that is a third smaller.

import { glue } from "./core-read.js";
import { loadedApi } from "./loaded.js";

export * from "./public.js";

export const { Client, init } = loadedApi(glue, {
  entry: "upstash-workflow-dlq/read",
  file: "upstash-workflow-dlq/core-read.wasm",
});
