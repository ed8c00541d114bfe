// Everything that may be asked of a client, at random.

import fc from "fast-check";

/** A record with any of its keys, but for `required`. */
const some = (fields, required = []) => fc.record(fields, { requiredKeys: required });
const oneOrMore = (one) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 }));

const noComma = (text) => !text.includes(",");
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter(noComma);
const name = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,16}$/);
const url = fc
  .webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ["http", "https"] })
  .filter(noComma);

// As seconds, these would be dates of our time: the client takes them for a mistake.
const LATER = 10_000_000_000;
const past = fc.integer({ min: LATER, max: 1_600_000_000_000 });
const recent = fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 });
const asDate = (ms) =>
  fc.oneof(
    ms,
    ms.map((at) => new Date(at)),
    ms.map((at) => new Date(at).toISOString()),
  );

const id = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(recent, fc.nat(9)).map(([ms, n]) => `${ms}-${n}`) },
  text.filter((id) => id.trim() === id && id !== "." && id !== ".."),
);
const ids = (maxLength) => fc.uniqueArray(id, { minLength: 1, maxLength });

const filterFields = {
  fromDate: asDate(past),
  toDate: asDate(recent),
  workflowUrl: oneOrMore(url),
  workflowRunId: text,
  workflowCreatedAt: asDate(recent),
  label: oneOrMore(text),
  failureFunctionState: oneOrMore(
    fc.constantFrom(
      "CALLBACK_INPROGRESS",
      "CALLBACK_SUCCESS",
      "CALLBACK_FAIL",
      "CALLBACK_CANCELED",
    ),
  ),
  callerIp: oneOrMore(fc.oneof(fc.ipV4(), fc.ipV6())),
  flowControlKey: oneOrMore(text),
};
const filter = some(filterFields).filter((fields) => Object.keys(fields).length > 0);
const listFilter = some({
  ...filterFields,
  url,
  responseStatus: fc.integer({ min: 100, max: 999 }),
});

const { failureFunctionState: _, ...logsFields } = filterFields;
const logsFilter = some({
  ...logsFields,
  host: oneOrMore(fc.domain()),
  path: oneOrMore(text),
  messageId: text,
  state: fc.constantFrom("RUN_STARTED", "RUN_SUCCESS", "RUN_FAILED", "RUN_CANCELED"),
});

const span = { count: fc.integer({ min: 1, max: 2 ** 31 - 1 }), cursor: text };
const selection = fc.oneof(
  id,
  ids(5),
  some({ dlqIds: fc.oneof(id, ids(5)) }, ["dlqIds"]),
  some({ filter, ...span }, ["filter"]),
  some({ all: fc.constant(true), ...span }, ["all"]),
);
const driveSelection = fc.oneof(
  id,
  ids(120),
  some({ dlqIds: ids(12) }, ["dlqIds"]),
  some({ filter }, ["filter"]),
  some({ all: fc.constant(true) }, ["all"]),
);
const namesIds = (selection) =>
  typeof selection === "string" || Array.isArray(selection) || "dlqIds" in selection;

const duration = fc.oneof(
  fc.nat(1e6),
  fc
    .array(fc.tuple(fc.nat(1e6), fc.constantFrom("s", "m", "h", "d")), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) => parts.flat().join("")),
);
/** A week at most. */
const period = fc.oneof(
  fc.integer({ min: 1, max: 604_800 }),
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 23 }))
    .map(([d, h]) => `${d}d${h}h`),
  fc.integer({ min: 1, max: 10_080 }).map((minutes) => `${minutes}m`),
);
const { expression } = fc.letrec((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3 },
    fc.nat(10_000).map(String),
    fc.constant("retried"),
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom("+", "-", "*", "/", " + ", " * "),
        tie("expression"),
      )
      .map((parts) => parts.join("")),
    tie("expression").map((inner) => `(${inner})`),
    fc
      .tuple(fc.constantFrom("exp", "sqrt", "abs", "floor", "ceil", "round"), tie("expression"))
      .map(([name, inner]) => `${name}(${inner})`),
    fc
      .tuple(fc.constantFrom("pow", "min", "max"), tie("expression"), tie("expression"))
      .map(([name, one, other]) => `${name}(${one}, ${other})`),
  ),
}));
const limit = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const flowControl = some(
  { key: name, parallelism: limit, rate: limit, ratePerSecond: limit, period },
  ["key"],
).filter((fields) => Object.keys(fields).length > 1);
const overrides = some({
  retries: fc.nat(2 ** 31 - 1),
  delay: duration,
  retryDelay: expression,
  flowControl,
  label: oneOrMore(name),
  failureCallback: url,
});
const legacy = some({ dlqId: fc.oneof(id, ids(4)), retries: fc.nat(10), flowControl }, ["dlqId"]);
const request = some({ timeout: fc.integer({ min: 1_000, max: 60_000 }) });

// Each drive has a budget: no service of a test's is waited for until it comes to an end.
const budget = fc.integer({ min: 1, max: 15 });
const driveFields = {
  limit: fc.integer({ min: 1, max: 300 }),
  pageSize: fc.integer({ min: 1, max: 1_000 }),
  concurrency: fc.integer({ min: 1, max: 100 }),
  freeze: fc.boolean(),
  report: fc.constantFrom("summary", "entries"),
  maxRequests: budget,
};
const where = some({
  responseStatus: oneOrMore(fc.constantFrom(500, 503)),
  responseBody: fc.constantFrom("failed", "other"),
}).filter((fields) => Object.keys(fields).length > 0);
const canary = fc.record({
  entries: fc.integer({ min: 1, max: 3 }),
  wait: fc.nat(2),
  maxFailedAgain: fc.nat(2),
});

/** A drive's selection and options that go with it. */
const driven = (more) =>
  driveSelection.chain((selection) => {
    const byIds = namesIds(selection);
    const strategies = byIds ? ["batches", "each"] : ["pages", "batches", "each"];
    const fields = { ...driveFields, strategy: fc.constantFrom(...strategies), ...more };
    const chosen = byIds
      ? some(fields, ["maxRequests"])
      : fc.oneof(
          some(fields, ["maxRequests"]),
          some({ ...fields, strategy: fc.constantFrom("batches", "each"), where }, [
            "maxRequests",
            "where",
          ]),
        );
    return fc.tuple(fc.constant(selection), chosen);
  });

const optional = (arbitrary) => fc.oneof(fc.constant(undefined), arbitrary);
const acts = (operation) =>
  fc
    .oneof(
      fc.tuple(selection, optional(overrides), optional(request)),
      fc.tuple(legacy, optional(overrides)),
    )
    .map((args) => [operation, args]);
const runs = fc.array(
  recent.map((workflowCreatedAt) => ({
    workflowRunId: `wfr_${workflowCreatedAt}`,
    workflowCreatedAt,
  })),
  { minLength: 1, maxLength: 25 },
);
// Nobody waits for runs that no service knows.
const follow = fc.record({ timeout: fc.constant(1) });
const drives = (operation) =>
  driven({ canary, follow }).chain(([selection, drive]) =>
    overrides.map((overrides) => [operation, [selection, overrides, drive]]),
  );
const entry = (operation) => id.map((dlqId) => [operation, [{ dlqId }]]);

/** `[method of client.dlq, or "logs", its arguments]` */
export const call = fc.oneof(
  some({ cursor: text, count: fc.integer({ min: 1, max: 1_000 }), filter: logsFilter }).map(
    (args) => ["logs", [args]],
  ),
  some({ cursor: text, count: fc.integer({ min: 1, max: 100 }), filter: listFilter }).map(
    (args) => ["list", [args]],
  ),
  fc.tuple(id).map((args) => ["get", args]),
  acts("resume"),
  acts("restart"),
  fc.tuple(selection, optional(request)).map((args) => ["delete", args]),
  entry("retryFailureFunction"),
  entry("cancelFailureFunction"),
  drives("resumeAll"),
  drives("restartAll"),
  drives("resumePages"),
  drives("restartPages"),
  driven({}).map((args) => ["deleteAll", args]),
  driven({}).map((args) => ["deletePages", args]),
  driven({}).map((args) => ["listPages", args]),
  driven({}).map((args) => ["preview", args]),
  fc
    .tuple(runs, fc.record({ timeout: fc.constant(1), maxRequests: budget }))
    .map((args) => ["follow", args]),
  some({ retention: fc.integer({ min: 1, max: 366 }) }).map((args) => ["doctor", [args]]),
);

/** What the service makes of one request after the other; then all is well. */
export const answers = fc.array(
  fc.constantFrom(
    "more",
    "more",
    "more",
    "end",
    "empty",
    "missing",
    "refused",
    "busy",
    "broken",
    "html",
  ),
  { maxLength: 12 },
);

/** How a client says who it is. */
export const auth = fc.constantFrom("header", "query");
