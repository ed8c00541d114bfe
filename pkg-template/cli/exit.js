// How the program ends.

/** Exit codes. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  incomplete: 3,
  failedAgain: 4,
  uncertain: 5,
  interrupted: 130,
};

/** What the help says of each exit code. */
export const EXIT_MEANINGS = {
  0: "done: complete, the limit was reached, or a dry run",
  1: "failed: an error ended it, or the service refused entries; see summary and checkpoint",
  2: "bad usage or a bad checkpoint: nothing was done",
  3: "incomplete: a budget ran out, the canary stopped it, entries remain, runs are under way, or you answered no",
  4: "resumed, but some of the new runs failed again (with --follow, and of follow)",
  5: "uncertain: entries are unconfirmed, or none of the ids was found",
  130: "stopped by Ctrl-C (143 by SIGTERM, 129 by SIGHUP)",
};

/** What was typed is wrong: one line for each fault. */
export class UsageError extends Error {
  constructor(...lines) {
    super(lines.join("\n"));
    this.name = "UsageError";
  }
}
