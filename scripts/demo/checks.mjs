// Whether what the library reports is what the service and the app saw.

import { REASON, WORKFLOWS } from "./workflows.mjs";

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const runsOf = (recovers) =>
  sum(
    Object.values(WORKFLOWS)
      .filter((one) => one.recovers === recovers)
      .map(({ runs }) => runs),
  );

export const RECOVER = runsOf(true);
export const FAIL_AGAIN = runsOf(false);
export const TOTAL = RECOVER + FAIL_AGAIN;

/** What the new runs are given: retries, a limit of their own, and a name to find them by. */
export const OVERRIDES = {
  retries: 0,
  flowControl: { key: "recovery", parallelism: 10 },
  label: "recovered",
};

const isBefore = ({ workflow, step }) => WORKFLOWS[workflow].before.includes(step);

/** How often a step has to finish. */
const expected = (one) => {
  const { recovers, runs } = WORKFLOWS[one.workflow];
  return recovers || isBefore(one) ? runs : 0;
};

/**
 * @typedef {object} Facts
 * @property {string[]} dlqIds what the official SDK listed before anything was resumed
 * @property {{ count: number, complete: boolean }} preview
 * @property {object} summary what `resumeAll` answered
 * @property {object} outcome what `follow` answered
 * @property {{ at: number }[]} requests to the DLQ during the drive, as the service saw them
 * @property {object} audit the service's own account
 * @property {{ state: string, dlqId: string }[]} newRuns
 * @property {number[]} failedAgainAt when each entry that is there at the end failed
 * @property {(string[] | undefined)[]} labels of each delivery to a new run
 * @property {number} refused deliveries that the app answered with 500
 * @property {ReturnType<typeof import("./workflows.mjs").countSteps>} steps
 */

/**
 * Every fact that has to hold, and whether it does.
 *
 * @param {Facts} facts
 * @returns {{ ok: boolean, text: string }[]}
 */
export function check(facts) {
  const { dlqIds, preview, summary, outcome, requests, audit, newRuns, labels, steps } = facts;
  const { key, parallelism } = OVERRIDES.flowControl;
  const ended = (state) => newRuns.filter((run) => run.state === state).length;
  const originals = new Set(dlqIds);
  const before = steps.filter(isBefore);
  const meanwhile = facts.failedAgainAt.filter((at) => at < requests.at(-1)?.at).length;
  const threw = sum(steps.map(({ ran, finished }) => ran - finished));
  const found = [
    [`${TOTAL} runs failed, and each is an entry of the DLQ`, originals.size === TOTAL],
    [`the preview counted ${TOTAL}`, preview.complete && preview.count === TOTAL],
    [
      `resumeAll reports ${TOTAL} resumed and none unconfirmed`,
      summary.done &&
        summary.resumed === TOTAL &&
        summary.notFound + summary.unconfirmed + summary.failed === 0,
    ],
    [
      `it reports ${summary.requests} requests, and the service saw as many`,
      summary.requests === requests.length,
    ],
    [
      "each entry was resumed exactly once",
      audit.resumed === TOTAL &&
        audit.resumedTwice.length === 0 &&
        dlqIds.every((id) => audit.byEntry[id]?.resumed === 1),
    ],
    [
      "each entry became one new run",
      newRuns.length === TOTAL && new Set(newRuns.map(({ dlqId }) => dlqId)).size === TOTAL,
    ],
    [`${RECOVER} of the new runs finished`, ended("RUN_SUCCESS") === RECOVER],
    [
      `${FAIL_AGAIN} failed again, as new entries that were left alone`,
      ended("RUN_FAILED") === FAIL_AGAIN &&
        audit.entries === TOTAL + FAIL_AGAIN &&
        audit.remaining === FAIL_AGAIN &&
        Object.keys(audit.byEntry).every((id) => originals.has(id)),
    ],
    [
      `follow reports ${RECOVER} finished and ${FAIL_AGAIN} failed again`,
      outcome.done &&
        outcome.runs === TOTAL &&
        outcome.succeeded === RECOVER &&
        outcome.failedAgain === FAIL_AGAIN,
    ],
    [
      `and why they failed: "${REASON}"`,
      outcome.errors.length === 1 &&
        outcome.errors[0].count === FAIL_AGAIN &&
        outcome.errors[0].error.includes(REASON),
    ],
    [`${meanwhile} of them failed again while resumeAll was still running`, meanwhile > 0],
    [
      `what was finished did not run again: ${before.map(({ step }) => step).join(", ")}`,
      before.every(({ workflow, ran, kept }) => ran === kept && ran === WORKFLOWS[workflow].runs),
    ],
    [
      "each other step finished once a run; the app and the service counted the same",
      steps.every((one) => one.finished === expected(one) && one.told === one.finished),
    ],
    [
      `steps threw ${threw} times; the service received as many error responses`,
      threw === facts.refused,
    ],
    [
      `the new runs had the label "${OVERRIDES.label}" in each delivery`,
      labels.length > 0 && labels.every((one) => one?.join() === OVERRIDES.label),
    ],
    [
      `never more than ${parallelism} deliveries to them at a time`,
      audit.maxParallelByKey[key] >= 1 && audit.maxParallelByKey[key] <= parallelism,
    ],
  ];
  return found.map(([text, ok]) => ({ text, ok }));
}
