// What the filter leaves of the list, once it is counted; until then the previous view.

import { useEffect, useRef, useState } from "preact/hooks";
import { viewOf } from "./view.js";

/**
 * @param {object} list what is known of the queue
 * @returns {object | undefined} with the `list` and the `filter` of which it is: its numbers are of no other
 */
export function useView(list, filter) {
  const [view, setView] = useState();
  const latest = useRef(0);
  const running = useRef(false);
  const wanted = useRef();
  wanted.current = { list, filter };
  useEffect(() => {
    latest.current += 1;
    if (running.current) return;
    const run = async () => {
      running.current = true;
      let at;
      do {
        at = latest.current;
        const of = wanted.current;
        // A newer filter replaces this one. Newer entries wait, or nothing would ever be shown.
        const stale = () => wanted.current.filter !== of.filter;
        const found = await viewOf(of.list.entries, of.filter, stale, of.list.asOf);
        if (found) setView({ ...found, ...of });
      } while (at !== latest.current);
      running.current = false;
    };
    run();
  }, [list.entries, filter]);
  return view;
}
