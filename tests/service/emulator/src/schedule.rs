//! Delayed tasks, and the number of tasks in flight.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::app::App;
use crate::dlq::callbacks::seeded_end;
use crate::dlq::Key;
use crate::engine;
use crate::seeded;
use crate::state::State;

/// A delayed task.
#[derive(Debug)]
pub enum Task {
    /// Removes taken entries from the list.
    Vanish(Vec<Key>),
    /// Applies the next change of a seeded run.
    Seeded(Arc<str>),
    /// Ends the failure function of a seeded entry.
    FailureFunction(Key),
    /// A task of the engine.
    Engine(engine::Work),
}

impl Task {
    /// Whether the emulator is busy while this is scheduled. A wait for an event is not: the event may never come.
    fn counts(&self) -> bool {
        !matches!(self, Task::Engine(engine::Work::WaitTimeout { .. }))
    }
}

/// Scheduled tasks by time, and tasks in flight.
#[derive(Debug, Default)]
pub struct Schedule {
    planned: BTreeMap<(Instant, u64), Task>,
    next: u64,
    counting: usize,
    in_flight: usize,
}

impl Schedule {
    /// Schedules a task.
    pub fn add(&mut self, delay: Duration, task: Task) {
        self.next += 1;
        self.counting += usize::from(task.counts());
        self.planned.insert((Instant::now() + delay, self.next), task);
    }

    /// Removes the tasks of a run.
    pub fn forget(&mut self, run: &str) {
        let planned = |task: &Task| matches!(task, Task::Engine(work) if work.run() == Some(run));
        let before = self.planned.len();
        self.planned.retain(|_, task| !planned(task));
        self.counting -= before - self.planned.len();
    }

    /// Counts a task that runs without the lock, such as a delivery.
    pub fn begin(&mut self) {
        self.in_flight += 1;
    }

    /// Ends a task that `begin` counted.
    pub fn end(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Whether nothing is scheduled or in flight.
    pub fn idle(&self) -> bool {
        self.counting == 0 && self.in_flight == 0
    }

    fn take_due(&mut self) -> Option<Task> {
        let (at, _) = *self.planned.keys().next()?;
        if at > Instant::now() {
            return None;
        }
        let (_, task) = self.planned.pop_first()?;
        self.counting -= usize::from(task.counts());
        Some(task)
    }
}

/// Runs each task at its time; never returns.
pub async fn run(app: Arc<App>) {
    loop {
        let stirred = app.stirred.notified();
        tokio::pin!(stirred);
        stirred.as_mut().enable();
        let next = {
            let mut state = app.lock();
            while let Some(task) = state.schedule.take_due() {
                perform(&app, &mut state, task);
            }
            state.schedule.planned.keys().next().map(|(at, _)| *at)
        };
        app.settled();
        match next {
            Some(at) => tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                () = stirred => {}
            },
            None => stirred.await,
        }
    }
}

fn perform(app: &Arc<App>, state: &mut State, task: Task) {
    match task {
        Task::Vanish(keys) => keys.into_iter().for_each(|key| drop(state.store.remove(key))),
        Task::Seeded(run) => seeded::due(state, &run),
        Task::FailureFunction(key) => seeded_end(state, key),
        Task::Engine(work) => engine::perform(app, state, work),
    }
}
