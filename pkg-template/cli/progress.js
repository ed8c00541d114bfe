// The progress of a drive: a bar on a terminal, else a line every few seconds.

import { count } from "./shown.js";

const EVERY_MS = { terminal: 100, lines: 5000, json: 1000 };
/** Cells of the bar, from wide terminals to narrow ones; 0: percentage only; `undefined`: neither. */
const BARS = [24, 12, 0, undefined];
/** Shorter waits do not get a line of their own. */
const LONG_WAIT_MS = 2000;

const span = (ms) => {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  return m < 60 ? `${m} min ${s % 60} s` : `${Math.floor(m / 60)} h ${m % 60} min`;
};

const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");

const WAITS = { rateLimit: "rate limit", pause: "retry" };

const waitOf = ({ waiting, waitingUntil }) => {
  const what = WAITS[waiting];
  if (!what) return undefined;
  return waitingUntil === undefined ? `${what}, waiting` : `${what}, until ${clock(waitingUntil)}`;
};

/**
 * The progress of a drive on one line.
 *
 * @param {import("../index.js").Progress} event
 * @param {number} [of] total number of entries, if known
 * @param {number} [width] columns of the terminal: adds a bar; if the line is too long, less important parts are
 *   left out
 */
export const progressLine = (event, of, width) => {
  const { done, notFound, unconfirmed, failed, perSecond, etaMs } = event;
  const settled = done + notFound + unconfirmed + failed;
  const part = of ? Math.min(1, settled / of) : 0;
  const eta = etaMs ?? (of && perSecond > 0 ? ((of - settled) / perSecond) * 1000 : undefined);
  const percent = `${Math.floor(part * 100)} %`;
  const bar = (cells) => {
    const full = Math.round(part * cells);
    return cells > 0 ? `[${"#".repeat(full)}${"-".repeat(cells - full)}] ${percent}` : percent;
  };
  const line = (cells, rate) =>
    [
      width !== undefined && cells !== undefined && of && bar(cells),
      of ? `${count(done)} of ${count(of)}` : `${count(done)} done`,
      failed > 0 && `${count(failed)} failed`,
      notFound > 0 && `${count(notFound)} not found`,
      unconfirmed > 0 && `${count(unconfirmed)} unconfirmed`,
      waitOf(event) ?? (eta > 0 && `${span(eta)} left`),
      rate && perSecond > 0 && `${count(Math.round(perSecond))}/s`,
    ]
      .filter(Boolean)
      .join("  ");
  const layouts = BARS.flatMap((cells) => [() => line(cells, true), () => line(cells, false)]);
  const fits = (text) => width === undefined || text.length <= width;
  let text = "";
  for (const layout of layouts) {
    text = layout();
    if (fits(text)) break;
  }
  return text;
};

/** The states of new runs on one line: those of the canary, or all that are followed. */
const runsLine = (event) => {
  const { runs, succeeded, failedAgain, canceled, running, retrying } =
    event.canary ?? event.outcome;
  return [
    event.canary ? "canary" : "following",
    `${count(succeeded + failedAgain + canceled)} of ${count(runs)} ended`,
    failedAgain > 0 && `${count(failedAgain)} failed again`,
    retrying > 0 && `${count(retrying)} retrying after an error`,
    running > 0 && `${count(running)} running`,
    waitOf({ ...event, waiting: event.waiting === "rateLimit" ? "rateLimit" : undefined }),
  ]
    .filter(Boolean)
    .join("  ");
};

const lineOf = (event, of, width) =>
  event.canary || event.outcome ? runsLine(event) : progressLine(event, of, width);

/** A function for `onProgress`. */
export const progressTo = (output, of) => {
  const kind = output.json ? "json" : output.terminal ? "terminal" : "lines";
  let last = Number.NEGATIVE_INFINITY;
  let wait;
  return (event) => {
    const now = performance.now();
    const { waitingUntil } = event;
    const newWait = waitingUntil !== wait && waitingUntil - Date.now() > LONG_WAIT_MS;
    if (now - last < EVERY_MS[kind] && !newWait) return;
    last = now;
    wait = waitingUntil;
    const total = event.of ?? of;
    if (kind === "json") output.event("progress", { ...event, of: total });
    else if (kind === "terminal") output.status((width) => lineOf(event, total, width));
    else output.note(lineOf(event, total));
  };
};
