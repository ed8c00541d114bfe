// The filters that are active, each to be removed by itself.

import { chipsOf } from "./chips.js";

export function Chips({ filter, setFilter, clear }) {
  const chips = chipsOf(filter);
  if (chips.length === 0) return undefined;
  return (
    <div class="chips" role="group" aria-label="Active filters">
      {chips.map(({ key, text, without }) => (
        <button
          key={key}
          type="button"
          title={text}
          aria-label={`Remove ${text}`}
          onClick={() => setFilter(without)}
        >
          <span>{text}</span>
          <span aria-hidden="true">×</span>
        </button>
      ))}
      <button type="button" class="plain" onClick={clear}>
        Clear filters
      </button>
    </div>
  );
}
