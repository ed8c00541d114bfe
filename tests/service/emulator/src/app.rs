//! The state of the emulator. It is behind a single lock, so that requests are atomic: none sees another half done.

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

/// Everything that a reset restores, besides the generator of ids.
pub struct State {
    /// Switches.
    pub config: Config,
    /// Generator of shuffles, jitter and the outcomes of seeded runs.
    pub rng: Rng,
    /// Generator of ids. A reset does not restart it: an id is never used twice.
    pub ids: Rng,
    /// The log on stderr.
    pub notes: Notes,
    /// The dead letter queue.
    pub store: Store,
    /// What was really done to entries and runs.
    pub audit: Audit,
    /// Fault rules.
    pub faults: Faults,
    /// Rate limits.
    pub limits: Limits,
    /// The log of requests, for the control API.
    pub log: Log,
    /// Runs of workflows that the engine delivers.
    pub runs: Runs,
    /// Runs of seeded entries, which follow a plan instead.
    pub seeded: SeededRuns,
    /// Delayed tasks.
    pub schedule: Schedule,
    /// Number of resets. Work that began in an earlier generation has no effect.
    pub generation: u64,
}

impl State {
    fn new(generation: u64, mut ids: Rng) -> Self {
        let config = Config::default();
        State {
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

    /// Schedules a task after `delay_ms`, divided by the clock factor.
    pub fn plan(&mut self, delay_ms: f64, task: Task) {
        self.schedule.add(self.config.delay(delay_ms), task);
    }
}

/// The state, and what outlives a reset.
pub struct App {
    state: Mutex<State>,
    /// Address and secrets.
    pub access: Access,
    /// The file of `--record`.
    pub record: Option<Record>,
    /// Initial state.
    startup: Startup,
    /// HTTP client of deliveries.
    pub sender: Sender,
    /// Notified when the schedule has changed.
    pub stirred: Notify,
    /// Notified when nothing is scheduled or in flight.
    pub idle: Notify,
    /// Notified to reset all connections with a request in flight.
    pub cut: Notify,
}

impl App {
    /// An app in the state of `startup`.
    ///
    /// # Errors
    /// What `startup` has that the control API would refuse.
    pub fn new(
        access: Access,
        record: Option<Record>,
        startup: Startup,
        ids: Rng,
    ) -> Result<Arc<Self>, String> {
        let mut state = State::new(0, ids);
        startup.apply(&mut state)?;
        Ok(Arc::new(App {
            state: Mutex::new(state),
            access,
            record,
            startup,
            sender: Sender::default(),
            stirred: Notify::new(),
            idle: Notify::new(),
            cut: Notify::new(),
        }))
    }

    /// Locks the state. After a panic in one request the others continue: a test that follows still gets responses.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Restores the initial state.
    pub fn reset(&self) -> Result<(), String> {
        let mut state = self.lock();
        *state = State::new(state.generation + 1, state.ids.clone());
        self.startup.apply(&mut state)
    }

    /// Notifies `idle` if nothing is scheduled or in flight.
    pub fn settled(&self) {
        if self.lock().schedule.idle() {
            self.idle.notify_waiters();
        }
    }
}
