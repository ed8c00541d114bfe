// What Rust can't be: the client's shape, iterators, and the moment the wasm is made ready.

import { DlqError, thrown, traceOf } from "./errors.js";
import { open } from "./instance.js";
import { devMode, largeCheckpoint } from "./messages.js";
import { Previews, preview } from "./preview.js";
import { copyOf, ownProperty, property, snapshotOf } from "./snapshot.js";

// Bundlers for browsers leave `globalThis.process` alone.
const environment = () => globalThis.process?.env;

/**
 * The variables that concern the client. Nothing else of an environment is touched: on Workers it
 * holds bindings, and some environments refuse to be listed.
 */
const variables = (env) => {
  const found = {};
  const names = ["QSTASH_REGION", "QSTASH_DEV", "QSTASH_DEV_PORT"];
  for (const region of ["", "EU_CENTRAL_1_", "US_EAST_1_"]) {
    for (const name of ["QSTASH_URL", "QSTASH_TOKEN"]) names.push(region + name);
  }
  for (const name of names) {
    const text = ownProperty(env, name);
    if (typeof text === "string") found[name] = text;
  }
  return found;
};

/** Characters; some room is left for what a queue's message holds besides. */
const LARGE = 100_000;

const lacksToken = ({ failure }) =>
  failure?.issues?.length === 1 && failure.issues[0].code === "token_missing";

/** Calls `abort` when the caller's signal fires, or has fired; answers how to stop listening. */
const follow = (signal, abort) => {
  const listen = (verb) => {
    try {
      signal?.[`${verb}EventListener`]("abort", abort);
    } catch {
      // One that can't be listened to never fires.
    }
  };
  if (property(signal, "aborted")) abort();
  listen("add");
  return () => listen("remove");
};

/** Why it fired; polyfills don't say. */
const reasonOf = (signal) => () =>
  property(signal, "reason") ??
  (typeof DOMException === "function"
    ? new DOMException("Aborted", "AbortError")
    : Object.assign(new Error("Aborted"), { name: "AbortError" }));

/** Where this is older than the symbol, `using` is compiled to this one. */
const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** Pages as they come: an async iterator; leaving the loop stops the drive. */
class Pages {
  #driver;
  #signal;
  #trace;
  #unfollow;
  #last = Promise.resolve();
  #ended = false;
  #final;

  constructor(driver, signal, trace) {
    this.#driver = driver;
    this.#signal = signal;
    this.#trace = trace;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** One page after the other, however it is called. */
  next() {
    const step = this.#last.then(() => this.#next());
    this.#last = step.catch(() => {});
    return step;
  }

  async #next() {
    if (this.#ended) return { done: true, value: undefined };
    try {
      const driver = await this.#driver;
      this.#unfollow ??= follow(this.#signal, () => driver.abort());
      const value = await driver.next();
      if (value !== undefined) return { done: false, value };
    } catch (error) {
      await this.#end();
      throw thrown(error, this.#trace);
    }
    const summary = await this.#end();
    // A loop that just ends would look complete.
    if (summary.reason === "aborted" && property(this.#signal, "aborted")) {
      throw reasonOf(this.#signal)();
    }
    return { done: true, value: summary };
  }

  /** Keeps the summary, and gives back the drive's memory. */
  async #end() {
    this.#ended = true;
    const driver = await this.#driver.catch(() => undefined);
    this.#unfollow?.();
    if (driver && !this.#final) {
      this.#final = driver.summary();
      driver.free();
    }
    return this.#final;
  }

  async return(value) {
    if (!this.#ended) {
      this.#ended = true;
      const driver = await this.#driver.catch(() => undefined);
      // Twice: what is in flight counts as lost.
      driver?.abort();
      driver?.abort();
      // The drive's own loop comes to its end.
      if (!this.#final) await driver?.next().catch(() => {});
      await this.#end();
    }
    return { done: true, value };
  }

  async throw(error) {
    await this.return();
    throw error;
  }

  /** `await using`: as leaving the loop. */
  async [ASYNC_DISPOSE]() {
    await this.return();
  }

  /** The summary so far. */
  async summary() {
    try {
      const driver = await this.#driver;
      return this.#final ?? driver.summary();
    } catch (error) {
      throw thrown(error, this.#trace);
    }
  }
}

/**
 * Single calls, one request each, by their names and the place of their options among the arguments.
 * `core()` is there, or a promise of it. What the caller gave is read at once.
 */
const callsOf = (core) => {
  /** Of calls that can be cancelled. */
  let calls = 0;
  return (name, place) => {
    const method = async (...args) => {
      const trace = traceOf(method);
      const { tape, signals } = snapshotOf(args);
      const signal = signals[place];
      let unfollow;
      try {
        const made = await core();
        if (!signal) return await made.call(name, tape, 0);
        const number = ++calls;
        const going = made.call(name, tape, number);
        unfollow = follow(signal, () => made.cancel(number));
        return await going;
      } catch (error) {
        throw thrown(error, trace, reasonOf(signal));
      } finally {
        unfollow?.();
      }
    };
    return method;
  };
};

/** `client.dlq`. */
const createDlq = (core, call) => {
  const previews = new Previews();
  const begin = async (name, place, [selection], snapshot) => {
    const previewed = previews.entriesOf(selection, snapshot);
    return (await core()).drive(name, snapshot.tape, place, previewed);
  };
  /** Makes a drive, and gives back its memory when `use` is through with it. */
  const driven = async (name, place, args, trace, use) => {
    const snapshot = snapshotOf(args);
    let driver;
    let unfollow;
    try {
      driver = await begin(name, place, args, snapshot);
      unfollow = follow(snapshot.signals[place], () => driver.abort());
      return await use(driver);
    } catch (error) {
      throw thrown(error, trace);
    } finally {
      unfollow?.();
      driver?.free();
    }
  };
  const all = (name, place) => {
    const method = (...args) =>
      driven(name, place, args, traceOf(method), async (driver) => {
        const summary = await driver.run();
        const { length } = summary.checkpoint ?? "";
        if (length > LARGE) warn(largeCheckpoint(length));
        return summary;
      });
    return method;
  };
  const pages = (name, place) => {
    const method = (...args) => {
      const snapshot = snapshotOf(args);
      const driver = begin(name, place, args, snapshot);
      // Reported by the first step of the iteration.
      driver.catch(() => {});
      return new Pages(driver, snapshot.signals[place], traceOf(method));
    };
    return method;
  };
  const shown = (selection, drive) => {
    // What is shown is what is selected later, whatever becomes of the caller's object meanwhile.
    const pick = (...names) =>
      Object.fromEntries(names.map((name) => [name, ownProperty(drive, name)]));
    const copies = copyOf([selection, pick("where", "limit", "query", "retention")]);
    const stops = Object.values(pick("maxRequests", "timeBudget", "signal"));
    const canStop = stops.some((value) => value !== undefined);
    return driven("preview", 1, [selection, drive], traceOf(shown), async (driver) => {
      const made = await preview(driver, ...copies, canStop);
      previews.add(made);
      return made;
    });
  };
  return {
    list: call("list", 1),
    get: call("get", 1),
    resume: call("resume", 2),
    restart: call("restart", 2),
    delete: call("delete", 1),
    retryFailureFunction: call("retryFailureFunction", 1),
    cancelFailureFunction: call("cancelFailureFunction", 1),
    resumeAll: all("resume", 2),
    restartAll: all("restart", 2),
    deleteAll: all("delete", 1),
    continueFrom: all("continue", 1),
    follow: all("follow", 1),
    resumePages: pages("resume", 2),
    restartPages: pages("restart", 2),
    deletePages: pages("delete", 1),
    listPages: pages("list", 1),
    preview: shown,
  };
};

const warn = (text) => {
  try {
    console.warn(text);
  } catch {
    // A console may be missing, or replaced by one that throws.
  }
};

/** Of entries that leave the doctor out: pages download them. */
const noDoctor = async () => {
  throw new DlqError({ code: "doctor_unavailable", retryable: false, mayHaveActed: false });
};

/**
 * The API over a way to make an instance of the wasm, and the doctor of entries that have it. It is made at the first client, never at import:
 * a page whose policy forbids WebAssembly should not fail as a whole.
 */
export const createApi = (instantiate, doctor = noDoctor) => {
  let current;
  const instance = () => {
    if (!current?.works()) current = open(instantiate);
    return current;
  };

  class Client {
    constructor(options = {}, env) {
      const known = env === undefined ? environment() : env;
      const { tape } = snapshotOf([options, variables(known)]);
      let home;
      let made;
      const core = () => {
        const found = instance();
        if (found !== home) {
          const create = () => {
            try {
              const created = found.create(tape);
              if (created.devServer) console.warn(devMode(created.devServer));
              return created;
            } catch (error) {
              // A build loads modules without its secrets: what has no token yet says so when it is used.
              const token = ownProperty(options, "token");
              const later = token === "" || (env === undefined && token === undefined);
              if (later && lacksToken(error)) return Promise.reject(error);
              throw error;
            }
          };
          made = found.ready ? found.ready.then(create) : create();
          home = found;
          // Wrong options are reported by the first call where they can't be checked at once.
          if (made instanceof Promise) made.catch(() => {});
        }
        return made;
      };
      try {
        core();
      } catch (error) {
        throw thrown(error, traceOf(new.target));
      }
      const call = callsOf(core);
      this.dlq = createDlq(core, call);
      this.dlq.doctor = (asked) => doctor(Client, options, known, asked);
      this.logs = call("logs", 1);
    }

    static fromEnv(env = environment(), options = {}) {
      return new Client(options, env ?? {});
    }
  }
  return { Client };
};
