// A slice of running failure functions again: one call an entry.

/**
 * Calls those of `ids` from `at` on, and says what became of each as soon as it is known.
 *
 * @param {object} work
 * @param {string[]} work.ids
 * @param {number} work.at where to begin
 * @param {boolean} work.sent whether the first of them may have been called by an earlier slice
 * @param {number} work.most calls of this slice
 * @param {(at: number) => void} work.sending kept before each call
 * @param {(at: number, line: object) => void} work.known kept after it
 * @returns {Promise<{ at: number, error?: Error }>}
 */
export async function callAgain({ dlq, ids, at, sent, most, signal, sending, known }) {
  let next = at;
  if (sent && next < ids.length) {
    // It has run, or it has not: to call it again could run it twice.
    known(next + 1, { dlqId: ids[next], outcome: "unconfirmed" });
    next += 1;
  }
  for (let calls = 0; calls < most && next < ids.length && !signal.aborted; calls += 1) {
    const dlqId = ids[next];
    sending(next);
    try {
      const { workflowRunId } = await dlq.retryFailureFunction({ dlqId });
      known(next + 1, { dlqId, workflowRunId, outcome: "called" });
    } catch (error) {
      const outcome = outcomeOf(error);
      if (!outcome) return { at: next, error };
      known(next + 1, { dlqId, outcome });
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
