// A question before something that can't be taken back.

import { useEffect, useRef } from "preact/hooks";

/**
 * @param {object} props
 * @param {string} props.yes what the button says that does it
 * @param {string} props.no what the button says that leaves everything as it is
 * @param {() => void} props.confirm
 * @param {() => void} props.close called in any case
 */
export function Confirm({ title, children, yes, no, confirm, close }) {
  const dialog = useRef();
  useEffect(() => dialog.current.showModal(), []);
  const shut = () => dialog.current.close();
  const shutAlone = (event) => {
    if (event.key !== "Escape") return;
    // A browser may close the dialog below by the same Escape, and its form with it.
    event.preventDefault();
    shut();
  };
  return (
    <dialog
      ref={dialog}
      class="small"
      aria-labelledby="confirm-title"
      onKeyDown={shutAlone}
      onClose={close}
    >
      <h2 id="confirm-title">{title}</h2>
      <p>{children}</p>
      <div class="buttons">
        <button type="button" onClick={shut}>
          {no}
        </button>
        <button
          type="button"
          class="danger solid"
          onClick={() => {
            confirm();
            shut();
          }}
        >
          {yes}
        </button>
      </div>
    </dialog>
  );
}
