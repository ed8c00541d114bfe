// Every night a cron begins to drain the DLQ; a Durable Object goes on in slices until it is empty.
//
// Each slice stays within one invocation's limits, and the checkpoint is stored before each request
// that may act: an invocation that is killed in the midst loses nothing.

import { DurableObject } from "cloudflare:workers";
import { Client } from "upstash-workflow-dlq";

// Of the 50 subrequests that an invocation has on the free plan.
const REQUESTS_PER_SLICE = 40;
const PAUSE_MS = 1_000;

export class Drain extends DurableObject {
  /** Begins, unless a slice is planned already. */
  async start() {
    const { storage } = this.ctx;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now());
  }

  /** One slice. An object's alarms never overlap, and one that throws is tried again later. */
  async alarm() {
    const { storage } = this.ctx;
    const store = (checkpoint) => storage.put("checkpoint", checkpoint);
    try {
      const summary = await this.#drive(await storage.get("checkpoint"), store);
      console.log(JSON.stringify({ ...summary, checkpoint: undefined }));
      // "remaining": what is left is listed, but can't be taken. Going on at once would not help.
      if (summary.done || summary.reason === "remaining") {
        await storage.delete("checkpoint");
      } else {
        await store(summary.checkpoint);
        await storage.setAlarm(Date.now() + PAUSE_MS);
      }
    } catch (error) {
      // What this slice had done is counted in there.
      if (error.checkpoint) await store(error.checkpoint);
      throw error;
    }
  }

  #drive(checkpoint, onCheckpoint) {
    const { dlq } = Client.fromEnv(this.env);
    const drive = { maxRequests: REQUESTS_PER_SLICE, onCheckpoint };
    if (checkpoint) return dlq.continueFrom(checkpoint, drive);
    return dlq.resumeAll({ all: true }, { retries: 3 }, drive);
  }
}

export default {
  async scheduled(_event, env) {
    await env.DRAIN.get(env.DRAIN.idFromName("dlq")).start();
  },
};
