// As the main entry, with the WebAssembly brought along: `core.wasm` of this package.

export * from "./index.js";

/** Bytes, a compiled module, or a response with the bytes. */
export type WasmSource =
  | ArrayBuffer
  | ArrayBufferView
  | object
  | {
      /** The bytes, as a `Response` has them. */
      arrayBuffer(): Promise<ArrayBuffer>;
    };

/**
 * Makes the WebAssembly ready; before it, `new Client` throws `wasm_unavailable`.
 *
 * @example await init(fetch("/core.wasm"));
 * @example await init(await readFile(fileURLToPath(import.meta.resolve("upstash-workflow-dlq/core.wasm"))));
 */
export declare function init(source: WasmSource | Promise<WasmSource>): Promise<void>;
