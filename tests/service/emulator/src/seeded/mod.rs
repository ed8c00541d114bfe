//! Runs that follow a plan instead of an engine: those of resumed seeded entries, and those of `POST runs`.

pub mod exact;
pub mod plan;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::audit::RunState;
use crate::dlq::entry::{numbered, Entry, FailureState, Shared};
use crate::logs::attempt::Attempt;
use crate::overrides::Overrides;
use crate::schedule::Task;
use crate::state::State;
use crate::values::now_ms;

/// A change of a run.
#[derive(Debug, Clone)]
pub enum Change {
    /// Steps finish: one, or several in parallel.
    Steps(Vec<String>),
    /// An attempt fails; `None`: with the response of the run's entry.
    Attempt(Option<plan::FailedResponse>),
    /// The run ends.
    End(RunState),
}

/// The progress of a run.
#[derive(Debug)]
pub struct Progress {
    /// The entry that a failure creates.
    pub entry: Entry,
    /// Finished steps, each group with its time.
    pub steps: Vec<(i64, Vec<String>)>,
    /// Failed attempts, oldest first. Those before the last of `steps` belong to finished steps.
    pub attempts: Vec<Attempt>,
    /// Time of the next change.
    pub retry_at: Option<i64>,
    /// Maximum number of retries.
    pub retries: u32,
    /// The run's result, as JSON.
    pub response: Option<String>,
    /// Changes to come, each with its delay in milliseconds after the previous one.
    then: VecDeque<(u64, Change)>,
}

/// All such runs.
#[derive(Debug, Default)]
pub struct SeededRuns(HashMap<Arc<str>, Progress>);

impl SeededRuns {
    /// The progress of a run; `None` if it is not one of these.
    pub fn get(&self, run: &str) -> Option<&Progress> {
        self.0.get(run)
    }
}

/// Starts the run of a resumed or restarted seeded entry. Its outcome is drawn from the entry's plan.
pub fn begin(
    state: &mut State,
    id: Arc<str>,
    created_at: i64,
    entry: Entry,
    overrides: Option<&Overrides>,
) {
    let plan = &entry.shared.plan;
    let header = overrides.and_then(|overrides| overrides.retries);
    let course = plan.draw(&mut state.rng, header);
    let retries = header.or(plan.retries).unwrap_or(entry.shared.max_retries);
    let then = course.into_iter().map(|(after, next)| match next {
        plan::Next::Retry => (after, Change::Attempt(None)),
        plan::Next::Fail => (after, Change::End(RunState::Failed)),
        plan::Next::Succeed => (after, Change::End(RunState::Success)),
        plan::Next::Cancel => (after, Change::End(RunState::Canceled)),
    });
    let shared = failing_again(&entry.shared, overrides);
    let entry = Entry {
        run_id: id.clone(),
        run_created_at: created_at,
        leaving: false,
        state: entry.state.map(|_| FailureState::Fail),
        shared,
        ..entry
    };
    let progress = Progress {
        entry,
        steps: Vec::new(),
        attempts: Vec::new(),
        retry_at: None,
        retries,
        response: None,
        then: then.collect(),
    };
    go(state, id, progress);
}

/// The shared part of a resumed run's entry, with overrides applied and the response of repeated failures.
fn failing_again(shared: &Arc<Shared>, overrides: Option<&Overrides>) -> Arc<Shared> {
    let shared = shared.again.as_ref().unwrap_or(shared);
    let Some(overrides) = overrides else { return shared.clone() };
    let mut own = Shared::clone(shared);
    if let Some(labels) = &overrides.labels {
        own.labels.clone_from(labels);
    }
    own.flow = overrides.flow(own.flow.as_ref());
    own.max_retries = overrides.retries.unwrap_or(own.max_retries);
    Arc::new(own)
}

/// Adds a run and schedules its first change. Changes without a delay happen at once.
pub fn go(state: &mut State, id: Arc<str>, progress: Progress) {
    state.seeded.0.insert(id.clone(), progress);
    advance(state, &id);
}

/// Applies the due changes of a run and schedules the next.
fn advance(state: &mut State, id: &Arc<str>) {
    loop {
        let Some(progress) = state.seeded.0.get_mut(id) else { return };
        match progress.then.front() {
            None => return,
            Some((0, _)) => {
                let change = progress.then.pop_front();
                change.into_iter().for_each(|(_, change)| apply(state, id, change));
            }
            Some((after, _)) => {
                let delay = state.config.delay(*after as f64);
                progress.retry_at = Some(now_ms() + delay.as_millis() as i64);
                return state.schedule.add(delay, Task::Seeded(id.clone()));
            }
        }
    }
}

/// Applies the next change of a run at its time.
pub fn due(state: &mut State, id: &Arc<str>) {
    if let Some((after, _)) = state.seeded.0.get_mut(id).and_then(|run| run.then.front_mut()) {
        *after = 0;
    }
    advance(state, id);
}

/// Cancels a run at a client's request. False: it has ended, or is not one of these.
pub fn cancel(state: &mut State, id: &str) -> bool {
    let started = state.audit.record(id).is_some_and(|run| run.state == RunState::Started);
    let known = state.seeded.0.get_key_value(id).map(|(id, _)| id.clone());
    let Some(id) = known.filter(|_| started) else { return false };
    apply(state, &id, Change::End(RunState::Canceled));
    true
}

fn apply(state: &mut State, id: &Arc<str>, change: Change) {
    let State { seeded, audit, store, .. } = state;
    let Some(progress) = seeded.0.get_mut(id) else { return };
    let now = now_ms();
    match change {
        Change::Steps(names) => progress.steps.push((now, names)),
        Change::Attempt(response) => {
            if let Some(response) = response {
                progress.entry.shared = Arc::new(progress.entry.shared.with_response(&response));
            }
            progress.attempts.push(attempt(&progress.entry, now));
        }
        Change::End(end) => {
            progress.then.clear();
            progress.retry_at = None;
            match end {
                RunState::Failed => {
                    progress.attempts.push(attempt(&progress.entry, now));
                    let key =
                        store.insert(now, Entry { created_at: now, ..progress.entry.clone() });
                    audit.fail_again(id);
                    audit.fail(id, key);
                }
                _ => audit.set_state(id, end, now),
            }
        }
    }
}

/// A failed attempt with the response of the run's entry.
fn attempt(entry: &Entry, at: i64) -> Attempt {
    let shared = &entry.shared;
    Attempt {
        at,
        status: shared.response_status,
        headers: shared.response_header.clone(),
        body: numbered(&shared.response_body, entry.index).into_owned(),
    }
}
