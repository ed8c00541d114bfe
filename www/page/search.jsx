// The field that searches the errors.

import { useEffect, useRef, useState } from "preact/hooks";

const TYPING_MS = 120;

export function Search({ filter, setFilter, field }) {
  const [text, setText] = useState(filter.error);
  const timer = useRef();
  useEffect(() => setText(filter.error), [filter.error]);
  const type = ({ target: { value } }) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setFilter({ error: value }, { replace: true }), TYPING_MS);
  };
  return (
    <label class="search">
      <span class="hidden">Error contains</span>
      <input
        ref={field}
        type="search"
        placeholder="Error contains… ( / )"
        value={text}
        onInput={type}
        spellcheck={false}
      />
    </label>
  );
}
