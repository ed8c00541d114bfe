// What Rust can't be: the client's shape, iterators, and the moment the wasm is made ready.

import { Gate, Hooks, Host } from "./host.js";
import { open } from "./instance.js";
import { largeCheckpoint } from "./messages.js";
import { preview } from "./preview.js";
import { copyOf, property, signalOf, tapeOf } from "./values.js";

// Bundlers for browsers leave `globalThis.process` alone.
const environment = () => globalThis.process?.env;

/**
 * The variables that concern the client. Nothing else of an environment is touched: on Workers it
 * holds bindings, and some environments refuse to be listed.
 */
const variables = (env) => {
  const found = {};
  for (const region of ["", "EU_CENTRAL_1_", "US_EAST_1_"]) {
    for (const name of ["QSTASH_URL", "QSTASH_TOKEN", "QSTASH_REGION"]) {
      const text = property(env, region + name);
      if (typeof text === "string") found[region + name] = text;
    }
  }
  return found;
};

/** Characters; some room is left for what a queue's message holds besides. */
const LARGE = 100_000;

const lacksToken = ({ issues }) => issues?.length === 1 && issues[0].code === "token_missing";

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
const reasonOf = (signal) =>
  property(signal, "reason") ?? new DOMException("Aborted", "AbortError");

/** Pages as they come: an async iterator; leaving the loop stops the drive. */
class Pages {
  #driver;
  #signal;
  #unfollow;
  #last = Promise.resolve();
  #ended = false;
  #final;

  constructor(driver, signal) {
    this.#driver = driver;
    this.#signal = signal;
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
      throw error;
    }
    const summary = await this.#end();
    // A loop that just ends would look complete.
    if (summary.reason === "aborted" && property(this.#signal, "aborted")) {
      throw reasonOf(this.#signal);
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

  /** The summary so far. */
  async summary() {
    const driver = await this.#driver;
    return this.#final ?? driver.summary();
  }
}

/** Single calls by their names: one request each. */
const callOf =
  (core) =>
  (name) =>
  async (...args) => {
    const tape = tapeOf(args);
    const signal = signalOf(args);
    const gate = new Gate();
    const unfollow = follow(signal, () => gate.open());
    try {
      return await (await core()).call(name, tape, gate);
    } catch (error) {
      throw error ?? reasonOf(signal);
    } finally {
      unfollow();
    }
  };

/** `client.dlq`: `core()` is there, or a promise of it. What the caller gave is read at once. */
const createDlq = (core) => {
  const call = callOf(core);
  const begin = async (name, args) => {
    const tape = tapeOf(args);
    const hooks = new Hooks(args.at(-1));
    return (await core()).drive(name, tape, hooks);
  };
  /** Makes a drive, and gives back its memory when `use` is through with it. */
  const driven = async (name, args, use) => {
    const signal = signalOf(args);
    const driver = await begin(name, args);
    const unfollow = follow(signal, () => driver.abort());
    try {
      return await use(driver);
    } finally {
      unfollow();
      driver.free();
    }
  };
  const all =
    (name) =>
    (...args) =>
      driven(name, args, async (driver) => {
        const summary = await driver.run();
        const { length } = summary.checkpoint ?? "";
        if (length > LARGE) console.warn(largeCheckpoint(length));
        return summary;
      });
  const pages =
    (name) =>
    (...args) => {
      const driver = begin(name, args);
      // Reported by the first step of the iteration.
      driver.catch(() => {});
      return new Pages(driver, signalOf(args));
    };
  return {
    list: call("list"),
    get: call("get"),
    resume: call("resume"),
    restart: call("restart"),
    delete: call("delete"),
    retryFailureFunction: call("retryFailureFunction"),
    cancelFailureFunction: call("cancelFailureFunction"),
    resumeAll: all("resume"),
    restartAll: all("restart"),
    deleteAll: all("delete"),
    continueFrom: all("continue"),
    resumePages: pages("resume"),
    restartPages: pages("restart"),
    deletePages: pages("delete"),
    listPages: pages("list"),
    preview: (selection, drive) => {
      // What is shown is what is selected later, whatever becomes of the caller's object meanwhile.
      const own = { where: property(drive, "where"), limit: property(drive, "limit") };
      const [shown, narrowing] = copyOf([selection, own]);
      return driven("preview", [selection, drive], (driver) => preview(driver, shown, narrowing));
    },
  };
};

/**
 * The API over a way to make an instance of the wasm. It is made at the first client, never at import:
 * a page whose policy forbids WebAssembly should not fail as a whole.
 */
export const createApi = (instantiate) => {
  let current;
  const instance = () => {
    if (!current?.works()) current = open(instantiate);
    return current;
  };

  class Client {
    constructor(options = {}, env) {
      const tape = tapeOf([options, variables(env === undefined ? environment() : env)]);
      const host = new Host(options);
      let home;
      let made;
      const core = () => {
        const found = instance();
        if (found !== home) {
          const create = () => {
            try {
              return found.create(tape, host);
            } catch (error) {
              // A build loads modules without its secrets: what has no token yet says so when it is used.
              const later = env === undefined && property(options, "token") === undefined;
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
      core();
      this.dlq = createDlq(core);
      this.logs = callOf(core)("logs");
    }

    static fromEnv(env = environment(), options = {}) {
      return new Client(options, env ?? {});
    }
  }
  return { Client };
};
