// The entries whose wasm the application loads, for a strict policy or to load it lazily.

import { DlqError } from "./errors.js";
import { createApi } from "./facade.js";

const unavailable = (message, cause) =>
  new DlqError({
    code: "wasm_unavailable",
    retryable: false,
    mayHaveActed: false,
    message,
    ...(cause && { cause }),
  });

/** Describes the source; a response by its URL, status and content type. */
const describeSource = (given) => {
  if (typeof given?.status !== "number") return "what was given";
  const type = given.headers?.get?.("content-type") ?? "no content type";
  return `${given.url || "the response"} (HTTP ${given.status}, ${type})`;
};

/**
 * Whether a module has the imports of the glue. Another build's names are as short, and stand for other functions.
 *
 * @param {WebAssembly.Module} module
 */
const belongs = (module, glue) => {
  const [[from, functions]] = Object.entries(glue().imports());
  const wanted = WebAssembly.Module.imports(module);
  return (
    wanted.length === Object.keys(functions).length &&
    wanted.every(({ module: of, name }) => of === from && name in functions)
  );
};

/**
 * @param glue the glue of the wasm
 * @param {{ entry: string, file: string }} names of the entry, and of the file that it needs
 */
export const loadedApi = (glue, { entry, file }) => {
  let module;

  /** Compiles the wasm: from bytes, a compiled module, or a response (or a promise of one). */
  const init = async (source) => {
    const given = await source;
    try {
      if (given?.ok === false) throw new Error("the response is not one of success");
      const bytes = typeof given?.arrayBuffer === "function" ? await given.arrayBuffer() : given;
      const compiled =
        bytes instanceof WebAssembly.Module ? bytes : await WebAssembly.compile(bytes);
      if (!belongs(compiled, glue)) throw new Error("it is another module");
      module = compiled;
    } catch (error) {
      throw unavailable(
        `init: ${describeSource(given)} is not the wasm, or it can't be compiled here (${error.message}): pass the bytes of ${file}`,
        error,
      );
    }
  };

  const { Client } = createApi(glue, (imports) => {
    if (module) return new WebAssembly.Instance(module, imports);
    throw unavailable(`The wasm is not ready: await init(bytes) of ${entry} first`);
  });
  return { Client, init };
};
