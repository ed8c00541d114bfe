// What the page calls the operations, states and ends of a job.

export const DOES = {
  resume: "Resume",
  restart: "Restart",
  delete: "Delete",
  failureFunction: "Failure function",
};
export const DONE = {
  resume: "Resumed",
  restart: "Restarted",
  delete: "Deleted",
  failureFunction: "Called again",
};
export const STATES = {
  queued: "Running",
  running: "Running",
  waiting: "Waiting",
  pausing: "Pausing…",
  paused: "Paused",
  cancelling: "Cancelling…",
  cancelled: "Cancelled",
  done: "Done",
  stopped: "Stopped",
};
export const ENDED = {
  complete: "All that was chosen has been dealt with.",
  limit: "The limit is reached.",
  confirmed: "Stopped at the number that was confirmed. More match now: start another job.",
  remaining: "The service lists entries that it does not take. Continue tries them again.",
  canary:
    "The canary stopped it: too many of the first runs failed again, or are being retried after an error. The rest was not touched.",
  undecided: "Too few of the first runs are known to have finished in time. Continue looks again.",
  cancelled: "Cancelled; what was done stays done.",
};
/** Until when nothing is sent; for the pace, or before trying again, it is only said when. */
export const WAITS = { rateLimit: "waiting for the service's rate limit until" };
