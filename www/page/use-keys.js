// The keys of the list, wherever on the page they are pressed.

import { useLayoutEffect } from "preact/hooks";
import { isTyping } from "./shortcuts.jsx";

/** Those of the table that mean the same outside it. */
const OF_TABLE = ["j", "k", "x"];

/**
 * @param {object} page
 * @param {boolean} page.shown whether the list is looked at
 * @param {boolean} page.opened whether an entry is open, which `j` and `k` then move
 * @param {{ current: HTMLElement }} page.search
 * @param {{ current: (event: KeyboardEvent) => void }} page.table takes the table's keys
 * @param {(() => void) | undefined} page.resume nothing where there is nothing to resume
 */
export function useKeys({ shown, opened, search, table, resume }) {
  // Before the page is painted: a key that follows at once means what is chosen by then.
  useLayoutEffect(() => {
    const listen = (event) => {
      const { key, target } = event;
      if (!shown || event.defaultPrevented || isTyping(event)) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (key === "/") {
        event.preventDefault();
        search.current?.focus();
      } else if (key === "r" && resume) {
        event.preventDefault();
        resume();
      } else if (OF_TABLE.includes(key.toLowerCase()) && !target.closest?.(".table")) {
        if (!opened || key.toLowerCase() === "x") table.current?.(event);
      }
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}
