//! Resume and restart: a new run from one that failed.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::publish::DEFAULT_RETRIES;
use super::runs::{work_of, Run, Spec};
use super::step::Step;
use crate::audit::Act;
use crate::config::AbsentRetries;
use crate::overrides::Overrides;
use crate::state::State;

/// What the queue keeps of a failed run.
#[derive(Debug)]
pub struct Failed {
    /// Id of the failed message.
    pub message_id: String,
    /// Index of its step.
    pub index: usize,
    /// Number of retries.
    pub retried: u32,
    /// Settings of the run.
    pub spec: Arc<Spec>,
    /// First payload and results.
    pub steps: Vec<Step>,
    /// Unacknowledged messages: the failed one, and those of other branches.
    pub pending: BTreeSet<usize>,
}

/// The unacknowledged messages that have to be delivered again: the failed one, and those without a later step that
/// results from them. A step's result arrives before its message is acknowledged, and the run may fail in between.
pub fn unanswered(steps: &[Step], pending: &BTreeSet<usize>, failed: usize) -> BTreeSet<usize> {
    let again = |index: &&usize| **index == failed || !is_answered(steps, **index);
    pending.iter().filter(again).copied().collect()
}

/// Whether a later step results from a message.
pub fn is_answered(steps: &[Step], index: usize) -> bool {
    let (before, after) = (&steps[index], &steps[index + 1..]);
    if before.call.is_some() {
        // The response to a call arrives as a message of its own.
        return false;
    }
    if index > 0 && before.is_plan() {
        // A plan has been carried out if the planned step has a result.
        return after.iter().any(|step| step.info.step_id == before.info.target_step);
    }
    // Anything else, if a step follows that is not the result of another branch.
    after.first().is_some_and(|next| {
        let branches = steps.iter().filter(|step| step.info.target_step != 0);
        let others = |id: u64| branches.clone().any(|plan| id == 0 || plan.info.target_step == id);
        match next.call {
            Some(_) => !others(0),
            None => next.info.step_id == 0 || !others(next.info.step_id),
        }
    })
}

/// Creates a run. A resume starts at the failed message with all steps before it, a restart at the first step.
/// Overrides hold for the rest of the run, a delay for its first delivery only.
pub fn start_again(
    state: &mut State,
    act: Act,
    failed: &Failed,
    id: Arc<str>,
    now: i64,
    overrides: Option<&Overrides>,
) {
    let State { runs, audit, schedule, config, .. } = state;
    let retries = config.absent_retries;
    let (kept, pending) = match act {
        Act::Restart => (1, BTreeSet::from([0])),
        _ => (failed.steps.len(), failed.pending.clone()),
    };
    let first = if act == Act::Restart { 0 } else { failed.index };
    let delay =
        config.delay(overrides.and_then(|overrides| overrides.delay_ms).unwrap_or(0) as f64);
    let mut steps: Vec<Step> = failed.steps.iter().take(kept).cloned().collect();
    for (index, step) in steps.iter_mut().enumerate() {
        step.message_id = runs.message_id();
        if step.is_result() {
            audit.step(&id, &step.info.step_name).copied += 1;
        }
        if pending.contains(&index) {
            // Another branch that slept continues to sleep.
            let due = if index == first { Instant::now() + delay } else { step.due };
            step.due = due;
            schedule.add(due.saturating_duration_since(Instant::now()), work_of(&id, index, step));
        }
    }
    let spec = Arc::new(overridden(&failed.spec, overrides, retries));
    let run = Run { steps, pending, ..Run::new(spec, now) };
    runs.insert(id, run);
}

fn overridden(spec: &Spec, overrides: Option<&Overrides>, absent: AbsentRetries) -> Spec {
    let mut spec = spec.clone();
    if absent == AbsentRetries::Default {
        spec.retries = DEFAULT_RETRIES;
    }
    let Some(overrides) = overrides else { return spec };
    spec.retries = overrides.retries.unwrap_or(spec.retries);
    if overrides.retry_delay.is_some() {
        spec.retry_delay.clone_from(&overrides.retry_delay);
    }
    spec.flow = overrides.flow(spec.flow.as_ref());
    if let Some(labels) = &overrides.labels {
        spec.labels.clone_from(labels);
    }
    if overrides.failure_callback.is_some() {
        spec.failure_url.clone_from(&overrides.failure_callback);
    }
    spec
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::step::Info;

    fn step(step_id: u64, target_step: u64) -> Step {
        Step {
            message_id: "msg".into(),
            body: Arc::default(),
            info: Info { step_id, step_name: "s".into(), target_step },
            call: None,
            due: Instant::now(),
            created_at: 0,
        }
    }

    #[test]
    fn what_has_been_answered_is_not_delivered_again() {
        let one_after_the_other = [step(0, 0), step(1, 0), step(2, 0)];
        let branches =
            [step(0, 0), step(1, 0), step(0, 2), step(0, 3), step(2, 0), step(3, 0), step(4, 0)];
        type Row<'a> = (&'a [Step], &'a [usize], usize, &'a [usize]);
        let table: [Row; 7] = [
            (&one_after_the_other, &[2], 2, &[2]),
            (&one_after_the_other, &[1, 2], 2, &[2]),
            (&one_after_the_other[..1], &[0], 0, &[0]),
            // The failed message is delivered again, whatever results from it.
            (&one_after_the_other, &[1, 2], 1, &[1, 2]),
            // The second branch fails while the first is not acknowledged.
            (&branches[..4], &[1, 2, 3], 3, &[2, 3]),
            (&branches[..5], &[2, 3, 4], 3, &[3, 4]),
            // The result of one branch does not result from the other.
            (&branches[..6], &[2, 3, 4, 5], 5, &[4, 5]),
        ];
        for (number, (steps, pending, failed, expected)) in table.into_iter().enumerate() {
            let pending = pending.iter().copied().collect();
            let found: Vec<usize> = unanswered(steps, &pending, failed).into_iter().collect();
            assert_eq!(found, expected, "{number}");
        }
    }
}
