// A job in a bounded size: for the list, for what is left of it, for a webhook.

// What a job was asked to do can be large, and is the job's own.
const SUMMARY = [
  ...[
    "id",
    "name",
    "reason",
    "who",
    "operation",
    "confirmed",
    "of",
    "state",
    "ended",
    "error",
    "outcome",
  ],
  ...["done", "notFound", "unconfirmed", "failed", "requests", "retries", "slices"],
  ...["createdAt", "updatedAt", "endedAt"],
];

/** How a job stands, in a bounded size. */
export const summaryOf = (view) =>
  Object.fromEntries(SUMMARY.filter((name) => name in view).map((name) => [name, view[name]]));
