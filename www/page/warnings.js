// What a preview warns of, as the package's preview does: entries that expire soon, and entries that a resume
// can't help.

import { hasRuns } from "./order.js";
import { entries as countOf, time } from "./text.js";

const DAY_MS = 86_400_000;
/** The SDK's answer to a run whose workflow has other steps than when it began. */
const INCOMPATIBLE = /incompatible step/i;

/**
 * @param {{ at: number, error: string }[]} chosen entries of the page
 * @param {number | undefined} days how long the service keeps entries; nothing where nobody has said so
 * @param {number} now milliseconds since 1970
 * @returns {object[]} warnings in the form of the package's preview
 */
export function warningsOf(chosen, days, now) {
  const ends = chosen.map(({ at }) => at + days * DAY_MS).filter((end) => end < now + DAY_MS);
  const incompatible = chosen.filter(({ error }) => INCOMPATIBLE.test(error)).length;
  const firstExpiresAt = ends.reduce((first, end) => Math.min(first, end), Infinity);
  return [
    { code: "expires_soon", count: ends.length, firstExpiresAt },
    { code: "incompatible_step", count: incompatible },
  ].filter(({ count }) => count > 0);
}

const TEXTS = {
  expires_soon: ({ count, firstExpiresAt }) =>
    `${countOf(count)} will be deleted by the service within a day, the first at ${time(firstExpiresAt)}.`,
  incompatible_step: ({ count }) =>
    `${countOf(count)} failed because the workflow's steps have changed: a resume fails again, restart them.`,
};

/** The sentences that matter to an operation: who deletes need not hurry, and a restart takes other steps. */
export const warningsFor = (operation, warnings) =>
  warnings
    .filter(({ code }) =>
      code === "incompatible_step" ? operation === "resume" : hasRuns(operation),
    )
    .map((warning) => TEXTS[warning.code](warning));
