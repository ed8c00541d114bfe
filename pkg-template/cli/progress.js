// How far a drive is: a bar on a terminal, a line now and then elsewhere.

const EVERY_MS = { terminal: 100, lines: 5000, json: 1000 };
const CELLS = 24;

const count = (n) => n.toLocaleString("en-US");

const span = (ms) => {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  return m < 60 ? `${m} min ${s % 60} s` : `${Math.floor(m / 60)} h ${m % 60} min`;
};

const WAITS = { rateLimit: "waiting for the rate limit", pause: "pausing", answer: "" };

/** One line of where it stands. `of`: so many in all, where that is known. */
export const progressLine = (event, of, bar) => {
  const { done, notFound, unconfirmed, failed, perSecond, etaMs, waiting } = event;
  const settled = done + notFound + unconfirmed + failed;
  const part = of ? Math.min(1, settled / of) : 0;
  const full = Math.round(part * CELLS);
  const eta = etaMs ?? (of && perSecond > 0 ? ((of - settled) / perSecond) * 1000 : undefined);
  const parts = [
    bar && of && `[${"#".repeat(full)}${"-".repeat(CELLS - full)}] ${Math.floor(part * 100)} %`,
    of ? `${count(done)} of ${count(of)}` : `${count(done)} done`,
    failed > 0 && `${count(failed)} failed`,
    notFound > 0 && `${count(notFound)} not found`,
    unconfirmed > 0 && `${count(unconfirmed)} unconfirmed`,
    perSecond > 0 && `${count(Math.round(perSecond))}/s`,
    eta > 0 && `${span(eta)} left`,
    WAITS[waiting],
  ];
  return parts.filter(Boolean).join("  ");
};

/** A function for `onProgress`. */
export const progressTo = (output, of) => {
  const [kind, every] = output.json
    ? ["json", EVERY_MS.json]
    : output.terminal
      ? ["terminal", EVERY_MS.terminal]
      : ["lines", EVERY_MS.lines];
  let last = Number.NEGATIVE_INFINITY;
  return (event) => {
    const now = performance.now();
    if (now - last < every) return;
    last = now;
    const total = event.of ?? of;
    if (kind === "json") output.event("progress", { ...event, of: total });
    else if (kind === "terminal") output.status(progressLine(event, total, true));
    else output.note(progressLine(event, total, false));
  };
};
