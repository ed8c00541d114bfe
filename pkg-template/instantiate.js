// The wasm that travels in the JavaScript, as an instance.

import { bytes } from "./bytes.js";

/** An instance, or a promise of one where a runtime does not compile synchronously. */
export const instantiate = (imports) => {
  const module = bytes();
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(module), imports);
  } catch {
    // Some browsers refuse to compile so much on the main thread, and do it in the background.
    return WebAssembly.instantiate(module, imports).then(({ instance }) => instance);
  }
};
