// Exit codes and usage errors.

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

/** The meaning of each exit code, for the help. */
export const EXIT_MEANINGS = {
  0: "done: all entries are processed, the limit is reached, or it was a dry run",
  1: "failed: an error ended the command, or the service refused entries",
  2: "invalid arguments or an invalid checkpoint: nothing was sent",
  3: "incomplete: a budget ran out, the canary stopped it, entries remain, runs have not ended, or you answered no",
  4: "resumed, but some of the new runs failed again (with --follow, or from follow)",
  5: "uncertain: entries are unconfirmed, or none of the ids was found",
  130: "stopped by Ctrl-C (143 by SIGTERM, 129 by SIGHUP)",
};

/** Invalid arguments: a line for each issue. */
export class UsageError extends Error {
  constructor(...lines) {
    super(lines.join("\n"));
    this.name = "UsageError";
  }
}
