// What the dialog says of a selection, before anything is done.

import { errorName, stateName, workflowName } from "./entry.js";
import { number, sentence, time } from "./text.js";
import { warningsFor } from "./warnings.js";

/**
 * What a selection comes to, and what to know before anything is done with it.
 *
 * @param {object} props
 * @param {object} [props.found] a preview, of the package or of `previewOf`
 * @param {number} props.known how many entries the page shows
 * @param {() => void} props.again repeats a preview that failed
 */
export function Preview({ error, again, ...props }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <div class="preview" role="region" aria-label="Preview" tabIndex={0}>
      {error ? (
        <p class="problem" role="alert">
          The preview failed: {sentence(error.detail ?? error.message)}{" "}
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      ) : undefined}
      <div role="status">{error ? undefined : <Found {...props} />}</div>
    </div>
  );
}

function Found({ operation, found, count, known }) {
  if (!found) return <p>Counting… the page shows {number(known)}.</p>;
  const { groups, firstDate, lastDate } = found;
  const rows = [
    ["Workflows", groups.workflow, workflowName],
    ["Errors", groups.error, errorName],
    ["Failure functions", groups.failureFunctionState, stateName],
  ].filter(([, { values }]) => values.length > 0);
  return (
    <>
      {count === known ? undefined : (
        <p class="note">
          The service finds {number(count)}; the page shows {number(known)}. What the service finds
          is what is taken.
        </p>
      )}
      {count > 0 ? (
        <p>
          {firstDate === undefined
            ? "Nothing that fails later."
            : `From ${time(firstDate)} to ${time(lastDate)}; nothing that fails later.`}
        </p>
      ) : undefined}
      {warningsFor(operation, found.warnings).map((text) => (
        <p key={text} class="warning">
          {text}
        </p>
      ))}
      <dl class="facts">
        {rows.map(([title, { values }, name]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>
              {values.slice(0, 3).map(({ key, count: of }) => (
                <span key={key} class="part">
                  {number(of)} × {name(key)}
                </span>
              ))}
              {values.length > 3 ? `and ${values.length - 3} more` : ""}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
