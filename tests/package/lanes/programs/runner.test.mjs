// A test as a user writes it, in whatever runs tests; what came of it goes to a file.

import { writeFileSync } from "node:fs";
import * as dlq from "upstash-workflow-dlq";
import { lane } from "./lane.mjs";

const { QSTASH_URL, QSTASH_TOKEN, RESULT } = process.env;

/** Each runner has its clock in a place of its own. */
const clock = () => {
  if (typeof jest !== "undefined") return jest;
  return import.meta.jest ?? vi;
};

test("calls of a client of the test's own", async () => {
  const asked = [];
  const fetch = async (url) => {
    asked.push(url);
    return new Response('{"workflowRuns":[{"workflowRunId":"wfr_1"}]}');
  };
  const client = new dlq.Client({ token: "t", fetch });
  const filter = { fromDate: new Date(1_790_000_000_000), label: ["a"] };
  const { signal } = new AbortController();
  const { workflowRuns } = await client.dlq.resume({ filter }, { retries: 1 }, { signal });
  expect(workflowRuns).toEqual([{ workflowRunId: "wfr_1" }]);
  // The clock stands, and calls go on.
  clock().useFakeTimers();
  await client.dlq.resume("1-0");
  clock().useRealTimers();
  expect(asked.length).toBe(2);
  const error = await client.dlq.resume("").catch((error) => error);
  expect(error).toBeInstanceOf(dlq.ValidationError);
  expect(error).toBeInstanceOf(Error);
});

test("the lane", async () => {
  writeFileSync(RESULT, JSON.stringify(await lane(dlq, { QSTASH_URL, QSTASH_TOKEN })));
});
