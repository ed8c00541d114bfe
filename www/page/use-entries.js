// The entries: loaded at the beginning, on demand, after a job has ended, and again after a failure.

import { useCallback, useEffect, useState } from "preact/hooks";
import { now } from "./clock.js";
import { reduce, UNKNOWN } from "./list.js";
import { load } from "./load.js";
import { useSession } from "./use-session.js";

/**
 * @param {unknown} changed loads again whenever it changes
 * @returns {[state: object, reload: () => void]}
 */
export function useEntries(changed) {
  const [state, setState] = useState(UNKNOWN);
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  useEffect(() => {
    const tell = (event) => setState((before) => reduce(before, event, now()));
    tell({ type: "begun" });
    return load(tell);
  }, [round, changed]);
  useSession(reload);
  const retryAt = state.problem?.retryAt;
  useEffect(() => {
    if (retryAt === undefined) return undefined;
    const timer = setTimeout(reload, Math.max(0, retryAt - now()));
    return () => clearTimeout(timer);
  }, [retryAt, reload]);
  return [state, reload];
}
