// Assertions about what follows an action only after a while: a page draws, a process writes, a job goes to its next state.

import { AssertionError } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";

/** Far longer than anything here takes. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 20;

/**
 * Repeats `check` until none of its assertions fails, and returns its result. The last failure is thrown after 60
 * seconds; any other error at once.
 *
 * @template T
 * @param {() => T | Promise<T>} check
 * @returns {Promise<T>}
 */
export async function eventually(check) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof AssertionError) || performance.now() > deadline) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
