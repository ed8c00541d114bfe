// How far a job is, and what its entries and their runs came to.

import { isOver } from "./api.js";
import { doingOf, isBusy, partsOf, placedOf } from "./job-outcome.js";
import { DONE, WAITS } from "./job-text.js";
import { number, shortTime, span } from "./text.js";

export function Bar({ job }) {
  const total = job.of;
  const placed = placedOf(job);
  const busy = ["queued", "running", "waiting"].includes(job.state);
  const acts = busy && job.phase === "acting";
  const pace = job.drive?.maxRunsPerSecond;
  const doing = doingOf(job);
  return (
    <>
      <progress
        class="hidden"
        aria-label="Progress"
        max={Math.max(total ?? placed, placed, 1)}
        value={placed}
      />
      <div class="parts" aria-hidden="true">
        {partsOf(job).map(({ tone, title, count, share }) => (
          <span
            key={title}
            class={tone}
            style={{ width: `${share * 100}%` }}
            title={`${number(count)} ${title}`}
          />
        ))}
      </div>
      <p class="rate">
        <strong>
          {number(job.done)}
          {total === undefined ? "" : ` of ${number(total)}`}
        </strong>{" "}
        {DONE[job.operation].toLowerCase()}
        {acts && job.perSecond > 0 ? ` · ${rate(job.perSecond)} a second` : ""}
        {pace ? ` · at most ${number(pace)} a second, as asked` : ""}
        {acts && job.etaMs >= 1_000 ? ` · about ${span(job.etaMs)} left` : ""}
        {busy && !doing && job.waitingUntil
          ? ` · ${WAITS[job.waiting] ?? "next request at"} ${shortTime(job.waitingUntil)}`
          : ""}
        {isOver(job) ? ` in ${span(job.endedAt - job.createdAt)}` : ""}
      </p>
      {doing ? (
        <p class="doing" role="status">
          {doing}
        </p>
      ) : undefined}
    </>
  );
}

const rate = (perSecond) =>
  perSecond < 10 ? String(Math.round(perSecond * 10) / 10) : number(Math.round(perSecond));

export function Numbers({ job }) {
  const { outcome = {} } = job;
  const seen = (name) => (isBusy(job) ? name : `${name} when last seen`);
  const numbers = [
    [DONE[job.operation], job.done, undefined, "busy"],
    ["Finished", outcome.succeeded, "New runs that have finished", "good"],
    ["Failed again", outcome.failedAgain, "New runs that are in the DLQ again", "bad"],
    ["Run cancelled", outcome.canceled, "New runs that somebody cancelled", "still"],
    [seen("Running"), outcome.running, "New runs under way", "busy"],
    [seen("Retrying"), outcome.retrying, "New runs that are being retried after an error", "warn"],
    ["Not known", outcome.unknown, "New runs that the logs do not show", "still"],
    ["Not found", job.notFound, "They were not in the DLQ any more", "still"],
    ["Unconfirmed", job.unconfirmed, "May have been done: the response was lost", "warn"],
    ["Refused", job.failed, "By the service, for good", "bad"],
    ["Requests", job.requests],
    ["Repeated", job.retries],
    ["Slices", job.slices],
  ].filter(([, value], index) => index === 0 || value > 0);
  return (
    <dl class="numbers">
      {numbers.map(([name, value, title, tone]) => (
        <div key={name} title={title} class={tone}>
          <dt>{name}</dt>
          <dd>{number(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
