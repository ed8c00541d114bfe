// What the filter leaves of the entries, as soon as it is counted; until then what was there before.

import { useEffect, useRef, useState } from "preact/hooks";
import { viewOf } from "./view.js";

export function useView(entries, filter, asOf) {
  const [view, setView] = useState();
  const latest = useRef(0);
  const running = useRef(false);
  const wanted = useRef();
  wanted.current = { entries, filter, asOf };
  useEffect(() => {
    latest.current += 1;
    if (running.current) return;
    const run = async () => {
      running.current = true;
      let at;
      do {
        at = latest.current;
        const { entries: list, filter: by, asOf: end } = wanted.current;
        // A newer filter replaces this one. Newer entries wait, or nothing would ever be shown.
        const found = await viewOf(list, by, () => wanted.current.filter !== by, end);
        if (found) setView({ ...found, filter: by, entries: list });
      } while (at !== latest.current);
      running.current = false;
    };
    run();
  }, [entries, filter]);
  return view;
}
