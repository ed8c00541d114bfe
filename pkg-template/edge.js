// Entry for Vercel's edge runtime, which can't compile bytes: its bundler compiles imports with `?module`.

import { glue } from "./core.js";
import module from "./core.wasm?module";
import { createApi } from "./facade.js";

export * from "./public.js";

export const { Client } = createApi(glue, (imports) => new WebAssembly.Instance(module, imports));
