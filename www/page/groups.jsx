// Where and why: counts by workflow, step, kind of error, error, status, label and failure function, to choose from.

import { useState } from "preact/hooks";
import { errorName, stateName, workflowName } from "./entry.js";
import { number } from "./text.js";

const TITLES = {
  workflow: "Workflow",
  step: "Failed step",
  fingerprint: "Kind of error",
  error: "Error",
  status: "Status",
  label: "Label",
  state: "Failure function",
};
const NAMES = {
  workflow: workflowName,
  fingerprint: errorName,
  error: errorName,
  state: stateName,
};
const SHOWN = 6;
const MOST_SHOWN = 200;

export function Groups({ groups, filter, toggle }) {
  if (!groups) return undefined;
  return Object.entries(TITLES).map(([name, title]) => (
    <Group
      key={name}
      name={name}
      title={title}
      values={groups[name]}
      filter={filter}
      toggle={toggle}
    />
  ));
}

function Group({ name, title, values, filter, toggle }) {
  const [all, setAll] = useState(false);
  if (values.length === 0) return undefined;
  const [, most] = values[0];
  return (
    <fieldset class="group">
      <legend>{title}</legend>
      <ul>
        {values.slice(0, all ? MOST_SHOWN : SHOWN).map(([value, count]) => {
          const text = NAMES[name]?.(value) ?? String(value);
          const id = `${name}-${value}`;
          return (
            <li key={id}>
              <label title={value === "" ? text : String(value)}>
                <input
                  type="checkbox"
                  checked={filter[name].includes(String(value))}
                  onChange={() => toggle(name, String(value))}
                />
                <span class="name">{text}</span>
                <span class="number">{number(count)}</span>
                <meter aria-hidden="true" min="0" max={most} value={count} />
              </label>
            </li>
          );
        })}
      </ul>
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
    </fieldset>
  );
}
