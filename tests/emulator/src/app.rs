//! What one emulator holds: everything behind a single lock, so that each request is one step.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::audit::Audit;
use crate::config::Config;
use crate::dlq::store::Store;
use crate::engine::runs::Runs;
use crate::engine::send::Sender;
use crate::faults::Faults;
use crate::limits::Limits;
use crate::log::Log;
use crate::record::Record;
use crate::schedule::{Schedule, Task};
use crate::seeded::SeededRuns;
use crate::values::rng::Rng;

/// What a client must know to talk to the emulator.
#[derive(Debug)]
pub struct Access {
    /// Origin.
    pub url: String,
    /// Checked on every request of the service.
    pub token: String,
    /// Signs deliveries.
    pub current_signing_key: String,
    /// Would sign them after a rotation.
    pub next_signing_key: String,
}

/// The state.
pub struct World {
    /// Switches.
    pub config: Config,
    /// Ids, shuffles, jitter.
    pub rng: Rng,
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
    fn new(generation: u64) -> Self {
        let config = Config::default();
        World {
            rng: Rng::new(config.seed),
            config,
            store: Store::default(),
            audit: Audit::default(),
            faults: Faults::default(),
            limits: Limits::default(),
            log: Log::default(),
            runs: Runs::default(),
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
    /// Reaches the endpoints.
    pub sender: Sender,
    /// The schedule has something new, or a task ended.
    pub stirred: Notify,
    /// Nothing is planned and nothing goes on.
    pub idle: Notify,
}

impl App {
    /// An empty one.
    pub fn new(access: Access, record: Option<Record>) -> Arc<Self> {
        Arc::new(App {
            world: Mutex::new(World::new(0)),
            access,
            record,
            sender: Sender::default(),
            stirred: Notify::new(),
            idle: Notify::new(),
        })
    }

    /// The state, locked. A panic elsewhere does not stop the tests that follow.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything anew.
    pub fn reset(&self) {
        let mut world = self.lock();
        *world = World::new(world.generation + 1);
        drop(world);
        self.stirred.notify_waiters();
    }

    /// Wakes those who wait for the emulator to be idle, if it is.
    pub fn settled(&self) {
        if self.lock().schedule.idle() {
            self.idle.notify_waiters();
        }
    }
}
