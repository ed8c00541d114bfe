// What is looked at: a filter, in the URL, on entries that are loaded, and as the selection of a job.
//
// { from?, to?: ms, workflow, label, status, state: string[], error, run, ip, key: string }

const LISTS = ["workflow", "label", "status", "state"];
const TEXTS = ["error", "run", "ip", "key"];
const MOMENTS = ["from", "to"];

export const NOTHING = {
  workflow: [],
  label: [],
  status: [],
  state: [],
  error: "",
  run: "",
  ip: "",
  key: "",
};

/** @param {URLSearchParams} query */
export function fromQuery(query) {
  const filter = { ...NOTHING };
  for (const name of LISTS) filter[name] = [...new Set(query.getAll(name))].filter(Boolean);
  filter.status = filter.status.filter((status) => /^\d{1,3}$/.test(status));
  for (const name of TEXTS) filter[name] = query.get(name) ?? "";
  for (const name of MOMENTS) {
    const moment = Date.parse(query.get(name) ?? "");
    if (!Number.isNaN(moment)) filter[name] = moment;
  }
  return filter;
}

/** The filter's part of the query; nothing is said of what is not filtered. */
export function toQuery(filter) {
  const query = new URLSearchParams();
  for (const name of MOMENTS) {
    if (filter[name] !== undefined) query.set(name, new Date(filter[name]).toISOString());
  }
  for (const name of LISTS) for (const value of filter[name]) query.append(name, value);
  for (const name of TEXTS) if (filter[name] !== "") query.set(name, filter[name]);
  return query;
}

export const isEmpty = (filter) => toQuery(filter).size === 0;

/** Which parts of the filter an entry does not meet, by name. */
export function matcher(filter) {
  const has = Object.fromEntries(LISTS.map((name) => [name, new Set(filter[name])]));
  // Bodies are kept once each: most are asked for again and again.
  const bodies = new Map();
  const holds = (body) => {
    let found = bodies.get(body);
    if (found === undefined) {
      found = body.includes(filter.error);
      bodies.set(body, found);
    }
    return found;
  };
  const { from = -Infinity, to = Infinity } = filter;
  return (entry) => {
    let missed;
    let others = false;
    const miss = (name) => {
      if (missed === undefined) missed = name;
      else others = true;
    };
    if (entry.at < from || entry.at > to) miss("date");
    if (has.workflow.size > 0 && !has.workflow.has(entry.workflow)) miss("workflow");
    if (has.status.size > 0 && !has.status.has(String(entry.status))) miss("status");
    if (has.state.size > 0 && !has.state.has(entry.state)) miss("state");
    if (has.label.size > 0 && !entry.labels.some((label) => has.label.has(label))) miss("label");
    if (filter.error !== "" && !holds(entry.body)) miss("error");
    if (
      (filter.run !== "" && entry.run !== filter.run) ||
      (filter.ip !== "" && entry.ip !== filter.ip) ||
      (filter.key !== "" && entry.key !== filter.key)
    ) {
      miss("text");
    }
    return others ? "several" : missed;
  };
}

const some = (list) => (list.length > 1 ? list : list[0]);

/**
 * The same for the package: what the service filters by, and what it has no filter for.
 *
 * @param {number} asOf the moment of the list that was shown: nothing newer is touched
 * @returns {{ selection: object, where?: object }}
 */
export function toSelection(filter, asOf) {
  const { from, to, workflow, label, status, state, error, run, ip, key } = filter;
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
    ...(error !== "" && { responseBody: error }),
  };
  return {
    selection: {
      filter: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    },
    ...(Object.keys(where).length > 0 && { where }),
  };
}
