// A list of which the first ones are shown, and the rest on demand.

import { useState } from "preact/hooks";
import { number } from "./text.js";

const SHOWN = 6;
const MOST_SHOWN = 200;

/** @param {{ values: any[], children: (value: any) => any }} props the most important value first */
export function More({ values, children }) {
  const [all, setAll] = useState(false);
  return (
    <>
      <ul>{values.slice(0, all ? MOST_SHOWN : SHOWN).map(children)}</ul>
      {all && values.length > MOST_SHOWN ? (
        <p class="note">
          The {number(MOST_SHOWN)} most frequent of {number(values.length)}.
        </p>
      ) : undefined}
      {values.length > SHOWN ? (
        <button type="button" class="plain" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "Fewer" : `${number(values.length - SHOWN)} more`}
        </button>
      ) : undefined}
    </>
  );
}
