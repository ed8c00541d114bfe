// A button that puts a text on the clipboard.

import { useState } from "preact/hooks";

/** Rejects where the browser has no clipboard (plain http) or does not allow writing to it. */
const copyText = async (text) => navigator.clipboard.writeText(text);

/** @param {{ text: string, label?: string }} props `label`: the button's name for screen readers, "Copy" by default */
export function Copy({ text, label }) {
  const [copied, setCopied] = useState();
  const copy = () =>
    copyText(text).then(
      () => setCopied("Copied"),
      () => setCopied("Not copied: select the text instead"),
    );
  return (
    <button type="button" class="plain copy" onClick={copy} aria-label={copied ? undefined : label}>
      {copied ?? "Copy"}
    </button>
  );
}
