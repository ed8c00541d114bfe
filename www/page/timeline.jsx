// The steps of an entry's run, and each attempt that failed.

import { Failure } from "./body.jsx";
import { Moment } from "./moment.jsx";
import { Latest } from "./more.jsx";
import { sentence, shortTime } from "./text.js";
import { MARKS, stepsOf } from "./timeline.js";

/** @param {{ log?: { run?: object, error?: Error } }} props `log`: absent while it is loaded */
export function Timeline({ entry, log }) {
  const { run } = log ?? {};
  const steps = stepsOf(entry, run);
  return (
    <>
      <h3>Run</h3>
      <Latest values={steps}>
        {(shown) => (
          <>
            <ol class="strip" aria-label="Steps">
              {shown.map(({ name, state }, index) => (
                <li key={`${index} ${name}`} class={state}>
                  <span aria-hidden="true">{MARKS[state]}</span> {name}
                  <span class="hidden"> {state}</span>
                </li>
              ))}
            </ol>
            {log === undefined ? <p role="status">Loading the log of the run…</p> : undefined}
            {log && !run ? <p class="note">{whyNoLog(log)}</p> : undefined}
            {run ? <Moments run={run} steps={shown} /> : undefined}
          </>
        )}
      </Latest>
    </>
  );
}

const whyNoLog = ({ error }) =>
  error
    ? `The log of the run can't be loaded: ${sentence(error.detail ?? error.message)} The steps are the entry's.`
    : "The service's logs don't have this run any more. The steps are the entry's.";

function Moments({ run, steps }) {
  return (
    <ol class="timeline" aria-label="Timeline">
      <Event at={run.workflowRunCreatedAt}>Run began</Event>
      {steps.map(({ name, state, type, parallel, at, attempts }, index) => (
        <Event key={`${index} ${name}`} at={at ?? attempts[0]?.at} state={state}>
          <strong>{name}</strong>{" "}
          {[type, parallel && "in parallel", state].filter(Boolean).join(" · ")}
          {attempts.length > 0 ? <Attempts attempts={attempts} step={name} /> : undefined}
        </Event>
      ))}
      {run.workflowRunCompletedAt === undefined ? undefined : (
        <Event at={run.workflowRunCompletedAt} state="failed">
          Run failed
        </Event>
      )}
    </ol>
  );
}

function Event({ at, state = "", children }) {
  return (
    <li class={state}>
      <span>
        <Moment at={at}>{shortTime(at)}</Moment>
      </span>
      <div>{children}</div>
    </li>
  );
}

function Attempts({ attempts, step }) {
  return (
    <Latest values={attempts}>
      {(shown, from) => (
        <ol class="attempts">
          {shown.map(({ at, status, message, body }, index) => (
            <li key={from + index}>
              <details>
                <summary>
                  Attempt {from + index + 1}
                  {at === undefined ? "" : `, ${shortTime(at)}`}
                  {status ? ` · ${status}` : " · no response"} · {message || "No body"}
                </summary>
                <Failure
                  body={body || message}
                  title={`Error of attempt ${from + index + 1} of ${step}`}
                />
              </details>
            </li>
          ))}
        </ol>
      )}
    </Latest>
  );
}
