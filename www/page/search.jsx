// The field that searches what the page shows.

import { useRef, useState } from "preact/hooks";

const TYPING_MS = 120;

export function Search({ filter, setFilter, field }) {
  // What is typed, until another search than the one it stands for takes its place: of a link, or of "back". Compared
  // while it is drawn, since an effect would come after the next character and take it back.
  const [typed, setTyped] = useState({});
  const timer = useRef();
  const type = ({ target: { value } }) => {
    setTyped({ value, q: filter.q });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const q = value.trim();
      setTyped({ value, q });
      setFilter({ q }, { replace: true });
    }, TYPING_MS);
  };
  return (
    <label class="search">
      <span class="hidden">Search</span>
      <input
        ref={field}
        type="search"
        placeholder="Search errors, ids, labels… ( / )"
        value={typed.q === filter.q ? typed.value : filter.q}
        onInput={type}
        spellcheck={false}
      />
    </label>
  );
}
