// The types of `upstash-workflow-dlq/read`: a client that only reads, without its WebAssembly, `core-read.wasm`.

import type {
  ByIds,
  ClientOptions,
  ContinueOptions,
  DrivePage,
  DriveSelection,
  Environment,
  Client as FullClient,
  Dlq as FullDlq,
  Preview as FullPreview,
  ListPage,
  RequestOptions,
  Summary,
  Where,
} from "./index.js";
import type { WasmSource } from "./slim.js";

export * from "./index.js";
export type { WasmSource } from "./slim.js";

/**
 * Compiles the WebAssembly. Before that, `new Client` throws `wasm_unavailable`.
 *
 * @example await init(fetch("/core-read.wasm"));
 */
export declare function init(source: WasmSource | Promise<WasmSource>): Promise<void>;

/** A client that only reads. All other calls of the package reject with the code `reading_only`. */
export declare class Client {
  /** Creates a client, like that of the main entry. */
  constructor(options?: ClientOptions, env?: Environment);
  /** A client from environment variables, like that of the main entry. */
  static fromEnv(env?: Environment, options?: ClientOptions): Client;
  /** The dead letter queue. */
  readonly dlq: Dlq;
  /** Logs of workflow runs: their states and steps. One page of up to ten runs. */
  readonly logs: FullClient["logs"];
}

/** The calls that change nothing. */
export interface Dlq extends Pick<FullDlq, "list" | "get"> {
  /** Lists all selected entries, as an async iterator of pages. */
  listPages(selection: ReadSelection, options?: ReadOptions): ReadPages;
  /**
   * Counts and groups the selected entries. The result's `selection` selects exactly the entries that were shown, and
   * none that fail later: a client that acts takes it.
   */
  preview(
    selection: ReadSelection,
    options?: ReadOptions & {
      /** Number of days for which your plan keeps entries, 1 to 366: warns of entries that expire within a day. */
      retention?: number;
    },
  ): Promise<ReadPreview>;
}

/** The entries to read: by a filter, or all. Entries by ids are read by `get`. */
export type ReadSelection = Exclude<DriveSelection, ByIds>;

/** Options of `listPages` and `preview`. */
export type ReadOptions = RequestOptions &
  Pick<
    ContinueOptions,
    "concurrency" | "pageSize" | "maxRequests" | "timeBudget" | "onProgress"
  > & {
    /** Maximum number of entries that meet `where`. */
    limit?: number | undefined;
    /** Conditions for which the service has no filter. */
    where?: Where | undefined;
    /** Sets `toDate` to the start, by the service's clock. Default: true for `preview`, false for `listPages`. */
    freeze?: boolean;
  };

/** A page of the list. It has no checkpoint. */
export type ReadPage = Omit<DrivePage<ListPage>, "checkpoint" | "entries">;

/** The summary of the list requests. It has no checkpoint. */
export type ReadSummary =
  Summary<"listed"> extends infer One
    ? One extends unknown
      ? Omit<One, "checkpoint">
      : never
    : never;

/** Counts and groups of the selected entries. */
export type ReadPreview = Omit<FullPreview, "summary"> & {
  /** The summary of the list requests. */
  summary: ReadSummary;
};

/** An async iterator of pages. */
export interface ReadPages extends AsyncIterator<ReadPage, ReadSummary, undefined> {
  /** The next page; after the last one, the summary. */
  next(): Promise<IteratorResult<ReadPage, ReadSummary>>;
  /** Stops the list. */
  return(
    value?: ReadSummary | PromiseLike<ReadSummary>,
  ): Promise<IteratorResult<ReadPage, ReadSummary>>;
  /** Stops the list and rejects with the error. */
  throw(error?: unknown): Promise<IteratorResult<ReadPage, ReadSummary>>;
  /** The summary so far. */
  summary(): Promise<ReadSummary>;
  /** The iterator itself, for `for await`. */
  [Symbol.asyncIterator](): ReadPages;
  /** Stops the list, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
