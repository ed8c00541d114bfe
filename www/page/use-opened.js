// The entry that is open, which the URL names: the browser's "back" closes it, and the focus returns.

import { useEffect, useRef } from "preact/hooks";
import { toQuery } from "./filter.js";

/**
 * @param {object} page
 * @param {string | null | undefined} page.opened the entry that is open, by the URL
 * @param {{ current: object }} page.filter
 * @param {(query: URLSearchParams, options?: { replace: boolean }) => void} page.go
 * @param {{ current: HTMLElement }} page.table where the focus returns to if what had it is gone
 * @returns {(id?: string) => void} opens an entry, or closes the one that is open
 */
export function useOpened({ opened, filter, go, table }) {
  // Opened from the table: the entry of the history before it is the table.
  const pushed = useRef(false);
  const focused = useRef();
  useEffect(() => {
    if (opened) return;
    pushed.current = false;
    const before = focused.current;
    focused.current = undefined;
    if (before) (before.isConnected ? before : table.current)?.focus({ preventScroll: true });
  }, [opened]);
  return (id) => {
    if (!id && pushed.current) {
      history.back();
      return;
    }
    const next = toQuery(filter.current);
    if (id) next.set("entry", id);
    const opens = id !== undefined && !opened;
    if (opens) {
      pushed.current = true;
      focused.current = document.activeElement;
    }
    go(next, { replace: !opens });
  };
}
