// What failed, since when, where and why; and choosing what to do something about.

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Act } from "./act.jsx";
import { Detail } from "./detail.jsx";
import { partFor } from "./entry.js";
import { Fields } from "./fields.jsx";
import { fromQuery, isEmpty, NOTHING, toQuery, toSelection } from "./filter.js";
import { Groups } from "./groups.jsx";
import { Histogram } from "./histogram.jsx";
import { load } from "./load.js";
import { isTyping } from "./shortcuts.jsx";
import { Table } from "./table.jsx";
import { entries as countOf, number, shortTime, span } from "./text.js";
import { viewOf } from "./view.js";

const TYPING_MS = 120;
const AGE_MS = 5_000;
const ACTIONS = {
  resume: "Resume",
  restart: "Restart",
  delete: "Delete",
  failureFunction: "Re-run failure function",
};

/** The entries, loaded at the beginning, on demand, and after a job has ended. */
function useEntries(ended) {
  const [state, setState] = useState({ entries: [], done: false });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const began = Date.now();
    return load((next) => {
      // The list before stays until this one has something to show.
      setState({ ...next, entries: sorted(next.entries), began });
    });
  }, [round, ended]);
  return [state, () => setRound(round + 1)];
}

/** The newest first; a copy, since the list goes on growing. */
const sorted = (entries) => [...entries].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));

/** What the filter leaves, as soon as it is counted; until then what was there before. */
function useView(entries, filter) {
  const [view, setView] = useState();
  const latest = useRef(0);
  const running = useRef(false);
  const wanted = useRef();
  wanted.current = { entries, filter };
  useEffect(() => {
    latest.current += 1;
    if (running.current) return;
    const run = async () => {
      running.current = true;
      let at;
      do {
        at = latest.current;
        const { entries: list, filter: by } = wanted.current;
        // A newer filter replaces this one; newer entries wait their turn, or nothing would ever show.
        const found = await viewOf(list, by, () => wanted.current.filter !== by);
        if (found) setView({ ...found, filter: by, entries: list });
      } while (at !== latest.current);
      running.current = false;
    };
    run();
  }, [entries, filter]);
  return view;
}

export function Entries({ query, go, shown, toJob, ended, me }) {
  const [{ entries, done, asOf, began, error }, reload] = useEntries(ended);
  const filter = useMemo(() => fromQuery(query), [shown ? filterText(query) : undefined]);
  const kept = useRef(filter);
  if (shown) kept.current = filter;
  const view = useView(entries, kept.current);
  const [chosen, setChosen] = useState(() => new Set());
  const [all, setAll] = useState(false);
  const [act, setAct] = useState();
  const opened = shown ? query.get("entry") : undefined;
  const search = useRef();

  const setFilter = useCallback(
    (change, options) => {
      setAll(false);
      go(toQuery({ ...fromQuery(new URLSearchParams(location.search)), ...change }), options);
    },
    [go],
  );
  const open = (id) => {
    const next = toQuery(kept.current);
    if (id) next.set("entry", id);
    go(next, { replace: true });
  };
  // What is not there any more can't be chosen.
  useEffect(() => {
    if (!done || chosen.size === 0) return;
    const there = new Set(entries.map(({ id }) => id));
    const left = [...chosen].filter((id) => there.has(id));
    if (left.length < chosen.size) setChosen(new Set(left));
  }, [done, entries]);

  const count = all ? (view?.rows.length ?? 0) : chosen.size;
  // "All that match" is a filter with the list's moment as its bound: while a list loads there is none.
  const ready = count > 0 && !(all && asOf === undefined);
  const begin = (operation, ids) => {
    const empty = isEmpty(kept.current);
    const what = ids
      ? { selection: { dlqIds: ids }, count: ids.length }
      : all
        ? { ...toSelection(kept.current, asOf), count, everything: empty }
        : { selection: { dlqIds: [...chosen] }, count };
    setAct({ operation, ...what });
  };
  useEffect(() => {
    const listen = (event) => {
      if (!shown || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "/") {
        event.preventDefault();
        search.current?.focus();
      } else if (event.key === "r" && ready) {
        event.preventDefault();
        begin("resume");
      }
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });

  if (!view && error) return <Problem error={error} reload={reload} />;
  const rows = view?.rows ?? [];
  return (
    <div class="entries">
      <h1 class="hidden">Failed runs</h1>
      <section class="overview" aria-label="Overview">
        <Headline view={view} done={done} began={began} loaded={entries.length} reload={reload} />
        {error && view ? <Problem error={error} reload={reload} /> : undefined}
        <Histogram bins={view?.bins} filter={kept.current} setFilter={setFilter} />
      </section>
      <aside class="side" aria-label="Groups and filters">
        <Groups
          groups={view?.groups}
          filter={kept.current}
          toggle={(name, value, entry) => {
            if (name === "error") {
              const part = partFor(entry);
              setFilter({ error: kept.current.error === part ? "" : part });
            } else {
              const values = kept.current[name];
              const key = String(value);
              const without = values.filter((one) => one !== key);
              setFilter({ [name]: without.length < values.length ? without : [...values, key] });
            }
          }}
        />
        <Fields filter={kept.current} setFilter={setFilter} />
      </aside>
      <section class="list" aria-label="Entries">
        <div class="bar">
          <Search filter={kept.current} setFilter={setFilter} field={search} />
          {isEmpty(kept.current) ? undefined : (
            <button
              type="button"
              class="plain"
              onClick={() => setFilter({ ...NOTHING, from: undefined, to: undefined })}
            >
              Clear filters
            </button>
          )}
          <p class="matching" role="status">
            {countOf(rows.length)} {isEmpty(kept.current) ? "" : "match"}
          </p>
        </div>
        <div class={`choice${count > 0 ? " some" : ""}`} role="group" aria-label="Actions">
          <p>
            {all
              ? `All ${number(count)} ${isEmpty(kept.current) ? "" : "that match "}chosen`
              : `${number(count)} chosen`}
          </p>
          {!all && rows.length > 0 ? (
            <button
              type="button"
              disabled={!done || asOf === undefined}
              onClick={() => setAll(true)}
            >
              Choose all {number(rows.length)}
            </button>
          ) : undefined}
          {count > 0 ? (
            <button
              type="button"
              class="plain"
              onClick={() => {
                setAll(false);
                setChosen(new Set());
              }}
            >
              Choose none
            </button>
          ) : undefined}
          <span class="space" />
          {Object.entries(ACTIONS).map(([name, title]) => (
            <button
              key={name}
              type="button"
              class={name === "resume" ? "primary" : name === "delete" ? "danger" : ""}
              disabled={!ready || (name === "failureFunction" && all && count > me.jobs.maxIds)}
              onClick={() =>
                name === "failureFunction" && all
                  ? begin(
                      name,
                      rows.map(({ id }) => id),
                    )
                  : begin(name)
              }
            >
              {title}…
            </button>
          ))}
        </div>
        <Table
          rows={rows}
          chosen={chosen}
          all={all}
          choose={(next) => {
            setAll(false);
            setChosen(next);
          }}
          open={open}
          opened={opened}
          loading={!done}
        />
      </section>
      {opened ? (
        <Detail
          key={opened}
          id={opened}
          close={() => open()}
          begin={(operation) => begin(operation, [opened])}
        />
      ) : undefined}
      {act ? (
        <Act
          {...act}
          titles={ACTIONS}
          close={() => setAct(undefined)}
          started={(job) => {
            setAct(undefined);
            setChosen(new Set());
            setAll(false);
            toJob(job);
          }}
        />
      ) : undefined}
    </div>
  );
}

/** The query's part that filters. */
const filterText = (query) => toQuery(fromQuery(query)).toString();

function Headline({ view, done, began, loaded, reload }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), AGE_MS);
    return () => clearInterval(timer);
  }, []);
  if (!view) return <p class="headline">Loading…</p>;
  const { total, first, last } = view;
  return (
    <div class="headline">
      <p>
        <strong class="total">{number(total)}</strong> failed {total === 1 ? "run" : "runs"}
        {total > 0 ? (
          <span class="since">
            {" "}
            since <time dateTime={new Date(first).toISOString()}>{shortTime(first)}</time>, the last{" "}
            <time dateTime={new Date(last).toISOString()}>{span(now - last)} ago</time>
          </span>
        ) : undefined}
      </p>
      <p class="age">
        {done ? `Loaded ${span(now - began)} ago` : `Loading… ${number(loaded)}`}{" "}
        <button type="button" class="plain" onClick={reload} disabled={!done}>
          Reload
        </button>
      </p>
    </div>
  );
}

function Search({ filter, setFilter, field }) {
  const [text, setText] = useState(filter.error);
  const timer = useRef();
  useEffect(() => setText(filter.error), [filter.error]);
  const type = ({ target: { value } }) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setFilter({ error: value }, { replace: true }), TYPING_MS);
  };
  return (
    <label class="search">
      <span class="hidden">Error contains</span>
      <input
        ref={field}
        type="search"
        placeholder="Error contains… ( / )"
        value={text}
        onInput={type}
        spellcheck={false}
      />
    </label>
  );
}

function Problem({ error, reload }) {
  return (
    <p class="problem" role="alert">
      The list could not be loaded: {error.detail ?? error.message}{" "}
      <button type="button" onClick={reload}>
        Try again
      </button>
    </p>
  );
}
