// What a selection comes to, grouped. Memory stays bounded however many entries and distinct values
// there are: beyond MOST values of a group, the rest is counted as `others`.

const MOST = 1000;
const SHOWN = 20;
const SAMPLE = 10;
const ERROR_LENGTH = 200;
const KEY_LENGTH = 1000;

const GROUPS = {
  workflow: (entry) => entry.workflowUrl ?? entry.url,
  label: (entry) => (entry.labels?.length ? entry.labels : entry.label),
  status: (entry) => entry.responseStatus,
  error: (entry) => errorText(entry),
  failureFunctionState: (entry) => entry.failureFunctionState ?? entry.failureCallbackInfo?.state,
};

/** The error of an entry, as short as a group's name has to be. */
const errorText = ({ responseBody }) => {
  if (typeof responseBody !== "string" || responseBody === "") return undefined;
  let text = responseBody;
  try {
    const parsed = JSON.parse(responseBody);
    const found = parsed?.message ?? parsed?.error;
    if (typeof found === "string") text = found;
  } catch {
    // Not JSON: the body is the text.
  }
  return text.slice(0, ERROR_LENGTH);
};

/** Counts entries as they come. */
export class Tally {
  count = 0;
  first = undefined;
  last = undefined;
  sample = [];
  #groups = Object.fromEntries(
    Object.keys(GROUPS).map((name) => [name, { counts: new Map(), others: 0 }]),
  );

  add(entries) {
    for (const listed of entries) {
      this.count += 1;
      // What is not an object says nothing.
      const entry = listed ?? {};
      const date = entry.createdAt ?? entry.workflowCreatedAt;
      if (typeof date === "number") {
        this.first = Math.min(this.first ?? date, date);
        this.last = Math.max(this.last ?? date, date);
      }
      if (this.sample.length < SAMPLE) this.sample.push(entry);
      for (const name in GROUPS) {
        const keys = GROUPS[name](entry);
        for (const key of Array.isArray(keys) ? keys : [keys]) this.#one(this.#groups[name], key);
      }
    }
  }

  #one(group, given) {
    const { counts } = group;
    if (typeof given !== "string" && typeof given !== "number") return;
    if (given === "") return;
    const key = typeof given === "string" ? given.slice(0, KEY_LENGTH) : given;
    if (counts.has(key) || counts.size < MOST) counts.set(key, (counts.get(key) ?? 0) + 1);
    else group.others += 1;
  }

  /** The groups: the most frequent first. */
  groups() {
    const named = Object.entries(this.#groups).map(([name, { counts, others }]) => {
      const all = [...counts].sort((a, b) => b[1] - a[1]);
      const rest = all.slice(SHOWN).reduce((sum, [, count]) => sum + count, others);
      const values = all.slice(0, SHOWN).map(([key, count]) => ({ key, count }));
      return [name, { values, others: rest }];
    });
    return Object.fromEntries(named);
  }
}

/** Runs a list drive to its end and says what it saw. */
export const preview = async (driver, selection, where) => {
  const tally = new Tally();
  for (let page = await driver.next(); page; page = await driver.next()) {
    const messages = page.messages ?? [];
    tally.add(where ? messages.filter((entry) => chosen(entry, where)) : messages);
  }
  const summary = driver.summary();
  return {
    count: tally.count,
    complete: summary.reason === "complete",
    reason: summary.reason,
    firstDate: tally.first,
    lastDate: tally.last,
    groups: tally.groups(),
    sample: tally.sample,
    selection: freeze(selection, summary.frozenToDate),
    summary,
  };
};

/** Whether the caller's own condition holds; the core has checked its shape. */
const chosen = (entry, { responseStatus, responseBody }) =>
  (responseStatus === undefined || [responseStatus].flat().includes(entry.responseStatus)) &&
  (responseBody === undefined || String(entry.responseBody ?? "").includes(responseBody));

/** The selection with its time bound pinned, so that what is done is what was shown. */
const freeze = (selection, toDate) => {
  if (toDate === undefined || !selection || Array.isArray(selection)) return selection;
  if (selection.all) return { filter: { toDate } };
  return selection.filter ? { filter: { ...selection.filter, toDate } } : selection;
};
