// A run's steps and the attempts at them, from the logs of runs; without logs, from the entry alone.

import { shownName } from "./entry.js";
import { messageOf, stepOf } from "./failure.js";
import { delivered } from "./unfold.js";

const STATES = {
  STEP_SUCCESS: "finished",
  STEP_FAILED: "failed",
  STEP_RETRY: "retrying",
  STEP_PROGRESS: "running",
  STEP_CANCELED: "canceled",
};

/** How a step's state is drawn; its name is always beside it. */
export const MARKS = { finished: "✓", failed: "✗", retrying: "↻", running: "…", canceled: "–" };

/**
 * The log of an entry's run: ids can be used again, so that several runs may answer to one.
 *
 * @param {object[]} runs
 * @param {{ dlqId: string, workflowCreatedAt?: number }} entry
 */
export const runOf = (runs, { dlqId, workflowCreatedAt }) =>
  runs.find((run) => run.dlqId === dlqId) ??
  runs.find(({ workflowRunCreatedAt }) => workflowRunCreatedAt === workflowCreatedAt) ??
  (runs.length === 1 ? runs[0] : undefined);

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {keyof MARKS} state
 * @property {string} [type] as the service names it, where it is no plain step
 * @property {boolean} parallel whether it ran beside others
 * @property {number} [at] ms: when it began
 * @property {{ at?: number, status?: number, message: string, body: string }[]} attempts that failed, the first one first
 */

/**
 * The steps of a run. What came before the first step (the trigger) is not one of them.
 *
 * @param {object} entry of the DLQ: it names the failed step, which logs may leave open
 * @param {object} [run] its log
 * @returns {Step[]}
 */
export function stepsOf(entry, run) {
  return run ? loggedSteps(entry, run) : knownSteps(entry);
}

function loggedSteps(entry, run) {
  return (run.steps ?? []).flatMap(({ type, steps = [] }) =>
    steps
      .filter(({ stepType }) => stepType !== "Initial")
      .map((step) => ({
        name: shownName(step.stepName || stepOf(entry) || "Unnamed step"),
        state: Object.hasOwn(STATES, step.state ?? "") ? STATES[step.state] : "running",
        ...(step.stepType && step.stepType !== "Run" && { type: step.stepType }),
        parallel: type === "parallel",
        at: step.createdAt,
        attempts: attemptsOf(step),
      })),
  );
}

/** The entry's body has what had finished, its response why the next step failed. */
function knownSteps(entry) {
  const finished = delivered(entry.bodyBase64 ? undefined : entry.body)?.steps ?? [];
  return [
    ...finished.map(({ name }) => ({
      name: shownName(name),
      state: "finished",
      parallel: false,
      attempts: [],
    })),
    {
      name: shownName(stepOf(entry) || "Unnamed step"),
      state: "failed",
      parallel: false,
      attempts: [],
    },
  ];
}

function attemptsOf({ errors = [] }) {
  return errors
    .map(({ time, status, error, body = "" }) => ({
      at: time,
      status,
      // An endpoint that was not reached has no response; the service says why.
      message: messageOf({ responseBody: body }) || error || "",
      body,
    }))
    .sort((a, b) => a.at - b.at);
}
