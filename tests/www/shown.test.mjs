// What a preview showed and a person confirmed bounds what a job does. The worlds follow from a seed:
// `SEED=5 ROUNDS=1` plays the fifth alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { RETRY, random } from "../support/scenario.mjs";
import { assertShown, show, way } from "../support/shown.mjs";
import { world } from "./world.mjs";

const SEED = Number(process.env.SEED ?? 1);
const ROUNDS = Number(process.env.ROUNDS ?? 40);

let at;
before(async () => {
  // Small slices, so that most jobs continue from a checkpoint.
  at = await world({ bindings: { REQUESTS_PER_SLICE: "4" } });
});
after(() => at.close());

async function play(client, seed) {
  const r = random(seed);
  const shown = await show(r, at.emulator, client);
  const { selection, count } = shown.preview;
  // What nobody was shown, nobody can confirm.
  if (count === 0) return;
  const operation = r.pick(["resume", "restart", "delete"]);
  // A job's time range is always frozen: an order that says otherwise is refused.
  const drive = way(r, shown.preview, operation === "delete");
  const { id } = await at.start({
    operation,
    // An order is an object.
    selection: Array.isArray(selection) ? { dlqIds: selection } : selection,
    confirmed: count,
    drive,
  });
  const job = await at.until(id, ({ state }) => state === "done" || state === "stopped");
  if (job.state === "stopped") {
    assert.deepEqual([job.ended, shown.fails], ["canary", true], JSON.stringify(job));
  }
  await assertShown(at.emulator, shown, drive, job);
}

test(`${ROUNDS} worlds`, async () => {
  const { url: baseUrl, token } = at.emulator;
  const client = new Client({ baseUrl, token, retry: RETRY }, {});
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    try {
      await play(client, seed);
    } catch (error) {
      throw new Error(`SEED=${seed} ROUNDS=1`, { cause: error });
    }
  }
});
