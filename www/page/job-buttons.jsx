// What can be done with a job, the likeliest first.

import { useState } from "preact/hooks";
import { Confirm } from "./confirm.jsx";
import { leftOf } from "./job-outcome.js";
import { number } from "./text.js";

export function Buttons({ job, act, showFailed }) {
  const { state, ended } = job;
  const [asked, setAsked] = useState(false);
  const failedAgain = (job.outcome ?? job.canary)?.failedAgain ?? 0;
  // After a canary that failed, taking the rest is what nobody should do by habit.
  const stopped = ended === "canary";
  return (
    <div class="actions">
      {failedAgain > 0 ? (
        <button
          type="button"
          class={stopped || state === "done" ? "primary" : ""}
          onClick={showFailed}
        >
          Show the {number(failedAgain)} that failed again
        </button>
      ) : undefined}
      {["queued", "running", "waiting"].includes(state) ? (
        <button type="button" onClick={act("pause")}>
          Pause
        </button>
      ) : undefined}
      {["paused", "stopped"].includes(state) ? (
        <button type="button" class={stopped ? "" : "primary"} onClick={act("continue")}>
          {stopped ? "Take the rest anyway" : "Continue"}
        </button>
      ) : undefined}
      {["done", "cancelled", "cancelling"].includes(state) ? undefined : (
        <button type="button" class="danger" onClick={() => setAsked(true)}>
          Cancel job…
        </button>
      )}
      {asked ? (
        <Confirm
          title="Cancel this job?"
          yes="Cancel job"
          no="Keep it"
          confirm={act("cancel")}
          close={() => setAsked(false)}
        >
          What was done stays done. {leftOf(job)} A cancelled job can't be continued.
        </Confirm>
      ) : undefined}
    </div>
  );
}
