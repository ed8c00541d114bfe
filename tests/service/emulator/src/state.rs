//! What the emulator knows. It is behind a single lock, so that requests are atomic: none sees another half done.

use crate::audit::Audit;
use crate::config::Config;
use crate::console::Console;
use crate::dlq::store::Store;
use crate::engine::runs::Runs;
use crate::faults::Faults;
use crate::limits::Limits;
use crate::log::Log;
use crate::schedule::{Schedule, Task};
use crate::seeded::SeededRuns;
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
    pub console: Console,
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
    /// An empty queue, without runs. `ids` continues the generator of an earlier state.
    pub fn new(generation: u64, mut ids: Rng) -> Self {
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
            console: Console::default(),
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
