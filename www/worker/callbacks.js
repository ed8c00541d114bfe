// A slice of running failure functions again: one call an entry.

/**
 * Calls those of `ids` from `at` on, and says what became of each as soon as it is known.
 *
 * @param {object} work
 * @param {string[]} work.ids
 * @param {number} work.at where to begin
 * @param {boolean} work.sent whether the first of them may have been called by an earlier slice
 * @param {() => boolean} work.mayCall whether the slice has room for another call, repeats included
 * @param {(at: number) => void} work.sending kept before each call
 * @param {(at: number, line: object) => boolean} work.known kept after it; whether the error of the call is the
 *   job's rather than the entry's
 * @returns {Promise<{ at: number, error?: Error }>}
 */
export async function callAgain({ dlq, ids, at, sent, mayCall, signal, sending, known }) {
  let next = at;
  if (sent && next < ids.length) {
    // It has run, or it has not: to call it again could run it twice.
    known(next + 1, { dlqId: ids[next], outcome: "unconfirmed" });
    next += 1;
  }
  while (next < ids.length && !signal.aborted && mayCall()) {
    const dlqId = ids[next];
    sending(next);
    try {
      const { workflowRunId } = await dlq.retryFailureFunction({ dlqId });
      known(next + 1, { dlqId, workflowRunId, outcome: "called" });
    } catch (error) {
      const outcome = outcomeOf(error);
      if (!outcome) return { at: next, error };
      if (known(next + 1, { dlqId, outcome })) return { at: next + 1, error };
    }
    next += 1;
  }
  return { at: next };
}

/** What a failed call says of the entry, or nothing where it says something of all of them. */
function outcomeOf({ code, mayHaveActed }) {
  if (mayHaveActed) return "unconfirmed";
  if (code === "not_found") return "notFound";
  return code === "bad_request" || code === "api_error" ? "failed" : undefined;
}
