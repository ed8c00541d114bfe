// What is known of the list: the last complete one, the one that is being loaded, and what went wrong.
//
// { entries, complete, asOf?, loadedAt?, loading?: { count }, problem?: { error, since, retryAt } }
//
// `entries` is the last complete list. Before there was one it is what has arrived so far, which says
// "at least". A list that fails never replaces one that was seen.

const RETRY_FIRST_MS = 5_000;
const RETRY_MAX_MS = 60_000;

export const UNKNOWN = { entries: [], complete: false, failures: 0 };

/** The newest first, those without a date last. A copy, since the list keeps growing. */
const sorted = (entries) =>
  [...entries].sort((a, b) => (b.at || 0) - (a.at || 0) || (a.id < b.id ? 1 : -1));

/**
 * @param {{ type: "begun" | "arrived" | "loaded" | "failed", entries?: object[], asOf?: number, error?: Error }} event
 * @param {number} now
 */
export function reduce(state, event, now) {
  switch (event.type) {
    case "begun":
      return { ...state, loading: { count: 0 } };
    case "arrived":
      return {
        ...state,
        loading: { count: event.entries.length },
        ...(!state.complete && { entries: sorted(event.entries) }),
      };
    case "loaded":
      return {
        entries: sorted(event.entries),
        complete: true,
        asOf: event.asOf,
        loadedAt: now,
        failures: 0,
      };
    case "failed": {
      const failures = state.failures + 1;
      const pause = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1));
      return {
        ...state,
        loading: undefined,
        failures,
        problem: { error: event.error, since: state.problem?.since ?? now, retryAt: now + pause },
      };
    }
    default:
      throw new TypeError(event.type);
  }
}

/**
 * How the number of entries is to be read: exact as of the last complete list, a lower bound while
 * nothing complete was seen, or unknown.
 *
 * @returns {"exact" | "atLeast" | "unknown"}
 */
export function certainty({ complete, entries }) {
  if (complete) return "exact";
  return entries.length > 0 ? "atLeast" : "unknown";
}
