// An instance of the wasm, and what happens when it breaks down. A trap (a fault of ours, a stack that
// is too deep, no more memory) leaves it in the middle of things: nothing enters it again, what was
// under way in it fails, and whoever comes next gets a new one.

import { glue } from "./core.js";
import { DlqError } from "./errors.js";

const failure = (code, cause, mayHaveActed) =>
  new DlqError({ code, retryable: false, mayHaveActed, detail: String(cause?.message ?? cause) });

/**
 * Opens an instance: `instantiate(imports)` makes one of the wasm, or a promise of one where a runtime
 * does not compile synchronously.
 */
export const open = (instantiate) => {
  const { Core, Driver, imports, adopt } = glue();
  /** How to fail what is under way. */
  const waiting = new Set();
  const instance = {
    /** Why it can't be used any more. */
    broken: undefined,
    /** A promise, until it can be used. */
    ready: undefined,
    create: (...args) => entered(() => new Core(...args)),
  };

  const breaks = (cause) => {
    instance.broken = failure("wasm_trapped", cause, waiting.size > 0);
    for (const fail of waiting) fail(instance.broken);
  };
  // Timers and promises come in this way as well, and what they throw would end a process.
  const guarded =
    (exported) =>
    (...args) => {
      if (instance.broken) return undefined;
      try {
        return exported(...args);
      } catch (cause) {
        if (!instance.broken) breaks(cause);
      }
    };
  const entered = (work) => {
    let result;
    try {
      result = work();
    } catch (error) {
      throw instance.broken ?? error;
    }
    if (instance.broken) throw instance.broken;
    return result instanceof Promise ? held(result) : result;
  };
  /** As `promise`, and fails when the instance breaks, which then settles nothing any more. */
  const held = (promise) =>
    new Promise((resolve, reject) => {
      const over = (settle) => (value) => {
        waiting.delete(reject);
        settle(value);
      };
      waiting.add(reject);
      promise.then(over(resolve), over(reject));
    });
  for (const [{ prototype }, names] of [
    [Core, ["call", "drive"]],
    [Driver, ["next", "run", "summary"]],
  ]) {
    for (const name of names) {
      const method = prototype[name];
      prototype[name] = function (...args) {
        return entered(() => method.apply(this, args));
      };
    }
  }

  const begin = ({ exports }) => {
    const entries = Object.entries(exports).map(([name, exported]) => [
      name,
      typeof exported === "function" ? guarded(exported) : exported,
    ]);
    adopt({ exports: Object.fromEntries(entries) });
    instance.ready = undefined;
    return instance;
  };
  const fails = (cause) => {
    instance.broken = cause instanceof DlqError ? cause : failure("wasm_unavailable", cause, false);
    throw instance.broken;
  };
  try {
    const made = instantiate(imports());
    if (!(made instanceof Promise)) return begin(made);
    instance.ready = made.then(begin).catch(fails);
    instance.ready.catch(() => {});
    return instance;
  } catch (cause) {
    return fails(cause);
  }
};
