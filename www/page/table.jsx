// The entries as a grid of which only what is in sight exists.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { errorName, shownName, stateName, workflowName } from "./entry.js";
import { number, shortSpan, shortTime, span, time } from "./text.js";
import { useNow } from "./use-now.js";
import { isMoment, zoneName } from "./zone.js";

const SPARE = 8;
/** How often "8 min ago" is counted anew. */
const AGES_MS = 20_000;
const COLUMNS = [
  "",
  "Failed at",
  "Workflow",
  "Failed step",
  "Error",
  "Status",
  "Label",
  "Failure function",
];

const titleOf = (title) => (title === "Failed at" ? `${title}, ${zoneName()}` : title);

/**
 * @param {object} props
 * @param {object} props.list what is known of the queue
 * @param {{ current: HTMLElement }} props.grid gets the element that takes the focus
 * @param {{ current: (event: KeyboardEvent) => void }} props.keysOf gets what takes `j`, `k` and `x` from outside; with
 *   an entry open, `x` alone
 */
export function Table({ rows, chosen, all, choose, chooseAll, open, opened, list, grid, keysOf }) {
  const box = grid;
  const loading = !list.complete;
  const [sight, setSight] = useState({ top: 0, height: 600, row: 36 });
  const [active, setActive] = useState(0);
  // Where a choice with the shift key began.
  const anchor = useRef(0);
  const now = useNow(AGES_MS);

  useLayoutEffect(() => {
    const measure = () => {
      const row = Number.parseFloat(getComputedStyle(box.current).getPropertyValue("--row")) || 36;
      setSight({ top: box.current.scrollTop, height: box.current.clientHeight, row });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (active >= rows.length) setActive(Math.max(0, rows.length - 1));
  }, [rows.length]);

  // What is opened from elsewhere (a link, the entry beside it) becomes the row that the keyboard moves from.
  useEffect(() => {
    const index = opened ? rows.findIndex(({ id }) => id === opened) : -1;
    if (index >= 0 && index !== active) to(index);
  }, [opened]);

  const { top, height, row } = sight;
  const first = Math.max(0, Math.floor(top / row) - SPARE);
  const last = Math.min(rows.length, Math.ceil((top + height) / row) + SPARE);

  const to = (index) => {
    const next = Math.min(rows.length - 1, Math.max(0, index));
    setActive(next);
    const { current } = box;
    const head = current.firstElementChild.offsetHeight;
    const above = next * row;
    if (above < current.scrollTop) current.scrollTop = above;
    else if (above + row > current.scrollTop + current.clientHeight - head) {
      current.scrollTop = above + row - current.clientHeight + head;
    }
  };
  const toggle = (index, range) => {
    const next = new Set(all ? rows.map(({ id }) => id) : chosen);
    const on = !next.has(rows[index].id);
    const [from, until] = range
      ? [Math.min(anchor.current, index), Math.max(anchor.current, index)]
      : [index, index];
    for (const { id } of rows.slice(from, until + 1)) {
      // A range takes what its last one becomes, as the browser shows it at once.
      if (on) next.add(id);
      else next.delete(id);
    }
    anchor.current = index;
    choose(next);
  };
  const keys = {
    ArrowDown: () => to(active + 1),
    j: () => to(active + 1),
    ArrowUp: () => to(active - 1),
    k: () => to(active - 1),
    PageDown: () => to(active + Math.floor(height / row) - 1),
    PageUp: () => to(active - Math.floor(height / row) + 1),
    Home: () => to(0),
    End: () => to(rows.length - 1),
    Enter: () => open(rows[active].id),
    " ": (event) => toggle(active, event.shiftKey),
    x: (event) => toggle(active, event.shiftKey),
  };
  const type = (event) => {
    // With the shift key a letter is a capital.
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!keys[key] || rows.length === 0 || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[key](event);
  };
  keysOf.current = (event) => {
    if (!opened) {
      box.current.focus({ preventScroll: true });
      type(event);
      return;
    }
    // The entry that is open keeps the focus, and is the one that is meant: the active row follows it later.
    const index = rows.findIndex(({ id }) => id === opened);
    if (index < 0) return;
    event.preventDefault();
    toggle(index, event.shiftKey);
  };
  const inSight = rows.slice(first, last);
  const everyone =
    all ||
    (rows.length > 0 && chosen.size >= rows.length && rows.every(({ id }) => chosen.has(id)));
  return (
    <>
      <div
        class="table"
        ref={box}
        role="grid"
        aria-label="Failed runs"
        aria-multiselectable="true"
        aria-rowcount={rows.length + 1}
        aria-colcount={COLUMNS.length}
        aria-busy={loading}
        aria-activedescendant={active >= first && active < last ? `row-${active}` : undefined}
        tabIndex={0}
        onKeyDown={type}
        onScroll={({ currentTarget }) => setSight({ ...sight, top: currentTarget.scrollTop })}
      >
        <div class="head" role="row" aria-rowindex={1}>
          {COLUMNS.map((title, index) => (
            <div key={title} role="columnheader" aria-colindex={index + 1} class={`c${index}`}>
              {index === 0 ? (
                <input
                  type="checkbox"
                  aria-label="Choose all that match"
                  checked={everyone}
                  disabled={loading}
                  onChange={() => (everyone ? choose(new Set()) : chooseAll())}
                />
              ) : (
                titleOf(title)
              )}
            </div>
          ))}
        </div>
        <div class="rows" role="rowgroup" style={{ height: `${rows.length * row}px` }}>
          {inSight.map((entry, offset) => {
            const index = first + offset;
            const isChosen = all || chosen.has(entry.id);
            const state = `${index === active ? " active" : ""}${entry.id === opened ? " opened" : ""}`;
            return (
              <div
                key={entry.id}
                id={`row-${index}`}
                class={`row${state}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={isChosen}
                style={{ top: `${index * row}px` }}
                onClick={(event) => {
                  setActive(index);
                  // A focused checkbox would take the focus with it when its row scrolls out of sight.
                  box.current.focus({ preventScroll: true });
                  if (event.target.closest(".c0")) toggle(index, event.shiftKey);
                  else open(entry.id);
                }}
              >
                <div role="gridcell" class="c0">
                  <input
                    type="checkbox"
                    tabIndex={-1}
                    aria-label={`Choose ${entry.id}`}
                    checked={isChosen}
                  />
                </div>
                <div role="gridcell" class="c1" title={time(entry.at)}>
                  <span class="exact">{shortTime(entry.at)} </span>
                  <span class="ago">
                    {isMoment(entry.at) ? `${shortSpan(now - entry.at)} ago` : ""}
                  </span>
                </div>
                <div role="gridcell" class="c2" title={shownName(entry.workflow)}>
                  {workflowName(entry.workflow)}
                </div>
                <div role="gridcell" class="c3" title={shownName(entry.step)}>
                  {shownName(entry.step)}
                </div>
                <div role="gridcell" class="c4" title={entry.error}>
                  {errorName(entry.error)}
                </div>
                <div role="gridcell" class="c5">
                  {entry.status}
                </div>
                <div role="gridcell" class="c6">
                  {shownName(entry.labels.join(", "))}
                </div>
                <div role="gridcell" class="c7">
                  {entry.state ? stateName(entry.state) : ""}
                </div>
              </div>
            );
          })}
        </div>
      </div>
      {rows.length === 0 && !loading ? (
        <p class="none">
          {list.entries.length === 0
            ? `No failed runs in the queue. Checked ${span(Math.max(0, now - list.loadedAt))} ago.`
            : "No entry matches."}
        </p>
      ) : undefined}
      <p class="hidden" role="status">
        {rows.length > 0 ? `Entry ${number(active + 1)} of ${number(rows.length)}` : ""}
      </p>
    </>
  );
}
