// The choice between presets of the pace.

import { PACES, paceOf, sayTime, withPace } from "./pace.js";

export function Pace({ form, setForm, count }) {
  const chosen = paceOf(form);
  return (
    <fieldset class="pace">
      <legend>Pace</legend>
      {Object.entries(PACES).map(([name, { title, hint }]) => (
        <label key={name}>
          <input
            type="radio"
            name="pace"
            checked={name === chosen}
            onChange={() => setForm((before) => withPace(before, name))}
          />
          <span>
            <strong>{title}</strong>: {hint}
            <span class="hint">{sayTime(name, count)}</span>
          </span>
        </label>
      ))}
      {chosen === undefined ? <p class="note">As it is set in “How fast, how many”.</p> : undefined}
    </fieldset>
  );
}
