// Cloudflare Workers: the bytes are compiled at deploy.

import * as core from "./core.js";
import module from "./core.wasm";
import { createApi } from "./facade.js";

export * from "./public.js";

export const { Client } = createApi(() => {
  core.initSync({ module });
  return core;
});
