// Who did what from here.

import { useEffect, useState } from "preact/hooks";
import { trail } from "./api.js";
import { DOES } from "./job-text.js";
import { number, time } from "./text.js";
import { useSession } from "./use-session.js";

export function Trail({ toJob }) {
  const [lines, setLines] = useState();
  /** Where the next page begins; nothing when all is shown. */
  const [before, setBefore] = useState();
  const [problem, setProblem] = useState();
  const more = (from) =>
    trail(from).then((page) => {
      setProblem(undefined);
      setLines((shown = []) => [...shown, ...page.lines]);
      setBefore(page.before);
    }, setProblem);
  useEffect(() => void more(), []);
  const again = () => problem && !lines && more();
  useSession(again);
  return (
    <div class="trail">
      <h1>Trail</h1>
      {problem ? (
        <p class="problem" role="alert">
          {problem.message}{" "}
          {lines ? undefined : (
            <button type="button" onClick={again}>
              Try again
            </button>
          )}
        </p>
      ) : undefined}
      {lines?.length === 0 ? <p class="none">Nothing was done from here yet.</p> : undefined}
      {lines?.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        <div class="scroll" role="region" aria-label="Trail" tabIndex={0}>
          <table>
            <thead>
              <tr>
                {["When", "Who", "What", "Job", "Done by then"].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={`${line.at}-${line.job}-${line.did}`}>
                  <td>{time(line.at)}</td>
                  <td>{line.who ?? "the job"}</td>
                  <td>
                    {line.did}: {DOES[line.operation].toLowerCase()}
                  </td>
                  <td>
                    <a
                      href={`?view=jobs&job=${line.job}`}
                      onClick={(event) => {
                        event.preventDefault();
                        toJob({ id: line.job });
                      }}
                    >
                      {line.name}
                    </a>
                  </td>
                  <td class="right">{number(line.done)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : undefined}
      {before === undefined ? undefined : (
        <button type="button" onClick={() => more(before)}>
          Show older
        </button>
      )}
    </div>
  );
}
