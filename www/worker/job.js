// A job: one object that works through an order slice by slice, woken by its alarm, until it is done.

import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import { redactedJson } from "../../pkg-template/cli/redact.js";
import { redactorOf } from "./account.js";
import { watch } from "./events.js";
import { register, sessions } from "./objects.js";
import { MOST_IDS, mostOf } from "./order.js";
import { Rate } from "./rate.js";
import { report } from "./report.js";
import { slice, sliceMs } from "./slice.js";
import { Store } from "./store.js";
import { summaryOf } from "./summary.js";
import { Throttle } from "./throttle.js";
import { notify } from "./webhook.js";

const DAY_MS = 24 * 60 * 60 * 1000;
const REPORT_DAYS = 7;
// A slice that was cut off is begun again so long after it should have ended, if not before.
const WATCHDOG_MS = 5_000;
// After so many slices in a row that failed, a person has to look.
const FAILURES = 8;
const LONGEST_PAUSE_MS = 5 * 60_000;
const RUNS_SHOWN = 20;
const ERROR_LENGTH = 1_000;
const EVENTS_MS = 200;
const STREAMS = 20;
/** Pauses and continuations in a minute: each is a line of the trail. */
const CHANGES = 10;
const REGISTER_AGAIN_MS = 10_000;
/** After these pauses a webhook that failed is tried again. */
const WEBHOOK_AGAIN_MS = [5_000, 30_000, 5 * 60_000, 30 * 60_000];

const BUSY = ["queued", "running", "waiting"];
const UNDER_WAY = [...BUSY, "pausing", "cancelling"];
const OVER = ["done", "cancelled"];
/**
 * In which states a person may do what, and what it then becomes: under way, and when it stands still. `isOnce`: however
 * many changes there were, it is always possible.
 */
const ACTS = {
  pause: { from: BUSY, via: "pausing", to: "paused", did: "paused" },
  cancel: {
    from: [...BUSY, "pausing", "paused", "stopped"],
    via: "cancelling",
    to: "cancelled",
    did: "cancelled",
    isOnce: true,
  },
  continue: { from: ["paused", "stopped"], to: "queued", did: "continued" },
};

export class Job extends DurableObject {
  #store = new Store(this.ctx.storage);
  /** The record; nothing before the start and after the end of the report's time. */
  #job = this.#store.isMade() ? this.#store.value("job") : undefined;
  /** Aborts the slice that is under way. */
  #running;
  /** What the slice says of itself between two records. */
  #live = {};
  #rate = new Rate();
  #redacted = redactorOf(this.env);
  #acts = new Throttle({ most: CHANGES, windowMs: 60_000 });
  #streams = 0;
  /** Resolves at the next change, for whoever watches. */
  #changed = Promise.withResolvers();
  #nextEvent;
  #app = new Hono().get("/events", (c) => this.#watch(c)).get("/report", (c) => this.#report(c));

  constructor(ctx, env) {
    super(ctx, env);
    // A process that ended in mid-slice, or before it could set the alarm. A job that waits keeps waiting.
    ctx.blockConcurrencyWhile(async () => {
      if (!UNDER_WAY.includes(this.#job?.state)) return;
      await ctx.storage.setAlarm(this.#job.waitingUntil ?? Date.now());
    });
  }

  // ---------------------------------------------------------------- for the Worker

  /**
   * Begins, once: the same order again is the same job.
   *
   * @returns {Promise<{ job?: object, created?: boolean, conflict?: boolean, wait?: number }>} `conflict`: the id
   *   was used before; `wait`: milliseconds until another job may be started
   */
  async start(order, who, origin) {
    const fingerprint = await digest(JSON.stringify(order));
    // A double click is two requests: the second one waits for the first.
    return this.ctx.blockConcurrencyWhile(async () => {
      if (this.#job) {
        const same = this.#job.fingerprint === fingerprint;
        return { job: this.view(), created: false, conflict: !same };
      }
      const { taken, wait } = await register(this.env).claim(order.id, fingerprint, who);
      if (wait > 0) return { wait };
      if (taken) return { conflict: true };
      this.#begin(order, { who, origin, fingerprint });
      await this.ctx.storage.setAlarm(Date.now());
      await this.#tell();
      return { job: this.view(), created: true };
    });
  }

  #begin(order, { who, origin, fingerprint }) {
    const { id, name, reason, operation, selection, overrides, drive, confirmed } = order;
    const ids = selection.dlqIds?.length;
    const bounds = [ids, mostOf(order)].filter((bound) => bound !== undefined);
    this.#store.make();
    this.#store.together(() => {
      this.#store.setValue("order", order);
      this.#change({
        ...{ id, name, reason, operation, who, overrides, drive, confirmed },
        ...{ fingerprint, origin },
        ...{ createdAt: Date.now(), state: "queued", slices: 0, failures: 0, untold: [] },
        selection: ids === undefined ? selection : { ...selection, dlqIds: undefined, ids },
        of: bounds.length > 0 ? Math.min(...bounds) : undefined,
        counts: { done: 0, notFound: 0, unconfirmed: 0, failed: 0, requests: 0, retries: 0 },
      });
      this.#note(who, "started");
    });
  }

  /** How it stands. */
  view() {
    if (!this.#job) return undefined;
    const { fingerprint, failures, untold, origin, webhook, counts, ...shown } = this.#job;
    const live = this.#running ? this.#live : {};
    // Once a slice has said how it stands, what is kept of the one before no longer holds.
    const { canary, outcome } = live.counts ? live : shown;
    const { waiting, waitingUntil } = live;
    const now = { ...counts, ...live.counts };
    const of = shown.of ?? live.of;
    const left = (of ?? 0) - placed(now);
    const acts = BUSY.includes(shown.state) && !outcome;
    const perSecond = acts ? this.#rate.perSecond(Date.now()) : 0;
    const view = {
      ...shown,
      ...now,
      of,
      ...{ canary, outcome, phase: outcome ? "following" : canary ? "canary" : "acting" },
      perSecond,
      etaMs: perSecond > 0 && left > 0 ? Math.round((left / perSecond) * 1000) : undefined,
      waiting,
      waitingUntil: waitingUntil ?? shown.waitingUntil,
      runs: this.#store.newestRuns(RUNS_SHOWN),
    };
    return JSON.parse(redactedJson(view, this.#redacted));
  }

  /** Its new runs that failed again. */
  failedAgain() {
    return this.#store.failedAgain(MOST_IDS);
  }

  /** Pauses, continues or cancels; `refused` where the state does not allow it, `wait` where it was done too often. */
  async act(what, who) {
    const { from, via, to, did, isOnce } = ACTS[what];
    const often = isOnce ? 0 : await register(this.env).changed(who);
    if (often > 0) return { wait: often };
    if (!from.includes(this.#job.state)) return { job: this.view(), refused: true };
    const wait = isOnce ? 0 : this.#acts.take("");
    if (wait > 0) return { wait };
    this.#note(who, did);
    if (via && this.#running) {
      this.#change({ state: via });
      this.#running.abort();
    } else await this.#settle(to);
    await this.#tell();
    return { job: this.view() };
  }

  /** Events and reports, which are streams; asked for by the Worker alone, which knows who asks. */
  fetch(request) {
    return this.#app.fetch(request, this.env);
  }

  // ---------------------------------------------------------------- working

  async alarm() {
    const { state, reportUntil } = this.#job ?? {};
    if (state === "pausing") await this.#settle("paused");
    else if (state === "cancelling") await this.#settle("cancelled");
    else if (BUSY.includes(state)) await this.#slice();
    else if (reportUntil <= Date.now()) return this.#forget();
    else if (this.#job) {
      await this.#notify();
      await this.#setAlarm();
    }
    await this.#tell();
  }

  async #slice() {
    this.#running = new AbortController();
    this.#live = {};
    this.#rate.note(placed(this.#job.counts), Date.now());
    this.#change({ state: "running", slices: this.#job.slices + 1, waitingUntil: undefined });
    await this.ctx.storage.setAlarm(Date.now() + sliceMs(this.env) + WATCHDOG_MS);
    let outcome;
    try {
      outcome = await slice({
        order: this.#store.value("order"),
        store: this.#store,
        env: this.env,
        signal: this.#running.signal,
        onProgress: (live) => {
          this.#live = live;
          this.#rate.note(placed(live.counts), Date.now());
          this.#push();
        },
      });
    } catch (error) {
      outcome = { error };
    }
    this.#running = undefined;
    await this.#after(outcome);
  }

  /** What follows from a slice. */
  async #after({ counts = this.#job.counts, ended, outcome, canary, error, waitUntil }) {
    const { state } = this.#job;
    const moved = ["done", "notFound", "failed"].some(
      (name) => counts[name] > this.#job.counts[name],
    );
    const failures = error ? (moved ? 1 : this.#job.failures + 1) : 0;
    const runs = { outcome: brief(outcome) ?? this.#job.outcome, canary: brief(canary) };
    this.#change({ counts, failures, error: undefined, ...runs });
    if (["complete", "limit", "confirmed"].includes(ended)) return this.#settle("done", { ended });
    if (state === "pausing") return this.#settle("paused");
    if (state === "cancelling") return this.#settle("cancelled");
    if (ended) return this.#settle("stopped", { ended });
    if (!error) return this.#settle("queued", { waitingUntil: waitUntil });
    const { code = "internal", message } = error;
    if (!error.code) console.error(error.stack);
    const told = error.code ? message.slice(0, ERROR_LENGTH) : "Something went wrong.";
    const said = { error: { code, message: told } };
    if (!error.retryable || failures > FAILURES) {
      return this.#settle("stopped", { ...said, ended: "error" });
    }
    const pause = Math.min(1000 * 2 ** failures, LONGEST_PAUSE_MS);
    await this.#settle("queued", { ...said, waitingUntil: error.resetAt ?? Date.now() + pause });
  }

  /** Comes to stand, and sets the alarm that the state asks for. */
  async #settle(to, more = {}) {
    const now = Date.now();
    const wait = to === "queued" && more.waitingUntil > now;
    const over = OVER.includes(to);
    const reportUntil = now + Number(this.env.REPORT_DAYS ?? REPORT_DAYS) * DAY_MS;
    this.#change({
      ended: to === "cancelled" ? "cancelled" : undefined,
      ...more,
      state: wait ? "waiting" : to,
      waitingUntil: wait ? more.waitingUntil : undefined,
      ...(over && { endedAt: now, reportUntil }),
      webhook:
        (over || to === "stopped") && this.env.WEBHOOK_URL ? { at: now, tried: 0 } : undefined,
    });
    if (over || to === "stopped") {
      if (to !== "cancelled") this.#note(undefined, to === "done" ? "finished" : "stopped");
    }
    await this.#setAlarm();
  }

  /** Sets the alarm to what has to be done next, if anything has. */
  async #setAlarm() {
    const { state, waitingUntil, webhook, reportUntil } = this.#job;
    const { storage } = this.ctx;
    const next = state === "queued" ? Date.now() : (waitingUntil ?? webhook?.at ?? reportUntil);
    if (next === undefined) await storage.deleteAlarm();
    else await storage.setAlarm(next);
  }

  /** The report's time is over; the register still knows the job. */
  async #forget() {
    this.#job = undefined;
    await this.ctx.storage.deleteAll();
  }

  #change(fields) {
    this.#keep({ ...fields, updatedAt: Date.now() });
    this.#push();
  }

  #keep(fields) {
    this.#job = { ...this.#job, ...fields };
    this.#store.setValue("job", this.#job);
  }

  // ---------------------------------------------------------------- telling

  /** A line of the trail, kept until the register has it. */
  #note(who, did) {
    const { id, name, operation, counts, untold } = this.#job;
    const line = { at: Date.now(), who, did, job: id, name, operation, done: counts.done };
    this.#keep({ untold: [...untold, line] });
  }

  /** Tells the webhook, if there is one that does not know yet. */
  async #notify() {
    const { webhook, origin, id } = this.#job;
    if (!webhook || webhook.at > Date.now()) return;
    const link = `${origin}/?view=jobs&job=${id}`;
    const pause = (await notify(this.env.WEBHOOK_URL, summaryOf(this.view()), link))
      ? undefined
      : WEBHOOK_AGAIN_MS[webhook.tried];
    // Somebody may have continued the job meanwhile.
    if (this.#job.webhook !== webhook) return;
    const again = { at: Date.now() + pause, tried: webhook.tried + 1 };
    this.#keep({ webhook: pause === undefined ? undefined : again });
  }

  async #tell() {
    if (!this.#job) return;
    const { untold } = this.#job;
    try {
      await register(this.env).put(this.view(), untold);
      this.#keep({ untold: this.#job.untold.slice(untold.length) });
    } catch (error) {
      console.error(error.stack);
      // A busy job comes by here again anyway.
      if (!BUSY.includes(this.#job.state)) {
        await this.ctx.storage.setAlarm(Date.now() + REGISTER_AGAIN_MS);
      }
    }
  }

  #report(c) {
    return report(this.#store, this.#job.id, c.req.query("format"), this.#redacted);
  }

  /** A stream of events. `session` and `until`: of the sign-in that asked for it. */
  #watch(c) {
    if (this.#streams >= STREAMS) return c.body(null, 429);
    this.#streams += 1;
    const { session, until } = c.req.query();
    return watch(c, {
      view: () => this.view(),
      isOver: ({ state }) => OVER.includes(state),
      changed: () => this.#changed.promise,
      allowed: async () =>
        (until === "" || Date.now() < Number(until)) &&
        !(session && (await sessions(this.env).isRevoked(session))),
      ended: () => {
        this.#streams -= 1;
      },
    });
  }

  /** Tells who watches, a few times a second at most. */
  #push() {
    if (this.#streams === 0 || this.#nextEvent !== undefined) return;
    this.#nextEvent = setTimeout(() => {
      this.#nextEvent = undefined;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }, EVENTS_MS);
  }
}

/** Entries that are dealt with, whatever came of them. */
const placed = ({ done, notFound, unconfirmed, failed }) => done + notFound + unconfirmed + failed;

/** What became of runs, without the lines of the report and the checkpoint, which the store has. */
function brief(outcome) {
  if (!outcome) return undefined;
  const { entries, checkpoint, ...counts } = outcome;
  return counts;
}

async function digest(text) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
