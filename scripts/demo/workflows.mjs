// The app of the demo: three workflows of the official SDK, of which each fails in its own way.

import { setTimeout as sleep } from "node:timers/promises";
import { startApp } from "../../tests/support/app.mjs";

/** The switch: until it is on, two servers do not answer. */
export const repaired = { yes: false };

const needs = (what) => {
  if (!repaired.yes) throw new Error(`${what} does not answer`);
};

/** Why the runs fail that nothing repairs. */
export const REASON = "this file format is not supported";

/** `before`: the steps that finish before one fails; `after`: that one, and what follows it. */
export const WORKFLOWS = {
  order: {
    runs: 180,
    recovers: true,
    label: "shop",
    before: ["reserve", "charge"],
    after: ["ship", "confirm"],
    body: (n) => ({ order: 10_000 + n, customer: `c-${n % 40}`, cents: 1_990 + 50 * n }),
    route: async (run, { order, cents }) => {
      await run("reserve", () => ({ shelf: order % 12 }));
      await run("charge", () => ({ payment: `p-${order}`, cents }));
      const { parcel } = await run("ship", () => {
        needs("the carrier");
        return { parcel: `z-${order}` };
      });
      await run("confirm", () => `sent as ${parcel}`);
    },
  },
  report: {
    runs: 90,
    recovers: true,
    label: "nightly",
    before: ["totals"],
    after: ["chart", "publish"],
    body: (n) => ({ shop: `s-${n}`, month: "2026-03" }),
    route: async (run, { shop, month }, untilKept) => {
      const [totals, chart] = await Promise.all([
        run("totals", () => ({ shop, cents: 482_300 })),
        run("chart", async () => {
          // A branch whose result comes after the run has failed is rightly run again.
          if (!repaired.yes) await untilKept("totals");
          needs("the chart server");
          return `${shop}-${month}.svg`;
        }),
      ]);
      await run("publish", () => ({ ...totals, chart }));
    },
  },
  legacy: {
    runs: 30,
    recovers: false,
    label: "import",
    before: ["read"],
    after: ["convert"],
    body: (n) => ({ file: `export-${n}.dbf` }),
    route: async (run, { file }) => {
      await run("read", () => file);
      await run("convert", () => {
        throw new Error(REASON);
      });
    },
  },
};

const finished = (step) => `${step}, finished`;

/** Serves the workflows; each step is counted when it begins and when it ends well. */
export function startDemoApp(emulator) {
  const workflow =
    ({ route }) =>
    (context, app) => {
      const { workflowRunId, requestPayload } = context;
      const run = (step, work) =>
        app.step(context, step, async () => {
          const result = await work();
          app.counted(finished(step), workflowRunId);
          return result;
        });
      return route(run, requestPayload, (step) => kept(emulator, workflowRunId, step));
    };
  const workflows = Object.entries(WORKFLOWS).map(([name, one]) => [name, workflow(one)]);
  return startApp(emulator, Object.fromEntries(workflows));
}

/** Resolves when the service has the result of a parallel step. */
async function kept(emulator, workflowRunId, step) {
  for (;;) {
    const [{ steps }] = await emulator.runs({ workflowRunId });
    // Once as planned, once as done.
    if (steps.filter((name) => name === step).length === 2) return;
    await sleep(20);
  }
}

/** How often each step ran: what the app counted beside what the service was told. */
export const countSteps = (app, { byWorkflow }) =>
  Object.entries(WORKFLOWS).flatMap(([workflow, { before, after }]) =>
    [...before, ...after].map((step) => ({
      workflow,
      step,
      ran: app.count(step),
      finished: app.count(finished(step)),
      told: byWorkflow[app.url(workflow)]?.[step]?.completed ?? 0,
      kept: byWorkflow[app.url(workflow)]?.[step]?.copied ?? 0,
    })),
  );

/** All triggers, the workflows mixed as they are in life. */
export function triggers(app) {
  const all = Object.entries(WORKFLOWS).flatMap(([name, { runs, label, body }]) =>
    Array.from({ length: runs }, (_, n) => ({
      place: (n + 0.5) / runs,
      request: { url: app.url(name), body: body(n), label, retries: 1 },
    })),
  );
  return all.sort((a, b) => a.place - b.place).map(({ request }) => request);
}
