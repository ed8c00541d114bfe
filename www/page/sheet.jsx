// Groups and filters: beside the list, or on a phone a sheet over it.

import { useEffect, useRef } from "preact/hooks";

export function Sheet({ isOpen, close, children }) {
  const closer = useRef();
  useEffect(() => {
    if (!isOpen) return undefined;
    const before = document.activeElement;
    closer.current.focus();
    const listen = ({ key }) => key === "Escape" && close();
    addEventListener("keydown", listen);
    return () => {
      removeEventListener("keydown", listen);
      before?.focus();
    };
  }, [isOpen]);
  return (
    <>
      {isOpen ? (
        <button
          type="button"
          class="backdrop"
          aria-label="Close groups and filters"
          tabIndex={-1}
          onClick={close}
        />
      ) : undefined}
      <aside class={isOpen ? "side open" : "side"} aria-label="Groups and filters">
        <button type="button" class="to-list" ref={closer} onClick={close}>
          Show the list
        </button>
        {children}
      </aside>
    </>
  );
}
