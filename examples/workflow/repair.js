// An Upstash Workflow that resumes the DLQ: each slice of the drive is a step, and the step's result
// has the checkpoint. If the process dies, the service delivers the step again, from the last one.
//
// Trigger it with { selection, overrides }. Select by workflow: with `all`, a repair that has itself
// failed would be resumed by the next one.

import { serve } from "@upstash/workflow";
import { Client } from "upstash-workflow-dlq";

// What a function may take is up to its host: a slice ends in time, and the next step goes on.
const SLICE_MS = 20_000;
const REQUESTS_PER_SLICE = 100;

async function slice({ selection, overrides }, checkpoint, env) {
  const { dlq } = Client.fromEnv(env);
  const drive = { maxRequests: REQUESTS_PER_SLICE, timeBudget: SLICE_MS };
  try {
    return checkpoint
      ? await dlq.continueFrom(checkpoint, drive)
      : await dlq.resumeAll(selection, overrides, drive);
  } catch (error) {
    // As the step's result, what was done is not forgotten; its reason is "failed".
    if (error.retryable && error.summary) return error.summary;
    throw error;
  }
}

export const { handler } = serve(async (context) => {
  const job = context.requestPayload;
  let summary = {};
  for (let number = 1; !summary.done && summary.reason !== "remaining"; number++) {
    const { checkpoint } = summary;
    summary = await context.run(`slice ${number}`, () => slice(job, checkpoint, context.env));
    if (summary.reason === "failed") await context.sleep(`pause ${number}`, "30s");
  }
  return summary;
});
