// What a job's numbers mean: how it stands, the parts of its bar, and sentences on what became of the runs.

import { entries as countOf, number } from "./text.js";

const BUSY = ["queued", "running", "waiting", "pausing", "cancelling"];
/** Whether a job is at work, and its numbers are of now. */
export const isBusy = ({ state }) => BUSY.includes(state);
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
  if (isBusy(job)) return "busy";
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
        ["busy", "not known to have ended", Math.max(0, done - ended(outcome))],
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

/** `170 finished · 30 failed again · 5 still under way`; what is 0 is left out. `isLive`: while the runs are looked at. */
function tally({ succeeded, failedAgain, canceled, running, retrying, unknown }, isLive) {
  return [
    [succeeded, "finished"],
    [failedAgain, "failed again"],
    [canceled, "cancelled"],
    [running, isLive ? "still under way" : "last seen under way"],
    [retrying, `${isLive ? "" : "last seen "}being retried after an error`],
    [unknown, "not known to have ended"],
  ]
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${number(count)} ${name}`)
    .join(" · ");
}

/** What is known of a job's new runs, in short; `""` where nothing is. */
export const tallyOf = ({ outcome, state }) =>
  outcome ? tally(outcome, BUSY.includes(state)) : "";

/** What a job that follows runs is doing, or what a canary waits for; nothing while it acts. */
export function doingOf(job) {
  const { phase, canary, outcome, drive } = job;
  if (!isBusy(job)) return undefined;
  if (phase === "canary" && canary) {
    const most = drive?.canary?.maxFailedAgain ?? 0;
    const fails = most === 0 ? "one fails" : `more than ${number(most)} fail`;
    return `Canary: waiting for the first ${runsOf(canary.runs)}: ${tally(canary, true)}. The rest follows when enough have finished, and not if ${fails}.`;
  }
  if (phase !== "following" || !outcome) return undefined;
  return `Following the new runs: ${number(ended(outcome))} of ${number(outcome.runs)} have ended.`;
}

/** What became of the runs, for a job that is no longer at work. */
export function fateOf(job) {
  const { outcome, canary, done } = job;
  if (isBusy(job) || done === 0 || !makesRuns(job)) return undefined;
  const known = tally(outcome ?? canary ?? {}, false);
  if (known === "")
    return "The new runs have not been followed: whether they finished is not known.";
  return `${outcome ? "" : "Of the canary's runs: "}${known}.`;
}

/** The error that a job met last; one at work tries again. */
export const errorOf = (job) =>
  job.error && `${isBusy(job) ? "Trying again after: " : ""}${job.error.message}`;

/** The commonest errors of runs that failed again: `28 × 503 · charge · carrier down`. */
export const errorsOf = ({ outcome, canary }) =>
  ((outcome ?? canary)?.errors ?? []).map(({ count, status, step, error }) =>
    [`${number(count)} × ${status ?? "error"}`, step, error].filter(Boolean).join(" · "),
  );

const runsOf = (count) => `${number(count)} ${count === 1 ? "run" : "runs"}`;

/** What cancelling a job leaves undone, for the question before. */
export function leftOf(job) {
  const left = (job.of ?? 0) - placedOf(job);
  // A request in flight takes some of them.
  return left > 0
    ? `Up to ${countOf(left)} will not be touched.`
    : "What is left will not be touched.";
}
