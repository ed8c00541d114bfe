// What a preview warns of, by the rules and in the words of the package, with dates in the zone that is shown.

import { WARNINGS } from "../../pkg/messages.js";
import { Warnings } from "../../pkg/warnings.js";
import { hasRuns } from "./order.js";
import { sentence, time } from "./text.js";

/**
 * @param {{ at: number, error: string }[]} chosen entries of the page
 * @param {number | undefined} days how long the service keeps entries; nothing where nobody has said so
 * @param {number} now milliseconds since 1970
 * @returns {object[]} warnings as the package's preview has them
 */
export function warningsOf(chosen, days, now) {
  const warnings = new Warnings(days, now);
  for (const { at, error } of chosen) warnings.add({ createdAt: at, responseBody: error });
  return warnings.list();
}

/** The sentences that matter to an operation: who deletes need not hurry, and a restart takes other steps. */
export const warningsFor = (operation, warnings) =>
  warnings
    .filter(({ code }) =>
      code === "incompatible_step" ? operation === "resume" : hasRuns(operation),
    )
    .map((warning) => sentence(WARNINGS[warning.code](warning, time)));
