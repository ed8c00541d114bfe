// The filters that have no groups.

import { useMemo } from "preact/hooks";

const FIELDS = [
  ["run", "Run id"],
  ["ip", "Caller's IP"],
  ["key", "Flow-control key"],
];

export function Fields({ filter, setFilter }) {
  const values = FIELDS.map(([name]) => filter[name]);
  // Drawn again only when a value changes: with each other change of the page they would lose what is half typed.
  const inputs = useMemo(
    () => <Inputs filter={filter} setFilter={setFilter} />,
    [...values, setFilter],
  );
  return (
    <details class="more" open={values.some(Boolean)}>
      <summary>More filters</summary>
      {inputs}
    </details>
  );
}

const Inputs = ({ filter, setFilter }) =>
  FIELDS.map(([name, title]) => (
    <label key={name}>
      {title}
      <input
        type="text"
        value={filter[name]}
        spellcheck={false}
        onChange={({ target }) => setFilter({ [name]: target.value.trim() })}
      />
    </label>
  ));
