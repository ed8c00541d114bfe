// The loop of the SDK's documentation.

import { Client } from "@upstash/workflow";

/** @returns {() => Promise<number>} resumes everything; how many that were */
export function prepare({ url, token }) {
  const client = new Client({ baseUrl: url, token });
  return async () => {
    let cursor;
    let resumed = 0;
    do {
      const page = await client.dlq.resume({ all: true, count: 100, cursor });
      resumed += page.workflowRuns.length;
      cursor = page.cursor;
    } while (cursor);
    return resumed;
  };
}
