// An instance of the wasm, and what happens when it breaks down. A trap (a fault of ours, a stack that
// is too deep, no more memory) leaves it in the middle of things: nothing is done in it any more, what
// was under way in it fails, and whoever comes next gets a new one.

import { glue } from "./core.js";
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

/** Without these nothing runs; what else is needed is looked for where it is used. */
const NEEDED = ["WebAssembly", "TextDecoder", "TextEncoder"];

/**
 * Opens an instance: `instantiate(imports)` makes one of the wasm, or a promise of one where a runtime
 * does not compile synchronously.
 */
export const open = (instantiate) => {
  const missing = NEEDED.find((name) => typeof globalThis[name] === "undefined");
  if (missing) throw failure("missing_global", undefined, { detail: missing });
  const { Core, imports, adopt } = glue();
  /** How to fail what is under way. */
  const waiting = new Set();
  let broken = false;
  /** Why it broke down. */
  let cause;
  /** While it is read what is left of a drive. */
  let reading = false;

  // Timers and promises come in this way as well, and what they throw would end a process.
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
      tell();
      // No results, where several are looked for.
      return [];
    };
  let told = false;
  /** Fails what is under way, with the stack unwound. Once, but where there was no room for that. */
  const tell = () => {
    if (told) return;
    Promise.resolve().then(() => {
      for (const fail of waiting) fail();
    });
    told = true;
  };
  const trapped = (more) => failure("wasm_trapped", cause, more);
  /** What `work` answers; throws `lost()` where the instance has broken down, or does. */
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
  /** As `promise`, which an instance that breaks down does not settle any more. */
  const held = (promise, lost) =>
    new Promise((resolve, reject) => {
      const fail = () => reject(lost());
      waiting.add(fail);
      promise.then(resolve, reject).finally(() => waiting.delete(fail));
    });

  const opened = (core, name, tape, place, previewed) => {
    /** The last checkpoint that the caller got. */
    const salvage = { checkpoint: undefined };
    let driver = entered(() => core.drive(name, tape, place, salvage, previewed));
    /** A drive that was not being changed is whole, and says so: Rust lends it to one at a time. */
    const left = () => {
      reading = true;
      try {
        // Twice: what is in flight counts as lost.
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
    const lost = () => trapped({ mayHaveActed: !reads(name), ...left() });
    const goes = (work) => async () => held(entered(work, lost), lost);
    return {
      next: goes(() => driver.next()),
      run: goes(() => driver.run()),
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
        // A signal may still call.
        driver = undefined;
      },
    };
  };
  const instance = {
    /** Whether it can be used. */
    works() {
      if (broken) tell();
      return !broken;
    },
    /** A promise, until it can be used. */
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
