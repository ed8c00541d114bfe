// The parts of a filter, each in words, with the change that removes it.

import { errorName, stateName, workflowName } from "./entry.js";
import { shortTime } from "./text.js";

const asIs = (value) => value;
const PARTS = [
  ["q", "Search", asIs],
  ["from", "From", shortTime],
  ["to", "Until", shortTime],
  ["workflow", "Workflow", workflowName],
  ["step", "Failed step", asIs],
  ["fingerprint", "Kind of error", errorName],
  ["error", "Error", errorName],
  ["status", "Status", asIs],
  ["label", "Label", asIs],
  ["state", "Failure function", stateName],
  ["run", "Run id", asIs],
  ["ip", "Caller's IP", asIs],
  ["key", "Flow-control key", asIs],
  ["again", "Failed again after job", (id) => id.slice(0, 8)],
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
