// The field that searches what the page shows.

import { useEffect, useRef, useState } from "preact/hooks";

const TYPING_MS = 120;

export function Search({ filter, setFilter, field }) {
  const [text, setText] = useState(filter.q);
  const timer = useRef();
  useEffect(() => setText(filter.q), [filter.q]);
  const type = ({ target: { value } }) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setFilter({ q: value.trim() }, { replace: true }), TYPING_MS);
  };
  return (
    <label class="search">
      <span class="hidden">Search</span>
      <input
        ref={field}
        type="search"
        placeholder="Search errors, ids, labels… ( / )"
        value={text}
        onInput={type}
        spellcheck={false}
      />
    </label>
  );
}
