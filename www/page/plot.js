// The time axis as a plot of uPlot: two series of bars, each on its own scale, and a range that is dragged.

import uPlot from "uplot";
import { binAt, heightsOf, tickLabels } from "./axis.js";
import { number } from "./text.js";
import { timeZone } from "./zone.js";

const HEIGHT = 146;
const AXIS_HEIGHT = 46;
/** Pixels between two ticks, at least. */
const TICK_SPACE = 80;
const PADDING = [10, 32, 0, 0];
const SIDE = 48;
const FONT = "12px system-ui, sans-serif";
/** Pixels that a pointer moves before it drags: a tap chooses no range. */
const DRAG = 5;
const BARS = { all: [0.86, 64], matching: [0.5, 36] };

/**
 * Draws into `box`, which gives the width.
 *
 * @param {HTMLElement} box
 * @param {object} options
 * @param {() => object} options.bins as of now
 * @param {boolean} options.filtered whether what matches has a series of its own
 * @param {(index: number | undefined) => void} options.point tells which bin the pointer is over
 * @param {(one: number, other: number) => void} options.choose tells between which bins a range was dragged
 * @param {() => void} options.reset
 */
export function plotOf(box, { bins, filtered, point, choose, reset }) {
  const color = (name) => () => getComputedStyle(box).getPropertyValue(name);
  let dragging = false;
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      padding: PADDING,
      // Ticks stand at whole hours and days of the zone that is shown.
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone()),
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { setScale: false, dist: DRAG },
        bind: {
          mousedown: (_, target, handle) => (event) => {
            if (event.button !== 0 || event.target !== target) return;
            dragging = true;
            handle(event);
          },
          mouseup: (_, _target, handle) => (event) => {
            if (event.button !== 0) return;
            dragging = false;
            handle(event);
          },
          dblclick: () => reset,
        },
      },
      scales: {
        x: { range: () => [bins().from / 1000, endOf(bins()) / 1000] },
        all: { range: () => [0, Math.max(1, ...bins().all)] },
        matching: { range: () => [0, Math.max(1, ...bins().matching)] },
      },
      axes: [
        {
          font: FONT,
          size: AXIS_HEIGHT,
          space: TICK_SPACE,
          stroke: color("--soft"),
          grid: { show: false },
          ticks: { stroke: color("--line"), size: 5 },
          values: (_, seconds, _axis, _space, gap) =>
            tickLabels(
              seconds.map((one) => one * 1000),
              gap * 1000,
              timeZone(),
            ),
        },
        { ...countAxis("all", 3), stroke: color("--soft") },
        ...(filtered ? [{ ...countAxis("matching", 1), stroke: color("--failed") }] : []),
      ],
      series: [
        {},
        { ...bars("all"), fill: color(filtered ? "--bar" : "--failed") },
        ...(filtered ? [{ ...bars("matching"), fill: color("--failed") }] : []),
      ],
      hooks: {
        setCursor: [
          ({ cursor: { idx, left } }) => point(left < 0 ? undefined : (idx ?? undefined)),
        ],
        setSelect: [
          (at) => {
            const { left, width } = at.select;
            if (width === 0) return;
            const bin = (x) => binAt(bins(), at.posToVal(x, "x") * 1000);
            // The right end is in the bin that it touches, not in the one that begins there.
            choose(bin(left), bin(left + width - 1));
            at.setSelect(NO_RANGE, false);
          },
        ],
      },
    },
    dataOf(bins(), filtered),
    box,
  );

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const redraw = () => plot.redraw(false);
  dark.addEventListener("change", redraw);
  const resized = new ResizeObserver(() =>
    plot.setSize({ width: box.clientWidth, height: HEIGHT }),
  );
  resized.observe(box);
  // Before whatever else Escape closes.
  const cancel = (event) => {
    if (event.key !== "Escape" || !dragging) return;
    event.stopPropagation();
    plot.setSelect(NO_RANGE, false);
    document.dispatchEvent(new MouseEvent("mouseup"));
  };
  addEventListener("keydown", cancel, { capture: true });

  return {
    update: () => plot.setData(dataOf(bins(), filtered)),
    /** Shows the bins from `one` to `other` as chosen, and the cursor at `other`; nothing without them. */
    mark: (one, other) => {
      if (one === undefined) {
        plot.setSelect(NO_RANGE, false);
        plot.setCursor({ left: -10, top: -10 });
        return;
      }
      const { from, step } = bins();
      const x = (index) => plot.valToPos((from + index * step) / 1000, "x");
      const [first, last] = [Math.min(one, other), Math.max(one, other) + 1];
      const range = { left: x(first), width: x(last) - x(first), top: 0, height: plotHeight(plot) };
      plot.setSelect(one === other ? NO_RANGE : range, false);
      plot.setCursor({ left: x(other + 0.5), top: 0 });
    },
    remove: () => {
      dark.removeEventListener("change", redraw);
      removeEventListener("keydown", cancel, { capture: true });
      resized.disconnect();
      plot.destroy();
    },
  };
}

const NO_RANGE = { left: 0, width: 0, top: 0, height: 0 };

const endOf = ({ from, step, all }) => from + all.length * step;
const plotHeight = (plot) => plot.over.clientHeight;

/** An axis of counts: none, and the most that there is. */
const countAxis = (scale, side) => ({
  scale,
  side,
  size: SIDE,
  font: FONT,
  splits: (_, _axis, _min, max) => [0, max],
  values: (_, counts) => counts.map(number),
  grid: { show: false },
  ticks: { show: false },
});

const bars = (scale) => ({
  scale,
  width: 0,
  paths: uPlot.paths.bars({ size: BARS[scale] }),
  points: { show: false },
});

function dataOf({ from, step, all, matching }, filtered) {
  const middles = Array.from(all, (_, index) => (from + (index + 0.5) * step) / 1000);
  const pixels = HEIGHT - AXIS_HEIGHT;
  return [middles, ...[all, ...(filtered ? [matching] : [])].map((one) => heightsOf(one, pixels))];
}
