// The types of upstash-workflow-dlq. Everything that is done is `client.dlq`.

// ---------------------------------------------------------------- the client

/** A client of the dead letter queue (DLQ) of Upstash Workflow. */
export declare class Client {
  /**
   * Makes a client. No request is made; the WebAssembly is made ready with the first one.
   *
   * @param options What is not said here comes from `env`.
   * @param env Environment variables; `process.env` where a runtime has it. Read are `QSTASH_TOKEN`
   *   and `QSTASH_URL`, or, where `QSTASH_REGION` is `EU_CENTRAL_1` or `US_EAST_1`, the pair with that
   *   prefix (`US_EAST_1_QSTASH_TOKEN`, `US_EAST_1_QSTASH_URL`).
   * @throws {ValidationError} for options that can't be right, all of them at once. A token that is
   *   nowhere is reported by the first call, unless `env` is given: a build may load modules without
   *   secrets
   */
  constructor(options?: ClientOptions, env?: Environment);
  /**
   * A client from environment variables: `Client.fromEnv()` in Node, `Client.fromEnv(env)` in a Worker.
   *
   * @throws {ValidationError} as the constructor, and where there is no token
   */
  static fromEnv(env?: Environment, options?: ClientOptions): Client;
  /** The dead letter queue. */
  readonly dlq: Dlq;
  /**
   * Logs of workflow runs, a page of up to ten: their states and steps.
   *
   * @example const { runs } = await client.logs({ filter: { workflowRunId: "wfr_…" } });
   */
  logs(parameters?: LogsParameters, request?: RequestOptions): Promise<WorkflowRunLogs>;
}

/** Environment variables; those of other names are passed over. */
export type Environment = { readonly [name: string]: unknown } | object;

/** Milliseconds as a number, or a duration with units: `"500ms"`, `"10m"`, `"1d10h30m"`. */
export type Milliseconds = number | string;

/** Headers as `fetch` takes them. `Authorization` is not for here. */
export type HeadersLike =
  | Record<string, string | undefined>
  | Iterable<readonly [string, string]>
  | readonly string[][]
  | {
      /** Calls back with each value and its name. */
      forEach(callback: (value: string, name: string) => void): void;
      /** The value of a header; `null` where it is absent. */
      get(name: string): string | null;
    };

/** Options of a client. */
export type ClientOptions = {
  /**
   * The address of the service, or of a gateway; a `/v2` or `/v2/publish` at its end is removed.
   * https, but for loopback. Default: `QSTASH_URL`, else `https://qstash.upstash.io`.
   */
  baseUrl?: string | undefined;
  /**
   * The region whose DLQ is meant, instead of `baseUrl`: each region has its own entries and its own token.
   * Variables with the region's prefix are read as for `QSTASH_REGION`; `QSTASH_URL` is not.
   */
  region?: "us-east-1" | "eu-central-1" | "US_EAST_1" | "EU_CENTRAL_1" | undefined;
  /** Allows http beyond loopback. Default false: the token would travel unencrypted. */
  allowInsecure?: boolean;
  /**
   * How long one attempt may take, its body included. Default 60,000 ms.
   */
  timeout?: Milliseconds;
  /**
   * Bytes of an answer's body that are read, decompressed. Default 67,108,864 (64 MiB); more is
   * `response_too_large`. A drive holds up to `concurrency` answers at once.
   */
  maxResponseSize?: number;
  /** How often, and after how long, what failed is tried again. `false`: never. */
  retry?: false | RetryOptions;
  /** Headers of every request. */
  headers?: HeadersLike | undefined;
  /** A function of `fetch`'s shape: a service binding's, or a test's double. Default: the global one. */
  fetch?: Fetch;
  /** Called after each attempt, for logs and traces. What it throws is reported once, and changes nothing. */
  onRequest?: (event: RequestEvent) => unknown;
  /** Taken for the SDK's sake; nothing is sent either way. */
  enableTelemetry?: boolean | undefined;
  /**
   * Sends all requests to the local dev server at `http://127.0.0.1:8080` (its port: `QSTASH_DEV_PORT`) with
   * its token, whatever token and address are given, and says so on the console. The server is not started.
   * Default: by `QSTASH_DEV`.
   */
  devMode?: boolean | undefined;
} & (
  | {
      /** The token of the region that `baseUrl` is of. Default: `QSTASH_TOKEN`. */
      token?: string | undefined;
      /** How the token is sent: as `Authorization: Bearer …`, or as the parameter `qstash_token`. Default `"header"`. */
      auth?: "header" | "query";
    }
  | {
      /** Nothing is sent: a gateway knows the token. `baseUrl` may then be relative in a browser. */
      auth: "none";
      /** Not with `auth: "none"`. */
      token?: undefined;
    }
);

/** Back-off: exponential from `initialDelay`, doubled each time, with full jitter, up to `maxDelay`. */
export interface RetryOptions {
  /**
   * Attempts in all, the first included: 1 to 100. Default 5. Where it is set, a drive also ends after
   * so many 429s in a row; otherwise it waits them out, and ends after 15 minutes of nothing else.
   */
  attempts?: number;
  /** Before the second attempt, at most. Default 200 ms. */
  initialDelay?: Milliseconds;
  /** What a delay never exceeds. Default 20,000 ms. */
  maxDelay?: Milliseconds;
  /** The SDK's way to say `attempts - 1`. */
  retries?: number;
  /** The SDK's way to name each delay: the retry's number, from 0, to milliseconds. */
  backoff?: (retry: number) => number;
}

/** What is needed of a `fetch`. */
export type Fetch = (
  url: string,
  // biome-ignore lint/suspicious/noExplicitAny: each runtime's own init and Response have to fit
  init: any,
) => Promise<FetchResponse>;

/** What is needed of a `Response`. */
export interface FetchResponse {
  /** The HTTP status. */
  readonly status: number;
  /** Its headers. */
  readonly headers: {
    /** A header's value; `null` where it is absent. */
    get(name: string): string | null;
  };
  /** The whole body. */
  text(): Promise<string>;
}

/** What is needed of an `AbortSignal`. */
export interface Signal {
  /** Whether it has been aborted. */
  readonly aborted: boolean;
  /** What a call that was aborted rejects with. */
  readonly reason?: unknown;
  /** As of an `EventTarget`. */
  addEventListener(type: "abort", listener: () => void): void;
  /** As of an `EventTarget`. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** One attempt, as `onRequest` gets it. No token is in it. */
export interface RequestEvent {
  /** The HTTP method. */
  method: "GET" | "POST" | "DELETE";
  /** With the token, if it was in there, as `[redacted]`. */
  url: string;
  /** What it was for: `"resume"`, `"list"`, `"get"`, … */
  operation: string;
  /** From 1. */
  attempt: number;
  /** The answer's status, where one came. */
  status?: number;
  /** Why none came. */
  error?: "network_error" | "timeout" | "aborted" | "response_too_large";
  /** Milliseconds until the whole answer was there. */
  ms: number;
}

// ---------------------------------------------------------------- client.dlq

/** The dead letter queue: single calls as in `@upstash/workflow`, and drives to the end. */
export interface Dlq {
  /**
   * Lists entries, a page at a time.
   *
   * @example const { messages, cursor } = await client.dlq.list({ count: 50, filter: { label: "a" } });
   */
  list(parameters?: ListParameters, request?: RequestOptions): Promise<ListPage>;
  /**
   * One entry.
   *
   * @throws {NotFoundError} where it is not there (any more)
   */
  get(dlqId: string, request?: RequestOptions): Promise<Entry>;

  /**
   * Resumes failed runs: each continues from the step that failed, under a new run id, with the results
   * of its finished steps kept. One request; with a filter or `all` up to `count` entries.
   *
   * A request whose answer was lost is not repeated: the error then says `mayHaveActed: true`.
   *
   * @throws {ValidationError} before any request
   * @throws {NotFoundError} where an id is not there
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

  /** As {@link Dlq.resume}, but each run begins at its first step, with the same payload. */
  restart(
    selection: string | readonly string[] | Selection,
    overrides?: Overrides,
    request?: RequestOptions,
  ): Promise<RunsPage>;
  /** @deprecated Use `restart(dlqId, overrides)`. */
  restart(selection: LegacySelection<string>): Promise<WorkflowRun>;
  /** @deprecated Use `restart(dlqIds, overrides)`. */
  restart(selection: LegacySelection<readonly string[]>): Promise<WorkflowRun[]>;

  /** Deletes entries for good. The service passes over ids that are not there. */
  delete(
    selection: string | readonly string[] | Selection,
    request?: RequestOptions,
  ): Promise<DeletedPage>;

  /** Runs the failure function of an entry again. @throws {ApiError} (400) unless it had failed */
  retryFailureFunction(
    entry: { dlqId: string },
    request?: RequestOptions,
  ): Promise<
    WorkflowRun & {
      /** Why the service did not begin it, where it said so. */
      error?: string;
    }
  >;
  /** Cancels an entry's failure function. @throws {ApiError} (400) unless it is under way */
  cancelFailureFunction(entry: { dlqId: string }, request?: RequestOptions): Promise<void>;

  /**
   * Resumes everything that is selected, to the end: follows the cursor, waits for rate limits,
   * repeats only what is safe to repeat, and reports what became of each entry.
   *
   * @throws {ValidationError} before any request
   * @throws {DlqError} with `summary` and `checkpoint`, where it can't continue
   * @example
   * const summary = await client.dlq.resumeAll({ all: true }, { retries: 3 }, { concurrency: 8 });
   */
  resumeAll(
    selection: string | readonly string[] | DriveSelection,
    overrides?: Overrides,
    drive?: DriveOptions<"resumed">,
  ): Promise<Summary<"resumed">>;
  /** The same from a checkpoint, which brings selection and overrides. */
  resumeAll(
    selection: undefined,
    overrides: undefined,
    drive: DriveOptions<"resumed"> & { checkpoint: string },
  ): Promise<Summary<"resumed">>;
  /** As {@link Dlq.resumeAll}, but each run begins at its first step. */
  restartAll(
    selection: string | readonly string[] | DriveSelection,
    overrides?: Overrides,
    drive?: DriveOptions<"restarted">,
  ): Promise<Summary<"restarted">>;
  /** The same from a checkpoint, which brings selection and overrides. */
  restartAll(
    selection: undefined,
    overrides: undefined,
    drive: DriveOptions<"restarted"> & { checkpoint: string },
  ): Promise<Summary<"restarted">>;
  /** Deletes everything that is selected, to the end. */
  deleteAll(
    selection: string | readonly string[] | DriveSelection,
    drive?: Omit<DriveOptions<"deleted">, "canary">,
  ): Promise<Summary<"deleted">>;
  /** The same from a checkpoint, which brings the selection. */
  deleteAll(
    selection: undefined,
    drive: Omit<DriveOptions<"deleted">, "canary"> & { checkpoint: string },
  ): Promise<Summary<"deleted">>;
  /**
   * Continues from the checkpoint of any drive, with its operation, selection and overrides.
   *
   * @throws {CheckpointError} for one that is damaged, of another service or of another version
   */
  continueFrom<D extends Done = Done>(
    checkpoint: string,
    drive?: ContinueOptions & {
      /** `false` continues without the canary of the checkpoint. */
      canary?: false;
    },
  ): Promise<Summary<D>>;

  /**
   * Follows runs until each has finished, failed again or been canceled, or the time is up. Asks the
   * logs of runs and the DLQ; changes nothing.
   *
   * @throws {ValidationError} before any request
   * @throws {DlqError} with `summary` and `checkpoint`, where it can't continue
   * @example
   * const { workflowRuns } = await client.dlq.resume(dlqIds);
   * const { succeeded, failedAgain } = await client.dlq.follow(workflowRuns);
   */
  follow(runs: Followable, options?: FollowOptions): Promise<FollowSummary>;

  /**
   * As {@link Dlq.resumeAll}, a page at a time: at most `concurrency` requests run ahead of the loop.
   * Leaving the loop stops the drive; the checkpoint of the last page continues from there.
   */
  resumePages(
    selection: string | readonly string[] | DriveSelection,
    overrides?: Overrides,
    drive?: DriveOptions<"resumed">,
  ): Pages<RunsPage, "resumed">;
  /** As {@link Dlq.restartAll}, a page at a time. */
  restartPages(
    selection: string | readonly string[] | DriveSelection,
    overrides?: Overrides,
    drive?: DriveOptions<"restarted">,
  ): Pages<RunsPage, "restarted">;
  /** As {@link Dlq.deleteAll}, a page at a time. */
  deletePages(
    selection: string | readonly string[] | DriveSelection,
    drive?: Omit<DriveOptions<"deleted">, "canary">,
  ): Pages<DeletedPage, "deleted">;
  /** Everything that is selected, a page at a time; touches nothing. */
  listPages(
    selection: string | readonly string[] | DriveSelection,
    drive?: Omit<DriveOptions<"listed">, "canary">,
  ): Pages<ListPage, "listed">;

  /**
   * Counts and groups what is selected; touches nothing. Its `selection` takes what was shown and nothing
   * that fails later: pass it to `resumeAll`, `restartAll`, `deleteAll` or `listPages`.
   */
  preview(
    selection: string | readonly string[] | DriveSelection,
    drive?: Omit<DriveOptions<"listed">, "canary"> & {
      /**
       * Days that your plan keeps entries, 1 to 366: 3 on the free plan, 7 on pay as you go. The preview
       * then warns of entries that expire within a day. Default: no such warning.
       */
      retention?: number;
    },
  ): Promise<Preview>;

  /**
   * Asks what this account's service does where its documentation is silent, and says what follows for a
   * drive. Sends some 30 requests, which change nothing. The report names no entry, and never the token.
   *
   * In Node, Bun, Deno and Workers. Bundles for browsers, the edge runtime and `slim` leave it out.
   *
   * @throws {ValidationError} before any request
   * @throws {DlqError} `doctor_unavailable`, where it is left out
   * @example
   * const { checks } = await client.dlq.doctor({ retention: 3 });
   * console.table(checks.filter(({ status }) => status === "warning"));
   */
  doctor(options?: DoctorOptions): Promise<DoctorReport>;
}

// ---------------------------------------------------------------- what is selected

/** A moment: a `Date`, milliseconds since 1970, or an ISO 8601 text with a zone (or a date alone, UTC). */
export type Moment = Date | number | string;

/** How an entry's failure function fared. */
export type FailureFunctionState =
  | "CALLBACK_INPROGRESS"
  | "CALLBACK_SUCCESS"
  | "CALLBACK_FAIL"
  | "CALLBACK_CANCELED";

/** A state, or a variable of type string, as the SDK takes it: checked when it is used. */
type AnyState = FailureFunctionState | (string & {});

/**
 * The service's filters. Fields are combined with AND; an array is OR within its field. At least one
 * has to have a value: what is `undefined` is absent.
 */
export interface FilterFields {
  /** From this moment on, inclusive. */
  fromDate?: Moment;
  /** Up to this moment, inclusive. */
  toDate?: Moment;
  /** The workflow's URL, exactly. */
  workflowUrl?: string | readonly string[];
  /** The failed run's id, exactly. */
  workflowRunId?: string;
  /** When the failed run was created, exactly. */
  workflowCreatedAt?: Moment;
  /** A label that the run had when it was triggered. */
  label?: string | readonly string[];
  /** The state of the entry's failure function. */
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

/** Entries by their ids. */
type ByIds = {
  /** DLQ ids, one at least. */
  dlqIds: string | readonly string[];
  /** Not beside ids. */
  filter?: undefined;
  /** Not beside ids. */
  all?: undefined;
};
/** Entries by a filter. */
type ByFilter = {
  /** What the entries have in common. */
  filter: Filter;
  /** Not beside a filter. */
  dlqIds?: undefined;
  /** Not beside a filter. */
  all?: undefined;
};
/** Every entry of the DLQ. */
type Everything = {
  /** `true`: every entry is meant. */
  all: true;
  /** Not beside `all`. */
  dlqIds?: undefined;
  /** Not beside `all`. */
  filter?: undefined;
};

/** How much one request takes, and from where. */
export interface Bounds {
  /** Entries at most. Default 100, which is also the most that a list takes; the service may give fewer. */
  count?: number | undefined;
  /** The `cursor` of the answer before. */
  cursor?: string | undefined;
}

/** What one request is about: ids, a filter, or, stated explicitly, everything. */
export type Selection = (ByIds & Bounds) | (ByFilter & Bounds) | (Everything & Bounds);

/**
 * What a drive is about. It has no `count` and no `cursor`: see `limit`, `pageSize` and `checkpoint`.
 *
 * `where` and `limit` may stand here or among the drive's options. The two places may say the same; with
 * different values the drive is refused before any request.
 */
export type DriveSelection = (
  | (ByIds & {
      /** Not beside ids. */
      where?: undefined;
    })
  | ((ByFilter | Everything) & {
      /** Conditions that the service has no filter for, checked on listed entries. */
      where?: Where | undefined;
    })
) & {
  /** Entries that meet `where`, at most. */
  limit?: number | undefined;
  /** For one request alone: write `limit` or `pageSize`. */
  count?: undefined;
  /** For one request alone: write `checkpoint`. */
  cursor?: undefined;
};

/** The SDK's older form. */
export type LegacySelection<Ids extends string | readonly string[]> = {
  /** The DLQ id, or several. */
  dlqId: Ids;
  /** See {@link Overrides.retries}. */
  retries?: number;
  /** See {@link Overrides.flowControl}. */
  flowControl?: LegacyFlowControl;
};

/** @deprecated The SDK's name of {@link LegacySelection}. */
export type DLQResumeRestartOptions<Ids extends string | string[] = string | string[]> =
  LegacySelection<Ids>;

/** What `list` takes. */
export interface ListParameters extends Bounds {
  /** The filters of the service. Without any, all entries are listed. */
  filter?: FilterFields & {
    /** @deprecated Use `workflowUrl`. */
    url?: string;
    /** @deprecated The service no longer documents it; in a drive, use `where`. */
    responseStatus?: number;
  };
}

// ---------------------------------------------------------------- overrides, request options

/** A duration: seconds as a number, or a text such as `"10s"`, `"5m"` or `"1d10h30m"`. */
export type Duration = number | string;

/**
 * How the steps that remain are run. What the service takes for an override that is absent, the run's own value
 * or a default, is for its documentation to say.
 */
export interface Overrides {
  /** How often a step that fails is tried again, from 0. `Upstash-Retries` */
  retries?: number;
  /** Before the first delivery. `Upstash-Delay` */
  delay?: Duration;
  /**
   * Milliseconds between tries, as an expression of `retried`, with `pow`, `exp`, `sqrt`, `abs`,
   * `floor`, `ceil`, `round`, `min` and `max`: `"(1 + retried) * 1000"`. `Upstash-Retry-Delay`
   */
  retryDelay?: string;
  /** How many steps run at once, or in a time. `Upstash-Flow-Control-Key`, `-Value` */
  flowControl?: FlowControl;
  /** Letters, digits, `_`, `.` and `-`. `Upstash-Label` */
  label?: string | readonly string[];
  /** Called if the run fails for good again. `Upstash-Failure-Callback` */
  failureCallback?: string;
}

/** Limits that all steps with the same key share. A key alone keeps the run's limits, limits alone its key. */
export type FlowControl = AtLeastOne<{
  /** Letters, digits, `_`, `.` and `-`. */
  key: string;
  /** Steps at once. */
  parallelism: number;
  /** Steps started in a `period`. */
  rate: number;
  /** @deprecated Use `rate`. */
  ratePerSecond: number;
  /** The time that `rate` is for, a week at most. Default `"1s"`. */
  period: Duration;
}>;

/** Flow control of the SDK's older form: a key and a limit. */
export type LegacyFlowControl = {
  /** Letters, digits, `_`, `.` and `-`. */
  key: string;
} & AtLeastOne<{
  /** Steps at once. */
  parallelism: number;
  /** Steps started in a `period`. */
  rate: number;
  /** @deprecated Use `rate`. */
  ratePerSecond: number;
  /** The time that `rate` is for, a week at most. Default `"1s"`. */
  period: Duration;
}>;

/** Options of one call. */
export interface RequestOptions {
  /** Rejects the call with the signal's reason. */
  signal?: Signal | undefined;
  /** How long one attempt may take. Default: the client's. */
  timeout?: Milliseconds;
  /** Query parameters that this version does not know, passed on as they are. */
  query?: Record<
    string,
    string | number | boolean | readonly (string | number | boolean)[] | undefined
  >;
  /** Headers that this version does not know, passed on as they are. */
  headers?: HeadersLike;
}

// ---------------------------------------------------------------- drives

/** What a drive does, as the name of its count. */
export type Done = "resumed" | "restarted" | "deleted" | "listed";

/** What may be said anew when a drive continues from a checkpoint; the rest comes from there. */
export interface ContinueOptions extends RequestOptions {
  /** Requests in flight at most: 1 to 100. Default 1 for `pages`, 4 else. Halves on 429, grows back. */
  concurrency?: number;
  /**
   * Entries a request, 1 to 1,000; a list asks for 100 at most. Default 100; the service may give fewer.
   * Batches of ids begin at the documented cap, 50 (100 for a deletion), and grow once the service has
   * taken some of them whole.
   */
  pageSize?: number;
  /**
   * Entries at most in any second of this invocation, requests in flight included: how fast runs are
   * begun. Another drive, and one that continues from a checkpoint, begins its own count. How fast the steps
   * of the runs go is `flowControl`'s.
   */
  maxRunsPerSecond?: number;
  /** Requests of this invocation at most, lists and look-ups included: a Worker has 50 on the free plan. */
  maxRequests?: number;
  /** How long requests are begun. A wait that would be longer ends the drive. */
  timeBudget?: Milliseconds;
  /**
   * Follows the new runs once the entries are through, see {@link Dlq.follow}; the summary's
   * `outcome` says what became of them. `true` for the defaults. Runs whose resume has lost its response
   * (`unconfirmed`) have no name that they could be followed by.
   */
  follow?: boolean | Following;
  /** Called as it goes. What it throws is reported once, and changes nothing. */
  onProgress?: (event: Progress) => unknown;
  /**
   * Called before each request that may act, with that request counted as "may have acted", and
   * before each round of questions about runs that are followed; the request waits for what it returns.
   * Storing each makes a kill at any moment safe; a drive that continues at once waits two seconds first,
   * as that request may still be at work. If it throws, the drive ends with a {@link CheckpointError}
   * before the request.
   *
   * With `report: "entries"`, `entries` are the lines since the call before, as of this checkpoint, and
   * with `follow`, `runs` those of runs that ended since: stored together they are complete after a kill
   * as well.
   */
  onCheckpoint?: (checkpoint: string, entries?: ReportLine[], runs?: OutcomeLine[]) => unknown;
}

/** How a drive goes about it. */
export type DriveOptions<_Done extends Done = Done> = ContinueOptions & {
  /**
   * - `"pages"`: the filter is sent and the service's cursor leads on. One request a page.
   * - `"batches"`: ids are sent, several to a request. For a filter, lists run ahead.
   * - `"each"`: one id a request, so that the report pairs entries with their new runs.
   *
   * Default: `"batches"` for ids and with `where`, else `"pages"`.
   */
  strategy?: "pages" | "batches" | "each";
  /**
   * Entries that meet `where`, at most, over all invocations. With `pages`, a page whose answer was lost
   * counts in full.
   */
  limit?: number | undefined;
  /** Conditions that the service has no filter for, checked on listed entries. Not with ids. */
  where?: Where | undefined;
  /**
   * A few first: takes `entries`, follows their new runs, and continues only once enough of them have
   * finished. Ends with `reason: "canary"` as soon as more than `maxFailedAgain` have failed again or
   * are being retried after an error, and with `"undecided"` when `wait` is over before that is
   * known. Continuing from the checkpoint of a stopped canary takes the rest; from that of an
   * undecided one it looks again, unless `canary: false` is said.
   */
  canary?: Canary | false;
  /** Continues from an earlier drive's checkpoint: its selection and overrides have to be the same, or absent. */
  checkpoint?: string | undefined;
  /** `"entries"` keeps a line for each; otherwise memory does not grow with their number. Default `"summary"`. */
  report?: "summary" | "entries";
} & (
    | {
        /**
         * With a filter or `all`: pins `toDate` to the beginning, by the service's clock, so that
         * what fails again is not taken again. Default true.
         */
        freeze?: true;
      }
    | ({
        /**
         * `false` leaves `toDate` open, so that what fails again is taken again: one of the bounds below
         * has to be there.
         */
        freeze: boolean;
      } & AtLeastOne<{
        /** Entries at most, over all invocations. */
        limit: number;
        /** Requests of this invocation at most. */
        maxRequests: number;
        /** How long requests are begun. */
        timeBudget: Milliseconds;
      }>)
  );

/** An object with one of the fields at least. */
type AtLeastOne<Fields> = {
  [Name in keyof Fields]: Pick<Fields, Name> & Partial<Omit<Fields, Name>>;
}[keyof Fields];

/** An HTTP status, or a class of them. */
export type StatusCondition = number | "1xx" | "2xx" | "3xx" | "4xx" | "5xx";

/**
 * Conditions on listed entries; at least one, combined with AND. An array is OR within its field. The keys of
 * a preview's groups `status`, `error`, `fingerprint` and `step` select exactly the entries of that group.
 */
export type Where = AtLeastOne<{
  /** The HTTP status of the response that the failed step got. */
  responseStatus: StatusCondition | readonly StatusCondition[];
  /** Part of the body of that response, as it was sent or as it is displayed; case matters. */
  responseBody: string;
  /**
   * The whole error message: `message` or `error` of a JSON body, else its text, up to 1,000 characters.
   * `""` is a response without a body.
   */
  error: string | readonly string[];
  /** The error message with numbers, ids and quoted text masked: `row # of "…"`. */
  fingerprint: string | readonly string[];
  /** The name of the step that failed. */
  step: string | readonly string[];
}>;

/** A few first, to see how they fare. */
export interface Canary {
  /** How many entries are taken first: 1 or more. */
  entries: number;
  /**
   * Milliseconds that their runs are waited for at most. Default 2,400,000 (40 minutes): a run with
   * the default three retries takes 33 minutes to fail for good.
   */
  wait?: Milliseconds;
  /** How many of their runs may fail again. Default 0. */
  maxFailedAgain?: number;
  /**
   * What a run is that is being retried after an error: `"fail"` counts it as failed at its first
   * error, `"wait"` waits for its last retry. Default `"fail"`.
   */
  retrying?: "fail" | "wait";
  /**
   * Milliseconds that all retries of a run take. Where the logs of runs can't be had, failures are
   * seen in the DLQ alone, and a `wait` that is shorter than this ends `undecided`. Default: by
   * `retries` of the overrides, else for the service's default of three.
   */
  retryTime?: Milliseconds;
}

/** Where a drive stands. */
export interface Progress {
  /** Resumed, restarted, deleted or listed so far; with {@link Dlq.follow}, runs that have ended. */
  done: number;
  /** Of so many, where that is known: with ids, a `limit`, or runs that are followed. */
  of?: number;
  /** How it goes about it: pages that the service refuses to go through continue as batches. */
  strategy: "pages" | "batches" | "each";
  /** Ids that were not there. */
  notFound: number;
  /** Entries that may have been taken: the response was lost, and nothing tells. */
  unconfirmed: number;
  /** Entries that the service refused for good. */
  failed: number;
  /** Requests of all kinds. */
  requests: number;
  /** Requests that were repeats. */
  retries: number;
  /** Milliseconds in which nothing was in flight. */
  waitedMs: number;
  /** Milliseconds of all invocations. */
  elapsedMs: number;
  /** Requests that are under way. */
  inFlight: number;
  /** Entries a second, in this invocation. */
  perSecond: number;
  /** Milliseconds that the rest will take at this rate, where `of` is known. */
  etaMs?: number;
  /** What nothing can be sent for now: the service's rate limit, or a back-off. */
  waiting?: "rateLimit" | "pause" | "answer";
  /** Milliseconds since 1970. */
  waitingUntil?: number;
  /** How the canary's runs fare, while they are waited for. */
  canary?: OutcomeCounts;
  /** How the new runs fare, once all entries are through and the runs are followed. */
  outcome?: OutcomeCounts;
}

/**
 * What a drive came to: a union of one summary for each operation, and of whether it is done. A summary that is
 * done has no checkpoint; any other has one. Counts are over all invocations since the drive's beginning.
 * Every entry that was touched is in exactly one of the first four; with `pages` they are bounds:
 * done ≤ truth ≤ done + `unconfirmed`.
 */
export type Summary<D extends Done = "resumed"> = D extends Done
  ? SummaryCounts<D> & (Finished | Unfinished)
  : never;

/** What was asked for is done. */
export interface Finished {
  /** `true`: nothing is left to do. */
  done: true;
  /** `"complete"`: nothing is left. `"limit"`: as many as were wanted are taken. */
  reason: "complete" | "limit";
  /** There is nothing to continue. */
  checkpoint?: undefined;
}

/** Something is left. */
export interface Unfinished {
  /** `false`: continue from `checkpoint`. */
  done: false;
  /**
   * - `"requests"`, `"time"`: a budget is spent. `"aborted"`: by the signal.
   * - `"remaining"`: the service lists entries that it does not take, and still does two seconds later.
   * - `"canary"`: too many of the first entries failed again, or are being retried after an error.
   * - `"undecided"`: the canary's time was up before enough of its runs had finished.
   * - `"failed"`: in an error's summary.
   */
  reason: "requests" | "time" | "aborted" | "remaining" | "canary" | "undecided" | "failed";
  /**
   * Where to continue. Printable text without secrets: up to 4 KB, 12 bytes for each id that is owed or was
   * refused, and 28 for each run that is followed and has not ended.
   */
  checkpoint: string;
}

/** The counts of a drive. */
export type SummaryCounts<D extends Done> = {
  /** Entries that were taken, for certain. */
  [Name in D]: number;
} & {
  /** Ids that were not there. */
  notFound: number;
  /** Entries that may have been taken: the answer was lost, and nothing tells. */
  unconfirmed: number;
  /** Entries that the service refused for good. */
  failed: number;
  /** Requests of all kinds. */
  requests: number;
  /** Requests that were repeats. */
  retries: number;
  /** Milliseconds in which nothing was in flight. */
  waitedMs: number;
  /** Milliseconds of all invocations. */
  elapsedMs: number;
  /** The pinned `toDate`, in milliseconds since 1970. */
  frozenToDate?: number;
  /** With `report: "entries"`: those of this invocation. */
  entries?: ReportLine<D>[];
  /** What became of the canary's runs, where it has not passed. */
  canary?: Outcome;
  /** With `follow`: what became of the new runs. */
  outcome?: Outcome;
};

/** What became of an entry. */
export interface ReportLine<D extends Done = Done> {
  /** Not known with `pages`. */
  dlqId?: string;
  /** The new run: with `each` its own, with `pages` one of the page's. */
  workflowRunId?: string;
  /** When that run was created, in milliseconds since 1970. */
  workflowCreatedAt?: number;
  /** What was done, or why it was not. */
  outcome: D | "notFound" | "unconfirmed" | "failed";
}

/** A page of a drive. */
export type DrivePage<Page> = Page & {
  /** Continues after this page. */
  checkpoint: string;
  /** Where the drive stands after this page. */
  progress: Progress;
  /** With `report: "entries"`: lines since the page before. The summary has all of them. */
  entries?: ReportLine[];
};

/** Pages as they come. */
export interface Pages<Page, D extends Done>
  extends AsyncIterator<DrivePage<Page>, Summary<D>, undefined> {
  /** The next page; the summary once there is none. */
  next(): Promise<IteratorResult<DrivePage<Page>, Summary<D>>>;
  /** Stops the drive; what is under way is accounted for. */
  return(
    value?: Summary<D> | PromiseLike<Summary<D>>,
  ): Promise<IteratorResult<DrivePage<Page>, Summary<D>>>;
  /** Stops the drive, and rejects with the error. */
  throw(error?: unknown): Promise<IteratorResult<DrivePage<Page>, Summary<D>>>;
  /** The summary so far. */
  summary(): Promise<Summary<D>>;
  /** Itself, for `for await`. */
  [Symbol.asyncIterator](): Pages<Page, D>;
  /** `await using`: stops the drive, as leaving the loop does. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a selection comes to. */
export interface Preview {
  /** Entries that were seen. */
  count: number;
  /** Whether that is all; else a budget or the limit ended it, see `reason`. */
  complete: boolean;
  /** Why it ended, as a drive's `reason`. */
  reason: Summary["reason"];
  /** Milliseconds since 1970: when the first and the last of them failed. */
  firstDate?: number;
  /** Milliseconds since 1970: when the last of them failed. */
  lastDate?: number;
  /** How often each value occurs. */
  groups: {
    /** The URL of the workflow. */
    workflow: Group<string>;
    /** A label; an entry with several counts for each. */
    label: Group<string>;
    /** Of the failed step's answer. */
    status: Group<number>;
    /** The error message, up to 1,000 characters; `""` for responses without a body. */
    error: Group<string>;
    /** The error message with numbers, ids and quoted text masked. */
    fingerprint: Group<string>;
    /** The name of the step that failed. */
    step: Group<string>;
    /** The state of the failure function. */
    failureFunctionState: Group<FailureFunctionState>;
  };
  /** What to know before these entries are resumed; empty if there is nothing. */
  warnings: PreviewWarning[];
  /** The first ten. */
  sample: Entry[];
  /**
   * What was shown, as a selection for `resumeAll` and its siblings: the filter with its time bound pinned, and
   * `where`.
   *
   * A filter can't tell a part of what matches from the rest. With `limit`, with `query`, and where a budget or
   * the signal ended the preview, it is the ids of the entries that were shown, `[]` where none were: no other
   * entry is taken, whatever fails or leaves the queue meanwhile. Ids are sent in batches, so `strategy: "pages"`,
   * `where` and `query` are not for them, and a checkpoint holds all that are not done yet, some 20 bytes each.
   *
   * A drive of this object, unchanged and by the same client, sends no opening list unless it has many
   * entries to share among concurrent requests: the preview has proved the filter.
   */
  selection: string | readonly string[] | DriveSelection;
  /** The summary of the lists that it took. */
  summary: Summary<"listed">;
}

/** Entries of a preview that need attention. */
export type PreviewWarning =
  | {
      /** The service deletes them within a day, by `retention` and the date of the failure. */
      code: "expires_soon";
      /** Entries that it is about. */
      count: number;
      /** Milliseconds since 1970. */
      firstExpiresAt: number;
      /** The warning as a sentence. */
      message: string;
    }
  | {
      /**
       * The workflow's steps have changed since the run began ("Incompatible step name"). A resume fails
       * again: use `restartAll`.
       */
      code: "incompatible_step";
      /** Entries that it is about. */
      count: number;
      /** The warning as a sentence. */
      message: string;
    };

/** The values of a group, the commonest first: up to 20. */
export interface Group<Key> {
  /** Each value, and how many entries have it. */
  values: {
    /** The value, as `where` takes it. */
    key: Key;
    /** Entries with this value. */
    count: number;
  }[];
  /** Entries with other values. */
  others: number;
}

// ---------------------------------------------------------------- what became of the new runs

/** A run to follow; `dlqId` is the entry it came of, and is handed through to the report. */
export interface RunToFollow {
  /** The run's id. */
  workflowRunId: string;
  /**
   * Milliseconds since 1970. With it ten runs are asked for in one request; without it, one. A string is
   * what the SDK's types say that runs have; they have a number.
   */
  workflowCreatedAt?: number | string;
  /** The entry that it came of. */
  dlqId?: string;
}

/** What {@link Dlq.follow} takes: runs, an answer or a summary that has them, or a checkpoint. */
export type Followable =
  | readonly RunToFollow[]
  | {
      /** New runs, as a page of `resume` has them. */
      readonly workflowRuns: readonly RunToFollow[];
    }
  | {
      /** Entries with their new runs, as a summary has them with `report: "entries"`. */
      readonly entries?: readonly ReportLine[];
      /** What became of the runs that were followed already. */
      readonly outcome?: Outcome;
    }
  | string;

/** How runs are followed. */
export interface Following {
  /**
   * Milliseconds that runs are waited for at most. What is under way then is asked for once more and
   * reported as it is. Default 2,400,000 (40 minutes): a run with the default three retries takes 33
   * minutes to fail again.
   */
  timeout?: Milliseconds;
  /** Milliseconds between two rounds of questions at least. Default 1,000; grows to two minutes. */
  interval?: Milliseconds;
  /**
   * Follows so many runs, chosen at random, and estimates the rest. Default: all. A hundred thousand
   * runs take some ten thousand requests, a sample of 1,000 a hundred and some.
   */
  sample?: number;
}

/** Options of {@link Dlq.follow}. */
export interface FollowOptions extends Following {
  /** Requests in flight at most: 1 to 100. Default 4. */
  concurrency?: number;
  /** Requests of this invocation at most. */
  maxRequests?: number;
  /** Milliseconds after which no request is begun. */
  timeBudget?: Milliseconds;
  /** `"entries"` keeps a line for each run. Default `"summary"`. */
  report?: "summary" | "entries";
  /** Ends it: the summary then has `reason: "aborted"`. */
  signal?: Signal | undefined;
  /** Called as it goes: `event.outcome` has the counts so far. */
  onProgress?: (event: Progress) => unknown;
  /**
   * Called before each round of questions, which waits for what it returns. With `report: "entries"`,
   * `runs` are the lines of runs that ended since the call before.
   */
  onCheckpoint?: (checkpoint: string, entries?: ReportLine[], runs?: OutcomeLine[]) => unknown;
  /** See {@link RequestOptions.query}. */
  query?: RequestOptions["query"];
  /** See {@link RequestOptions.headers}. */
  headers?: RequestOptions["headers"];
}

/** Counts of runs. Every run that is followed is in exactly one of these; their sum is `runs`. */
export interface OutcomeCounts {
  /** Runs that are followed: all, or those of the sample. */
  runs: number;
  /** Finished. */
  succeeded: number;
  /** Failed for good: in the DLQ again. */
  failedAgain: number;
  /** Canceled. */
  canceled: number;
  /** Under way, without an error in the present step. */
  running: number;
  /** Under way, and the present step has failed at least once. */
  retrying: number;
  /** Not seen: not asked for yet, not in the logs yet, or not any more. */
  unknown: number;
  /**
   * Whether the logs of runs can be had, as far as is known. Where they can't (404, 403), failures
   * are seen in the DLQ alone, and no run is ever counted as `succeeded`.
   */
  logs: boolean;
}

/** What became of the new runs. */
export interface Outcome extends OutcomeCounts {
  /** Whether each run has ended. */
  done: boolean;
  /**
   * - `"complete"`: each run has ended. `"timeout"`: some are under way, or were never seen.
   * - `"requests"`, `"time"`: a budget is spent. `"aborted"`: by the signal.
   * - `"canary"`, `"undecided"`: of a canary that ended the drive before its runs had ended.
   * - `"failed"`: in an error's summary.
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
  /** The errors of runs that failed again, the commonest first: up to 20. */
  errors: (RunError & {
    /** Runs with this error. */
    count: number;
  })[];
  /** With `sample`: what it says of all runs. */
  sample?: {
    /** All runs, of which the sample was drawn. */
    of: number;
    /** How many of all have finished. */
    succeeded: Estimate;
    /** How many of all have failed again. */
    failedAgain: Estimate;
  };
  /** With `report: "entries"`: runs that ended in this invocation, then those that have not. */
  entries?: OutcomeLine[];
  /** Where to continue; there unless `done`. */
  checkpoint?: string;
}

/** What {@link Dlq.follow} came to. Counts are over all invocations. */
export interface FollowSummary extends Outcome {
  /** Requests of all kinds. */
  requests: number;
  /** Requests that were repeats. */
  retries: number;
  /** Milliseconds in which nothing was under way. */
  waitedMs: number;
  /** Milliseconds of all invocations. */
  elapsedMs: number;
}

/** Of how many runs something holds, with 95 % confidence. */
export interface Estimate {
  /** This many at least. */
  low: number;
  /** This many at most. */
  high: number;
}

/** Why a run failed, or is being retried, as far as it is known. */
export interface RunError {
  /** The step's name. */
  step?: string;
  /** The HTTP status that the step was answered with. */
  status?: number;
  /** The error's message, up to 1,000 characters. */
  error?: string;
}

/** What became of a run. */
export interface OutcomeLine extends RunError {
  /** The run's id. */
  workflowRunId: string;
  /** The entry that the run came of, where that is known: with `strategy: "each"`. */
  dlqId?: string;
  /** The run's own entry in the DLQ, where it failed again. */
  newDlqId?: string;
  /** How the run stands, or has ended. */
  state: "succeeded" | "failedAgain" | "canceled" | "running" | "retrying" | "unknown";
}

// ---------------------------------------------------------------- the doctor

/** Options of {@link Dlq.doctor}. */
export interface DoctorOptions {
  /** Days that your plan keeps entries, 1 to 366: 3 on the free plan, 7 on pay as you go. */
  retention?: number;
  /** Ends it: `doctor` then rejects with the signal's reason. */
  signal?: Signal | undefined;
}

/** What the doctor found. */
export interface DoctorReport {
  /** Milliseconds since 1970. */
  at: number;
  /** Requests that were sent, retries included. */
  requests: number;
  /** One for each name, always in the same order. */
  checks: DoctorCheck[];
}

/** A line of the doctor's report. */
export interface DoctorCheck {
  /** What was asked. */
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
   * - `"ok"`: as a drive expects it.
   * - `"warning"`: to be known before a drive.
   * - `"unknown"`: it could not be found out.
   */
  status: "ok" | "warning" | "unknown";
  /** What the service does. */
  found: string;
  /** What follows for a drive. */
  follows: string;
  /** The finding as data. The keys depend on the check, and may change. */
  data: Record<string, unknown>;
}

// ---------------------------------------------------------------- answers

/** A run that came of an entry. Fields that the service adds are handed through. */
export interface WorkflowRun {
  /** The new run's id. */
  workflowRunId: string;
  /** Milliseconds since 1970, as the service has it; the SDK's types say it were a string. */
  // biome-ignore lint/suspicious/noExplicitAny: both have to be taken
  workflowCreatedAt: any;
}

/** @deprecated The SDK's name of {@link WorkflowRun}. */
export type DLQResumeRestartResponse = WorkflowRun;

/** New runs; without a cursor these were the last. */
export interface RunsPage {
  /** The new runs. */
  workflowRuns: WorkflowRun[];
  /** Where the next request continues. */
  cursor?: string;
}

/** How many were deleted; without a cursor these were the last. */
export interface DeletedPage {
  /** Entries that were deleted. */
  deleted: number;
  /** Where the next request continues. */
  cursor?: string;
  /** The service's own words, where it could not delete all. */
  error?: string;
}

/** Entries; without a cursor these were the last. */
export interface ListPage {
  /** The entries, as the service orders them. */
  messages: Entry[];
  /** Where the next request continues. */
  cursor?: string;
}

/**
 * An entry of the DLQ: a run that failed for good. Fields that the service redacts read
 * `REDACTED:<sha256>`.
 */
export interface Entry {
  /** The entry's own id. */
  dlqId: string;
  /** The id of the delivery that failed. */
  messageId?: string;
  /** The URL that the delivery was for. */
  url?: string;
  /** The HTTP method of the delivery. */
  method?: string;
  /** The headers of the delivery, each with its values. */
  header: Record<string, string[]>;
  /** The payload of the failed delivery. */
  body: string;
  /** The same in base64, where it is not text. */
  bodyBase64?: string;
  /** How often the step was to be tried again. */
  maxRetries: number;
  /** Milliseconds since 1970, by the SDK's types. The service's own description has no such field: it may be absent. */
  notBefore: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** The IP address that triggered the run. */
  callerIP: string;
  /** The failed run's id. */
  workflowRunId: string;
  /** Milliseconds since 1970. */
  workflowCreatedAt: number;
  /** The workflow's URL. */
  workflowUrl: string;
  /** The key of the run's flow control. */
  flowControlKey?: string;
  /** Steps started in a `period`. */
  rate?: number;
  /** Steps at once. */
  parallelism?: number;
  /** Seconds. */
  period?: number;
  /** What the failed step was answered with. */
  responseStatus: number;
  /** The headers of that response, each with its values. */
  responseHeader: Record<string, string[]>;
  /** The body of that response. */
  responseBody: string;
  /** The same in base64, where it is not text. */
  responseBodyBase64?: string;
  /** The URL of the failure function. */
  failureCallback?: string;
  /** How the failure function fared; an older form of it is `failureCallbackInfo.state`. */
  failureFunctionState?: FailureFunctionState;
  /** The call of the failure function. */
  failureCallbackInfo?: {
    /** How it fared. */
    state?: FailureFunctionState;
    /** The HTTP status that it was answered with. */
    responseStatus?: number;
    /** The body of that response. */
    responseBody?: string;
    /** The headers that it was answered with. */
    responseHeaders?: Record<string, string[]>;
  };
  /** @deprecated The first of `labels`. */
  label?: string;
  /** The run's labels. */
  labels?: string[];
}

// ---------------------------------------------------------------- logs of runs

/** The state of a run: in progress, finished, failed for good, canceled. */
export type WorkflowState = "RUN_STARTED" | "RUN_SUCCESS" | "RUN_FAILED" | "RUN_CANCELED";

/** Filters of {@link Client.logs}, combined with AND; an array is OR within its field. */
export interface LogsFilter {
  /** From this moment on, inclusive. */
  fromDate?: Moment;
  /** Up to this moment, inclusive. */
  toDate?: Moment;
  /** The workflow's URL, exactly. */
  workflowUrl?: string | readonly string[];
  /** The run's id, exactly. */
  workflowRunId?: string;
  /** When the run was created, exactly. */
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

/** What {@link Client.logs} takes. */
export interface LogsParameters {
  /** The `cursor` of the answer before. */
  cursor?: string;
  /** Runs a page; the service gives ten at most. */
  count?: number;
  /** Which runs. Without any, all. */
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

/** A page of logs; without a cursor, or with an empty one, it is the last. */
export interface WorkflowRunLogs {
  /** Where the next request continues. */
  cursor: string;
  /** The runs. */
  runs: WorkflowRunLog[];
}

/** The log of a run. Fields that the service adds are handed through. */
export interface WorkflowRunLog {
  /** The run's id. */
  workflowRunId: string;
  /** The workflow's URL. */
  workflowUrl: string;
  /** How the run stands, or has ended. */
  workflowState: WorkflowState;
  /** Milliseconds since 1970. */
  workflowRunCreatedAt: number;
  /** Milliseconds since 1970. */
  workflowRunCompletedAt?: number;
  /** What the workflow returned, as JSON. */
  workflowRunResponse?: string;
  /** Its steps, in order. */
  steps: StepLogGroup[];
  /** The call of the failure function, where the run failed and has one. */
  failureFunction?: FailureFunctionLog;
  /** The run that invoked this one. */
  invoker?: {
    /** Its id. */
    workflowRunId: string;
    /** The URL of its workflow. */
    workflowUrl: string;
    /** Milliseconds since 1970. */
    workflowRunCreatedAt: number;
  };
  /** The run's entry in the DLQ, where it failed. */
  dlqId?: string;
  /** @deprecated The first of `labels`. */
  label?: string;
  /** The run's labels. */
  labels?: string[];
}

/** Steps of a run: one, several in parallel, or those that are delivered next. */
export type StepLogGroup =
  | {
      /** One step alone. */
      type: "sequential";
      /** The step. */
      steps: [StepLog];
    }
  | {
      /** Steps that ran side by side. */
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

/** A step that is under way, retried, or has failed. */
export interface NextStepLog {
  /** The id of the delivery. */
  messageId: string;
  /** There once the step has failed, with SDKs that name it in `Upstash-Error-Step-Name`. */
  stepName?: string;
  /** How the step stands. */
  state: "STEP_PROGRESS" | "STEP_RETRY" | "STEP_FAILED" | "STEP_CANCELED";
  /** How often it is tried again. */
  retries: number;
  /** The expression of the delay between tries. */
  retryDelay?: string;
  /** The attempts that failed. */
  errors?: StepError[];
}

/** An attempt at a step that failed. */
export interface StepError {
  /** The error message. */
  error: string;
  /** The body that the step was answered with. */
  body: string;
  /** The headers that the step was answered with. */
  headers: Record<string, string[]>;
  /** The HTTP status that the step was answered with. */
  status: number;
  /** Milliseconds since 1970. */
  time: number;
}

/** An object with all of the fields, or with none. */
type AllOrNone<Fields> = Fields | { [Name in keyof Fields]?: never };
/** A method of HTTP. */
type HttpMethod = "GET" | "POST" | "PUT" | "DELETE" | "PATCH";

/** A step that has begun or is finished. */
export type StepLog = {
  /** The step's number in the run. */
  stepId?: number;
  /** The step's name. */
  stepName: string;
  /** What kind of step it is. */
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
  /** `"step"`, or a part of a `context.call`: the request, or its response. */
  callType: "step" | "toCallback" | "fromCallback";
  /** The id of the delivery. */
  messageId: string;
  /** The result; absent while a parallel step is under way. */
  out: unknown;
  /** How often it is tried again. */
  retries: number;
  /** The expression of the delay between tries. */
  retryDelay?: string;
  /** How many steps ran in parallel; 1 for one alone. */
  concurrent: number;
  /** How the step stands. */
  state: "STEP_PROGRESS" | "STEP_SUCCESS" | "STEP_RETRY" | "STEP_FAILED";
  /** Milliseconds since 1970. */
  createdAt: number;
  /** The headers of the delivery, each with its values. */
  headers: Record<string, string[]>;
} & AllOrNone<CallRequestLog> &
  AllOrNone<CallResponseLog> &
  AllOrNone<InvokeLog> &
  AllOrNone<{
    /** Seconds that a `context.sleep` takes. */
    sleepFor: number;
  }> &
  AllOrNone<{
    /** When a `context.sleepUntil` ends, as the service has it. */
    sleepUntil: number;
  }> &
  AllOrNone<WaitLog>;

/** The request of a `context.call`. */
type CallRequestLog = {
  /** The URL that is called. */
  callUrl: string;
  /** The HTTP method. */
  callMethod: HttpMethod;
  /** The headers that are sent. */
  callHeaders: Record<string, string[]>;
  /** The body that is sent. */
  callBody: unknown;
};
/** The response to a `context.call`. */
type CallResponseLog = CallRequestLog & {
  /** The HTTP status. */
  callResponseStatus: number;
  /** The body. */
  callResponseBody: unknown;
  /** Headers, each with its values. */
  callResponseHeaders: Record<string, string[]>;
};
/** The run that a `context.invoke` began. */
type InvokeLog = {
  /** The run's id. */
  invokedWorkflowRunId: string;
  /** The URL of its workflow. */
  invokedWorkflowUrl: string;
  /** Milliseconds since 1970. */
  invokedWorkflowCreatedAt: number;
  /** The payload that it was begun with. */
  invokedWorkflowRunBody: unknown;
  /** The headers that it was begun with. */
  invokedWorkflowRunHeaders: Record<string, string[]>;
};
/** A `context.waitForEvent`. */
type WaitLog = {
  /** The id of the event. */
  waitEventId: string;
  /** How long it is waited for. */
  waitTimeoutDuration: string;
  /** When the wait ends, as the service has it. */
  waitTimeoutDeadline: number;
  /** Whether the wait ended without the event. */
  waitTimeout: boolean;
};

/** The call of a failure function. */
export interface FailureFunctionLog {
  /** The id of the delivery. */
  messageId: string;
  /** The URL of the failure function. */
  url: string;
  /** How it fared. */
  state: FailureFunctionState;
  /** What the step that failed for good was answered with. */
  failStatus: number;
  /** The headers that the failed step was answered with. */
  failHeaders: Record<string, string[]>;
  /** The body that the failed step was answered with. */
  failResponse: string;
  /** @deprecated Use the run's own `dlqId`. */
  dlqId: string;
  /** The attempts that failed. */
  errors?: StepError[];
  /** The HTTP status that it was answered with. */
  responseStatus?: number;
  /** The headers that it was answered with. */
  responseHeaders?: Record<string, string[]>;
  /** The body that it was answered with. */
  responseBody?: string;
  /** When it is tried again: milliseconds since 1970. */
  nextDeliveryTime?: number;
}

// ---------------------------------------------------------------- errors

/** What every failure of this package is. No token is in it, however it was passed. */
export declare class DlqError extends Error {
  /** Stable; see {@link ErrorCode}. */
  readonly code: ErrorCode;
  /** Of the answer, where one came. */
  readonly status?: number;
  /** Whether the same may go well later. */
  readonly retryable: boolean;
  /** Whether something may have been changed. */
  readonly mayHaveActed: boolean;
  /** The service's name for the request, for its support. */
  readonly requestId?: string;
  /** What was asked: `"resume"`, `"list"`, … */
  readonly operation?: string;
  /** The service's or the runtime's own words. */
  readonly detail?: string;
  /** Attempts that were made. */
  readonly attempts?: number;
  /** Where a drive can continue. */
  readonly checkpoint?: string;
  /** What was thrown below: by `fetch`, by `onCheckpoint`, or by the WebAssembly. */
  readonly cause?: unknown;
  /** What a drive had done. */
  readonly summary?: Summary<Done>;
  /** Plain data: can be cloned, stored, sent. */
  toJSON(): Record<string, unknown>;
}

/** The codes of errors. */
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
  | "missing_global"
  | "timers_unavailable"
  | "wasm_trapped"
  | "wasm_unavailable";

/** The input was refused before any request. */
export declare class ValidationError extends DlqError {
  /** All that is wrong with it. */
  readonly issues: Issue[];
}

/** Something that is wrong with the input. */
export interface Issue {
  /** Where: `"selection.filter.label[1]"`. */
  path: string;
  /** Stable. */
  code: string;
  /** What to write instead. */
  message: string;
  /** What was written; never a secret. */
  received?: string | number | boolean;
  /** What should have been. */
  expected?: string;
  /** The character at fault, from 0. */
  position?: number;
  /** What may have been meant. */
  hint?: string;
}

/** 401 or 403. */
export declare class AuthenticationError extends DlqError {}
/** 404. */
export declare class NotFoundError extends DlqError {}
/** 429, after the waits that `retry` allows. */
export declare class RateLimitError extends DlqError {
  /** Milliseconds since 1970, where the service said. */
  readonly resetAt?: number;
  /** Which limit, where the service said. */
  readonly scope?: "burst" | "daily";
  /** The headers of that limit, as the service sent them. */
  readonly limit?: string;
  /** The header that says what is left of that limit. */
  readonly remaining?: string;
  /** The header that says when that limit is reset. */
  readonly reset?: string;
}
/** Another refusal of the service. */
export declare class ApiError extends DlqError {}
/** `fetch` threw, or the answer broke off. */
export declare class NetworkError extends DlqError {}
/** No answer in time. */
export declare class TimeoutError extends DlqError {}
/** An answer of success that can't be read. */
export declare class ResponseFormatError extends DlqError {}
/** A checkpoint that can't be gone on from, or one that could not be stored. */
export declare class CheckpointError extends DlqError {}

declare global {
  /** As TypeScript's `esnext.disposable` declares it, for who compiles without. */
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}
