// Node, Bun, Deno, browsers and every bundler: the wasm travels in the JavaScript.

import { bytes } from "./bytes.js";
import { createApi } from "./facade.js";

export * from "./public.js";

export const { Client } = createApi((imports) => {
  const module = bytes();
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(module), imports);
  } catch {
    // Some browsers refuse to compile so much on the main thread, and do it in the background.
    return WebAssembly.instantiate(module, imports).then(({ instance }) => instance);
  }
});
