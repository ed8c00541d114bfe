// What a selection comes to, before anything is done.

import { useEffect, useState } from "preact/hooks";
import { gateway } from "./gateway.js";
import { previewOf } from "./preview.js";

/** What the service says that the selection comes to; for ids, what the page knows of them. */
export function usePreview({ selection, where, known, entries, retentionDays }) {
  const [preview, setPreview] = useState(
    () => selection.dlqIds && { found: previewOf(selection.dlqIds, entries, retentionDays) },
  );
  useEffect(() => {
    if (selection.dlqIds) return;
    const stop = new AbortController();
    const options = {
      signal: stop.signal,
      concurrency: 6,
      ...(where && { where }),
      ...(retentionDays && { retention: retentionDays }),
    };
    const preview = async () => (await gateway()).dlq.preview(selection, options);
    preview().then(
      (found) => !stop.signal.aborted && setPreview({ found }),
      (error) => !stop.signal.aborted && setPreview({ error }),
    );
    return () => stop.abort();
  }, []);
  const count = selection.dlqIds ? known : preview?.found?.count;
  return { ...preview, count };
}
