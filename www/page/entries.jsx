// What failed, since when, where and why; and choosing what to do something about.

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Act } from "./act.jsx";
import { Cards } from "./cards.jsx";
import { Chips } from "./chips.jsx";
import { ACTIONS, Choice } from "./choice.jsx";
import { now as clock } from "./clock.js";
import { Detail } from "./detail.jsx";
import { Fields } from "./fields.jsx";
import { fromQuery, isEmpty, matcher, NOTHING, toQuery } from "./filter.js";
import { Groups } from "./groups.jsx";
import { Headline } from "./headline.jsx";
import { onlyKind } from "./kinds.js";
import { certainty, UNKNOWN } from "./list.js";
import { Search } from "./search.jsx";
import { everyMatch, refusalOf } from "./selection.js";
import { Sheet } from "./sheet.jsx";
import { Table } from "./table.jsx";
import { entries as countOf } from "./text.js";
import { TimeAxis } from "./time-axis.jsx";
import { useAgain } from "./use-again.js";
import { useEntries } from "./use-entries.js";
import { useKeys } from "./use-keys.js";
import { useNews } from "./use-news.js";
import { useOpened } from "./use-opened.js";
import { useSheet } from "./use-sheet.js";
import { useView } from "./use-view.js";

/** A change of the filter that removes all of it. */
const CLEARED = { ...NOTHING, from: undefined, to: undefined };

export function Entries({ query, go, shown, started, ended, me, tellNews }) {
  const [list, reload] = useEntries(ended);
  const { entries, complete, asOf } = list;
  const again = useAgain(shown ? fromQuery(query).again : "");
  const filter = useMemo(
    () => ({ ...fromQuery(query), among: again.runs }),
    [shown ? filterText(query) : undefined, again.runs],
  );
  const kept = useRef(filter);
  if (shown) kept.current = filter;
  const view = useView(list, kept.current);
  const [chosen, setChosen] = useState(() => new Set());
  const [all, setAll] = useState(false);
  // "All that match" is of one filter, whether a click or the browser's "back" changes it.
  useLayoutEffect(() => setAll(false), [toQuery(kept.current).toString()]);
  const [act, setAct] = useState();
  const opened = shown ? query.get("entry") : undefined;
  const search = useRef();
  const grid = useRef();
  const tableKeys = useRef();
  const sheet = useSheet(query, go);
  const news = useNews(list);
  useEffect(() => tellNews(news.count), [news.count]);

  const setFilter = useCallback(
    (change, options) => {
      const next = toQuery({ ...fromQuery(new URLSearchParams(location.search)), ...change });
      go(next, sheet.isOpen ? { replace: true } : options);
    },
    [go, sheet.isOpen],
  );
  const open = useOpened({ opened, filter: kept, go, table: grid });
  // What is not there any more can't be chosen.
  useEffect(() => {
    if (!complete || chosen.size === 0) return;
    const there = new Set(entries.map(({ id }) => id));
    const left = [...chosen].filter((id) => there.has(id));
    if (left.length < chosen.size) setChosen(new Set(left));
  }, [complete, entries]);

  // What is said of the past is said as of the list.
  const now = asOf ?? clock();
  const rows = view?.rows ?? [];
  // Nothing is known of what matches while the runs of a job that failed again are not, or were not looked for yet.
  const known = again.runs && view?.filter.among === again.runs ? view.list : UNKNOWN;
  const position = opened ? rows.findIndex(({ id }) => id === opened) : -1;
  const { maxIds } = me.jobs;
  const count = all ? rows.length : chosen.size;
  const refused = all ? refusalOf(kept.current, count, maxIds) : undefined;
  // "All that match" is bounded by the moment of the list, and there is none while it loads. What the rows
  // show has to be what is filtered by: a search is taken by their ids.
  const counted = complete && view?.filter === kept.current && view.list.entries === entries;
  const choose = (next) => {
    setAll(false);
    setChosen(next);
  };
  const ready = count > 0 && (!all || (counted && !refused));
  const begin = (operation, ids = all ? undefined : [...chosen]) => {
    const what = ids
      ? { selection: { dlqIds: ids }, count: ids.length }
      : everyMatch(rows, kept.current, asOf);
    setAct({ operation, entries, ...what });
  };
  const resumeKind = (kind) => {
    const filter = onlyKind(kept.current, kind);
    const missed = matcher(filter);
    const those = entries.filter((entry) => missed(entry) === undefined);
    setAct({ operation: "resume", entries, ...everyMatch(those, filter, asOf) });
  };
  useKeys({
    shown,
    opened: Boolean(opened),
    search,
    table: tableKeys,
    resume: ready ? () => begin("resume") : undefined,
  });

  return (
    <>
      {/* Kept while others are looked at: the entries and what is chosen of them stay. */}
      <div hidden={!shown}>
        <div class="entries">
          <h1 class="hidden">Failed runs</h1>
          <section class="overview" aria-label="Overview">
            <Headline
              view={view}
              list={list}
              reload={reload}
              news={news}
              retentionDays={me.retentionDays}
            />
            <Cards
              kinds={view?.kinds ?? []}
              filter={kept.current}
              now={now}
              ready={counted}
              refusal={(kind) => refusalOf(onlyKind(kept.current, kind), kind.count, maxIds)}
              setFilter={setFilter}
              resume={resumeKind}
            />
            <TimeAxis bins={view?.bins} filter={kept.current} asOf={asOf} setFilter={setFilter} />
          </section>
          <Sheet isOpen={sheet.isOpen} close={sheet.close}>
            <Groups view={view} filter={kept.current} now={now} setFilter={setFilter} />
            <Fields filter={kept.current} setFilter={setFilter} />
          </Sheet>
          <section class="list" aria-label="Entries">
            <div class="bar">
              <Search filter={kept.current} setFilter={setFilter} field={search} />
              <button type="button" class="to-sheet" onClick={sheet.open}>
                Groups
              </button>
              <p class="matching" role="status">
                {matching(known, view)}
              </p>
            </div>
            {again.problem ? (
              <p class="problem" role="alert">
                The runs that failed again are not known: {again.problem.message}
              </p>
            ) : undefined}
            <Chips filter={kept.current} setFilter={setFilter} clear={() => setFilter(CLEARED)} />
            <Choice
              rows={rows}
              chosen={chosen}
              all={all}
              count={count}
              ready={ready}
              everything={isEmpty(kept.current)}
              complete={complete}
              maxIds={maxIds}
              refused={refused}
              chooseAll={() => setAll(true)}
              chooseNone={() => choose(new Set())}
              showAll={() => setFilter(CLEARED)}
              begin={begin}
            />
            <Table
              rows={rows}
              chosen={chosen}
              all={all}
              choose={choose}
              chooseAll={() => setAll(true)}
              open={open}
              opened={opened}
              list={known}
              grid={grid}
              keysOf={tableKeys}
            />
          </section>
          {opened ? (
            <Detail
              key={opened}
              id={opened}
              known={rows[position]}
              neighbours={position < 0 ? [] : [rows[position - 1]?.id, rows[position + 1]?.id]}
              open={open}
              begin={(operation) => begin(operation, [opened])}
            />
          ) : undefined}
        </div>
      </div>
      {/* A dialog that is hidden would still keep everybody from the page. */}
      {act ? (
        <Act
          {...act}
          retentionDays={me.retentionDays}
          titles={ACTIONS}
          close={() => setAct(undefined)}
          started={(job) => {
            setAct(undefined);
            choose(new Set());
            started(job);
          }}
        />
      ) : undefined}
    </>
  );
}

/** `At least 1,400 entries match`: never more than is known. */
function matching(list, view) {
  const known = certainty(list);
  if (known === "unknown") return "…";
  const count = countOf(view.rows.length);
  return `${known === "atLeast" ? "At least " : ""}${count}${isEmpty(view.filter) ? "" : " match"}`;
}

/** The query's part that filters. */
const filterText = (query) => toQuery(fromQuery(query)).toString();
