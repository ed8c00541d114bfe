// What a job's numbers mean: how it stands, the parts of its bar, and sentences on what became of the runs.

import { entries as countOf, number } from "./text.js";

const BUSY = ["queued", "running", "waiting", "pausing", "cancelling"];
/** Ends that need a look, and are no failure. */
const UNFINISHED = ["undecided", "remaining"];

const openOf = ({ running, retrying, unknown }) => running + retrying + unknown;
const makesRuns = ({ operation }) => operation === "resume" || operation === "restart";

/** Entries that are dealt with, whatever came of them. */
export const placedOf = ({ done, notFound, unconfirmed, failed }) =>
  done + notFound + unconfirmed + failed;

/**
 * How a job stands: `good` only where everything has finished.
 *
 * @returns {"busy" | "good" | "warn" | "bad" | "still"} `warn`: something is open; `still`: stopped on purpose, or
 *   nothing is known of the new runs
 */
export function toneOf(job) {
  const { state, ended, outcome, failed, unconfirmed } = job;
  if (BUSY.includes(state)) return "busy";
  if (state === "stopped") return UNFINISHED.includes(ended) ? "warn" : "bad";
  if (state !== "done") return "still";
  if (failed > 0 || outcome?.failedAgain > 0) return "bad";
  if (unconfirmed > 0 || (outcome && openOf(outcome) + outcome.canceled > 0)) return "warn";
  return makesRuns(job) && !outcome && job.done > 0 ? "still" : "good";
}

/** The parts of the bar, in order, with `share` of 1; what is left is not reached yet. */
export function partsOf(job) {
  const { outcome, done, notFound, unconfirmed, failed } = job;
  const placed = placedOf(job);
  const total = Math.max(job.of ?? placed, placed, 1);
  const runs = outcome
    ? [
        ["good", "finished", outcome.succeeded],
        ["bad", "failed again", outcome.failedAgain],
        ["still", "cancelled", outcome.canceled],
        ["busy", "under way", Math.max(0, done - ended(outcome))],
      ]
    : [["busy", "done", done]];
  return [
    ...runs,
    ["bad", "refused", failed],
    ["warn", "unconfirmed", unconfirmed],
    ["still", "not found", notFound],
  ]
    .filter(([, , count]) => count > 0)
    .map(([tone, title, count]) => ({ tone, title, count, share: count / total }));
}

const ended = ({ succeeded, failedAgain, canceled }) => succeeded + failedAgain + canceled;

/** `170 finished · 30 failed again · 5 still under way`; what is 0 is left out. */
export function tallyOf({ succeeded, failedAgain, canceled, running, retrying, unknown }) {
  return [
    [succeeded, "finished"],
    [failedAgain, "failed again"],
    [canceled, "cancelled"],
    [running, "still under way"],
    [retrying, "being retried after an error"],
    [unknown, "not known to have ended"],
  ]
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${number(count)} ${name}`)
    .join(" · ");
}

/** What a job that follows runs is doing, or what a canary waits for; nothing while it acts. */
export function doingOf({ phase, canary, outcome, state }) {
  if (!BUSY.includes(state)) return undefined;
  if (phase === "canary" && canary) {
    return `Canary: waiting for the first ${runsOf(canary.runs)}: ${tallyOf(canary)}. The rest follows when enough have finished, and not if one fails.`;
  }
  if (phase !== "following" || !outcome) return undefined;
  return `Following the new runs: ${number(ended(outcome))} of ${number(outcome.runs)} have ended.`;
}

/** What became of the runs, for a job that is no longer at work. */
export function fateOf(job) {
  const { state, outcome, canary, operation, done } = job;
  if (BUSY.includes(state) || done === 0 || !makesRuns({ operation })) return undefined;
  const runs = outcome ?? canary;
  if (!runs) return "The new runs were not followed: whether they finished is not known.";
  const which = outcome ? "" : "Of the canary's runs: ";
  return `${which}${tallyOf(runs)}.`;
}

/** The commonest errors of runs that failed again: `28 × 503 · charge · carrier down`. */
export const errorsOf = ({ outcome, canary }) =>
  ((outcome ?? canary)?.errors ?? []).map(({ count, status, step, error }) =>
    [`${number(count)} × ${status ?? "error"}`, step, error].filter(Boolean).join(" · "),
  );

const runsOf = (count) => `${number(count)} ${count === 1 ? "run" : "runs"}`;

/** What cancelling a job leaves undone, for the question before. */
export function leftOf(job) {
  const left = (job.of ?? 0) - placedOf(job);
  return left > 0 ? `${countOf(left)} will not be touched.` : "What is left will not be touched.";
}
