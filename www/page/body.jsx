// Bodies: laid out, cut where they are long, and to be copied.

import { Copy } from "./copy.jsx";
import { number, readable } from "./text.js";
import { unstacked } from "./unfold.js";

const KINDS = {
  empty: "Nothing.",
  redacted: "Redacted; the SHA-256 of the content:",
  binary: "Not text. The bytes:",
};

export function Body({ body, base64, title, heading = false }) {
  const { kind, text, cut } = readable(body, base64);
  return (
    <>
      {heading ? <h3>{title}</h3> : undefined}
      {KINDS[kind] ? <p class="note">{KINDS[kind]}</p> : undefined}
      {text === "" ? undefined : (
        <div class="body">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
          <pre tabIndex={0} role="region" aria-label={title}>
            {text}
          </pre>
          <Copy text={text} label={`Copy ${title}`} />
        </div>
      )}
      {cut ? <p class="note">{number(cut)} more are not shown.</p> : undefined}
    </>
  );
}

/** The response of a step that failed, its stack folded away. */
export function Failure({ body, base64, title = "Error" }) {
  const { body: error, stack } = unstacked(body);
  return (
    <>
      <Body body={error} base64={base64} title={title} />
      {stack ? (
        <details>
          <summary>Stack</summary>
          <Body body={stack} title="Stack" />
        </details>
      ) : undefined}
    </>
  );
}
