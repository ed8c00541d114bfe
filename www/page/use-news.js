// Failures that have arrived since the list was loaded.

import { useEffect, useState } from "preact/hooks";
import { newerThan } from "./load.js";

const EVERY_MS = 15_000;
/** In a tab that nobody looks at, whose title still tells. */
const HIDDEN_MS = 60_000;
const NONE = { count: 0, more: false };

/**
 * Looks for entries that the list does not have, from time to time, while the list is complete.
 *
 * @param {{ entries: object[], complete: boolean, asOf?: number, loading?: object }} list
 * @returns {{ count: number, more: boolean }} `more`: there are at least so many
 */
export function useNews({ entries, complete, asOf, loading }) {
  const [news, setNews] = useState(NONE);
  const isSettled = complete && loading === undefined;
  useEffect(() => {
    setNews(NONE);
    if (!isSettled) return undefined;
    const stop = new AbortController();
    const known = new Set(entries.map(({ id }) => id));
    let timer;
    const wait = () => {
      timer = setTimeout(look, document.hidden ? HIDDEN_MS : EVERY_MS);
    };
    const look = async () => {
      try {
        const { ids, more } = await newerThan(asOf, stop.signal);
        setNews({ count: ids.filter((id) => !known.has(id)).length, more });
      } catch (error) {
        // It has at least one. What else is wrong with the service is said when the list is loaded.
        if (error.code === "response_too_large") setNews({ count: 1, more: true });
      }
      if (!stop.signal.aborted) wait();
    };
    wait();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [isSettled, entries, asOf]);
  return news;
}
