// The steps of a failed run as the page shows them, from the emulator's logs and from an entry alone.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { Client } from "upstash-workflow-dlq";
import { runOf, stepsOf } from "../../www/page/timeline.js";
import { startEmulator } from "../support/emulator.mjs";

const HOUR_MS = 3_600_000;
const down = (message, step = "ship") => ({
  status: 503,
  body: JSON.stringify({ error: "Error", message }),
  step,
});
const brief = (steps) => steps.map(({ name, state }) => `${name} ${state}`);

describe("from the logs", () => {
  let emulator;
  let client;
  before(async () => {
    emulator = await startEmulator();
    client = new Client({ token: emulator.token, baseUrl: emulator.url });
  });
  beforeEach(() => emulator.reset());
  after(() => emulator.close());

  const shown = async () => {
    const [entry] = (await client.dlq.list()).messages;
    const { workflowRunId, workflowCreatedAt } = entry;
    const { runs } = await client.logs({ filter: { workflowRunId, workflowCreatedAt } });
    return { entry, steps: stepsOf(entry, runOf(runs, entry)) };
  };

  test("finished steps, then the failed one with each attempt", async () => {
    const created = Date.now() - HOUR_MS;
    await emulator.seedRuns([
      {
        workflowCreatedAt: created,
        steps: ["reserve", ["pack", "label"]],
        errors: [down("no carrier 1"), { status: 0, body: "connection refused" }, down("last")],
        state: "RUN_FAILED",
        endedAt: created + 60_000,
      },
    ]);
    const { steps } = await shown();
    assert.deepEqual(brief(steps), [
      "reserve finished",
      "pack finished",
      "label finished",
      "ship failed",
    ]);
    assert.deepEqual(
      steps.map(({ parallel }) => parallel),
      [false, true, true, false],
    );
    assert.deepEqual(
      steps.at(-1).attempts.map(({ status, message }) => [status, message]),
      [
        [503, "no carrier 1"],
        [undefined, "connection refused"],
        [503, "last"],
      ],
    );
    const times = steps.at(-1).attempts.map(({ at }) => at);
    assert.ok(times.every((at, n) => at >= created && (n === 0 || at >= times[n - 1])));
  });

  test("a step that the logs do not name has the entry's name", async () => {
    await emulator.config({ logsStepName: false });
    await emulator.seedRuns([{ steps: ["reserve"], errors: [down("x")], state: "RUN_FAILED" }]);
    assert.deepEqual(brief((await shown()).steps), ["reserve finished", "ship failed"]);
  });

  test("of runs with one id, the entry's own is taken", () => {
    const runs = [
      { workflowRunCreatedAt: 1, dlqId: "1-0" },
      { workflowRunCreatedAt: 2, dlqId: "2-0" },
    ];
    assert.equal(runOf(runs, { dlqId: "2-0", workflowCreatedAt: 1 }), runs[1]);
    assert.equal(runOf(runs, { dlqId: "3-0", workflowCreatedAt: 1 }), runs[0]);
    assert.equal(runOf(runs, { dlqId: "3-0" }), undefined);
    assert.equal(runOf([], { dlqId: "3-0" }), undefined);
  });
});

describe("from the entry alone", () => {
  const base64 = (text) => Buffer.from(text).toString("base64");
  const message = (body) => ({ messageId: "m", body: base64(body), callType: "step" });
  const body = JSON.stringify([
    message('{"order":1}'),
    message(JSON.stringify({ stepId: 1, stepName: "reserve", out: "1" })),
  ]);
  const responseHeader = { "Upstash-Error-Step-Name": ["ship"] };

  test("what its delivery carries has finished, what its response names has failed", () => {
    assert.deepEqual(brief(stepsOf({ body, responseHeader })), ["reserve finished", "ship failed"]);
  });

  test("a body that is no delivery names no finished step", () => {
    assert.deepEqual(brief(stepsOf({ body: "text", responseHeader })), ["ship failed"]);
    assert.deepEqual(brief(stepsOf({})), ["Unnamed step failed"]);
    assert.deepEqual(brief(stepsOf({ body, bodyBase64: "//4=" })), ["Unnamed step failed"]);
  });
});
