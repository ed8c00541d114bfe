// Lists of which some are shown, and the rest on demand.

import { useState } from "preact/hooks";
import { number } from "./text.js";

const SHOWN = 6;
const MOST_SHOWN = 200;
/** Twenty thousand at once take a browser seconds. */
const LATEST_SHOWN = 200;

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

/**
 * The latest of many, and those before on demand.
 *
 * @param {{ values: any[], children: (shown: any[], from: number) => any }} props `from`: how many are not shown
 */
export function Latest({ values, children }) {
  const [most, setMost] = useState(LATEST_SHOWN);
  const from = Math.max(0, values.length - most);
  return (
    <>
      {from > 0 ? (
        <button type="button" class="plain" onClick={() => setMost(most + 5 * LATEST_SHOWN)}>
          {number(from)} before these · Show more
        </button>
      ) : undefined}
      {children(values.slice(from), from)}
    </>
  );
}
