// Node, Bun, Deno, browsers and every bundler: the wasm travels in the JavaScript.

import { bytes } from "./bytes.js";
import * as core from "./core.js";
import { createApi } from "./facade.js";

export * from "./public.js";

const load = () => {
  const module = bytes();
  try {
    core.initSync({ module });
    return core;
  } catch {
    // Some browsers refuse to compile so much on the main thread, and do it in the background.
    return WebAssembly.instantiate(module, core.imports()).then(({ instance, module }) => {
      core.adopt(instance, module);
      return core;
    });
  }
};

export const { Client } = createApi(load);
