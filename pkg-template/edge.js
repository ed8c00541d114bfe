// Vercel's edge runtime, which forbids to compile bytes: its bundler compiles what `?module` names.

import * as core from "./core.js";
import module from "./core.wasm?module";
import { createApi } from "./facade.js";

export * from "./public.js";

export const { Client } = createApi(() => {
  // The module may be of another realm, where `instanceof` says nothing.
  core.adopt(new WebAssembly.Instance(module, core.imports()), module);
  return core;
});
