// Vercel's edge runtime, which forbids to compile bytes: its bundler compiles what `?module` names.

import * as core from "./core.js";
import module from "./core.wasm?module";
import { createApi } from "./facade.js";

export * from "./public.js";

export const { Client } = createApi(() => {
  core.initSync({ module });
  return core;
});
