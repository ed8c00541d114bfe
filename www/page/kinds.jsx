// Errors by kind: how many, since when and until when, and the messages inside.

import { useState } from "preact/hooks";
import { Curve } from "./curve.jsx";
import { errorName } from "./entry.js";
import { flipped, isChosen, kindName, sayTimes, toggled } from "./kinds.js";
import { More } from "./more.jsx";
import { number } from "./text.js";

export function Kinds({ kinds, filter, now, setFilter }) {
  return (
    <fieldset class="group kinds">
      <legend>Error</legend>
      <More values={kinds}>
        {(kind) => (
          <li key={kind.fingerprint}>
            <label title={kindName(kind)}>
              <input
                type="checkbox"
                checked={isChosen(filter, kind)}
                onChange={() => setFilter(toggled(filter, kind))}
              />
              <span class="name">{kindName(kind)}</span>
              <span class="number">{number(kind.count)}</span>
            </label>
            <p class="seen">
              <Curve curve={kind.curve} />
              {sayTimes(kind, now)}
            </p>
            {kind.messages.size > 1 ? (
              <Messages kind={kind} filter={filter} setFilter={setFilter} />
            ) : undefined}
          </li>
        )}
      </More>
    </fieldset>
  );
}

/** The messages of a kind as they are. All of them are chosen where the kind is. */
function Messages({ kind, filter, setFilter }) {
  const { fingerprint, messages } = kind;
  const whole = filter.fingerprint.includes(fingerprint);
  const chosen = filter.error.some((error) => messages.has(error));
  const [open, setOpen] = useState(chosen);
  const values = open ? [...messages].sort((a, b) => b[1] - a[1]) : [];
  return (
    <details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{number(messages.size)} messages</summary>
      <More values={values}>
        {([message, count]) => (
          <li key={message}>
            <label title={message}>
              <input
                type="checkbox"
                checked={whole || filter.error.includes(message)}
                disabled={whole}
                onChange={() => setFilter({ error: flipped(filter.error, message) })}
              />
              <span class="name">{errorName(message)}</span>
              <span class="number">{number(count)}</span>
            </label>
          </li>
        )}
      </More>
    </details>
  );
}
