// The types of upstash-workflow-dlq. All operations are methods of `client.dlq`.

// ---------------------------------------------------------------- the client

/** A client of the dead letter queue (DLQ) of Upstash Workflow. */
export declare class Client {
  /**
   * Creates a client. Sends no request; the WebAssembly is instantiated by the first call.
   *
   * @param options Options that are absent are read from `env`.
   * @param env Environment variables. Default: `process.env`, if the runtime has one. The client reads
   *   `QSTASH_TOKEN` and `QSTASH_URL` or, if `QSTASH_REGION` is `EU_CENTRAL_1` or `US_EAST_1`, the pair with
   *   that prefix (`US_EAST_1_QSTASH_TOKEN`, `US_EAST_1_QSTASH_URL`).
   * @throws {ValidationError} with all invalid options. Without `env`, a missing token is reported by the
   *   first call instead, since a build may load modules without secrets
   */
  constructor(options?: ClientOptions, env?: Environment);
  /**
   * A client from environment variables: `Client.fromEnv()` in Node, `Client.fromEnv(env)` in a Worker.
   *
   * @throws {ValidationError} for invalid options, or if there is no token
   */
  static fromEnv(env?: Environment, options?: ClientOptions): Client;
  /** The dead letter queue. */
  readonly dlq: Dlq;
  /**
   * Logs of workflow runs: their states and steps. One page of up to ten runs.
   *
   * @example const { runs } = await client.logs({ filter: { workflowRunId: "wfr_…" } });
   */
  logs(parameters?: LogsParameters, request?: RequestOptions): Promise<WorkflowRunLogs>;
}

/** Environment variables. Unknown names are ignored. */
export type Environment = { readonly [name: string]: unknown } | object;

/** Milliseconds as a number, or a duration with units: `"500ms"`, `"10m"`, `"1d10h30m"`. */
export type Milliseconds = number | string;

/** Headers in any form that `fetch` accepts. `Authorization` is refused: use `token`. */
export type HeadersLike =
  | Record<string, string | undefined>
  | Iterable<readonly [string, string]>
  | readonly string[][]
  | {
      /** Calls `callback` with each value and its name. */
      forEach(callback: (value: string, name: string) => void): void;
      /** The value of a header; `null` if it is absent. */
      get(name: string): string | null;
    };

/** Options of a client. */
export type ClientOptions = {
  /**
   * The URL of the service or of a gateway, without `/v2` (a trailing `/v2` or `/v2/publish` is removed).
   * Must be https, except on loopback. Default: `QSTASH_URL`, else `https://qstash.upstash.io`.
   */
  baseUrl?: string | undefined;
  /**
   * The region, instead of `baseUrl`. Each region has its own DLQ and its own token. Environment variables
   * with the region's prefix are read as for `QSTASH_REGION`; `QSTASH_URL` is not read.
   */
  region?: "us-east-1" | "eu-central-1" | "US_EAST_1" | "EU_CENTRAL_1" | undefined;
  /** Allows http to hosts other than loopback, which sends the token unencrypted. Default false. */
  allowInsecure?: boolean;
  /** Timeout of one attempt, response body included. Default 60,000 ms. */
  timeout?: Milliseconds;
  /**
   * Maximum size of a response body in bytes, decompressed. A larger one is the error `response_too_large`.
   * A drive holds up to `concurrency` responses at once. Default 67,108,864 (64 MiB).
   */
  maxResponseSize?: number;
  /** How often and after which delays failed requests are retried. `false`: never. */
  retry?: false | RetryOptions;
  /** Headers to send with every request. */
  headers?: HeadersLike | undefined;
  /** A replacement for the global `fetch`, for example that of a service binding. */
  fetch?: Fetch;
  /** Called after each attempt, for logs and traces. An error that it throws is reported once and otherwise ignored. */
  onRequest?: (event: RequestEvent) => unknown;
  /** Accepted for compatibility with the SDK. No telemetry is sent. */
  enableTelemetry?: boolean | undefined;
  /**
   * Sends all requests to the local dev server at `http://127.0.0.1:8080` (port: `QSTASH_DEV_PORT`) with
   * its well-known token, ignoring `token` and `baseUrl`, and logs one line on the console. Does not start the
   * server. Default: set by the environment variable `QSTASH_DEV`.
   */
  devMode?: boolean | undefined;
} & (
  | {
      /** The QStash token of the region of `baseUrl`. Default: `QSTASH_TOKEN`. */
      token?: string | undefined;
      /**
       * Where to send the token: in `Authorization: Bearer …`, or in the query parameter `qstash_token`.
       * Default `"header"`.
       */
      auth?: "header" | "query";
    }
  | {
      /** Sends no token, for a gateway that adds it. `baseUrl` may then be relative in a browser. */
      auth: "none";
      /** Not allowed with `auth: "none"`. */
      token?: undefined;
    }
);

/** Retries with exponential back-off and full jitter: `initialDelay`, doubled each time, up to `maxDelay`. */
export interface RetryOptions {
  /**
   * Maximum number of attempts of a request, including the first: 1 to 100. Default 5. If set, it also limits
   * the consecutive 429s of a drive; by default, a drive waits for rate limits to reset and ends after 15
   * minutes in which every response was a 429.
   */
  attempts?: number;
  /** Maximum delay before the second attempt. Default 200 ms. */
  initialDelay?: Milliseconds;
  /** Maximum delay before any attempt. Default 20,000 ms. */
  maxDelay?: Milliseconds;
  /** The SDK's option: the number of retries, `attempts - 1`. */
  retries?: number;
  /** The SDK's option: the delay in milliseconds before a retry, by its number from 0. */
  backoff?: (retry: number) => number;
}

/** The part of `fetch` that the client uses. */
export type Fetch = (
  url: string,
  // biome-ignore lint/suspicious/noExplicitAny: each runtime's own init and Response have to fit
  init: any,
) => Promise<FetchResponse>;

/** The part of `Response` that the client uses. */
export interface FetchResponse {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: {
    /** The value of a header; `null` if it is absent. */
    get(name: string): string | null;
  };
  /** The whole body as text. */
  text(): Promise<string>;
}

/** The part of `AbortSignal` that the client uses. */
export interface Signal {
  /** Whether the signal is aborted. */
  readonly aborted: boolean;
  /** The reason with which an aborted call rejects. */
  readonly reason?: unknown;
  /** As in `EventTarget`. */
  addEventListener(type: "abort", listener: () => void): void;
  /** As in `EventTarget`. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** One attempt of a request, passed to `onRequest`. Contains no token. */
export interface RequestEvent {
  /** The HTTP method. */
  method: "GET" | "POST" | "DELETE";
  /** The URL. A token in its query is replaced by `[redacted]`. */
  url: string;
  /** The operation: `"resume"`, `"list"`, `"get"`, … */
  operation: string;
  /** The number of the attempt, from 1. */
  attempt: number;
  /** The HTTP status, if there was a response. */
  status?: number;
  /** Why there was no response. */
  error?: "network_error" | "timeout" | "aborted" | "response_too_large";
  /** Duration of the attempt in milliseconds, response body included. */
  ms: number;
}

// ---------------------------------------------------------------- client.dlq

/** The dead letter queue: the calls of `@upstash/workflow`, and drives, which process everything that is selected. */
export interface Dlq {
  /**
   * Lists one page of entries.
   *
   * @example const { messages, cursor } = await client.dlq.list({ count: 50, filter: { label: "a" } });
   */
  list(parameters?: ListParameters, request?: RequestOptions): Promise<ListPage>;
  /**
   * Returns one entry.
   *
   * @throws {NotFoundError} if the entry is not in the DLQ
   */
  get(dlqId: string, request?: RequestOptions): Promise<Entry>;

  /**
   * Resumes failed runs: each continues from its failed step under a new run id and keeps the results of its
   * finished steps. Sends one request; with a filter or `all`, it takes up to `count` entries.
   *
   * A request whose response is lost is not retried. The error then has `mayHaveActed: true`.
   *
   * @throws {ValidationError} for invalid arguments, before any request
   * @throws {NotFoundError} if an id is not in the DLQ
   */
  resume(
    selection: string | readonly string[] | Selection,
    overrides?: Overrides,
    request?: RequestOptions,
  ): Promise<RunsPage>;
  /** @deprecated Use `resume(dlqId, overrides)`. */
  resume(selection: LegacySelection<string>): Promise<WorkflowRun>;
  /** @deprecated Use `resume(dlqIds, overrides)`. */
  resume(selection: LegacySelection<readonly string[]>): Promise<WorkflowRun[]>;

  /** Like {@link Dlq.resume}, but each run starts from its first step, with the same payload. */
  restart(
    selection: string | readonly string[] | Selection,
    overrides?: Overrides,
    request?: RequestOptions,
  ): Promise<RunsPage>;
  /** @deprecated Use `restart(dlqId, overrides)`. */
  restart(selection: LegacySelection<string>): Promise<WorkflowRun>;
  /** @deprecated Use `restart(dlqIds, overrides)`. */
  restart(selection: LegacySelection<readonly string[]>): Promise<WorkflowRun[]>;

  /** Deletes entries permanently. The service ignores ids that are not in the DLQ. */
  delete(
    selection: string | readonly string[] | Selection,
    request?: RequestOptions,
  ): Promise<DeletedPage>;

  /** Runs the failure function of an entry again. @throws {ApiError} (400) unless it has failed */
  retryFailureFunction(
    entry: { dlqId: string },
    request?: RequestOptions,
  ): Promise<
    WorkflowRun & {
      /** Why the service did not start it. */
      error?: string;
    }
  >;
  /** Cancels the failure function of an entry. @throws {ApiError} (400) unless it is in progress */
  cancelFailureFunction(entry: { dlqId: string }, request?: RequestOptions): Promise<void>;

  /**
   * Resumes all selected entries: follows the cursor to the end, waits for rate limits, retries only requests
   * that are safe to retry, and reports the outcome of each entry.
   *
   * @throws {ValidationError} for invalid arguments, before any request
   * @throws {DlqError} with `summary` and `checkpoint`, if the drive can't continue
   * @example
   * const summary = await client.dlq.resumeAll({ all: true }, { retries: 3 }, { concurrency: 8 });
   */
  resumeAll(
    selection: string | readonly string[] | DriveSelection,
    overrides?: Overrides,
    drive?: DriveOptions<"resumed">,
  ): Promise<Summary<"resumed">>;
  /** The same from a checkpoint, which contains the selection and the overrides. */
  resumeAll(
    selection: undefined,
    overrides: undefined,
    drive: DriveOptions<"resumed"> & { checkpoint: string },
  ): Promise<Summary<"resumed">>;
  /** Like {@link Dlq.resumeAll}, but each run starts from its first step. */
  restartAll(
    selection: string | readonly string[] | DriveSelection,
    overrides?: Overrides,
    drive?: DriveOptions<"restarted">,
  ): Promise<Summary<"restarted">>;
  /** The same from a checkpoint, which contains the selection and the overrides. */
  restartAll(
    selection: undefined,
    overrides: undefined,
    drive: DriveOptions<"restarted"> & { checkpoint: string },
  ): Promise<Summary<"restarted">>;
  /** Deletes all selected entries. */
  deleteAll(
    selection: string | readonly string[] | DriveSelection,
    drive?: Omit<DriveOptions<"deleted">, "canary">,
  ): Promise<Summary<"deleted">>;
  /** The same from a checkpoint, which contains the selection. */
  deleteAll(
    selection: undefined,
    drive: Omit<DriveOptions<"deleted">, "canary"> & { checkpoint: string },
  ): Promise<Summary<"deleted">>;
  /**
   * Continues a drive from its checkpoint, with its operation, selection and overrides.
   *
   * @throws {CheckpointError} if the checkpoint is damaged, or belongs to another service or version
   */
  continueFrom<D extends Done = Done>(
    checkpoint: string,
    drive?: ContinueOptions & {
      /** `false`: continue without the canary of the checkpoint. */
      canary?: false;
    },
  ): Promise<Summary<D>>;

  /**
   * Follows runs until each has succeeded, failed again or been canceled, or `timeout` is reached. Reads the
   * logs of the runs and the DLQ; changes nothing.
   *
   * @throws {ValidationError} for invalid arguments, before any request
   * @throws {DlqError} with `summary` and `checkpoint`, if it can't continue
   * @example
   * const { workflowRuns } = await client.dlq.resume(dlqIds);
   * const { succeeded, failedAgain } = await client.dlq.follow(workflowRuns);
   */
  follow(runs: Followable, options?: FollowOptions): Promise<FollowSummary>;

  /**
   * Like {@link Dlq.resumeAll}, as an async iterator of pages. Requests are sent as pages are consumed, at most
   * `concurrency` ahead. Leaving the loop stops the drive; it can continue from the checkpoint of the last page.
   */
  resumePages(
    selection: string | readonly string[] | DriveSelection,
    overrides?: Overrides,
    drive?: DriveOptions<"resumed">,
  ): Pages<RunsPage, "resumed">;
  /** Like {@link Dlq.restartAll}, as an async iterator of pages. */
  restartPages(
    selection: string | readonly string[] | DriveSelection,
    overrides?: Overrides,
    drive?: DriveOptions<"restarted">,
  ): Pages<RunsPage, "restarted">;
  /** Like {@link Dlq.deleteAll}, as an async iterator of pages. */
  deletePages(
    selection: string | readonly string[] | DriveSelection,
    drive?: Omit<DriveOptions<"deleted">, "canary">,
  ): Pages<DeletedPage, "deleted">;
  /** Lists all selected entries, as an async iterator of pages. Changes nothing. */
  listPages(
    selection: string | readonly string[] | DriveSelection,
    drive?: Omit<DriveOptions<"listed">, "canary">,
  ): Pages<ListPage, "listed">;

  /**
   * Counts and groups the selected entries. Changes nothing. The result's `selection` selects exactly the
   * entries that were shown, and none that fail later: pass it to `resumeAll`, `restartAll`, `deleteAll` or
   * `listPages`.
   */
  preview(
    selection: string | readonly string[] | DriveSelection,
    drive?: Omit<DriveOptions<"listed">, "canary"> & {
      /**
       * Number of days for which your plan keeps entries, 1 to 366: 3 on the free plan, 7 on pay as you go. The
       * preview then warns of entries that expire within a day. Default: no warning.
       */
      retention?: number;
    },
  ): Promise<Preview>;

  /**
   * Checks how the service behaves for this account where its documentation is silent, and what that means for
   * a drive. Sends about 30 requests, which change nothing. The report contains no entry and no token.
   *
   * Available in Node, Bun, Deno and Workers; not in the builds for browsers and the edge runtime, nor in `slim` and `read`.
   *
   * @throws {ValidationError} for invalid options, before any request
   * @throws {DlqError} `doctor_unavailable`, if this build does not contain it
   * @example
   * const { checks } = await client.dlq.doctor({ retention: 3 });
   * console.table(checks.filter(({ status }) => status === "warning"));
   */
  doctor(options?: DoctorOptions): Promise<DoctorReport>;
}

// ---------------------------------------------------------------- selection

/** A point in time: a `Date`, milliseconds since 1970, or an ISO 8601 date (UTC) or date-time with a time zone. */
export type Moment = Date | number | string;

/** The state of an entry's failure function. */
export type FailureFunctionState =
  | "CALLBACK_INPROGRESS"
  | "CALLBACK_SUCCESS"
  | "CALLBACK_FAIL"
  | "CALLBACK_CANCELED";

/** A state, or a variable of type string as in the SDK, which is validated at run time. */
type AnyState = FailureFunctionState | (string & {});

/**
 * The service's filters. Fields are combined with AND, the values of an array with OR. At least one field needs
 * a value; `undefined` means absent.
 */
export interface FilterFields {
  /** Entries that failed at or after this time. */
  fromDate?: Moment;
  /** Entries that failed at or before this time. */
  toDate?: Moment;
  /** The exact URL of the workflow. */
  workflowUrl?: string | readonly string[];
  /** The exact id of the failed run. */
  workflowRunId?: string;
  /** The exact creation time of the failed run. */
  workflowCreatedAt?: Moment;
  /** A label of the failed run. */
  label?: string | readonly string[];
  /** The state of the failure function. */
  failureFunctionState?: AnyState | readonly AnyState[];
  /** The IP address that triggered the run. */
  callerIp?: string | readonly string[];
  /** The key of the run's flow control. */
  flowControlKey?: string | readonly string[];
}

/** A filter with at least one field. */
export type Filter = {
  [Name in keyof FilterFields]-?: Required<Pick<FilterFields, Name>> & Omit<FilterFields, Name>;
}[keyof FilterFields];

/** Selects entries by their ids. */
type ByIds = {
  /** One or more DLQ ids. */
  dlqIds: string | readonly string[];
  /** Not allowed with `dlqIds`. */
  filter?: undefined;
  /** Not allowed with `dlqIds`. */
  all?: undefined;
};
/** Selects entries by a filter. */
type ByFilter = {
  /** The filter. */
  filter: Filter;
  /** Not allowed with `filter`. */
  dlqIds?: undefined;
  /** Not allowed with `filter`. */
  all?: undefined;
};
/** Selects every entry of the DLQ. */
type Everything = {
  /** `true`: every entry. */
  all: true;
  /** Not allowed with `all`. */
  dlqIds?: undefined;
  /** Not allowed with `all`. */
  filter?: undefined;
};

/** The page of a single request. */
export interface Bounds {
  /** Maximum number of entries. Default 100, also the maximum of a list. The service may return fewer. */
  count?: number | undefined;
  /** The `cursor` of the previous response. */
  cursor?: string | undefined;
}

/** The entries of a single request: by ids, by a filter, or explicitly all. */
export type Selection = (ByIds & Bounds) | (ByFilter & Bounds) | (Everything & Bounds);

/**
 * The entries of a drive. It has no `count` and no `cursor`: see `limit`, `pageSize` and `checkpoint`.
 *
 * `where` and `limit` may be given here or in the drive's options. If both have them, the values must be equal.
 */
export type DriveSelection = (
  | (ByIds & {
      /** Not allowed with `dlqIds`. */
      where?: undefined;
    })
  | ((ByFilter | Everything) & {
      /** Conditions for which the service has no filter. They are checked on listed entries. */
      where?: Where | undefined;
    })
) & {
  /** Maximum number of entries that meet `where`. */
  limit?: number | undefined;
  /** Only for single requests: use `limit` or `pageSize`. */
  count?: undefined;
  /** Only for single requests: use `checkpoint`. */
  cursor?: undefined;
};

/** The selection in the SDK's older form. */
export type LegacySelection<Ids extends string | readonly string[]> = {
  /** One or more DLQ ids. */
  dlqId: Ids;
  /** See {@link Overrides.retries}. */
  retries?: number;
  /** See {@link Overrides.flowControl}. */
  flowControl?: LegacyFlowControl;
};

/** @deprecated The SDK's name of {@link LegacySelection}. */
export type DLQResumeRestartOptions<Ids extends string | string[] = string | string[]> =
  LegacySelection<Ids>;

/** Parameters of {@link Dlq.list}. */
export interface ListParameters extends Bounds {
  /** The service's filters. Default: all entries. */
  filter?: FilterFields & {
    /** @deprecated Use `workflowUrl`. */
    url?: string;
    /** @deprecated The service no longer documents it; in a drive, use `where`. */
    responseStatus?: number;
  };
}

// ---------------------------------------------------------------- overrides, request options

/** A duration: a number of seconds, or a string such as `"10s"`, `"5m"` or `"1d10h30m"`. */
export type Duration = number | string;

/**
 * Settings of the new runs, for their remaining steps. For an absent override the service decides whether the
 * failed run's setting or a default applies.
 */
export interface Overrides {
  /** Number of retries of a failed step, 0 or more. `Upstash-Retries` */
  retries?: number;
  /** Delay before the first delivery. `Upstash-Delay` */
  delay?: Duration;
  /**
   * Delay between attempts in milliseconds, as an expression of `retried` (the number of retries so far) with
   * `pow`, `exp`, `sqrt`, `abs`, `floor`, `ceil`, `round`, `min` and `max`: `"(1 + retried) * 1000"`.
   * `Upstash-Retry-Delay`
   */
  retryDelay?: string;
  /** Limits of concurrency and rate. `Upstash-Flow-Control-Key`, `Upstash-Flow-Control-Value` */
  flowControl?: FlowControl;
  /** Labels of the new runs: letters, digits, `_`, `.` and `-`. `Upstash-Label` */
  label?: string | readonly string[];
  /** URL that the service calls if the run fails again. `Upstash-Failure-Callback` */
  failureCallback?: string;
}

/**
 * Limits shared by all steps with the same key. A key without limits keeps the run's limits; limits without a key
 * keep the run's key.
 */
export type FlowControl = AtLeastOne<{
  /** The key: letters, digits, `_`, `.` and `-`. */
  key: string;
  /** Maximum number of steps that run at the same time. */
  parallelism: number;
  /** Maximum number of steps that start in a `period`. */
  rate: number;
  /** @deprecated Use `rate`. */
  ratePerSecond: number;
  /** The period of `rate`, up to a week. Default `"1s"`. */
  period: Duration;
}>;

/** Flow control in the SDK's older form: a key and at least one limit. */
export type LegacyFlowControl = {
  /** The key: letters, digits, `_`, `.` and `-`. */
  key: string;
} & AtLeastOne<{
  /** Maximum number of steps that run at the same time. */
  parallelism: number;
  /** Maximum number of steps that start in a `period`. */
  rate: number;
  /** @deprecated Use `rate`. */
  ratePerSecond: number;
  /** The period of `rate`, up to a week. Default `"1s"`. */
  period: Duration;
}>;

/** Options of a single call. */
export interface RequestOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  signal?: Signal | undefined;
  /** Timeout of one attempt. Default: the client's. */
  timeout?: Milliseconds;
  /** Query parameters that this version does not know. They are sent unchanged. */
  query?: Record<
    string,
    string | number | boolean | readonly (string | number | boolean)[] | undefined
  >;
  /** Headers that this version does not know. They are sent unchanged. */
  headers?: HeadersLike;
}

// ---------------------------------------------------------------- drives

/** What a drive does to entries; also the name of the count in its summary. */
export type Done = "resumed" | "restarted" | "deleted" | "listed";

/** Options that may be set again when a drive continues from a checkpoint, which contains the others. */
export interface ContinueOptions extends RequestOptions {
  /**
   * Maximum number of requests in flight, 1 to 100. A 429 halves it; it then recovers. Default 1 for `pages`,
   * else 4.
   */
  concurrency?: number;
  /**
   * Maximum number of entries per request, 1 to 1,000; a list requests at most 100. The service may return
   * fewer. Batches of ids start at the service's documented maximum of 50 (100 for a deletion), and grow after
   * the service has accepted several complete batches. Default 100.
   */
  pageSize?: number;
  /**
   * Maximum number of runs to start in any second of this invocation, including those of requests in flight.
   * Each drive and each continuation counts separately. To limit the rate of the runs' steps, use the override
   * `flowControl`.
   */
  maxRunsPerSecond?: number;
  /**
   * Maximum number of requests in this invocation, including lists, look-ups and retries. A Worker on the free plan
   * may send 50.
   */
  maxRequests?: number;
  /** Time after which no request starts. A wait that would exceed it ends the drive. */
  timeBudget?: Milliseconds;
  /**
   * Follows the new runs after all entries are processed, like {@link Dlq.follow}. The summary's `outcome`
   * reports their states. `true`: with the defaults. The run ids of `unconfirmed` entries are unknown, so their
   * runs are not followed.
   */
  follow?: boolean | Following;
  /** Called as the drive progresses. An error that it throws is reported once and otherwise ignored. */
  onProgress?: (event: Progress) => unknown;
  /**
   * Called and awaited before each request that may act, and before each round of requests that follow runs. The
   * checkpoint treats the request that comes next as possibly executed. A process that stores each checkpoint can
   * be killed at any time and continue from the last one; the continuation first waits two seconds, since that
   * request may still be executing. If the function throws, the drive ends with a {@link CheckpointError} and
   * does not send the request.
   *
   * With `report: "entries"`, `entries` contains the report lines since the previous call. With `follow`, `runs`
   * contains the runs that ended since then. Stored with the checkpoint, both are complete even after a kill.
   */
  onCheckpoint?: (checkpoint: string, entries?: ReportLine[], runs?: OutcomeLine[]) => unknown;
}

/** Options of a drive. */
export type DriveOptions<_Done extends Done = Done> = ContinueOptions & {
  /**
   * How entries are sent to the service.
   *
   * - `"pages"`: the filter, page by page with the service's cursor. One request per page.
   * - `"batches"`: ids, several per request. A filter is listed first.
   * - `"each"`: one id per request, so that the report has the new run of each entry.
   *
   * Default: `"batches"` for ids and with `where`, else `"pages"`.
   */
  strategy?: "pages" | "batches" | "each";
  /**
   * Maximum number of entries that meet `where`, over all invocations. With `pages`, a page whose response was
   * lost counts as full.
   */
  limit?: number | undefined;
  /** Conditions for which the service has no filter. They are checked on listed entries. Not allowed with ids. */
  where?: Where | undefined;
  /**
   * Takes a few entries first, follows their new runs, and continues only after enough of them have succeeded.
   * Ends with `reason: "canary"` as soon as more than `maxFailedAgain` have failed again or are being retried
   * after an error, and with `"undecided"` if `wait` is over before that. Continuing after `"canary"` takes the
   * remaining entries. Continuing after `"undecided"` checks the canary's runs again, unless `canary: false`
   * is set.
   */
  canary?: Canary | false;
  /** Continues an earlier drive. The selection and the overrides must be those of that drive, or absent. */
  checkpoint?: string | undefined;
  /**
   * `"entries"` keeps a line for each entry. `"summary"` keeps counts only, in constant memory. Default `"summary"`.
   */
  report?: "summary" | "entries";
} & (
    | {
        /**
         * With a filter or `all`: sets `toDate` to the start of the drive, by the service's clock, so that runs
         * that fail again are not taken again. Default true.
         */
        freeze?: true;
      }
    | ({
        /**
         * `false`: leaves `toDate` open, so that runs that fail again are taken again. One of the bounds below is
         * then required.
         */
        freeze: boolean;
      } & AtLeastOne<{
        /** Maximum number of entries, over all invocations. */
        limit: number;
        /** Maximum number of requests in this invocation. */
        maxRequests: number;
        /** Time after which no request starts. */
        timeBudget: Milliseconds;
      }>)
  );

/** An object with at least one of the fields. */
type AtLeastOne<Fields> = {
  [Name in keyof Fields]: Pick<Fields, Name> & Partial<Omit<Fields, Name>>;
}[keyof Fields];

/** An HTTP status or a class of statuses. */
export type StatusCondition = number | "1xx" | "2xx" | "3xx" | "4xx" | "5xx";

/**
 * Conditions on listed entries: at least one. Fields are combined with AND, the values of an array with OR. A key
 * of a preview's groups `status`, `error`, `fingerprint` and `step` selects exactly the entries of that group.
 */
export type Where = AtLeastOne<{
  /** The HTTP status of the failed step's response. */
  responseStatus: StatusCondition | readonly StatusCondition[];
  /** A substring of that response's body, as sent or as displayed. Case-sensitive. */
  responseBody: string;
  /**
   * The complete error message: `message` or `error` of a JSON body, else the body's text, up to 1,000
   * characters. `""`: a response without a body.
   */
  error: string | readonly string[];
  /** The error message with numbers, ids and quoted text masked: `row # of "…"`. */
  fingerprint: string | readonly string[];
  /** The name of the step that failed; its first 1,000 characters are compared. */
  step: string | readonly string[];
}>;

/** A small first batch whose runs have to succeed before the drive continues. */
export interface Canary {
  /** Number of entries to take first, 1 or more. */
  entries: number;
  /**
   * Maximum time to wait for their runs. Default 2,400,000 ms (40 minutes): a run with the default three retries
   * takes 33 minutes to fail.
   */
  wait?: Milliseconds;
  /** Maximum number of their runs that may fail again. Default 0. */
  maxFailedAgain?: number;
  /**
   * How a run counts that is being retried after an error. `"fail"`: as failed, from its first error. `"wait"`:
   * as undecided, until its last retry. Default `"fail"`.
   */
  retrying?: "fail" | "wait";
  /**
   * Time that all retries of a run take. Without access to the logs of runs, a failure only shows in the DLQ, and
   * a `wait` shorter than this ends `undecided`. Default: computed from the override `retries`, else from the
   * service's default of three retries.
   */
  retryTime?: Milliseconds;
}

/** The progress of a drive. */
export interface Progress {
  /** Entries resumed, restarted, deleted or listed so far. With {@link Dlq.follow}: runs that have ended. */
  done: number;
  /** Total number of entries or runs, if known: with ids, with a `limit`, and when runs are followed. */
  of?: number;
  /** The current strategy. A drive by pages switches to batches if the service refuses whole pages. */
  strategy: "pages" | "batches" | "each";
  /** Ids that were not in the DLQ. */
  notFound: number;
  /** Entries that may have been processed: the response was lost, and a look-up could not tell. */
  unconfirmed: number;
  /** Entries that the service refused. */
  failed: number;
  /** Number of requests of any kind. */
  requests: number;
  /** Number of those that were retries. */
  retries: number;
  /** Milliseconds spent waiting without a request in flight. */
  waitedMs: number;
  /** Elapsed milliseconds, over all invocations. */
  elapsedMs: number;
  /** Number of requests in flight. */
  inFlight: number;
  /** Entries per second in this invocation. */
  perSecond: number;
  /** Estimated remaining milliseconds, if `of` is known. */
  etaMs?: number;
  /** Why no request is sent now: a rate limit of the service, a back-off or pace, or an outstanding response. */
  waiting?: "rateLimit" | "pause" | "response";
  /** End of that wait, in milliseconds since 1970. */
  waitingUntil?: number;
  /** States of the canary's runs, while the drive waits for them. */
  canary?: OutcomeCounts;
  /** States of the new runs, while the drive follows them. */
  outcome?: OutcomeCounts;
}

/**
 * The result of a drive: a union over the operations and over `done`. A summary has a `checkpoint` unless it is
 * done. Counts cover all invocations of the drive. Every processed entry is in exactly one of the first four
 * counts. With `pages` they are bounds: done ≤ actual number ≤ done + `unconfirmed`.
 */
export type Summary<D extends Done = "resumed"> = D extends Done
  ? SummaryCounts<D> & (Finished | Unfinished)
  : never;

/** A drive that has nothing left to do. */
export interface Finished {
  /** `true`: nothing is left to do. */
  done: true;
  /** `"complete"`: all selected entries are processed. `"limit"`: `limit` is reached. */
  reason: "complete" | "limit";
  /** There is nothing to continue. */
  checkpoint?: undefined;
}

/** A drive that ended early and can be continued. */
export interface Unfinished {
  /** `false`: continue from `checkpoint`. */
  done: false;
  /**
   * - `"requests"`, `"time"`: `maxRequests` or `timeBudget` is used up. `"aborted"`: by the signal.
   * - `"remaining"`: the list still contains entries that the service does not take, also two seconds later.
   * - `"canary"`: too many runs of the canary failed again, or are being retried after an error.
   * - `"undecided"`: the canary's `wait` was over before enough of its runs had succeeded.
   * - `"failed"`: the drive threw an error; only in that error's `summary`.
   */
  reason: "requests" | "time" | "aborted" | "remaining" | "canary" | "undecided" | "failed";
  /**
   * The state of the drive, for {@link Dlq.continueFrom}. Printable text without secrets: up to 4 KB, plus 12
   * bytes for each id that is still to be processed or was refused, 28 for each followed run that has not ended, and
   * up to 27 KB for the errors of followed runs that failed again, as well as for those of a canary.
   */
  checkpoint: string;
}

/** The counts of a drive. */
export type SummaryCounts<D extends Done> = {
  /** Entries that were certainly processed. */
  [Name in D]: number;
} & {
  /** Ids that were not in the DLQ. */
  notFound: number;
  /** Entries that may have been processed: the response was lost, and a look-up could not tell. */
  unconfirmed: number;
  /** Entries that the service refused. */
  failed: number;
  /** Number of requests of any kind. */
  requests: number;
  /** Number of those that were retries. */
  retries: number;
  /** Milliseconds spent waiting without a request in flight. */
  waitedMs: number;
  /** Elapsed milliseconds, over all invocations. */
  elapsedMs: number;
  /** The `toDate` that `freeze` set, in milliseconds since 1970. */
  frozenToDate?: number;
  /** With `report: "entries"`: the lines of this invocation. */
  entries?: ReportLine<D>[];
  /** States of the canary's runs, if it has not passed. */
  canary?: Outcome;
  /** With `follow`: the outcome of the new runs. */
  outcome?: Outcome;
};

/** The outcome of an entry. */
export interface ReportLine<D extends Done = Done> {
  /** The entry's id; unknown with `pages`. */
  dlqId?: string;
  /** The id of a new run: with `each` the entry's own, with `pages` one of those of the page. */
  workflowRunId?: string;
  /** Creation time of that run, in milliseconds since 1970. */
  workflowCreatedAt?: number;
  /** What was done, or why nothing was. */
  outcome: D | "notFound" | "unconfirmed" | "failed";
}

/** A page of a drive. */
export type DrivePage<Page> = Page & {
  /** The state of the drive after this page. */
  checkpoint: string;
  /** The progress after this page. */
  progress: Progress;
  /** With `report: "entries"`: the lines since the previous page. The summary has all lines. */
  entries?: ReportLine[];
};

/** An async iterator of pages. */
export interface Pages<Page, D extends Done>
  extends AsyncIterator<DrivePage<Page>, Summary<D>, undefined> {
  /** The next page; after the last one, the summary. */
  next(): Promise<IteratorResult<DrivePage<Page>, Summary<D>>>;
  /** Stops the drive. Requests in flight are still accounted for. */
  return(
    value?: Summary<D> | PromiseLike<Summary<D>>,
  ): Promise<IteratorResult<DrivePage<Page>, Summary<D>>>;
  /** Stops the drive and rejects with the error. */
  throw(error?: unknown): Promise<IteratorResult<DrivePage<Page>, Summary<D>>>;
  /** The summary so far. */
  summary(): Promise<Summary<D>>;
  /** The iterator itself, for `for await`. */
  [Symbol.asyncIterator](): Pages<Page, D>;
  /** Stops the drive, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Counts and groups of the selected entries. */
export interface Preview {
  /** Number of entries that were listed. */
  count: number;
  /** Whether all selected entries were listed. If not, see `reason`. */
  complete: boolean;
  /** Why the preview ended, like the `reason` of a drive. */
  reason: Summary["reason"];
  /** When the first of them failed, in milliseconds since 1970. */
  firstDate?: number;
  /** When the last of them failed, in milliseconds since 1970. */
  lastDate?: number;
  /** Number of entries by value. */
  groups: {
    /** The URL of the workflow. */
    workflow: Group<string>;
    /** The label. An entry with several labels counts for each of the first 100. */
    label: Group<string>;
    /** The HTTP status of the failed step's response. */
    status: Group<number>;
    /** The error message, up to 1,000 characters; `""` for responses without a body. */
    error: Group<string>;
    /** The error message with numbers, ids and quoted text masked. */
    fingerprint: Group<string>;
    /** The name of the step that failed, up to 1,000 characters. */
    step: Group<string>;
    /** The state of the failure function. */
    failureFunctionState: Group<FailureFunctionState>;
  };
  /** Warnings about these entries. */
  warnings: PreviewWarning[];
  /** The first ten entries. */
  sample: Entry[];
  /**
   * A selection of exactly the entries that were shown, for `resumeAll` and the other drives: the filter with
   * `toDate` set, and `where`.
   *
   * A filter can't select a part of the matching entries. With `limit` or `query`, or if a budget or the signal
   * ended the preview, the selection is therefore the ids of the entries that were shown (`[]` if there were none).
   * Ids are sent in batches, so that `strategy: "pages"`, `where` and `query` are refused with them, and a
   * checkpoint contains all ids that are not processed yet, about 20 bytes each.
   *
   * A drive of this object, unchanged and with the same client, skips the opening list, because the preview has
   * verified that the service applies the filter. Only a drive that divides many entries among concurrent
   * requests still sends it.
   */
  selection: string | readonly string[] | DriveSelection;
  /** The summary of the list requests. */
  summary: Summary<"listed">;
}

/** Entries of a preview that need attention. */
export type PreviewWarning =
  | {
      /** The service will delete these entries within a day, by `retention` and the time of the failure. */
      code: "expires_soon";
      /** Number of affected entries. */
      count: number;
      /** When the first of them expires, in milliseconds since 1970. */
      firstExpiresAt: number;
      /** The warning as a sentence. */
      message: string;
    }
  | {
      /**
       * The workflow's steps have changed since the run started ("Incompatible step name"). A resume would fail
       * again: use `restartAll`.
       */
      code: "incompatible_step";
      /** Number of affected entries. */
      count: number;
      /** The warning as a sentence. */
      message: string;
    };

/** The 20 most frequent values of a group, in descending order. */
export interface Group<Key> {
  /** The values and their counts. */
  values: {
    /** The value, in the form that `where` accepts. */
    key: Key;
    /** Number of entries with this value. */
    count: number;
  }[];
  /** Number of entries with other values. */
  others: number;
}

// ---------------------------------------------------------------- outcome of the new runs

/** A run to follow. */
export interface RunToFollow {
  /** The run's id. */
  workflowRunId: string;
  /**
   * Creation time in milliseconds since 1970. With it, one request covers ten runs; without it, one run. The
   * SDK's types declare a string, although the service sends a number; both are accepted.
   */
  workflowCreatedAt?: number | string;
  /** The entry that this run resumed. It is copied to the report. */
  dlqId?: string;
}

/** The runs for {@link Dlq.follow}: an array, a response or a summary that contains them, or a checkpoint. */
export type Followable =
  | readonly RunToFollow[]
  | {
      /** New runs, as in a page of `resume`. */
      readonly workflowRuns: readonly RunToFollow[];
    }
  | {
      /** Entries with their new runs, as in a summary with `report: "entries"`. */
      readonly entries?: readonly ReportLine[];
      /** The outcome of the runs that were followed before. */
      readonly outcome?: Outcome;
    }
  | string;

/** How to follow runs. */
export interface Following {
  /**
   * Maximum time to wait for runs to end. The runs that are then still running are requested once more and
   * reported with their current state. Default 2,400,000 ms (40 minutes): a run with the default three retries
   * takes 33 minutes to fail again.
   */
  timeout?: Milliseconds;
  /** Minimum time between two rounds of requests; grows to two minutes. Default 1,000 ms. */
  interval?: Milliseconds;
  /**
   * Number of runs to follow, chosen at random; the outcome of all runs is estimated from them. All 100,000 runs
   * take about 10,000 requests, a sample of 1,000 a little over 100. Default: all runs.
   */
  sample?: number;
}

/** Options of {@link Dlq.follow}. */
export interface FollowOptions extends Following {
  /** Maximum number of requests in flight, 1 to 100. Default 4. */
  concurrency?: number;
  /** Maximum number of requests in this invocation. */
  maxRequests?: number;
  /** Time after which no request starts. */
  timeBudget?: Milliseconds;
  /** `"entries"` keeps a line for each run. Default `"summary"`. */
  report?: "summary" | "entries";
  /** Ends the follow. The summary then has `reason: "aborted"`. */
  signal?: Signal | undefined;
  /** Called as the follow progresses. `event.outcome` has the counts so far. */
  onProgress?: (event: Progress) => unknown;
  /**
   * Called and awaited before each round of requests. With `report: "entries"`, `runs` contains the runs that
   * ended since the previous call.
   */
  onCheckpoint?: (checkpoint: string, entries?: ReportLine[], runs?: OutcomeLine[]) => unknown;
  /** See {@link RequestOptions.query}. */
  query?: RequestOptions["query"];
  /** See {@link RequestOptions.headers}. */
  headers?: RequestOptions["headers"];
}

/** Counts of runs. Every followed run is in exactly one of them; their sum is `runs`. */
export interface OutcomeCounts {
  /** Number of followed runs: all, or those of the sample. */
  runs: number;
  /** Runs that finished without an error. */
  succeeded: number;
  /** Runs that failed and are in the DLQ again. */
  failedAgain: number;
  /** Runs that were canceled. */
  canceled: number;
  /** Runs in progress without an error in the current step. */
  running: number;
  /** Runs in progress whose current step has failed at least once. */
  retrying: number;
  /** Runs without a known state: not requested yet, or not in the logs (yet or any more). */
  unknown: number;
  /**
   * Whether the logs of runs are available, as far as is known. Without them (404, 403), only failures are seen,
   * by their entry in the DLQ, and no run counts as `succeeded`.
   */
  logs: boolean;
}

/** The outcome of the new runs. */
export interface Outcome extends OutcomeCounts {
  /** Whether each run has ended. */
  done: boolean;
  /**
   * - `"complete"`: each run has ended. `"timeout"`: some are still in progress, or were never found.
   * - `"requests"`, `"time"`: `maxRequests` or `timeBudget` is used up. `"aborted"`: by the signal.
   * - `"canary"`, `"undecided"`: the canary ended the drive before its runs had ended.
   * - `"failed"`: the drive threw an error; only in that error's `summary`.
   */
  reason:
    | "complete"
    | "timeout"
    | "requests"
    | "time"
    | "aborted"
    | "canary"
    | "undecided"
    | "failed";
  /** The 20 most frequent errors of runs that failed again, in descending order. */
  errors: (RunError & {
    /** Number of runs with this error. */
    count: number;
  })[];
  /** With `sample`: the estimate for all runs. */
  sample?: {
    /** Number of all runs. */
    of: number;
    /** Estimated number of runs that succeeded. */
    succeeded: Estimate;
    /** Estimated number of runs that failed again. */
    failedAgain: Estimate;
  };
  /** With `report: "entries"`: the runs that ended in this invocation, then those that have not ended. */
  entries?: OutcomeLine[];
  /** The state of the follow, for {@link Dlq.follow}; absent if `done`. */
  checkpoint?: string;
}

/** The result of {@link Dlq.follow}. Counts cover all invocations. */
export interface FollowSummary extends Outcome {
  /** Number of requests of any kind. */
  requests: number;
  /** Number of those that were retries. */
  retries: number;
  /** Milliseconds spent waiting without a request in flight. */
  waitedMs: number;
  /** Elapsed milliseconds, over all invocations. */
  elapsedMs: number;
}

/** A 95 % confidence interval of a number of runs. */
export interface Estimate {
  /** The lower bound. */
  low: number;
  /** The upper bound. */
  high: number;
}

/** Why a run failed or is being retried, as far as known. */
export interface RunError {
  /** The name of the step, up to 1,000 characters. */
  step?: string;
  /** The HTTP status of the step's response. */
  status?: number;
  /** The error message, up to 1,000 characters. */
  error?: string;
}

/** The outcome of a run. */
export interface OutcomeLine extends RunError {
  /** The run's id. */
  workflowRunId: string;
  /** The entry that this run resumed; known with `strategy: "each"`. */
  dlqId?: string;
  /** The run's new entry in the DLQ, if it failed again. */
  newDlqId?: string;
  /** The state of the run. */
  state: "succeeded" | "failedAgain" | "canceled" | "running" | "retrying" | "unknown";
}

// ---------------------------------------------------------------- the doctor

/** Options of {@link Dlq.doctor}. */
export interface DoctorOptions {
  /** Number of days for which your plan keeps entries, 1 to 366: 3 on the free plan, 7 on pay as you go. */
  retention?: number;
  /** Aborts the checks. `doctor` then rejects with the signal's reason. */
  signal?: Signal | undefined;
}

/** The result of {@link Dlq.doctor}. */
export interface DoctorReport {
  /** Time of the checks, in milliseconds since 1970. */
  at: number;
  /** Number of requests, including retries. */
  requests: number;
  /** The checks, one for each name, always in the same order. */
  checks: DoctorCheck[];
}

/** The result of one check. */
export interface DoctorCheck {
  /** The name of the check. */
  name:
    | "token"
    | "permission"
    | "region"
    | "otherRegion"
    | "listCap"
    | "oldestEntry"
    | `filter.${keyof FilterFields}`
    | "rangeDate"
    | "logs"
    | "clock"
    | "rateLimits";
  /**
   * - `"ok"`: the service behaves as a drive expects.
   * - `"warning"`: read `follows` before you start a drive.
   * - `"unknown"`: the check was inconclusive.
   */
  status: "ok" | "warning" | "unknown";
  /** What the service does. */
  found: string;
  /** What that means for a drive. */
  follows: string;
  /** The finding as data. The keys depend on the check and may change. */
  data: Record<string, unknown>;
}

// ---------------------------------------------------------------- responses

/** A new run. Fields that the service adds are passed through. */
export interface WorkflowRun {
  /** The new run's id. */
  workflowRunId: string;
  /** Creation time in milliseconds since 1970. The service sends a number; the SDK's types declare a string. */
  // biome-ignore lint/suspicious/noExplicitAny: assignable to both
  workflowCreatedAt: any;
}

/** @deprecated The SDK's name of {@link WorkflowRun}. */
export type DLQResumeRestartResponse = WorkflowRun;

/** A page of new runs. The last page has no cursor. */
export interface RunsPage {
  /** The new runs. */
  workflowRuns: WorkflowRun[];
  /** The cursor for the next request. */
  cursor?: string;
}

/** A page of deleted entries. The last page has no cursor. */
export interface DeletedPage {
  /** Number of deleted entries. */
  deleted: number;
  /** The cursor for the next request. */
  cursor?: string;
  /** The service's message, if it could not delete all entries. */
  error?: string;
}

/** A page of entries. The last page has no cursor. */
export interface ListPage {
  /** The entries, in the order of the service. */
  messages: Entry[];
  /** The cursor for the next request. */
  cursor?: string;
}

/**
 * An entry of the DLQ: a run that failed after all retries. Fields that the service redacts have the value
 * `REDACTED:<sha256>`.
 */
export interface Entry {
  /** The id of the entry. */
  dlqId: string;
  /** The id of the failed delivery. */
  messageId?: string;
  /** The URL of the delivery. */
  url?: string;
  /** The HTTP method of the delivery. */
  method?: string;
  /** The headers of the delivery. */
  header: Record<string, string[]>;
  /** The payload of the failed delivery. */
  body: string;
  /** The payload in base64, if it is not text. */
  bodyBase64?: string;
  /** Maximum number of retries of the step. */
  maxRetries: number;
  /**
   * Earliest delivery time, in milliseconds since 1970. Declared by the SDK but not in the service's API
   * description, so it may be absent.
   */
  notBefore: number;
  /** When the failed delivery was created, in milliseconds since 1970. */
  createdAt: number;
  /** The IP address that triggered the run. */
  callerIP: string;
  /** The id of the failed run. */
  workflowRunId: string;
  /** Creation time of the run, in milliseconds since 1970. */
  workflowCreatedAt: number;
  /** The URL of the workflow. */
  workflowUrl: string;
  /** The key of the run's flow control. */
  flowControlKey?: string;
  /** Maximum number of steps that start in a `period`. */
  rate?: number;
  /** Maximum number of steps that run at the same time. */
  parallelism?: number;
  /** The period of `rate`, in seconds. */
  period?: number;
  /** The HTTP status of the failed step's response. */
  responseStatus: number;
  /** The headers of that response. */
  responseHeader: Record<string, string[]>;
  /** The body of that response. */
  responseBody: string;
  /** The body of that response in base64, if it is not text. */
  responseBodyBase64?: string;
  /** The URL of the failure function. */
  failureCallback?: string;
  /** The state of the failure function. Older responses have it in `failureCallbackInfo.state`. */
  failureFunctionState?: FailureFunctionState;
  /** The call of the failure function. */
  failureCallbackInfo?: {
    /** The state of the failure function. */
    state?: FailureFunctionState;
    /** The HTTP status of its response. */
    responseStatus?: number;
    /** The body of its response. */
    responseBody?: string;
    /** The headers of its response. */
    responseHeaders?: Record<string, string[]>;
  };
  /** @deprecated The first of `labels`. */
  label?: string;
  /** The run's labels. */
  labels?: string[];
}

// ---------------------------------------------------------------- logs of runs

/** The state of a run: in progress, succeeded, failed after all retries, canceled. */
export type WorkflowState = "RUN_STARTED" | "RUN_SUCCESS" | "RUN_FAILED" | "RUN_CANCELED";

/** Filters of {@link Client.logs}. Fields are combined with AND, the values of an array with OR. */
export interface LogsFilter {
  /** Runs that were created at or after this time. */
  fromDate?: Moment;
  /** Runs that were created at or before this time. */
  toDate?: Moment;
  /** The exact URL of the workflow. */
  workflowUrl?: string | readonly string[];
  /** The exact id of the run. */
  workflowRunId?: string;
  /** The exact creation time of the run. */
  workflowCreatedAt?: Moment;
  /** The host of the workflow's URL. */
  host?: string | readonly string[];
  /** The path of the workflow's URL. */
  path?: string | readonly string[];
  /** The state of the run. */
  state?: WorkflowState | (string & {});
  /** The id of a message of the run. */
  messageId?: string;
  /** A label of the run. */
  label?: string | readonly string[];
  /** The IP address that triggered the run. */
  callerIp?: string | readonly string[];
  /** The key of the run's flow control. */
  flowControlKey?: string | readonly string[];
}

/** Parameters of {@link Client.logs}. */
export interface LogsParameters {
  /** The `cursor` of the previous response. */
  cursor?: string;
  /** Maximum number of runs. The service returns at most ten. */
  count?: number;
  /** The filters. Default: all runs. */
  filter?: LogsFilter;
  /** @deprecated Use `filter.workflowRunId`. */
  workflowRunId?: string;
  /** @deprecated Use `filter.state`. */
  state?: string;
  /** @deprecated Use `filter.workflowUrl`. */
  workflowUrl?: string;
  /** @deprecated Use `filter.label`. */
  label?: string;
  /** @deprecated Use `filter.workflowCreatedAt`. */
  workflowCreatedAt?: number;
}

/** A page of logs. The last page has no cursor, or an empty one. */
export interface WorkflowRunLogs {
  /** The cursor for the next request. */
  cursor: string;
  /** The runs. */
  runs: WorkflowRunLog[];
}

/** The log of a run. Fields that the service adds are passed through. */
export interface WorkflowRunLog {
  /** The run's id. */
  workflowRunId: string;
  /** The URL of the workflow. */
  workflowUrl: string;
  /** The state of the run. */
  workflowState: WorkflowState;
  /** Creation time of the run, in milliseconds since 1970. */
  workflowRunCreatedAt: number;
  /** End of the run, in milliseconds since 1970. */
  workflowRunCompletedAt?: number;
  /** What the workflow returned, as JSON. */
  workflowRunResponse?: string;
  /** The steps, in order. */
  steps: StepLogGroup[];
  /** The call of the failure function, if the run failed and has one. */
  failureFunction?: FailureFunctionLog;
  /** The run that invoked this one. */
  invoker?: {
    /** The id of that run. */
    workflowRunId: string;
    /** The URL of its workflow. */
    workflowUrl: string;
    /** Its creation time, in milliseconds since 1970. */
    workflowRunCreatedAt: number;
  };
  /** The run's entry in the DLQ, if it failed. */
  dlqId?: string;
  /** @deprecated The first of `labels`. */
  label?: string;
  /** The run's labels. */
  labels?: string[];
}

/** Steps of a run: a single one, parallel ones, or those that are delivered next. */
export type StepLogGroup =
  | {
      /** A single step. */
      type: "sequential";
      /** The step. */
      steps: [StepLog];
    }
  | {
      /** Steps that ran in parallel. */
      type: "parallel";
      /** The steps. */
      steps: StepLog[];
    }
  | {
      /** Steps that are delivered next. */
      type: "next";
      /** The steps. */
      steps: NextStepLog[];
    };

/** A step that is in progress, is being retried, or has failed. */
export interface NextStepLog {
  /** The id of the delivery. */
  messageId: string;
  /** The name of the step; present after it has failed, if the SDK reports it in `Upstash-Error-Step-Name`. */
  stepName?: string;
  /** The state of the step. */
  state: "STEP_PROGRESS" | "STEP_RETRY" | "STEP_FAILED" | "STEP_CANCELED";
  /** Maximum number of retries. */
  retries: number;
  /** The expression of the delay between attempts. */
  retryDelay?: string;
  /** The failed attempts. */
  errors?: StepError[];
}

/** A failed attempt of a step. */
export interface StepError {
  /** The error message. */
  error: string;
  /** The body of the step's response. */
  body: string;
  /** The headers of the step's response. */
  headers: Record<string, string[]>;
  /** The HTTP status of the step's response. */
  status: number;
  /** Time of the attempt, in milliseconds since 1970. */
  time: number;
}

/** An object with all of the fields or none. */
type AllOrNone<Fields> = Fields | { [Name in keyof Fields]?: never };
/** An HTTP method. */
type HttpMethod = "GET" | "POST" | "PUT" | "DELETE" | "PATCH";

/** A step that has started or finished. */
export type StepLog = {
  /** The step's number in the run. */
  stepId?: number;
  /** The step's name. */
  stepName: string;
  /** The kind of step. */
  stepType:
    | "Initial"
    | "Run"
    | "SleepFor"
    | "SleepUntil"
    | "Call"
    | "Wait"
    | "Notify"
    | "Invoke"
    | "CreateWebhook"
    | "WaitForWebhook";
  /** `"step"`, or a part of a `context.call`: the request or its response. */
  callType: "step" | "toCallback" | "fromCallback";
  /** The id of the delivery. */
  messageId: string;
  /** The result; absent while a parallel step is in progress. */
  out: unknown;
  /** Maximum number of retries. */
  retries: number;
  /** The expression of the delay between attempts. */
  retryDelay?: string;
  /** Number of steps that ran in parallel; 1 for a single step. */
  concurrent: number;
  /** The state of the step. */
  state: "STEP_PROGRESS" | "STEP_SUCCESS" | "STEP_RETRY" | "STEP_FAILED";
  /** Creation time, in milliseconds since 1970. */
  createdAt: number;
  /** The headers of the delivery. */
  headers: Record<string, string[]>;
} & AllOrNone<CallRequestLog> &
  AllOrNone<CallResponseLog> &
  AllOrNone<InvokeLog> &
  AllOrNone<{
    /** Duration of a `context.sleep`, in seconds. */
    sleepFor: number;
  }> &
  AllOrNone<{
    /** End of a `context.sleepUntil`, in the service's format. */
    sleepUntil: number;
  }> &
  AllOrNone<WaitLog>;

/** The request of a `context.call`. */
type CallRequestLog = {
  /** The URL of the call. */
  callUrl: string;
  /** The HTTP method. */
  callMethod: HttpMethod;
  /** The headers of the request. */
  callHeaders: Record<string, string[]>;
  /** The body of the request. */
  callBody: unknown;
};
/** The response to a `context.call`. */
type CallResponseLog = CallRequestLog & {
  /** The HTTP status. */
  callResponseStatus: number;
  /** The body. */
  callResponseBody: unknown;
  /** The headers. */
  callResponseHeaders: Record<string, string[]>;
};
/** The run that a `context.invoke` started. */
type InvokeLog = {
  /** The run's id. */
  invokedWorkflowRunId: string;
  /** The URL of its workflow. */
  invokedWorkflowUrl: string;
  /** Creation time of that run, in milliseconds since 1970. */
  invokedWorkflowCreatedAt: number;
  /** The payload of that run. */
  invokedWorkflowRunBody: unknown;
  /** The headers with which that run was triggered. */
  invokedWorkflowRunHeaders: Record<string, string[]>;
};
/** A `context.waitForEvent`. */
type WaitLog = {
  /** The id of the event. */
  waitEventId: string;
  /** Maximum time to wait for the event. */
  waitTimeoutDuration: string;
  /** End of the wait, in the service's format. */
  waitTimeoutDeadline: number;
  /** Whether the wait timed out. */
  waitTimeout: boolean;
};

/** The call of a failure function. */
export interface FailureFunctionLog {
  /** The id of the delivery. */
  messageId: string;
  /** The URL of the failure function. */
  url: string;
  /** The state of the failure function. */
  state: FailureFunctionState;
  /** The HTTP status of the failed step's response. */
  failStatus: number;
  /** The headers of the failed step's response. */
  failHeaders: Record<string, string[]>;
  /** The body of the failed step's response. */
  failResponse: string;
  /** @deprecated Use the run's own `dlqId`. */
  dlqId: string;
  /** The failed attempts. */
  errors?: StepError[];
  /** The HTTP status of its response. */
  responseStatus?: number;
  /** The headers of its response. */
  responseHeaders?: Record<string, string[]>;
  /** The body of its response. */
  responseBody?: string;
  /** Time of the next attempt, in milliseconds since 1970. */
  nextDeliveryTime?: number;
}

// ---------------------------------------------------------------- errors

/** The base class of all errors of this package. Contains no token. */
export declare class DlqError extends Error {
  /** The code of the error. Codes are stable. */
  readonly code: ErrorCode;
  /** The HTTP status, if there was a response. */
  readonly status?: number;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** Whether the request may have changed something. */
  readonly mayHaveActed: boolean;
  /** The service's id of the request, for its support. */
  readonly requestId?: string;
  /** The operation: `"resume"`, `"list"`, … */
  readonly operation?: string;
  /** The message of the service or of the runtime. */
  readonly detail?: string;
  /** Number of attempts. */
  readonly attempts?: number;
  /** From a drive: the state to continue from. */
  readonly checkpoint?: string;
  /** The underlying error, thrown by `fetch`, by `onCheckpoint` or by the WebAssembly. */
  readonly cause?: unknown;
  /** From a drive: the counts up to the error. */
  readonly summary?: Summary<Done>;
  /** The error as plain data, which can be cloned, stored and sent. */
  toJSON(): Record<string, unknown>;
}

/** The codes of errors; the package's README says what to do about each. */
export type ErrorCode =
  | "invalid_arguments"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "rate_limited"
  | "bad_request"
  | "api_error"
  | "server_error"
  | "unexpected_redirect"
  | "network_error"
  | "timeout"
  | "response_format"
  | "response_too_large"
  | "cursor_stuck"
  | "filter_not_honoured"
  | "checkpoint_damaged"
  | "checkpoint_version"
  | "checkpoint_mismatch"
  | "checkpoint_hook"
  | "doctor_unavailable"
  | "reading_only"
  | "missing_global"
  | "timers_unavailable"
  | "wasm_trapped"
  | "wasm_unavailable";

/** Invalid input, refused before any request. */
export declare class ValidationError extends DlqError {
  /** All issues with the input. */
  readonly issues: Issue[];
}

/** An issue with the input. */
export interface Issue {
  /** The path of the value: `"selection.filter.label[1]"`. */
  path: string;
  /** The code of the issue. Codes are stable. */
  code: string;
  /** What to write instead. */
  message: string;
  /** The refused value; never a secret. */
  received?: string | number | boolean;
  /** The expected value. */
  expected?: string;
  /** The position of the invalid character, from 0. */
  position?: number;
  /** A similar valid value. */
  hint?: string;
}

/** 401 or 403: the token is invalid, or lacks a permission. */
export declare class AuthenticationError extends DlqError {}
/** 404: an entry is not in the DLQ. */
export declare class NotFoundError extends DlqError {}
/** 429, after all waits that `retry` allows. */
export declare class RateLimitError extends DlqError {
  /** When the limit resets, in milliseconds since 1970, if the service says so. */
  readonly resetAt?: number;
  /** The kind of limit, if the service says so. */
  readonly scope?: "burst" | "daily";
  /** The limit, as in the response's header. */
  readonly limit?: string;
  /** The remaining quota, as in the response's header. */
  readonly remaining?: string;
  /** The reset time, as in the response's header. */
  readonly reset?: string;
}
/** Any other HTTP error status, a cursor that does not advance, or a filter that the service ignores. */
export declare class ApiError extends DlqError {}
/** `fetch` threw, or the connection broke during the response. */
export declare class NetworkError extends DlqError {}
/** No response within `timeout`. */
export declare class TimeoutError extends DlqError {}
/** A successful response that can't be parsed, or is larger than `maxResponseSize`. */
export declare class ResponseFormatError extends DlqError {}
/** A checkpoint that can't be continued from or stored. */
export declare class CheckpointError extends DlqError {}

declare global {
  /** The declaration of TypeScript's `esnext.disposable`, for projects that compile without that library. */
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}
