// How fast a job begins its runs: presets that fill the form's fields, and the time that they take.

import { number, span } from "./text.js";

/** The form's fields that a preset decides. */
const FIELDS = ["canaryEntries", "canaryWait", "canaryFailed", "maxRunsPerSecond"];
/** Entries a request, at most. */
const PAGE = 100;

/** `fields`: what the form holds with it; the others of {@link FIELDS} are empty. */
export const PACES = {
  careful: {
    title: "Careful",
    hint: "canary 10, 20 a second",
    fields: { canaryEntries: "10", maxRunsPerSecond: "20" },
  },
  steady: { title: "Steady", hint: "50 a second", fields: { maxRunsPerSecond: "50" } },
  atOnce: { title: "At once", hint: "as fast as the service takes them", fields: {} },
};

const fieldOf = (fields, name) => fields[name]?.trim() ?? "";

/** The preset that a form holds; `undefined` where its fields are of its own. */
export const paceOf = (form) =>
  Object.keys(PACES).find((pace) =>
    FIELDS.every((name) => fieldOf(form, name) === fieldOf(PACES[pace].fields, name)),
  );

/** A form with the fields of a preset. */
export const withPace = (form, pace) => ({
  ...form,
  ...Object.fromEntries(FIELDS.map((name) => [name, PACES[pace].fields[name] ?? ""])),
});

/**
 * The time that a preset takes until the last run has begun. A canary takes as long as its runs do, which
 * nobody knows before.
 *
 * @param {number} [count] entries; nothing is said before they are counted
 */
export function sayTime(pace, count) {
  if (count === undefined) return "";
  const { canaryEntries, maxRunsPerSecond } = PACES[pace].fields;
  if (maxRunsPerSecond === undefined) {
    const requests = Math.ceil(count / PAGE);
    return `${number(requests)} ${requests === 1 ? "request" : "requests"} or more, several at a time`;
  }
  const first = Math.min(count, Number(canaryEntries ?? 0));
  const rest = count - first;
  const time = (entries) => `about ${span(Math.max(1, entries / Number(maxRunsPerSecond)) * 1000)}`;
  if (first === 0) return time(rest);
  if (rest === 0) return `${time(first)}, then their runs are followed`;
  return `${number(first)} first; once their runs have finished, ${time(rest)} for the rest`;
}
