// What a selection comes to, before anything is done.

import { useEffect, useState } from "preact/hooks";
import { withRoom } from "./gateway.js";
import { previewOf } from "./preview.js";
import { useSession } from "./use-session.js";

/**
 * What the service says that the selection comes to; for ids, what the page knows of them.
 *
 * @returns {{ found?: object, error?: Error, count?: number, again: () => void }} `again` repeats one that failed
 */
export function usePreview({ selection, where, known, entries, retentionDays }) {
  const [preview, setPreview] = useState(
    () => selection.dlqIds && { found: previewOf(selection.dlqIds, entries, retentionDays) },
  );
  const isWanted = preview === undefined;
  useEffect(() => {
    if (!isWanted) return undefined;
    const stop = new AbortController();
    const options = {
      signal: stop.signal,
      concurrency: 6,
      ...(where && { where }),
      ...(retentionDays && { retention: retentionDays }),
    };
    withRoom((dlq, pageSize) => dlq.preview(selection, { ...options, pageSize })).then(
      (found) => !stop.signal.aborted && setPreview({ found }),
      (error) => !stop.signal.aborted && setPreview({ error }),
    );
    return () => stop.abort();
  }, [isWanted]);
  const again = () => setPreview((now) => (now?.error ? undefined : now));
  useSession(again);
  const count = selection.dlqIds ? known : preview?.found?.count;
  return { ...preview, count, again };
}
