// What is looked at: a filter, in the URL and on entries that are loaded.
//
// { from?, to?: ms, workflow, step, fingerprint, error, label, status, state: string[], q, run, ip, key, again: string }
//
// A list is OR. `error` holds whole messages, `fingerprint` masked ones, `""` for responses without a body; the two
// are one list. `q` is what is searched for.
// `again` is a job: its runs that failed again. Which those are, the page asks the Worker, and adds as `among`,
// a set of ids of runs and entries.

import { errorName } from "./entry.js";
import { comparable } from "./failure.js";
import { isMoment } from "./zone.js";

const LISTS = ["workflow", "step", "fingerprint", "error", "label", "status", "state"];
const TEXTS = ["q", "run", "ip", "key", "again"];
const MOMENTS = ["from", "to"];

export const NOTHING = {
  workflow: [],
  step: [],
  fingerprint: [],
  error: [],
  label: [],
  status: [],
  state: [],
  q: "",
  run: "",
  ip: "",
  key: "",
  again: "",
};

const READ = { error: comparable };
const IS_VALUE = {
  error: () => true,
  fingerprint: () => true,
  status: (status) => /^\d{1,3}$/.test(status),
};

/** @param {URLSearchParams} query */
export function fromQuery(query) {
  const filter = { ...NOTHING };
  for (const name of LISTS) {
    const values = query.getAll(name).map((value) => READ[name]?.(value) ?? value);
    filter[name] = [...new Set(values)].filter(IS_VALUE[name] ?? Boolean);
  }
  for (const name of TEXTS) filter[name] = (query.get(name) ?? "").trim();
  for (const name of MOMENTS) {
    const moment = Date.parse(query.get(name) ?? "");
    if (isMoment(moment)) filter[name] = moment;
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

/** Whether an entry has the text that is searched for in what the page shows of it; case does not matter. */
function searcher(text) {
  if (text === "") return () => true;
  const wanted = text.toLowerCase();
  // Messages and workflows are kept once each: most are asked for again and again.
  const known = new Map();
  const holds = (one) => {
    let found = known.get(one);
    if (found === undefined) {
      found = one.toLowerCase().includes(wanted);
      known.set(one, found);
    }
    return found;
  };
  return ({ id, run, error, workflow, step, status, labels }) =>
    holds(errorName(error)) ||
    holds(workflow) ||
    holds(step) ||
    holds(String(status)) ||
    labels.some(holds) ||
    run.toLowerCase().includes(wanted) ||
    id.toLowerCase().includes(wanted);
}

/** Which parts of the filter an entry does not meet, by name. */
export function matcher(filter) {
  const has = Object.fromEntries(LISTS.map((name) => [name, new Set(filter[name])]));
  const found = searcher(filter.q);
  const { from, to } = filter;
  return (entry) => {
    let missed;
    let others = false;
    const miss = (name) => {
      if (missed === undefined) missed = name;
      else others = true;
    };
    // An entry without a date is in no range.
    const tooEarly = from !== undefined && !(entry.at >= from);
    if (tooEarly || (to !== undefined && !(entry.at <= to))) miss("date");
    if (has.workflow.size > 0 && !has.workflow.has(entry.workflow)) miss("workflow");
    if (has.status.size > 0 && !has.status.has(String(entry.status))) miss("status");
    if (has.state.size > 0 && !has.state.has(entry.state)) miss("state");
    if (has.label.size > 0 && !entry.labels.some((label) => has.label.has(label))) miss("label");
    // Messages and kinds are one list: either will do.
    if (
      has.error.size + has.fingerprint.size > 0 &&
      !has.error.has(entry.error) &&
      !has.fingerprint.has(entry.fingerprint)
    ) {
      miss("error");
    }
    if (has.step.size > 0 && !has.step.has(entry.step)) miss("step");
    if (
      !found(entry) ||
      (filter.run !== "" && entry.run !== filter.run) ||
      (filter.ip !== "" && entry.ip !== filter.ip) ||
      (filter.key !== "" && entry.key !== filter.key) ||
      (filter.again !== "" && !filter.among?.has(entry.run) && !filter.among?.has(entry.id))
    ) {
      miss("text");
    }
    return others ? "several" : missed;
  };
}
