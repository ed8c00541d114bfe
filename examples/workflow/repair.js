// An Upstash Workflow that resumes the DLQ and follows the new runs to their end: each slice of the drive is
// a step, and the step's result holds the checkpoint. If the process dies, the service delivers the step again, from that checkpoint.
//
// Trigger it with { selection: { filter: { workflowUrl, … } }, overrides }. It takes a selection by
// workflow only: with `all`, a repair that failed itself would be resumed by the next one.

import { serve, WorkflowNonRetryableError } from "@upstash/workflow";
import { Client } from "upstash-workflow-dlq";

// The keys let the SDK refuse requests that Upstash did not sign. Without them anybody who knows the
// URL could resume everything, so this module does not load.
for (const name of ["QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY"]) {
  if (!process.env[name])
    throw new Error(`Set ${name}: unsigned requests must not start a repair.`);
}

// Hosts limit how long a function may run: a slice ends in time, and the next step continues.
const SLICE_MS = 20_000;
const REQUESTS_PER_SLICE = 100;
/** What a repair may change. Not `failureCallback`: it would send the failures elsewhere. */
const OVERRIDES = ["retries", "delay", "retryDelay", "flowControl", "label"];

/** The payload as it was triggered, or an error that ends the run without retries. */
function checked(payload) {
  const { selection, overrides = {}, ...others } = payload ?? {};
  const refuse = (why) => {
    throw new WorkflowNonRetryableError(`Not a repair: ${why}`);
  };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) refuse(`"${unknown}" is neither selection nor overrides.`);
  if (!selection?.filter?.workflowUrl) refuse("name the workflow in selection.filter.workflowUrl.");
  const forbidden = Object.keys(overrides).find((name) => !OVERRIDES.includes(name));
  if (forbidden !== undefined) refuse(`overrides.${forbidden} is not for a repair to set.`);
  return { selection, overrides };
}

async function slice({ selection, overrides }, checkpoint, env) {
  const { dlq } = Client.fromEnv(env);
  const drive = { maxRequests: REQUESTS_PER_SLICE, timeBudget: SLICE_MS };
  try {
    // The runs are waited for as long from their resume on, however many slices that takes.
    return checkpoint
      ? await dlq.continueFrom(checkpoint, drive)
      : await dlq.resumeAll(selection, overrides, { ...drive, follow: { timeout: "40m" } });
  } catch (error) {
    // As the step's result, the work of this slice is kept; its reason is "failed".
    if (error.retryable && error.summary) return error.summary;
    throw error;
  }
}

export const { handler } = serve(async (context) => {
  const job = checked(context.requestPayload);
  let summary = {};
  for (let number = 1; !summary.done && summary.reason !== "remaining"; number++) {
    const { checkpoint } = summary;
    summary = await context.run(`slice ${number}`, () => slice(job, checkpoint, context.env));
    // "time": while runs are under way, a function that waits for them would only cost.
    if (["failed", "time"].includes(summary.reason)) await context.sleep(`pause ${number}`, "30s");
  }
  return summary;
});
