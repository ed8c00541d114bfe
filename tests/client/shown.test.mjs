// What a preview showed bounds what is done, by the API over the wire: any selection, `where`, limit,
// strategy, canary and time range, with entries that appear and vanish in between, and with a checkpoint on the way. The worlds follow
// from a seed: `SEED=5 ROUNDS=1` plays the fifth alone.

import { test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { RETRY, random } from "../support/scenario.mjs";
import { assertShown, show, way } from "../support/shown.mjs";
import { startEmulator } from "./setup.mjs";

const SEED = Number(process.env.SEED ?? 1);
const ROUNDS = Number(process.env.ROUNDS ?? 60);
async function play(emulator, client, seed) {
  const r = random(seed);
  const shown = await show(r, emulator, client);
  const { preview } = shown;
  const method = r.pick(["resumeAll", "restartAll", "deleteAll"]);
  const deletes = method === "deleteAll";
  const drive = way(r, preview, deletes);
  const budget = r.chance(0.4) ? { maxRequests: 3 } : {};
  // Without the frozen time range a drive needs a bound; what fails again meanwhile was not shown.
  const open = r.chance(0.3) && { freeze: false, timeBudget: "10m" };
  const options = { ...drive, ...budget, ...open };
  let summary = await client.dlq[method](preview.selection, ...(deletes ? [] : [{}]), options);
  while (!summary.done && summary.reason === "requests") {
    summary = await client.dlq.continueFrom(summary.checkpoint, { maxRequests: 3 });
  }
  await assertShown(emulator, shown, drive, summary);
}

test(`${ROUNDS} worlds`, async (t) => {
  const emulator = await startEmulator();
  t.after(() => emulator.close());
  const { url: baseUrl, token } = emulator;
  const client = new Client({ baseUrl, token, retry: RETRY }, {});
  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    try {
      await play(emulator, client, seed);
    } catch (error) {
      throw new Error(`SEED=${seed} ROUNDS=1`, { cause: error });
    }
  }
});
