// A cron puts a message { selection, overrides } into a Cloudflare Queue. Its consumer runs one slice
// of the drive per message and sends the checkpoint in the next message, until the new runs have ended.
//
// Any other producer works as well: `env.DRIVES.send({ selection, overrides })`. With a filter or `all`
// a checkpoint has at most 4 KB; each remaining id adds 12 bytes, each followed run 28 bytes, and the errors
// of runs that failed again up to 27 KB. A message holds 128 KB.
//
// A drive lists one entry before and one after. If that entry is larger than RESPONSE_BYTES, the slices fail with
// `response_too_large`, and the message goes to the queue's own dead letter queue; the next night sends a new one.
// Resume or delete that entry by its id, which needs no list, from a machine with more memory:
// `npx upstash-workflow-dlq list`, then `npx upstash-workflow-dlq resume <id>`.

import { Client } from "upstash-workflow-dlq";

// An invocation has 50 subrequests on the free plan, and sending a message is one of them.
const REQUESTS_PER_SLICE = 40;
const SLICE_MS = 20_000;
// A Worker has 128 MB of memory, and a list of entries with large payloads takes several times its size.
const RESPONSE_BYTES = 16 * 1024 * 1024;
// Maximum number of followed runs, a sample of all, so that the checkpoint fits into a message.
const FOLLOW = { timeout: "40m", sample: 1_000 };
// After this many failed slices in a row the message goes to the queue's own dead letter queue.
const FAILURES_MAX = 6;

async function slice({ selection, overrides, checkpoint, failures = 0 }, env) {
  const { dlq } = Client.fromEnv(env, { maxResponseSize: RESPONSE_BYTES });
  const drive = { maxRequests: REQUESTS_PER_SLICE, timeBudget: SLICE_MS };
  try {
    // The timeout counts from the resume of the runs, over all slices.
    const summary = checkpoint
      ? await dlq.continueFrom(checkpoint, drive)
      : await dlq.resumeAll(selection, overrides, { ...drive, follow: FOLLOW });
    console.log(
      JSON.stringify(summary, (key, value) => (key === "checkpoint" ? undefined : value)),
    );
    if (summary.done || summary.reason === "remaining") return;
    await env.DRIVES.send({ checkpoint: summary.checkpoint });
  } catch (error) {
    if (!error.retryable || !error.checkpoint || failures === FAILURES_MAX) throw error;
    const next = { checkpoint: error.checkpoint, failures: failures + 1 };
    await env.DRIVES.send(next, { delaySeconds: 2 ** failures });
  }
}

export default {
  /**
   * The producer: every night, everything that has failed by now. With the date, a first message that the queue
   * delivers again does not resume what has failed again since.
   */
  async scheduled(_event, env) {
    const selection = { filter: { toDate: Date.now() } };
    await env.DRIVES.send({ selection, overrides: { retries: 3 } });
  },

  async queue(batch, env) {
    // One message per batch (wrangler.jsonc), because two slices would share one invocation's limits.
    for (const message of batch.messages) {
      await slice(message.body, env);
      message.ack();
    }
  },
};
