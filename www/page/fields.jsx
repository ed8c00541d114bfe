// The filters that have no groups.

const FIELDS = [
  ["run", "Run id"],
  ["ip", "Caller's IP"],
  ["key", "Flow-control key"],
];

export function Fields({ filter, setFilter }) {
  const used = FIELDS.some(([name]) => filter[name] !== "");
  return (
    <details class="more" open={used}>
      <summary>More filters</summary>
      {FIELDS.map(([name, title]) => (
        <label key={name}>
          {title}
          <input
            type="text"
            value={filter[name]}
            spellcheck={false}
            onChange={({ target }) => setFilter({ [name]: target.value.trim() })}
          />
        </label>
      ))}
    </details>
  );
}
