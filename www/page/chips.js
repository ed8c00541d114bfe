// The parts of a filter, each in words, with the change that removes it.

import { errorName, shownName, stateName, workflowName } from "./entry.js";
import { shortTime } from "./text.js";

const PARTS = [
  ["q", "Search", shownName],
  ["from", "From", shortTime],
  ["to", "Until", shortTime],
  ["workflow", "Workflow", workflowName],
  ["step", "Failed step", shownName],
  ["fingerprint", "Kind of error", errorName],
  ["error", "Error", errorName],
  ["status", "Status", shownName],
  ["label", "Label", shownName],
  ["state", "Failure function", stateName],
  ["run", "Run id", shownName],
  ["ip", "Caller's IP", shownName],
  ["key", "Flow-control key", shownName],
  ["again", "Failed again after job", (id) => id.slice(0, 8)],
  ["wrong", "Not a filter", shownName],
];

/** @returns {{ key: string, text: string, without: object }[]} `without`: the change of the filter */
export function chipsOf(filter) {
  return PARTS.flatMap(([name, title, said]) => {
    const value = filter[name];
    const chip = (one, without) => ({
      key: `${name} ${one}`,
      text: `${title}: ${said(one)}`,
      without: { [name]: without },
    });
    if (Array.isArray(value)) {
      return value.map((one) =>
        chip(
          one,
          value.filter((other) => other !== one),
        ),
      );
    }
    if (value === undefined || value === "") return [];
    return [chip(value, typeof value === "string" ? "" : undefined)];
  });
}
