// An Upstash Workflow that resumes the DLQ and follows the new runs to their end: each slice of the drive is
// a step, and the step's result holds the checkpoint. If the process dies, the service delivers the step again, from that checkpoint.
//
// Trigger it with { selection: { filter: { workflowUrl, … } }, overrides }. It takes a selection by
// workflow only: with `all`, a repair that failed itself would be resumed by the next one.
//
// Mount `handler`, a function from Request to Response, at the URL that you trigger: in Next.js
// `export { handler as POST } from "./repair.js"`. It needs npm install @upstash/workflow.

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
// Maximum number of followed runs, a sample of all: each takes 28 bytes of a step's result, twice.
const FOLLOW = { timeout: "40m", sample: 1_000 };
/** Overrides that a repair may set. Not `failureCallback`: it would send failures to another address. */
const OVERRIDES = ["retries", "delay", "retryDelay", "flowControl", "label"];

/** The payload as it was triggered, or an error that ends the run without retries. */
function checked(payload) {
  const { selection, overrides = {}, ...others } = payload ?? {};
  const refuse = (why) => {
    throw new WorkflowNonRetryableError(`Invalid payload: ${why}`);
  };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) refuse(`"${unknown}" is unknown: send selection and overrides.`);
  if (!selection?.filter?.workflowUrl)
    refuse("set selection.filter.workflowUrl to the workflow's URL.");
  const forbidden = Object.keys(overrides).find((name) => !OVERRIDES.includes(name));
  if (forbidden !== undefined)
    refuse(`overrides.${forbidden} can't be set; use ${OVERRIDES.join(", ")}.`);
  return { selection, overrides };
}

async function slice({ selection, overrides }, checkpoint, env) {
  const { dlq } = Client.fromEnv(env);
  const drive = { maxRequests: REQUESTS_PER_SLICE, timeBudget: SLICE_MS };
  try {
    // The timeout counts from the resume of the runs, over all slices.
    return checkpoint
      ? await dlq.continueFrom(checkpoint, drive)
      : await dlq.resumeAll(selection, overrides, { ...drive, follow: FOLLOW });
  } catch (error) {
    // A single entry is larger than a response may be: the next slice would list it again, without end.
    if (error.code === "response_too_large" && !error.retryable)
      throw new WorkflowNonRetryableError(error.message);
    // Returned as the step's result, so that the checkpoint is kept; its reason is "failed".
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
    // "time": sleep while runs are in progress, since a waiting function costs money.
    if (["failed", "time"].includes(summary.reason)) await context.sleep(`pause ${number}`, "30s");
  }
  return summary;
});
