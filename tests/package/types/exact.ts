// With exactOptionalPropertyTypes: what may be there or not, as loops and callers have it, compiles.

import { Client, type DriveOptions, type RequestOptions } from "upstash-workflow-dlq";

const { dlq } = new Client({ token: "t" });

/** A loop over the service's own cursor. */
export const drain = async (signal: AbortSignal | undefined): Promise<number> => {
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await dlq.resume({ all: true, cursor }, {}, { signal });
    count += page.workflowRuns.length;
    cursor = page.cursor;
  } while (cursor);
  return count;
};
await dlq.list({ cursor: undefined, count: undefined });
export const request = { signal: undefined } satisfies RequestOptions;
export const goOn = (checkpoint: string | undefined) =>
  ({ checkpoint, signal: undefined }) satisfies DriveOptions;
// @ts-expect-error: a filter's only field has to have a value
await dlq.resume({ filter: { label: undefined } });
