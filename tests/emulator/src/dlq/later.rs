//! What becomes of entries and of the runs of seeded ones after the answer.

use std::sync::Arc;
use std::time::Duration;

use super::entry::{Entry, FailureState};
use super::Key;
use crate::app::World;
use crate::audit::RunState;
use crate::schedule::Task;
use crate::values::now_ms;

/// A run that was made of a seeded entry.
pub struct SeededRun {
    /// Its id.
    pub run: Arc<str>,
    /// When it was made.
    pub created_at: i64,
    /// The entry.
    pub entry: Entry,
}

/// A run that will fail, as the entry that it becomes.
#[derive(Debug)]
pub struct Again(Entry);

/// Decides what the runs do, each at random, and when.
pub fn outcome_of(world: &mut World, runs: Vec<SeededRun>) {
    // Runs of one request that end at the same time are one task.
    let mut ends: std::collections::BTreeMap<u64, (Vec<Again>, Vec<Arc<str>>)> = Default::default();
    for SeededRun { run, created_at, entry } in runs {
        let plan = entry.shared.plan;
        let end = ends.entry(plan.after_ms).or_default();
        if plan.fail_again > 0.0 && world.rng.fraction() < plan.fail_again {
            let state = entry.state.map(|_| FailureState::Fail);
            end.0.push(Again(Entry {
                run_id: run,
                run_created_at: created_at,
                leaving: false,
                state,
                ..entry
            }));
        } else {
            end.1.push(run);
        }
    }
    for (after_ms, (again, done)) in ends {
        let after = Duration::from_millis(after_ms);
        match after_ms {
            0 => {
                fail_again(world, again);
                finish(world, &done);
            }
            _ => {
                world.schedule.add(after, Task::FailAgain(again));
                world.schedule.add(after, Task::Finish(done));
            }
        }
    }
}

/// The runs fail: each makes a new entry.
pub fn fail_again(world: &mut World, again: Vec<Again>) {
    let now = now_ms();
    for Again(entry) in again {
        world.audit.set_state(&entry.run_id, RunState::Failed);
        world.audit.fail_again();
        world.store.insert(now, Entry { created_at: now, ..entry });
    }
}

/// The runs succeed.
pub fn finish(world: &mut World, runs: &[Arc<str>]) {
    for run in runs {
        world.audit.set_state(run, RunState::Success);
    }
}

/// Entries that were taken leave the list.
pub fn vanish(world: &mut World, keys: &[Key]) {
    for key in keys {
        world.store.remove(*key);
    }
}
