// Every night a cron starts one drive over the DLQ. A Durable Object runs it in slices, by its alarm,
// until everything that had failed by the start is resumed and the new runs have ended. A run that fails
// again is left for a person, or for the next night; the log says how many did, of at most 10,000 followed runs.
//
// Each slice stays within one invocation's limits, and the checkpoint is stored before each request
// that may act, so that an invocation that is killed loses nothing.
//
// A drive lists one entry before and one after. If that entry is larger than RESPONSE_BYTES, the night ends, the
// log shows an error, and the next night starts a new drive, which ends in the same way as long as the list
// begins with this entry. Resume or delete it by its id, which needs no list, from a machine with more memory:
// `npx upstash-workflow-dlq list`, then `npx upstash-workflow-dlq resume <id>`.

import { DurableObject } from "cloudflare:workers";
import { Client } from "upstash-workflow-dlq";

// An invocation has 50 subrequests on the free plan.
const REQUESTS_PER_SLICE = 40;
const SLICE_MS = 20_000;
// A Worker has 128 MB of memory, and a list of entries with large payloads takes several times its size.
const RESPONSE_BYTES = 16 * 1024 * 1024;
const PAUSE_MS = 1_000;
// Maximum number of followed runs, a sample of all, so that the checkpoint fits into a value of the object's storage,
// which has 2 MB at most: a followed run takes 28 bytes.
const FOLLOW = { timeout: "40m", sample: 10_000 };

export class Drain extends DurableObject {
  /** Starts a drive, unless the last one is still under way. */
  async start() {
    const { storage } = this.ctx;
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now());
  }

  /** One slice. The alarms of an object never overlap, and one that throws is retried later. */
  async alarm() {
    const { storage } = this.ctx;
    const store = (checkpoint) => storage.put("checkpoint", checkpoint);
    try {
      const summary = await this.#drive(await storage.get("checkpoint"), store);
      console.log(
        JSON.stringify(summary, (key, value) => (key === "checkpoint" ? undefined : value)),
      );
      // "remaining": the remaining entries can't be resumed, so another slice would not help.
      if (summary.done || summary.reason === "remaining") {
        await storage.delete("checkpoint");
      } else {
        await store(summary.checkpoint);
        await storage.setAlarm(Date.now() + PAUSE_MS);
      }
    } catch (error) {
      if (error.code === "response_too_large" && !error.retryable) {
        const { resumed, unconfirmed, failed } = error.summary;
        console.error(JSON.stringify({ error: error.message, resumed, unconfirmed, failed }));
        // To continue would mean to list the same entry again.
        await storage.delete("checkpoint");
        return;
      }
      // This checkpoint includes the work of the failed slice.
      if (error.checkpoint) await store(error.checkpoint);
      throw error;
    }
  }

  #drive(checkpoint, onCheckpoint) {
    const { dlq } = Client.fromEnv(this.env, { maxResponseSize: RESPONSE_BYTES });
    const drive = { maxRequests: REQUESTS_PER_SLICE, timeBudget: SLICE_MS, onCheckpoint };
    // The timeout counts from the resume of the runs, over all slices.
    if (checkpoint) return dlq.continueFrom(checkpoint, drive);
    return dlq.resumeAll({ all: true }, { retries: 3 }, { ...drive, follow: FOLLOW });
  }
}

export default {
  async scheduled(_event, env) {
    await env.DRAIN.get(env.DRAIN.idFromName("dlq")).start();
  },
};
