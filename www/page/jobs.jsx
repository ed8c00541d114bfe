// Jobs: those that run, those that ran, and one of them in full.

import { useState } from "preact/hooks";
import { Job } from "./job.jsx";
import { tallyOf, toneOf } from "./job-outcome.js";
import { DOES, STATES } from "./job-text.js";
import { number, sentence, shortSpan, shortTime } from "./text.js";
import { useNow } from "./use-now.js";

/** How often "8 min ago" is counted anew. */
const AGES_MS = 20_000;

export function Jobs({ jobs, problem, chosen, open, over, showFailed }) {
  const now = useNow(AGES_MS);
  // The list is of some seconds ago: what is seen of one job now has to be what its card says.
  const [seen, tell] = useState();
  const latest = (job) => (seen?.id === job.id && seen.updatedAt >= job.updatedAt ? seen : job);
  return (
    <div class="jobs">
      <h1>Jobs</h1>
      {chosen ? (
        <Job key={chosen} id={chosen} tell={tell} over={over} showFailed={showFailed} />
      ) : undefined}
      {problem ? (
        <p class="problem" role="alert">
          The jobs can't be loaded: {sentence(problem.message)}{" "}
          {jobs ? "What you see may be out of date." : ""}
        </p>
      ) : jobs === undefined ? (
        <p role="status">Loading…</p>
      ) : undefined}
      {jobs?.length === 0 ? (
        <p class="none">No job yet: choose failed runs, and resume them.</p>
      ) : undefined}
      <ul class="cards">
        {jobs?.map(latest).map((job) => (
          <li key={job.id}>
            <a
              href={`?view=jobs&job=${job.id}`}
              aria-current={job.id === chosen ? "true" : undefined}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey) return;
                event.preventDefault();
                open(job.id);
                scrollTo({ top: 0 });
              }}
            >
              <strong>{job.name}</strong>
              <span class={`state ${toneOf(job)}`}>{STATES[job.state]}</span>
              <span>
                {DOES[job.operation]} · {number(job.done)}
                {job.of === undefined ? "" : ` of ${number(job.of)}`}
                {tallyOf(job) && ` · ${tallyOf(job)}`}
              </span>
              <span class="by">
                {job.who}, {shortTime(job.createdAt)} · {shortSpan(now - job.createdAt)} ago
              </span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
