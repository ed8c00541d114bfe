// The types of `upstash-workflow-dlq/slim`: the main entry without its WebAssembly, `core.wasm`.

export * from "./index.js";

/** The wasm: bytes, a compiled module, or a `Response`. */
export type WasmSource =
  | ArrayBuffer
  | ArrayBufferView
  | object
  | {
      /** The bytes, as in a `Response`. */
      arrayBuffer(): Promise<ArrayBuffer>;
    };

/**
 * Compiles the WebAssembly. Before that, `new Client` throws `wasm_unavailable`.
 *
 * @example await init(fetch("/core.wasm"));
 * @example await init(await readFile(fileURLToPath(import.meta.resolve("upstash-workflow-dlq/core.wasm"))));
 */
export declare function init(source: WasmSource | Promise<WasmSource>): Promise<void>;
