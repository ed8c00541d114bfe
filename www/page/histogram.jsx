// Failures over time; a range of it can be dragged, or typed, to look at that alone.

import { useRef, useState } from "preact/hooks";
import { localInput, number, shortTime } from "./text.js";

const HEIGHT = 88;

export function Histogram({ bins, filter, setFilter }) {
  const [drag, setDrag] = useState();
  const box = useRef();
  if (!bins) return <div class="histogram" />;
  const { from, step, all, matching } = bins;
  const count = all.length;
  const most = Math.max(...all, 1);
  const binAt = ({ clientX }) => {
    const { left, width } = box.current.getBoundingClientRect();
    return Math.min(count - 1, Math.max(0, Math.floor(((clientX - left) / width) * count)));
  };
  const start = (event) => {
    if (event.button !== 0) return;
    box.current.setPointerCapture(event.pointerId);
    setDrag([binAt(event), binAt(event)]);
  };
  const move = (event) => drag && setDrag([drag[0], binAt(event)]);
  const end = () => {
    if (!drag) return;
    const [first, last] = [Math.min(...drag), Math.max(...drag)];
    setDrag(undefined);
    setFilter({ from: from + first * step, to: from + (last + 1) * step - 1 });
  };
  const chosen = drag
    ? [Math.min(...drag), Math.max(...drag)]
    : [
        filter.from === undefined ? 0 : Math.floor((filter.from - from) / step),
        filter.to === undefined ? count - 1 : Math.floor((filter.to - from) / step),
      ];
  const inside = (bin) => bin >= chosen[0] && bin <= chosen[1];
  const height = (value) => (value === 0 ? 0 : Math.max(1.5, (value / most) * HEIGHT));
  const limited = filter.from !== undefined || filter.to !== undefined;
  return (
    <div class="histogram">
      <div
        class="chart"
        ref={box}
        onPointerDown={start}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={() => setDrag(undefined)}
      >
        <svg
          viewBox={`0 0 ${count} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Failures from ${shortTime(from)} to ${shortTime(from + count * step)}, at most ${number(most)} in one of ${count} equal times. Drag to choose a range, or use the fields below.`}
        >
          {[...all].map((value, bin) => (
            <g key={bin} class={inside(bin) ? "inside" : "outside"}>
              <rect class="hit" x={bin} y="0" width="1" height={HEIGHT}>
                <title>{`${shortTime(from + bin * step)}: ${number(value)}`}</title>
              </rect>
              <rect
                class="all"
                x={bin + 0.08}
                y={HEIGHT - height(value)}
                width="0.84"
                height={height(value)}
              />
              <rect
                class="matching"
                x={bin + 0.08}
                y={HEIGHT - height(matching[bin])}
                width="0.84"
                height={height(matching[bin])}
              />
            </g>
          ))}
        </svg>
      </div>
      <div class="range">
        <Moment
          label="From"
          value={filter.from}
          otherwise={from}
          change={(moment) => setFilter({ from: moment })}
        />
        <Moment
          label="To"
          value={filter.to}
          otherwise={from + count * step}
          change={(moment) => setFilter({ to: moment })}
        />
        {limited ? (
          <button
            type="button"
            class="plain"
            onClick={() => setFilter({ from: undefined, to: undefined })}
          >
            All of the time
          </button>
        ) : undefined}
      </div>
    </div>
  );
}

function Moment({ label, value, otherwise, change }) {
  const set = ({ target }) => {
    const moment = target.value === "" ? undefined : new Date(target.value).getTime();
    if (!Number.isNaN(moment)) change(moment);
  };
  return (
    <label class={value === undefined ? "moment open" : "moment"}>
      {label}
      <input type="datetime-local" step="1" value={localInput(value ?? otherwise)} onChange={set} />
    </label>
  );
}
