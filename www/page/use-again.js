// The runs of a job that failed again, for a filter that shows their entries alone.

import { useEffect, useState } from "preact/hooks";
import { failedAgain } from "./api.js";
import { useSession } from "./use-session.js";

const NONE = new Set();

/**
 * @param {string} job its id; "" for none
 * @returns {{ runs?: Set<string>, problem?: Error }} ids of new runs and of their entries; without them while
 *   they are not known
 */
export function useAgain(job) {
  const [known, setKnown] = useState({ job: "" });
  const [round, setRound] = useState(0);
  useSession(() => known.problem && setRound(round + 1));
  useEffect(() => {
    if (job === "") return undefined;
    let isWanted = true;
    const keep = (found) => isWanted && setKnown({ job, ...found });
    failedAgain(job).then(
      (runs) => keep({ runs: new Set(runs.flatMap((run) => Object.values(run))) }),
      (problem) => keep({ problem }),
    );
    return () => {
      isWanted = false;
    };
  }, [job, round]);
  if (job === "") return { runs: NONE };
  return known.job === job ? known : {};
}
