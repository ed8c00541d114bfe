// What a job's numbers mean: its tone, the parts of its bar, and what is said of its runs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  doingOf,
  errorOf,
  errorsOf,
  fateOf,
  leftOf,
  partsOf,
  tallyOf,
  toneOf,
} from "../../www/page/job-outcome.js";

const RUNS = { succeeded: 0, failedAgain: 0, canceled: 0, running: 0, retrying: 0, unknown: 0 };
const runs = (counts) => ({
  ...RUNS,
  ...counts,
  runs: Object.values(counts).reduce((sum, count) => sum + count, 0),
});
const job = (fields) => ({
  ...{ operation: "resume", state: "done", done: 10, of: 10, phase: "acting" },
  ...{ notFound: 0, unconfirmed: 0, failed: 0 },
  ...fields,
});

describe("the tone of a job", () => {
  const table = [
    ["all have finished", { outcome: runs({ succeeded: 10 }) }, "good"],
    ["one failed again", { outcome: runs({ succeeded: 9, failedAgain: 1 }) }, "bad"],
    ["one is under way", { outcome: runs({ succeeded: 9, running: 1 }) }, "warn"],
    ["one is retried", { outcome: runs({ succeeded: 9, retrying: 1 }) }, "warn"],
    ["one is not known", { outcome: runs({ succeeded: 9, unknown: 1 }) }, "warn"],
    ["one was cancelled", { outcome: runs({ succeeded: 9, canceled: 1 }) }, "warn"],
    ["nobody followed", {}, "still"],
    ["refused", { done: 9, failed: 1, outcome: runs({ succeeded: 9 }) }, "bad"],
    ["unconfirmed", { done: 9, unconfirmed: 1, outcome: runs({ succeeded: 9 }) }, "warn"],
    ["deleted", { operation: "delete" }, "good"],
    ["at work", { state: "running", outcome: runs({ failedAgain: 1 }) }, "busy"],
    ["being cancelled", { state: "cancelling" }, "busy"],
    ["paused", { state: "paused" }, "still"],
    ["cancelled", { state: "cancelled" }, "still"],
    ["stopped by the canary", { state: "stopped", ended: "canary" }, "bad"],
    ["stopped by an error", { state: "stopped", ended: "error" }, "bad"],
    ["a canary without a verdict", { state: "stopped", ended: "undecided" }, "warn"],
  ];
  for (const [what, fields, tone] of table) {
    test(`${what}: ${tone}`, () => assert.equal(toneOf(job(fields)), tone));
  }
});

describe("the bar of a job", () => {
  const shares = (fields) =>
    partsOf(job(fields)).map(({ tone, count, share }) => [tone, count, Math.round(share * 100)]);

  test("while it acts, what is done; what is left stays empty", () => {
    assert.deepEqual(shares({ done: 4 }), [["busy", 4, 40]]);
  });

  test("refused and not found are no progress", () => {
    assert.deepEqual(shares({ done: 0, failed: 7, notFound: 3 }), [
      ["bad", 7, 70],
      ["still", 3, 30],
    ]);
  });

  test("runs that are followed are green only where they have finished", () => {
    const outcome = runs({ succeeded: 5, failedAgain: 2, running: 3 });
    assert.deepEqual(shares({ outcome }), [
      ["good", 5, 50],
      ["bad", 2, 20],
      ["busy", 3, 30],
    ]);
  });

  test("it is never longer than it is", () => {
    const parts = partsOf(job({ of: 5, done: 10, unconfirmed: 10 }));
    assert.equal(
      parts.reduce((sum, { share }) => sum + share, 0),
      1,
    );
  });
});

describe("what is said of the runs", () => {
  const mixed = runs({ succeeded: 1_700, failedAgain: 30, running: 5 });

  test("what is 0 is left out", () => {
    const seen = job({ outcome: mixed, state: "running" });
    assert.equal(tallyOf(seen), "1,700 finished · 30 failed again · 5 still under way");
    assert.equal(tallyOf(job({})), "");
  });

  test("at the end, what became of them as far as it was seen, or that nobody looked", () => {
    for (const state of ["done", "paused", "cancelled", "stopped"]) {
      const stands = job({ outcome: { ...mixed, retrying: 2 }, state });
      const said =
        "1,700 finished · 30 failed again · 5 last seen under way · 2 last seen being retried after an error";
      assert.equal(fateOf(stands), `${said}.`, state);
      assert.equal(tallyOf(stands), said, state);
      assert.ok(!partsOf(stands).some(({ title }) => title === "under way"), state);
    }
    for (const none of [{}, { outcome: runs({}) }]) {
      assert.equal(
        fateOf(job(none)),
        "The new runs have not been followed: whether they finished is not known.",
      );
    }
    assert.match(
      fateOf(job({ state: "stopped", canary: runs({ failedAgain: 2 }) })),
      /^Of the canary's runs: 2 failed again\.$/,
    );
    assert.equal(fateOf(job({ operation: "delete" })), undefined);
    assert.equal(fateOf(job({ state: "running", outcome: mixed })), undefined);
  });

  test("a canary that waits says for what", () => {
    const canary = runs({ succeeded: 1, running: 9 });
    const doing = doingOf(job({ state: "running", phase: "canary", canary }));
    assert.match(doing, /the first 10 runs: 1 finished · 9 still under way/);
    assert.match(doing, /and not if one fails\.$/);
    const drive = { canary: { entries: 10, maxFailedAgain: 3 } };
    const patient = doingOf(job({ state: "running", phase: "canary", canary, drive }));
    assert.match(patient, /and not if more than 3 fail\.$/);
    assert.equal(doingOf(job({ state: "running" })), undefined);
    assert.equal(
      doingOf(job({ state: "running", phase: "following", outcome: mixed })),
      "Following the new runs: 1,730 of 1,735 have ended.",
    );
  });

  test("what cancelling leaves is at most what is left now", () => {
    assert.equal(leftOf(job({ done: 4 })), "Up to 6 entries will not be touched.");
    assert.equal(leftOf(job({ of: undefined })), "What is left will not be touched.");
  });

  test("a job that is over does not try again", () => {
    const error = { code: "forbidden", message: "a read-only token" };
    for (const state of ["queued", "running", "waiting"]) {
      assert.equal(errorOf(job({ state, error })), "Trying again after: a read-only token");
    }
    // One that had stopped is cancelled with its error.
    for (const state of ["stopped", "paused", "cancelled", "done"]) {
      assert.equal(errorOf(job({ state, error })), "a read-only token");
    }
    assert.equal(errorOf(job({})), undefined);
  });

  test("errors, with what is known of them", () => {
    const errors = [
      { count: 28, status: 503, step: "charge", error: "carrier down" },
      { count: 2 },
    ];
    assert.deepEqual(errorsOf({ outcome: { errors } }), [
      "28 × 503 · charge · carrier down",
      "2 × error",
    ]);
    assert.deepEqual(errorsOf({}), []);
  });
});
