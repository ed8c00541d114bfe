// Instantiates the wasm that is part of the JavaScript.

import { bytes } from "./bytes.js";

/** An instance, or a promise of one if the runtime does not compile synchronously. */
export const instantiate = (imports) => {
  const module = bytes();
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(module), imports);
  } catch {
    // Some browsers compile modules of this size only asynchronously on the main thread.
    return WebAssembly.instantiate(module, imports).then(({ instance }) => instance);
  }
};
