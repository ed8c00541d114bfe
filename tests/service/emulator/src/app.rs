//! What one emulator holds: everything behind a single lock, so that each request is one step.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::access::Access;
use crate::audit::Audit;
use crate::config::Config;
use crate::dlq::store::Store;
use crate::engine::runs::Runs;
use crate::engine::send::Sender;
use crate::faults::Faults;
use crate::limits::Limits;
use crate::log::Log;
use crate::notes::Notes;
use crate::record::Record;
use crate::schedule::{Schedule, Task};
use crate::seeded::SeededRuns;
use crate::startup::Startup;
use crate::values::rng::Rng;

/// The state.
pub struct World {
    /// Switches.
    pub config: Config,
    /// Shuffles, jitter and fates.
    pub rng: Rng,
    /// Ids. No reset starts it anew: an id is never given twice.
    pub ids: Rng,
    /// Says what goes on.
    pub notes: Notes,
    /// The dead letter queue.
    pub store: Store,
    /// What was done.
    pub audit: Audit,
    /// Rules in force.
    pub faults: Faults,
    /// Rate limits.
    pub limits: Limits,
    /// What was asked.
    pub log: Log,
    /// Workflow runs.
    pub runs: Runs,
    /// Runs without an engine behind them.
    pub seeded: SeededRuns,
    /// What is to be done later.
    pub schedule: Schedule,
    /// Rises with each reset: work begun before it is void.
    pub generation: u64,
}

impl World {
    fn new(generation: u64, mut ids: Rng) -> Self {
        let config = Config::default();
        World {
            rng: Rng::new(config.seed),
            config,
            store: Store::default(),
            audit: Audit::default(),
            faults: Faults::default(),
            limits: Limits::default(),
            log: Log::default(),
            runs: Runs::new(&ids.id("")),
            ids,
            notes: Notes::default(),
            seeded: SeededRuns::default(),
            schedule: Schedule::default(),
            generation,
        }
    }

    /// Plans a task after a delay of the engine, which the clock factor shortens.
    pub fn plan(&mut self, delay_ms: f64, task: Task) {
        self.schedule.add(self.config.delay(delay_ms), task);
    }
}

/// The state and what is around it.
pub struct App {
    world: Mutex<World>,
    /// How to talk to it.
    pub access: Access,
    /// Where requests are written to, if they are.
    pub record: Option<Record>,
    /// What every world begins with.
    startup: Startup,
    /// Reaches the endpoints.
    pub sender: Sender,
    /// The schedule has something new, or a task ended.
    pub stirred: Notify,
    /// Nothing is planned and nothing goes on.
    pub idle: Notify,
    /// Connections with a request under way are to be reset.
    pub cut: Notify,
}

impl App {
    /// One that begins as `startup` says, with ids from `ids`.
    pub fn new(
        access: Access,
        record: Option<Record>,
        startup: Startup,
        ids: Rng,
    ) -> Result<Arc<Self>, String> {
        let mut world = World::new(0, ids);
        startup.apply(&mut world)?;
        Ok(Arc::new(App {
            world: Mutex::new(world),
            access,
            record,
            startup,
            sender: Sender::default(),
            stirred: Notify::new(),
            idle: Notify::new(),
            cut: Notify::new(),
        }))
    }

    /// The state, locked. A panic elsewhere does not stop the tests that follow.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything as at the start, but for ids.
    pub fn reset(&self) -> Result<(), String> {
        let mut world = self.lock();
        *world = World::new(world.generation + 1, world.ids.clone());
        self.startup.apply(&mut world)
    }

    /// Wakes those who wait for the emulator to be idle, if it is.
    pub fn settled(&self) {
        if self.lock().schedule.idle() {
            self.idle.notify_waiters();
        }
    }
}
