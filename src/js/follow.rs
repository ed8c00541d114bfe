//! Outcomes of followed runs, for the caller.

use super::driver::with_spent;
use super::output::{Fields, Out};
use crate::engine::follow::{state_name, Follow, OutcomeLine};
use crate::engine::Drive;
use crate::wire::logs::{Cause, RunState};

/// The number of runs by state, and whether the service's logs are available.
pub fn counts(runs: &Follow) -> Fields {
    let mut outcome = runs.outcome();
    let fields = Fields::new().with("runs", outcome.runs());
    let states = [
        RunState::Succeeded,
        RunState::Failed,
        RunState::Canceled,
        RunState::Running,
        RunState::Retrying,
        RunState::Unknown,
    ];
    states
        .into_iter()
        .fold(fields, |fields, state| fields.with(state_name(state), *outcome.of(state)))
        .with("logs", runs.has_logs())
}

/// The outcome of runs, in a drive that ended for `reason`.
pub fn outcome(drive: &Drive, runs: &Follow, reason: &'static str) -> Fields {
    let done = runs.outcome().open() == 0 && runs.is_ended();
    let reason = match (done, runs.is_timed_out()) {
        (true, _) => "complete",
        (_, true) => "timeout",
        _ => reason,
    };
    let errors = runs
        .errors()
        .shown()
        .iter()
        .map(|(cause, count)| with_cause(Fields::new(), cause).with("count", *count).into());
    let estimate = runs.estimate().map(|estimate| {
        let interval = |(low, high): (u64, u64)| Fields::new().with("low", low).with("high", high);
        Fields::new()
            .with("of", estimate.of)
            .with("succeeded", interval(estimate.succeeded))
            .with("failedAgain", interval(estimate.failed_again))
    });
    let lines = runs.reports().then(|| runs.lines().iter().map(line).collect::<Vec<Out>>());
    Fields::new()
        .with("done", done)
        .with("reason", reason)
        .and(counts(runs))
        .with("errors", errors.collect::<Vec<Out>>())
        .maybe("sample", estimate)
        .maybe("entries", lines)
        .maybe("checkpoint", (!done).then(|| drive.checkpoint()))
}

/// The summary of a drive that only follows runs.
pub fn summary(drive: &Drive, reason: &'static str) -> Fields {
    let outcome = drive.new_runs().map(|runs| outcome(drive, runs, reason));
    with_spent(outcome.unwrap_or_default(), &drive.counts())
}

/// The report's entry of a run.
pub fn line(line: &OutcomeLine) -> Out {
    let fields = Fields::new()
        .with("workflowRunId", line.run.clone())
        .maybe("dlqId", line.entry.clone())
        .maybe("newDlqId", line.new_entry.clone())
        .with("state", state_name(line.state));
    with_cause(fields, &line.cause).into()
}

fn with_cause(fields: Fields, cause: &Cause) -> Fields {
    fields
        .maybe("step", cause.step.as_deref())
        .maybe("status", cause.status)
        .maybe("error", cause.error.as_deref())
}
