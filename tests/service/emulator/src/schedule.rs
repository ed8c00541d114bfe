//! What is to be done later, and what is under way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::app::{App, World};
use crate::dlq::callbacks::seeded_end;
use crate::dlq::Key;
use crate::engine;
use crate::seeded;

/// Something to be done at a time.
#[derive(Debug)]
pub enum Task {
    /// Entries that were taken leave the list.
    Vanish(Vec<Key>),
    /// The next change of a run that no engine carries out.
    Seeded(Arc<str>),
    /// The failure function of a seeded entry ends.
    FailureFunction(Key),
    /// Something of the engine.
    Engine(engine::Work),
}

impl Task {
    /// Whether the emulator is not idle as long as this is planned: an event may never come.
    fn counts(&self) -> bool {
        !matches!(self, Task::Engine(engine::Work::WaitTimeout { .. }))
    }
}

/// Tasks by time.
#[derive(Debug, Default)]
pub struct Schedule {
    planned: BTreeMap<(Instant, u64), Task>,
    next: u64,
    counting: usize,
    under_way: usize,
}

impl Schedule {
    /// Plans a task.
    pub fn add(&mut self, delay: Duration, task: Task) {
        self.next += 1;
        self.counting += usize::from(task.counts());
        self.planned.insert((Instant::now() + delay, self.next), task);
    }

    /// Forgets what was planned for a run.
    pub fn forget(&mut self, run: &str) {
        let planned = |task: &Task| matches!(task, Task::Engine(work) if work.run() == Some(run));
        let before = self.planned.len();
        self.planned.retain(|_, task| !planned(task));
        self.counting -= before - self.planned.len();
    }

    /// Something goes on outside of the lock.
    pub fn begin(&mut self) {
        self.under_way += 1;
    }

    /// It ended.
    pub fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Nothing is planned and nothing goes on.
    pub fn idle(&self) -> bool {
        self.counting == 0 && self.under_way == 0
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

/// Does each task when its time has come; never returns.
pub async fn run(app: Arc<App>) {
    loop {
        let stirred = app.stirred.notified();
        tokio::pin!(stirred);
        stirred.as_mut().enable();
        let next = {
            let mut world = app.lock();
            while let Some(task) = world.schedule.take_due() {
                perform(&app, &mut world, task);
            }
            world.schedule.planned.keys().next().map(|(at, _)| *at)
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

fn perform(app: &Arc<App>, world: &mut World, task: Task) {
    match task {
        Task::Vanish(keys) => keys.into_iter().for_each(|key| drop(world.store.remove(key))),
        Task::Seeded(run) => seeded::due(world, &run),
        Task::FailureFunction(key) => seeded_end(world, key),
        Task::Engine(work) => engine::perform(app, world, work),
    }
}
