// What is looked at: a filter, in the URL and on entries that are loaded.
//
// { from?, to?: ms, workflow, step, fingerprint, error, label, status, state, wrong: string[],
//   q, run, ip, key, again: string }
//
// A list is OR. `error` holds whole messages, `fingerprint` masked ones, `""` for responses without a body; the two
// are one list. `q` is what is searched for.
// `again` is a job: its runs that failed again. Which those are, the page asks the Worker, and adds as `among`,
// a set of ids of runs and entries.
// `wrong` is what a link says that no filter can be, as `name=value`: it is shown, and nothing matches it. Passed over, the
// link would select more than it says.

import { errorName } from "./entry.js";
import { comparable, cut } from "./failure.js";
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
  wrong: [],
};

const READ = { error: comparable, step: cut };
const isDate = (text) => isMoment(Date.parse(text));
const IS_VALUE = {
  from: isDate,
  to: isDate,
  error: () => true,
  fingerprint: () => true,
  // `00` would be 0 for the package, and no entry's status on the page.
  status: (status) => /^(0|[1-9]\d{0,2})$/.test(status),
};

/** @param {URLSearchParams} query */
export function fromQuery(query) {
  const filter = { ...NOTHING, wrong: [] };
  for (const name of [...LISTS, ...TEXTS, ...MOMENTS]) {
    const isList = LISTS.includes(name);
    const read = READ[name] ?? ((value) => (isList ? value : value.trim()));
    const values = [...new Set(query.getAll(name).map(read))];
    const good = values.filter(IS_VALUE[name] ?? Boolean).slice(0, isList ? undefined : 1);
    if (isList) filter[name] = good;
    else if (good.length > 0) filter[name] = MOMENTS.includes(name) ? Date.parse(good[0]) : good[0];
    for (const value of values) {
      if (value && !good.includes(value)) filter.wrong.push(`${name}=${value}`);
    }
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
  for (const part of filter.wrong) {
    const at = part.indexOf("=");
    query.append(part.slice(0, at), part.slice(at + 1));
  }
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
  if (filter.wrong.length > 0) return () => "several";
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
