//! What an emulator begins with, and has again after a reset.

use serde_json::Value;

use crate::app::World;
use crate::control::{arm, configure, seed};
use crate::notes::Notes;
use crate::seeded::exact::seed_runs;

/// Switches, entries, runs and faults, as the control API takes them.
#[derive(Debug, Default)]
pub struct Startup {
    /// Switches.
    pub config: Option<Value>,
    /// What `seed` takes, or a list of that.
    pub entries: Option<Value>,
    /// What `runs` takes.
    pub runs: Option<Value>,
    /// What `faults` takes.
    pub faults: Option<Value>,
    /// Whether it says what goes on.
    pub notes: Notes,
}

impl Startup {
    /// Brings a new world to the beginning, or says what is wrong.
    pub fn apply(&self, world: &mut World) -> Result<(), String> {
        world.notes = self.notes;
        if let Some(config) = &self.config {
            configure(world, config.clone())?;
        }
        match &self.entries {
            Some(Value::Array(many)) => {
                for one in many {
                    seed(world, one.clone())?;
                }
            }
            Some(one) => drop(seed(world, one.clone())?),
            None => {}
        }
        if let Some(runs) = &self.runs {
            seed_runs(world, runs.clone())?;
        }
        if let Some(faults) = &self.faults {
            arm(world, faults.clone())?;
        }
        Ok(())
    }
}
