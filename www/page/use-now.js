// The time, which passes.

import { useEffect, useState } from "preact/hooks";

/** The time now, in milliseconds since 1970, as of the latest tick. */
export function useNow(tickMs = 1_000) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, [tickMs]);
  return now;
}
