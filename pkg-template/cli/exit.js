// How the program ends.

/** Exit codes, with what the help says of each. */
export const EXIT = { done: 0, failed: 1, usage: 2, stopped: 3, interrupted: 130 };

export const EXIT_MEANINGS = {
  0: "done: complete, the limit reached, or a dry run",
  1: "failed: an error ended it, or the service refused entries; see summary and checkpoint",
  2: "bad usage or a bad checkpoint: nothing was done",
  3: "stopped with work left: a budget, the canary, entries that remain, or no to the question",
  130: "stopped by Ctrl-C (143 by SIGTERM, 129 by SIGHUP)",
};

/** Something is wrong with what was typed: one line each. */
export class UsageError extends Error {
  constructor(...lines) {
    super(lines.join("\n"));
    this.name = "UsageError";
  }
}
