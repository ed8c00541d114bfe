// What the keyboard does.

import { useEffect, useRef } from "preact/hooks";

const KEYS = [
  ["/", "Search"],
  ["j k ↓ ↑", "Next and previous entry, in the table and while one is open"],
  ["x or space", "Choose the entry; with Shift, all from the one before"],
  ["Enter", "Open the entry"],
  ["r", "Resume what is chosen"],
  ["Esc", "Close"],
  ["?", "This list"],
];

/** Whether a key was typed as text. */
export const isTyping = ({ target }) =>
  target.closest?.("input:not([type=checkbox]), textarea, select, dialog") !== null;

export function Shortcuts() {
  const dialog = useRef();
  useEffect(() => {
    const listen = (event) => {
      if (event.key !== "?" || isTyping(event)) return;
      event.preventDefault();
      dialog.current.showModal();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
  return (
    <>
      <button type="button" class="plain" onClick={() => dialog.current.showModal()}>
        Keyboard
      </button>
      <dialog ref={dialog} class="small" aria-labelledby="shortcuts-title">
        <h2 id="shortcuts-title">Keyboard</h2>
        <dl class="facts">
          {KEYS.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}
