// The largest kinds of errors: what happened, and the way to resume them.

import { Curve } from "./curve.jsx";
import { isChosen, kindName, sayKind, sayWhen, toggled } from "./kinds.js";
import { number } from "./text.js";

const CARDS = 3;

/**
 * @param {object} props
 * @param {(kind: object) => string | undefined} props.refusal why a kind can't be resumed as a whole
 * @param {boolean} props.ready whether the list is complete, and the kinds are counted from it
 */
export function Cards({ kinds, filter, now, ready, refusal, setFilter, resume }) {
  if (kinds.length === 0) return undefined;
  return (
    <ul class="incidents" aria-label="The most frequent errors">
      {kinds.slice(0, CARDS).map((kind) => {
        const name = kindName(kind);
        const refused = refusal(kind);
        return (
          <li key={kind.fingerprint}>
            <p class="what" title={sayKind(kind, now)}>
              <strong>{number(kind.count)} ×</strong> {name}
            </p>
            <p class="when">
              <Curve curve={kind.curve} />
              {sayWhen(kind, now)}
            </p>
            <p class="actions">
              <button
                type="button"
                aria-label={`Resume ${name}…`}
                disabled={!ready || refused !== undefined}
                title={refused}
                onClick={() => resume(kind)}
              >
                Resume…
              </button>
              <button
                type="button"
                class="plain"
                aria-label={`Show ${name}`}
                aria-pressed={isChosen(filter, kind)}
                onClick={() => setFilter(toggled(filter, kind))}
              >
                Show
              </button>
            </p>
          </li>
        );
      })}
    </ul>
  );
}
