// Entry without the wasm: the application loads it, for a strict policy or to load it lazily.

import { DlqError } from "./errors.js";
import { createApi } from "./facade.js";

export * from "./public.js";

let module;

/** Compiles the wasm: from bytes, a compiled module, or a response (or a promise of one). */
export const init = async (source) => {
  const given = await source;
  try {
    if (given?.ok === false) throw new Error("the response is not one of success");
    const bytes = typeof given?.arrayBuffer === "function" ? await given.arrayBuffer() : given;
    module = bytes instanceof WebAssembly.Module ? bytes : await WebAssembly.compile(bytes);
  } catch (error) {
    throw new DlqError({
      code: "wasm_unavailable",
      retryable: false,
      mayHaveActed: false,
      message: `init: ${describeSource(given)} is not the wasm, or it can't be compiled here (${error.message}): pass the bytes of upstash-workflow-dlq/core.wasm`,
      cause: error,
    });
  }
};

/** Describes the source; a response by its URL, status and content type. */
const describeSource = (given) => {
  if (typeof given?.status !== "number") return "what was given";
  const type = given.headers?.get?.("content-type") ?? "no content type";
  return `${given.url || "the response"} (HTTP ${given.status}, ${type})`;
};

export const { Client } = createApi((imports) => {
  if (module) return new WebAssembly.Instance(module, imports);
  throw new DlqError({
    code: "wasm_unavailable",
    retryable: false,
    mayHaveActed: false,
    message: "The wasm is not ready: await init(bytes) of upstash-workflow-dlq/slim first",
  });
});
