// An instance of the wasm, and its replacement after a trap (a bug, a stack overflow, out of memory). A trap leaves
// the instance in an inconsistent state: it is not used any more, its pending calls fail, and the next call gets a
// new instance.

import { DlqError } from "./errors.js";

const failure = (code, cause, more) =>
  new DlqError({
    code,
    retryable: false,
    mayHaveActed: false,
    detail: String(cause?.message ?? cause),
    cause,
    ...more,
  });

const reads = (name) => /^(list|get|logs|preview|follow)$/.test(name);

/** Globals without which nothing runs; others are checked where they are used. */
const NEEDED = ["WebAssembly", "TextDecoder", "TextEncoder"];

/**
 * Opens an instance of the wasm that `glue` belongs to. `instantiate(imports)` returns an instance of it, or a promise
 * if the runtime does not compile synchronously.
 */
export const open = (glue, instantiate) => {
  const missing = NEEDED.find((name) => typeof globalThis[name] === "undefined");
  if (missing) throw failure("missing_global", undefined, { detail: missing });
  const { Core, imports, adopt } = glue();
  /** Functions that reject the pending calls. */
  const waiting = new Set();
  let broken = false;
  /** The error of the trap. */
  let cause;
  /** Whether the state of a drive is being read after a trap. */
  let reading = false;

  // Callbacks of timers and promises enter here as well, and their exceptions would end the process.
  const guarded =
    (exported) =>
    (...args) => {
      if (!broken || reading) {
        try {
          return exported(...args);
        } catch (error) {
          if (reading) throw error;
          // The stack may be too full for a call.
          cause ??= error;
          broken = true;
        }
      }
      failPending();
      // An empty array, for callers that destructure several results.
      return [];
    };
  let failed = false;
  /** Rejects the pending calls, once, after the stack has unwound; called again if the stack was too full. */
  const failPending = () => {
    if (failed) return;
    Promise.resolve().then(() => {
      for (const fail of waiting) fail();
    });
    failed = true;
  };
  const trapped = (more) => failure("wasm_trapped", cause, more);
  /** The result of `work`; throws `lost()` if the instance has failed, or fails during `work`. */
  const entered = (work, lost = trapped) => {
    let result;
    try {
      if (!broken) result = work();
    } catch (error) {
      if (!broken) throw error;
    }
    if (broken) throw lost();
    return result;
  };
  /** `promise`, or a rejection when the instance fails, which then never settles `promise`. */
  const held = (promise, lost) =>
    new Promise((resolve, reject) => {
      const fail = () => reject(lost());
      waiting.add(fail);
      promise.then(resolve, reject).finally(() => waiting.delete(fail));
    });

  const opened = (core, name, tape, place, previewed) => {
    /** The last checkpoint passed to the caller. */
    const salvage = { checkpoint: undefined };
    let driver = entered(() => core.drive(name, tape, place, salvage, previewed));
    /** The state of the drive, if it was not being changed: Rust allows only one mutable borrow, and throws otherwise. */
    const lastState = () => {
      reading = true;
      try {
        // The second abort counts requests in flight as lost.
        driver.abort();
        driver.abort();
        const summary = driver.summary();
        if (!summary.done) summary.reason = "failed";
        return { summary, checkpoint: summary.checkpoint };
      } catch {
        return salvage.checkpoint && salvage;
      } finally {
        reading = false;
      }
    };
    const lost = () => trapped({ mayHaveActed: !reads(name), ...lastState() });
    const step = (work) => async () => held(entered(work, lost), lost);
    return {
      next: step(() => driver.next()),
      run: step(() => driver.run()),
      tally: () => entered(() => driver.tally(), lost),
      summary() {
        try {
          return entered(() => driver.summary(), lost);
        } catch (error) {
          if (error.summary) return error.summary;
          throw error;
        }
      },
      abort: () => driver?.abort(),
      free() {
        driver.free();
        // A signal may still call `abort`.
        driver = undefined;
      },
    };
  };
  const instance = {
    /** Whether the instance can be used. */
    works() {
      if (broken) failPending();
      return !broken;
    },
    /** A promise until the instance can be used. */
    ready: undefined,
    create(tape) {
      const core = entered(() => new Core(tape));
      return {
        devServer: core.devServer,
        call: (name, ...args) =>
          held(
            entered(() => core.call(name, ...args)),
            () => trapped({ mayHaveActed: !reads(name) }),
          ),
        cancel: (number) => core.cancel(number),
        drive: (...args) => opened(core, ...args),
      };
    },
  };

  const begin = ({ exports }) => {
    const entries = Object.entries(exports).map(([name, exported]) => [
      name,
      typeof exported === "function" ? guarded(exported) : exported,
    ]);
    adopt({ exports: Object.fromEntries(entries) });
    instance.ready = undefined;
    return instance;
  };
  const fails = (error) => {
    broken = true;
    throw error instanceof DlqError ? error : failure("wasm_unavailable", error);
  };
  try {
    const made = instantiate(imports());
    if (!(made instanceof Promise)) return begin(made);
    instance.ready = made.then(begin).catch(fails);
    instance.ready.catch(() => {});
    return instance;
  } catch (error) {
    return fails(error);
  }
};
