// One job: how far it is, what it came to, and what was ordered.

import { useEffect, useRef, useState } from "preact/hooks";
import { actOn, isOver, reportUrl, watchJob } from "./api.js";
import { Buttons } from "./job-buttons.jsx";
import { Bar, Numbers } from "./job-numbers.jsx";
import { errorOf, errorsOf, fateOf, placedOf, toneOf } from "./job-outcome.js";
import { ENDED, STATES } from "./job-text.js";
import { entries as countOf, sentence, time } from "./text.js";

/** @param {{ id: string, tell: (job: object) => void, over: () => void, showFailed: () => void }} props */
export function Job({ id, tell, over, showFailed }) {
  const [job, setJob] = useState();
  const [lost, setLost] = useState();
  const [problem, setProblem] = useState();
  const was = useRef();
  useEffect(() => watchJob(id, setJob, setLost), [id]);
  useEffect(() => {
    // One that ended while it was looked at has changed the list.
    if (job && isOver(job) && was.current && !isOver(was.current)) over();
    was.current = job;
    tell(job);
  }, [job]);
  if (!job) return <NotYet lost={lost} />;

  const act = (what) => async () => {
    setProblem(undefined);
    try {
      setJob(await actOn(id, what));
    } catch ({ status, message }) {
      setProblem(
        status === 0 ? `There was no response to “${what}”: it may not have arrived.` : message,
      );
    }
  };
  return (
    <section class="job" aria-labelledby="job-name">
      <header>
        <h2 id="job-name">{job.name}</h2>
        <p class={`state ${toneOf(job)}`} role="status">
          {STATES[job.state]}
        </p>
        <Buttons job={job} act={act} showFailed={showFailed} />
      </header>
      {job.reason ? <p class="reason">{job.reason}</p> : undefined}
      {problem ? (
        <p class="problem" role="alert">
          {problem}
        </p>
      ) : undefined}
      {lost && !isOver(job) ? (
        <p class="note">
          {lost === true ? "The connection is lost. Reconnecting…" : sentence(lost.message)} What
          you see may be out of date; a job does not need this page.
        </p>
      ) : undefined}
      <Bar job={job} />
      <Numbers job={job} />
      <End job={job} />
      {job.selection ? (
        <>
          <Runs job={job} />
          <Order job={job} />
        </>
      ) : (
        <p class="note">Its order, its runs and its report have expired.</p>
      )}
    </section>
  );
}

/** In place of a job that was not loaded yet, or can't be. */
function NotYet({ lost }) {
  if (lost === undefined) return <p role="status">Loading…</p>;
  if (lost === true) return <p role="status">The Worker can't be reached. Trying again…</p>;
  return (
    <p class="problem" role="alert">
      {lost.status === 404 ? "There is no such job." : lost.message}
    </p>
  );
}

function End({ job }) {
  const words = ENDED[job.ended];
  const fate = fateOf(job);
  const errors = errorsOf(job);
  return (
    <>
      {words ? <p class="ended">{words}</p> : undefined}
      {fate ? <p class={`fate ${toneOf(job)}`}>{fate}</p> : undefined}
      {errors.length > 0 ? (
        <ul class="errors" aria-label="Errors of the runs that failed again">
          {errors.map((error) => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      ) : undefined}
      {job.error ? (
        <p class="problem" role="alert">
          {errorOf(job)}
        </p>
      ) : undefined}
      {placedOf(job) > 0 && job.reportUntil !== undefined ? (
        <p>
          Report, until {time(job.reportUntil)}: <a href={reportUrl(job.id, "csv")}>CSV</a>{" "}
          <a href={reportUrl(job.id, "ndjson")}>NDJSON</a>
        </p>
      ) : undefined}
    </>
  );
}

function Runs({ job }) {
  if (job.runs.length === 0) return undefined;
  const paired = job.runs.some(({ dlqId }) => dlqId);
  return (
    <details open={paired}>
      <summary>{paired ? "From entry to new run" : "New runs"}, the newest</summary>
      <ul class="runs">
        {job.runs.map(({ dlqId, workflowRunId }) => (
          <li key={workflowRunId}>
            {dlqId ? (
              <>
                <code>{dlqId}</code> →{" "}
              </>
            ) : undefined}
            <code>{workflowRunId}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Order({ job }) {
  const { selection, overrides, drive } = job;
  const order = { operation: job.operation, selection, overrides, drive };
  return (
    <details>
      <summary>
        The order, by {job.who}, {time(job.createdAt)}
        {selection.ids ? `: ${countOf(selection.ids)} by id` : ""}
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <pre tabIndex={0} role="region" aria-label="The order">
        {JSON.stringify(order, undefined, 2)}
      </pre>
    </details>
  );
}
