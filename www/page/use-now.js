// The time, which passes.

import { useEffect, useState } from "preact/hooks";
import { now } from "./clock.js";

/** The time now, in milliseconds since 1970, by the service's clock, as of the latest tick. */
export function useNow(tickMs = 1_000) {
  const [tick, setTick] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setTick(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, [tickMs]);
  // The service's clock may be known only since the tick.
  return now(tick);
}
