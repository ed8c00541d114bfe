// A consumer of a Cloudflare Queue: each message is one slice of a drive, and carries the checkpoint
// on to the next.
//
// Begin with a message { selection, overrides }, by `env.DRIVES.send(…)` or `wrangler queues`. With a
// filter or `all` a checkpoint has at most 4 KB; ids that are still owed take 12 bytes each, and a
// message holds 128 KB.

import { Client } from "upstash-workflow-dlq";

// Of the 50 subrequests that an invocation has on the free plan; the queue's own count as well.
const REQUESTS_PER_SLICE = 40;
// After so many slices in a row that failed, the message is left to the queue's own dead letters.
const FAILURES = 6;

async function slice({ selection, overrides, checkpoint, failures = 0 }, env) {
  const { dlq } = Client.fromEnv(env);
  const drive = { maxRequests: REQUESTS_PER_SLICE };
  try {
    const summary = checkpoint
      ? await dlq.continueFrom(checkpoint, drive)
      : await dlq.resumeAll(selection, overrides, drive);
    console.log(JSON.stringify({ ...summary, checkpoint: undefined }));
    if (summary.done || summary.reason === "remaining") return;
    await env.DRIVES.send({ checkpoint: summary.checkpoint });
  } catch (error) {
    if (!error.retryable || !error.checkpoint || failures === FAILURES) throw error;
    const next = { checkpoint: error.checkpoint, failures: failures + 1 };
    await env.DRIVES.send(next, { delaySeconds: 2 ** failures });
  }
}

export default {
  async queue(batch, env) {
    // One message a batch (wrangler.jsonc): two slices would share one invocation's limits.
    for (const message of batch.messages) {
      await slice(message.body, env);
      message.ack();
    }
  },
};
