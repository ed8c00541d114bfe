// Failures over time. A range is dragged, typed or chosen by keyboard, and the axis shows it alone.

import { useEffect, useRef, useState } from "preact/hooks";
import { filterOf, PRESETS, presetOf, sayAxis, sayBin, sayMost } from "./axis.js";
import { NOTHING, toQuery } from "./filter.js";
import { plotOf } from "./plot.js";
import { localInput, momentOf } from "./text.js";
import { timeZone } from "./zone.js";

const ALL_OF_IT = { from: undefined, to: undefined };
/** Whether anything but the range of time is filtered by. */
const isFiltered = (filter) => toQuery({ ...NOTHING, ...filter, ...ALL_OF_IT }).size > 0;

export function TimeAxis({ bins, filter, asOf, setFilter }) {
  const filtered = isFiltered(filter);
  return (
    <div class="time-axis">
      {bins ? (
        <Plot key={timeZone()} bins={bins} filtered={filtered} setFilter={setFilter} />
      ) : undefined}
      <div class="range">
        {bins ? (
          <>
            <Presets filter={filter} asOf={asOf} setFilter={setFilter} />
            <Moments bins={bins} filter={filter} setFilter={setFilter} />
          </>
        ) : undefined}
      </div>
    </div>
  );
}

function Plot({ bins, filtered, setFilter }) {
  const box = useRef();
  const plot = useRef();
  const latest = useRef();
  latest.current = { bins, setFilter };
  const [pointed, setPointed] = useState();
  // By keyboard: where a range began, and the bin that the cursor is on.
  const [range, setRange] = useState();
  const last = bins.all.length - 1;

  useEffect(() => {
    plot.current = plotOf(box.current, {
      bins: () => latest.current.bins,
      filtered,
      point: setPointed,
      choose: (one, other) => latest.current.setFilter(filterOf(latest.current.bins, one, other)),
      reset: () => latest.current.setFilter(ALL_OF_IT),
    });
    return () => plot.current.remove();
  }, [filtered]);
  useEffect(() => {
    setPointed(undefined);
    setRange(undefined);
    plot.current.update();
  }, [bins]);
  useEffect(() => plot.current.mark(range?.[0], range?.[1]), [range]);

  const to = (index, extend) => {
    const at = Math.min(last, Math.max(0, index));
    setRange([extend && range ? range[0] : at, at]);
  };
  const now = range?.[1] ?? last;
  const type = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (by) to(range ? now + by : now, event.shiftKey);
    else if (event.key === "Home") to(0, event.shiftKey);
    else if (event.key === "End") to(last, event.shiftKey);
    else if (event.key === "Enter" && range) setFilter(filterOf(bins, ...range));
    else if (event.key === "Escape" && range) setRange(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const index = pointed ?? range?.[1];
  const said = index === undefined || index > last ? undefined : sayBin(bins, index, filtered);
  return (
    <>
      <div
        class="chart"
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label={`${sayAxis(bins)} Arrow keys move, with Shift they choose a range, Enter shows it.`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={now}
        aria-valuetext={sayBin(bins, now, filtered)}
        onKeyDown={type}
        onBlur={() => setRange(undefined)}
      />
      <div class="legend">
        <p class="said">{said ?? `${sayMost(bins)}. Drag to look at a range.`}</p>
        <p>Times in {timeZone()}</p>
      </div>
    </>
  );
}

function Presets({ filter, asOf, setFilter }) {
  const isChosen = (preset) => filter.from === preset.from && filter.to === preset.to;
  return (
    <div class="presets" role="group" aria-label="Range of time">
      {PRESETS.map(([title, length]) => {
        const preset = presetOf(length, asOf);
        return (
          <button
            key={title}
            type="button"
            disabled={asOf === undefined}
            aria-pressed={isChosen(preset)}
            onClick={() => setFilter(preset)}
          >
            {title}
          </button>
        );
      })}
      <button type="button" aria-pressed={isChosen(ALL_OF_IT)} onClick={() => setFilter(ALL_OF_IT)}>
        All
      </button>
    </div>
  );
}

function Moments({ bins, filter, setFilter }) {
  const { from, step, all } = bins;
  return (
    <>
      <Moment
        label="From"
        value={filter.from}
        otherwise={from}
        change={(moment) => setFilter({ from: moment })}
      />
      <Moment
        label="To"
        value={filter.to}
        otherwise={from + all.length * step}
        change={(moment) => setFilter({ to: moment })}
      />
    </>
  );
}

function Moment({ label, value, otherwise, change }) {
  const set = ({ target }) => {
    const moment = target.value === "" ? undefined : momentOf(target.value);
    if (!Number.isNaN(moment)) change(moment);
  };
  return (
    <label class={value === undefined ? "moment open" : "moment"}>
      {label}
      <input type="datetime-local" step="1" value={localInput(value ?? otherwise)} onChange={set} />
    </label>
  );
}
