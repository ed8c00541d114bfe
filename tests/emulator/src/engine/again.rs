//! A run that failed, and a new run made of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::runs::{work_of, Run, Spec};
use super::step::Step;
use crate::app::World;
use crate::audit::{Act, RunState};
use crate::overrides::Overrides;

/// What is kept of a run that failed.
#[derive(Debug)]
pub struct Failed {
    /// The message that failed.
    pub message_id: String,
    /// Its step.
    pub index: usize,
    /// How often it was retried.
    pub retried: u32,
    /// How the run was carried out.
    pub spec: Arc<Spec>,
    /// All that it knew.
    pub steps: Vec<Step>,
    /// Messages that were not acknowledged: the one that failed, and those of other branches.
    pub pending: BTreeSet<usize>,
}

/// Makes a run: from the message that failed, with all steps before it, or from the first one. What is overridden holds
/// for the rest of the run; a delay for its first delivery.
pub fn start_again(
    world: &mut World,
    act: Act,
    failed: &Failed,
    id: Arc<str>,
    now: i64,
    overrides: Option<&Overrides>,
) {
    let World { runs, audit, schedule, config, .. } = world;
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
            // Another branch that slept goes on sleeping.
            let due = if index == first { Instant::now() + delay } else { step.due };
            step.due = due;
            schedule.add(due.saturating_duration_since(Instant::now()), work_of(&id, index, step));
        }
    }
    let spec = Arc::new(overridden(&failed.spec, overrides));
    let run = Run {
        spec,
        created_at: now,
        steps,
        pending,
        state: RunState::Started,
        result: None,
        invoker: None,
    };
    runs.insert(id, run);
}

fn overridden(spec: &Spec, overrides: Option<&Overrides>) -> Spec {
    let mut spec = spec.clone();
    let Some(overrides) = overrides else { return spec };
    spec.retries = overrides.retries.unwrap_or(spec.retries);
    if overrides.retry_delay.is_some() {
        spec.retry_delay.clone_from(&overrides.retry_delay);
    }
    if overrides.flow.is_some() {
        spec.flow.clone_from(&overrides.flow);
    }
    if let Some(labels) = &overrides.labels {
        spec.labels.clone_from(labels);
    }
    if overrides.failure_callback.is_some() {
        spec.failure_url.clone_from(&overrides.failure_callback);
    }
    spec
}
