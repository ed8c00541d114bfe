// The app of a night, in the thread that night.mjs starts: workflows of the real SDK, and what triggers their runs.
//
// workerData: `{ emulator, workflows, count, duringMs }`. The thread posts the app's origin when all runs are triggered. It
// answers `["fix", needs]`, `["counts"]`, which are by `run id/name`, and `["close"]`.

import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { Client } from "@upstash/workflow";
import { muteSdk, startApp } from "./app.mjs";

const TRIGGERS_A_REQUEST = 50;
const ERRORS = {
  deploy: "currency is undefined",
  carrier: "the carrier does not answer",
  "a miracle": "this file format is not supported",
};

const { emulator, workflows, count, duringMs } = workerData;
const works = new Set();

const route =
  ({ step, needs, finished }) =>
  (context, app) =>
    app.step(context, step, () => {
      if (!works.has(needs)) throw new Error(ERRORS[needs]);
      app.counted(finished, context.workflowRunId);
      return step;
    });

/** Triggers the runs, mixed as they are in life, over the time of the incident. */
async function trigger(app) {
  const sdk = new Client({ baseUrl: emulator.url, token: emulator.token });
  const requests = Object.entries(workflows).flatMap(([name, { part }]) =>
    Array.from({ length: count * part }, (_, n) => ({
      place: (n + 0.5) / (count * part),
      request: { url: app.url(name), body: { n }, retries: 0 },
    })),
  );
  const all = requests.sort((a, b) => a.place - b.place).map(({ request }) => request);
  const began = performance.now();
  for (let from = 0; from < all.length; from += TRIGGERS_A_REQUEST) {
    await sleep(began + (duringMs * from) / all.length - performance.now());
    await sdk.trigger(all.slice(from, from + TRIGGERS_A_REQUEST));
  }
}

muteSdk();
const routes = Object.entries(workflows).map(([name, workflow]) => [name, route(workflow)]);
const app = await startApp(emulator, Object.fromEntries(routes));
const acts = {
  fix: (needs) => void works.add(needs),
  counts: () => app.counts(),
  close: async () => {
    await app.close();
    parentPort.unref();
  },
};
parentPort.on("message", async ([act, what]) => parentPort.postMessage(await acts[act](what)));
await trigger(app);
parentPort.postMessage(app.url(""));
