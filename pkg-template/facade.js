// The public API in JavaScript: the client's methods, async iterators, and when the wasm is instantiated.

import { DlqError, thrown, traceOf } from "./errors.js";
import { open } from "./instance.js";
import { devMode, largeCheckpoint } from "./messages.js";
import { Previews, preview } from "./preview.js";
import { copyOf, ownProperty, property, snapshotOf } from "./snapshot.js";

// Bundlers for browsers do not replace `globalThis.process`.
const environment = () => globalThis.process?.env;

/**
 * The client's variables. The other properties of an environment are not read: on Workers they are
 * bindings, and some environments can't be enumerated.
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

/** Length of a checkpoint from which the client warns: a queue message of 128 KB contains other data as well. */
const LARGE = 100_000;

const lacksToken = ({ failure }) =>
  failure?.issues?.length === 1 && failure.issues[0].code === "token_missing";

/** Calls `abort` when the caller's signal is aborted, or at once if it already is. Returns a function that stops listening. */
const onAbort = (signal, abort) => {
  const listen = (verb) => {
    try {
      signal?.[`${verb}EventListener`]("abort", abort);
    } catch {
      // A signal that can't be listened to is never aborted.
    }
  };
  if (property(signal, "aborted")) abort();
  listen("add");
  return () => listen("remove");
};

/** The reason of an abort. Polyfills have none. */
const reasonOf = (signal) => () =>
  property(signal, "reason") ??
  (typeof DOMException === "function"
    ? new DOMException("Aborted", "AbortError")
    : Object.assign(new Error("Aborted"), { name: "AbortError" }));

/** In runtimes without `Symbol.asyncDispose`, compilers of `using` look for this symbol. */
const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** An async iterator of pages; leaving the loop stops the drive. */
class Pages {
  #driver;
  #signal;
  #trace;
  #stopListening;
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

  /** Concurrent calls are queued: one page after the other. */
  next() {
    const step = this.#last.then(() => this.#next());
    this.#last = step.catch(() => {});
    return step;
  }

  async #next() {
    if (this.#ended) return { done: true, value: undefined };
    try {
      const driver = await this.#driver;
      this.#stopListening ??= onAbort(this.#signal, () => driver.abort());
      const value = await driver.next();
      if (value !== undefined) return { done: false, value };
    } catch (error) {
      await this.#end();
      throw thrown(error, this.#trace);
    }
    const summary = await this.#end();
    // After an abort, a loop that ends without an error would look complete.
    if (summary.reason === "aborted" && property(this.#signal, "aborted")) {
      throw reasonOf(this.#signal)();
    }
    return { done: true, value: summary };
  }

  /** Keeps the summary and frees the drive's memory. */
  async #end() {
    this.#ended = true;
    const driver = await this.#driver.catch(() => undefined);
    this.#stopListening?.();
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
      // The second abort counts requests in flight as lost.
      driver?.abort();
      driver?.abort();
      // Lets the drive's own loop end.
      if (!this.#final) await driver?.next().catch(() => {});
      await this.#end();
    }
    return { done: true, value };
  }

  async throw(error) {
    await this.return();
    throw error;
  }

  /** Stops the drive, for `await using`. */
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
 * Makes the methods that send a single request: by the name of the call and the position of its options among
 * the arguments. `core()` returns the core or a promise of it. The caller's arguments are read at once.
 */
const callsOf = (core) => {
  /** The number of the last call that can be cancelled. */
  let calls = 0;
  return (name, place) => {
    const method = async (...args) => {
      const trace = traceOf(method);
      const { tape, signals } = snapshotOf(args);
      const signal = signals[place];
      let stopListening;
      try {
        const made = await core();
        if (!signal) return await made.call(name, tape, 0);
        const number = ++calls;
        const going = made.call(name, tape, number);
        stopListening = onAbort(signal, () => made.cancel(number));
        return await going;
      } catch (error) {
        throw thrown(error, trace, reasonOf(signal));
      } finally {
        stopListening?.();
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
  /** Makes a drive, and frees its memory after `use`. */
  const driven = async (name, place, args, trace, use) => {
    const snapshot = snapshotOf(args);
    let driver;
    let stopListening;
    try {
      driver = await begin(name, place, args, snapshot);
      stopListening = onAbort(snapshot.signals[place], () => driver.abort());
      return await use(driver);
    } catch (error) {
      throw thrown(error, trace);
    } finally {
      stopListening?.();
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
    // Copied, so that the preview's selection stays the same if the caller changes the object.
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

/** For the entries without the doctor, whose size pages have to download. */
const noDoctor = async () => {
  throw new DlqError({ code: "doctor_unavailable", retryable: false, mayHaveActed: false });
};

/**
 * The public API, from the glue of a wasm, a function that instantiates it, and the doctor if the entry has it. The
 * instance is made by the first client, not at import, so that a page whose policy forbids WebAssembly still loads.
 */
export const createApi = (glue, instantiate, doctor = noDoctor) => {
  let current;
  const instance = () => {
    if (!current?.works()) current = open(glue, instantiate);
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
              // A build may load modules without secrets: a missing token is reported by the first call.
              const token = ownProperty(options, "token");
              const later = token === "" || (env === undefined && token === undefined);
              if (later && lacksToken(error)) return Promise.reject(error);
              throw error;
            }
          };
          made = found.ready ? found.ready.then(create) : create();
          home = found;
          // Invalid options are reported by the first call if they can't be checked at once.
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
      this.dlq.doctor = (asked) => {
        // Without a prototype, as the core reads them: own properties alone. Not before: a getter runs once a client.
        const own = { __proto__: null, ...options };
        const env = known && { __proto__: null, ...variables(known) };
        return doctor(Client, own, env, asked);
      };
      this.logs = call("logs", 1);
    }

    static fromEnv(env = environment(), options = {}) {
      return new Client(options, env ?? {});
    }
  }
  return { Client };
};
