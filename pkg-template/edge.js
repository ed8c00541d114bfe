// Vercel's edge runtime, which forbids to compile bytes: its bundler compiles what `?module` names.

import module from "./core.wasm?module";
import { createApi } from "./facade.js";

export * from "./public.js";

export const { Client } = createApi((imports) => new WebAssembly.Instance(module, imports));
