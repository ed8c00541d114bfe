// Where and why: counts by workflow, step, error, status, label and failure function, to choose from.

import { shownName, stateName, workflowName } from "./entry.js";
import { flipped } from "./kinds.js";
import { Kinds } from "./kinds.jsx";
import { More } from "./more.jsx";
import { number } from "./text.js";

const TITLES = {
  workflow: "Workflow",
  step: "Failed step",
  status: "Status",
  label: "Label",
  state: "Failure function",
};
const NAMES = {
  workflow: workflowName,
  state: stateName,
};

/** Groups that stand above the errors. */
const WHERE = ["workflow", "step"];

export function Groups({ view, filter, now, setFilter }) {
  if (!view) return undefined;
  const group = (name) => (
    <Group
      key={name}
      name={name}
      title={TITLES[name]}
      values={view.groups[name]}
      filter={filter}
      setFilter={setFilter}
    />
  );
  const others = Object.keys(TITLES).filter((name) => !WHERE.includes(name));
  return (
    <>
      {WHERE.map(group)}
      {view.kinds.length > 0 ? (
        <Kinds kinds={view.kinds} filter={filter} now={now} setFilter={setFilter} />
      ) : undefined}
      {others.map(group)}
    </>
  );
}

function Group({ name, title, values, filter, setFilter }) {
  if (values.length === 0) return undefined;
  const [, most] = values[0];
  return (
    <fieldset class="group">
      <legend>{title}</legend>
      <More values={values}>
        {([value, count]) => {
          const text = NAMES[name]?.(value) ?? shownName(String(value));
          return (
            <li key={`${name}-${value}`}>
              <label title={shownName(String(value))}>
                <input
                  type="checkbox"
                  checked={filter[name].includes(String(value))}
                  onChange={() => setFilter({ [name]: flipped(filter[name], String(value)) })}
                />
                <span class="name">{text}</span>
                <span class="number">{number(count)}</span>
                <meter aria-hidden="true" min="0" max={most} value={count} />
              </label>
            </li>
          );
        }}
      </More>
    </fieldset>
  );
}
