// How fast a job is now: entries that it dealt with within the last seconds, whichever slice did.

/** Long enough for several pages of a slow service, short enough to follow a change. */
const WINDOW_MS = 10_000;

/** A rate over a sliding window. Times are in milliseconds since 1970. */
export class Rate {
  /** `[at, total]` in order of time; all but the first are within the window. */
  #seen = [];

  /** Notes how many entries the job has dealt with by `now`, in all. */
  note(total, now) {
    if (this.#seen.at(-1)?.[1] !== total) this.#seen.push([now, total]);
    this.#forget(now);
  }

  /** Entries a second, over the window or the part of it that was seen; 0 where nothing has moved in it. */
  perSecond(now) {
    this.#forget(now);
    const [[at, before] = [now, 0]] = this.#seen;
    const [, latest] = this.#seen.at(-1) ?? [now, 0];
    const ms = now - Math.max(at, now - WINDOW_MS);
    return ms > 0 ? ((latest - before) / ms) * 1000 : 0;
  }

  #forget(now) {
    while (this.#seen.length > 1 && this.#seen[1][0] <= now - WINDOW_MS) this.#seen.shift();
  }
}
