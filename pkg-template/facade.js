// What Rust can't be: the client's shape, iterators, and the moment the wasm is made ready.

import { DlqError, fromFailure } from "./errors.js";
import { largeCheckpoint } from "./messages.js";
import { preview } from "./preview.js";

const host = { fail: fromFailure };

// Bundlers for browsers leave `globalThis.process` alone.
const environment = () => globalThis.process?.env;

/** Characters; some room is left for what a queue's message holds besides. */
const LARGE = 100_000;

const unavailable = (cause) => {
  if (cause instanceof DlqError) return cause;
  const data = { code: "wasm_unavailable", retryable: false, mayHaveActed: false };
  return new DlqError({ ...data, detail: String(cause?.message ?? cause) });
};

const lacksToken = ({ issues }) => issues?.length === 1 && issues[0].code === "token_missing";

/** Pages as they come: an async iterator; leaving the loop stops the drive. */
class Pages {
  #driver;
  #signal;
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
      const value = await driver.next();
      if (value !== undefined) return { done: false, value };
    } catch (error) {
      await this.#end();
      throw error;
    }
    const summary = await this.#end();
    // A loop that just ends would look complete.
    if (summary.reason === "aborted" && this.#signal?.aborted) throw this.#signal.reason;
    return { done: true, value: summary };
  }

  /** Keeps the summary, and gives back the drive's memory. */
  async #end() {
    this.#ended = true;
    const driver = await this.#driver.catch(() => undefined);
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
      driver?.stop();
      // The drive's own loop comes to its end.
      await driver?.next().catch(() => {});
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
    return this.#final ?? (await this.#driver).summary();
  }
}

/** `client.dlq`, over a core that is there or a promise of one. */
const createDlq = (core) => {
  const call =
    (name) =>
    async (...args) =>
      (await core).call(name, args);
  // What is not ready yet is waited for; what is ready reads the arguments at once.
  const begin = (name, args) => {
    try {
      return core instanceof Promise
        ? core.then((ready) => ready.drive(name, args))
        : Promise.resolve(core.drive(name, args));
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const all =
    (name) =>
    async (...args) => {
      const driver = await begin(name, args);
      try {
        const summary = await driver.run();
        const { length } = summary.checkpoint ?? "";
        if (length > LARGE) console.warn(largeCheckpoint(length));
        return summary;
      } finally {
        driver.free();
      }
    };
  const pages =
    (name) =>
    (...args) => {
      const driver = begin(name, args);
      // Reported by the first step of the iteration.
      driver.catch(() => {});
      return new Pages(driver, args.at(-1)?.signal);
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
    preview: async (selection, drive) => {
      const driver = await begin("preview", [selection, drive]);
      try {
        return await preview(driver, selection, drive?.where);
      } finally {
        driver.free();
      }
    },
  };
};

/**
 * The API over a way to get at the core: `load()` returns the core's exports, or a promise of them
 * where a runtime does not compile synchronously. It is called at the first client, never at import:
 * a page whose policy forbids WebAssembly should not fail as a whole.
 */
export const createApi = (load) => {
  let loaded;
  const exports = () => {
    if (loaded) return loaded;
    try {
      loaded = load();
    } catch (cause) {
      throw unavailable(cause);
    }
    if (loaded instanceof Promise) {
      loaded = loaded.then(
        (core) => {
          loaded = core;
          return core;
        },
        (cause) => {
          loaded = undefined;
          throw unavailable(cause);
        },
      );
      loaded.catch(() => {});
    }
    return loaded;
  };

  class Client {
    constructor(options = {}, env) {
      const found = exports();
      const make = ({ Core }) => {
        if (env !== undefined) return new Core(options, env, host);
        try {
          return new Core(options, environment(), host);
        } catch (error) {
          // A build loads modules without its secrets: what has no token yet says so when it is used.
          if (options?.token === undefined && lacksToken(error)) return Promise.reject(error);
          throw error;
        }
      };
      const core = found instanceof Promise ? found.then(make) : make(found);
      // Wrong options are reported by the first call where they can't be checked at once.
      if (core instanceof Promise) core.catch(() => {});
      this.dlq = createDlq(core);
    }

    static fromEnv(env = environment(), options = {}) {
      return new Client(options, env ?? {});
    }
  }
  return { Client };
};
