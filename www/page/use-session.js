// What failed because the session had ended is done again once there is another one.

import { useEffect, useRef } from "preact/hooks";

/** Calls `work` whenever a session begins while the page is open. */
export function useSession(work) {
  const latest = useRef();
  latest.current = work;
  useEffect(() => {
    const begun = () => latest.current();
    addEventListener("session-begun", begun);
    return () => removeEventListener("session-begun", begun);
  }, []);
}
