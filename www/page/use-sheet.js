// The sheet of groups and filters on a phone: the browser's "back" closes it, and keeps what was filtered in it.

import { useEffect, useRef, useState } from "preact/hooks";

/**
 * @param {URLSearchParams} query
 * @param {(query: URLSearchParams, options?: { replace: boolean }) => void} go
 * @returns {{ isOpen: boolean, open: () => void, close: () => void }}
 */
export function useSheet(query, go) {
  const [isOpen, setOpen] = useState(false);
  const latest = useRef();
  latest.current = { query, isOpen };
  /** The address over which it was opened. */
  const below = useRef();
  /** Whether it was closed by its own button, and its entry of the history is being left. */
  const leaving = useRef(false);
  useEffect(() => {
    const back = () => {
      const now = latest.current;
      const isChanged = now.query.toString() !== below.current;
      // Opened again before it was left, it needs another entry.
      if (now.isOpen && (leaving.current || isChanged)) go(now.query);
      if (!leaving.current) setOpen(false);
      leaving.current = false;
    };
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  return {
    isOpen,
    open: () => {
      below.current = query.toString();
      // An entry of the history, which what is filtered in the sheet replaces.
      if (!leaving.current) go(query);
      setOpen(true);
    },
    close: () => {
      setOpen(false);
      if (latest.current.query.toString() !== below.current) return;
      leaving.current = true;
      history.back();
    },
  };
}
