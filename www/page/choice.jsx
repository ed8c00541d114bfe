// What is chosen, and what can be done with it.

import { number } from "./text.js";

export const ACTIONS = {
  resume: "Resume",
  restart: "Restart",
  delete: "Delete",
  failureFunction: "Re-run failure function",
};

export function Choice({
  rows,
  chosen,
  all,
  count,
  ready,
  everything,
  complete,
  maxIds,
  refused,
  chooseAll,
  chooseNone,
  showAll,
  begin,
}) {
  const hidden = all ? 0 : hiddenOf(rows, chosen);
  return (
    <div class={`choice${count > 0 ? " some" : ""}`} role="group" aria-label="Actions">
      <p>
        {all
          ? `All ${number(count)} ${everything ? "" : "that match "}chosen`
          : `${number(count)} chosen`}
        {hidden > 0 ? (
          <>
            , {number(hidden)} not in view{" "}
            <button type="button" class="plain" onClick={showAll}>
              Show all
            </button>
          </>
        ) : undefined}
      </p>
      {!all && rows.length > 0 ? (
        <button type="button" disabled={!complete} onClick={chooseAll}>
          Choose all {number(rows.length)}
        </button>
      ) : undefined}
      {count > 0 ? (
        <button type="button" class="plain" onClick={chooseNone}>
          Choose none
        </button>
      ) : undefined}
      {refused ? (
        <p class="refused" role="status">
          {refused}
        </p>
      ) : undefined}
      <span class="space" />
      {Object.entries(ACTIONS).map(([name, title]) => (
        <button
          key={name}
          type="button"
          class={name === "resume" ? "primary" : name === "delete" ? "danger" : ""}
          disabled={!ready || (name === "failureFunction" && all && count > maxIds)}
          onClick={() =>
            // Failure functions are called by id, one by one.
            name === "failureFunction" && all
              ? begin(
                  name,
                  rows.map(({ id }) => id),
                )
              : begin(name)
          }
        >
          {title}…
        </button>
      ))}
    </div>
  );
}

/** How many of the chosen the filter hides. */
function hiddenOf(rows, chosen) {
  let shown = 0;
  if (chosen.size > 0) for (const { id } of rows) if (chosen.has(id)) shown += 1;
  return chosen.size - shown;
}
