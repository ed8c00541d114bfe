// What a job acts on: what is chosen on the page, as the package's selection.

import { number } from "./text.js";

/** Whether a filter selects by id: the package has no search, knows no jobs, and takes messages and kinds with AND. */
const isById = ({ q, again, error, fingerprint }) =>
  q !== "" || again !== "" || (error.length > 0 && fingerprint.length > 0);

const some = (list) => (list.length > 1 ? list : list[0]);

/**
 * "All that match" as a selection: a filter where the package can tell the same entries, else their ids.
 *
 * @param {object[]} rows the entries that match
 * @param {number} asOf the moment of the list that was shown
 * @returns {{ selection: object, where?: object, count: number }}
 */
export function everyMatch(rows, filter, asOf) {
  const what = isById(filter)
    ? { selection: { dlqIds: rows.map(({ id }) => id) } }
    : toSelection(filter, asOf);
  return { ...what, count: rows.length };
}

/**
 * Why all that match can't be taken: they are taken by id, and a job has a limit for that.
 *
 * @returns {string | undefined}
 */
export function refusalOf(filter, count, maxIds) {
  if (!isById(filter) || count <= maxIds) return undefined;
  const [what, remove] =
    filter.q === ""
      ? ["Messages beside kinds select", "one of the two"]
      : ["A search selects", "the search"];
  return `${what} by id, ${number(maxIds)} entries at most. Narrow it with the groups or a range of time, or remove ${remove}.`;
}

/**
 * A filter that does not select by id, for the package: what the service filters by, and what it has no filter for.
 *
 * @param {number} asOf the moment of the list that was shown: nothing newer is touched
 * @returns {{ selection: object, where?: object }}
 */
export function toSelection(filter, asOf) {
  const { from, to, workflow, label, status, state, error, fingerprint, step, run, ip, key } =
    filter;
  const fields = {
    fromDate: from,
    toDate: Math.min(to ?? asOf, asOf),
    workflowUrl: some(workflow),
    workflowRunId: run || undefined,
    label: some(label),
    failureFunctionState: some(state),
    callerIp: ip || undefined,
    flowControlKey: key || undefined,
  };
  const where = {
    ...(status.length > 0 && { responseStatus: status.map(Number) }),
    ...(error.length > 0 && { error: some(error) }),
    ...(fingerprint.length > 0 && { fingerprint: some(fingerprint) }),
    ...(step.length > 0 && { step: some(step) }),
  };
  return {
    selection: {
      filter: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    },
    ...(Object.keys(where).length > 0 && { where }),
  };
}
