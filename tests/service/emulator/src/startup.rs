//! The initial state, from `--config` and `--entries`; a reset restores it.

use serde_json::Value;

use crate::console::Console;
use crate::control::{arm, configure, seed};
use crate::seeded::exact::seed_runs;
use crate::state::State;

/// Switches, entries, runs and faults, as the control API takes them.
#[derive(Debug, Default)]
pub struct Startup {
    /// Switches.
    pub config: Option<Value>,
    /// The body of `POST seed`, or a list of such bodies.
    pub entries: Option<Value>,
    /// The body of `POST runs`.
    pub runs: Option<Value>,
    /// The body of `POST faults`.
    pub faults: Option<Value>,
    /// The log on stderr.
    pub console: Console,
}

impl Startup {
    /// Applies it to a new state.
    ///
    /// # Errors
    /// What the control API would refuse.
    pub fn apply(&self, state: &mut State) -> Result<(), String> {
        state.console = self.console;
        if let Some(config) = &self.config {
            configure(state, config.clone())?;
        }
        match &self.entries {
            Some(Value::Array(many)) => {
                for one in many {
                    seed(state, one.clone())?;
                }
            }
            Some(one) => drop(seed(state, one.clone())?),
            None => {}
        }
        if let Some(runs) = &self.runs {
            seed_runs(state, runs.clone())?;
        }
        if let Some(faults) = &self.faults {
            arm(state, faults.clone())?;
        }
        Ok(())
    }
}
