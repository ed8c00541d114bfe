// One job: how far it is, what it came to, and what was ordered.

import { useEffect, useRef, useState } from "preact/hooks";
import { actOn, isOver, reportUrl, watchJob } from "./api.js";
import { DONE, ENDED, STATES, WAITS } from "./job-text.js";
import { entries as countOf, number, shortTime, span, time } from "./text.js";

export function Job({ id, over }) {
  const [job, setJob] = useState();
  const [lost, setLost] = useState();
  const [problem, setProblem] = useState();
  const was = useRef();
  useEffect(() => watchJob(id, setJob, setLost), [id]);
  useEffect(() => {
    // One that ended while it was looked at has changed the list.
    if (job && isOver(job) && was.current && !isOver(was.current)) over();
    was.current = job;
  }, [job]);
  if (!job) return <NotYet lost={lost} />;

  const act = (what) => async () => {
    setProblem(undefined);
    try {
      setJob(await actOn(id, what));
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <section class="job" aria-labelledby="job-name">
      <header>
        <h2 id="job-name">{job.name}</h2>
        <p class={`state ${job.state}`} role="status">
          {STATES[job.state]}
        </p>
        <Buttons state={job.state} act={act} />
      </header>
      {job.reason ? <p class="reason">{job.reason}</p> : undefined}
      {problem ? (
        <p class="problem" role="alert">
          {problem.message}
        </p>
      ) : undefined}
      {lost && !isOver(job) ? (
        <p class="note">
          {lost === true
            ? "The connection is lost; the job continues. Reconnecting…"
            : `The job continues, but it can't be watched from here: ${lost.message}`}
        </p>
      ) : undefined}
      <Bar job={job} />
      <Numbers job={job} />
      <End job={job} />
      <Runs job={job} />
      <Order job={job} />
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

function Buttons({ state, act }) {
  return (
    <div class="actions">
      {["queued", "running", "waiting"].includes(state) ? (
        <button type="button" onClick={act("pause")}>
          Pause
        </button>
      ) : undefined}
      {["paused", "stopped"].includes(state) ? (
        <button type="button" class="primary" onClick={act("continue")}>
          Go on
        </button>
      ) : undefined}
      {["done", "cancelled", "cancelling"].includes(state) ? undefined : (
        <button type="button" class="danger" onClick={act("cancel")}>
          Cancel job
        </button>
      )}
    </div>
  );
}

function Bar({ job }) {
  const total = job.of;
  const placed = job.done + job.notFound + job.unconfirmed + job.failed;
  const busy = ["queued", "running", "waiting"].includes(job.state);
  const waits = job.waitingUntil && (WAITS[job.waiting] ?? "the service");
  return (
    <>
      <progress
        aria-label="Progress"
        max={Math.max(total ?? placed, placed, 1)}
        value={job.state === "done" && placed === 0 ? 1 : placed}
      />
      <p class="rate">
        <strong>
          {number(job.done)}
          {total === undefined ? "" : ` of ${number(total)}`}
        </strong>{" "}
        {DONE[job.operation].toLowerCase()}
        {busy && job.perSecond > 0 ? ` · ${number(Math.round(job.perSecond))} a second` : ""}
        {busy && job.etaMs ? ` · about ${span(job.etaMs)} left` : ""}
        {busy && waits ? ` · waiting for ${waits} until ${shortTime(job.waitingUntil)}` : ""}
        {isOver(job) ? ` in ${span(job.endedAt - job.createdAt)}` : ""}
      </p>
    </>
  );
}

function Numbers({ job }) {
  const numbers = [
    [DONE[job.operation], job.done],
    ["Not found", job.notFound, "Somebody else was quicker"],
    ["Unconfirmed", job.unconfirmed, "May have been done: the answer was lost"],
    ["Refused", job.failed, "By the service, for good"],
    ["Requests", job.requests],
    ["Repeated", job.retries],
    ["Slices", job.slices],
  ];
  return (
    <dl class="numbers">
      {numbers.map(([name, value, title]) => (
        <div key={name} title={title}>
          <dt>{name}</dt>
          <dd>{number(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function End({ job }) {
  const words = ENDED[job.ended];
  return (
    <>
      {words ? <p class="ended">{words}</p> : undefined}
      {job.error ? (
        <p class="problem" role="alert">
          {job.state === "stopped" ? "" : "Trying again after: "}
          {job.error.message}
        </p>
      ) : undefined}
      {job.done + job.notFound + job.unconfirmed + job.failed > 0 &&
      job.reportUntil !== undefined ? (
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
