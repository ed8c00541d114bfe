//! Workflow runs.

use serde_json::Value;

use crate::audit::Record;

/// All runs of the engine.
#[derive(Debug, Default)]
pub struct Runs;

impl Runs {
    /// A run for the control API.
    pub fn shown(&self, record: &Record) -> Value {
        record.to_json()
    }

    /// What was sent.
    pub fn deliveries(&self, _ids: &[String]) -> Vec<Value> {
        Vec::new()
    }
}
