// The zone of all dates, and the switch between it and UTC.

import { useEffect, useState } from "preact/hooks";
import { changes, isUtc, localZone, setUtc, zoneName } from "./zone.js";

/** Draws the component again when the zone changes. */
export function useZone() {
  const [, draw] = useState(0);
  useEffect(() => {
    const again = () => draw((count) => count + 1);
    changes.addEventListener("change", again);
    return () => changes.removeEventListener("change", again);
  }, []);
}

/** Names the zone; a switch where the browser's own is not UTC. */
export function Zone() {
  const local = localZone();
  if (local === "UTC") return <span title="All dates are in UTC">UTC</span>;
  return (
    <button
      type="button"
      class="plain"
      aria-pressed={isUtc()}
      title={isUtc() ? `Show dates in ${local}` : `Dates are in ${local}. Show them in UTC`}
      onClick={() => setUtc(!isUtc())}
    >
      {isUtc() ? "UTC" : `${zoneName()} → UTC`}
    </button>
  );
}
