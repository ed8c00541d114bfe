// Entry for Cloudflare Workers, which compile the wasm at deployment.

import { glue } from "./core.js";
import module from "./core.wasm";
import { doctor } from "./doctor/index.js";
import { createApi } from "./facade.js";

export * from "./public.js";

export const { Client } = createApi(
  glue,
  (imports) => new WebAssembly.Instance(module, imports),
  doctor,
);
