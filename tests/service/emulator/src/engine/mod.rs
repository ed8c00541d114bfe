//! The workflow engine: runs, messages, deliveries, events and retries, up to the entry of a run that fails.

pub mod again;
pub mod deliver;
mod events;
mod fail;
mod flow;
mod item;
mod publish;
mod route;
pub mod runs;
pub mod send;
mod sign;
pub mod step;

use std::sync::Arc;

pub use again::{start_again, Failed};
pub use fail::call_failure_function;
pub use route::route;

use crate::app::App;
use crate::dlq::Key;
use crate::state::State;

/// A scheduled task of the engine.
#[derive(Debug, Clone)]
pub enum Work {
    /// Delivers a message to the workflow's endpoint.
    Deliver(Message),
    /// Sends a message to a third party, whose response comes back by a callback.
    Call(Message),
    /// Delivers a third party's response to the workflow's endpoint.
    Callback(Message, Arc<Vec<u8>>),
    /// Calls the failure function of an entry.
    FailureFunction {
        /// The entry.
        key: Key,
        /// Retries so far.
        retried: u32,
    },
    /// Ends a wait whose event has not come in time.
    WaitTimeout {
        /// The waiter's number.
        waiter: u64,
    },
}

impl Work {
    /// The run whose message it is.
    pub fn run(&self) -> Option<&str> {
        match self {
            Work::Deliver(message) | Work::Call(message) | Work::Callback(message, _) => {
                Some(&message.run)
            }
            Work::FailureFunction { .. } | Work::WaitTimeout { .. } => None,
        }
    }
}

/// A message of a run: the step at `index`, delivered together with all steps before it.
#[derive(Debug, Clone)]
pub struct Message {
    /// The run.
    pub run: Arc<str>,
    /// Index of the step.
    pub index: usize,
    /// Retries so far.
    pub retried: u32,
}

impl Message {
    /// The first delivery of a message.
    pub fn first(run: &Arc<str>, index: usize) -> Self {
        Message { run: run.clone(), index, retried: 0 }
    }

    /// The same message as a retry.
    fn again(&self) -> Self {
        Message { retried: self.retried + 1, ..self.clone() }
    }
}

/// Runs a scheduled task.
pub fn perform(app: &Arc<App>, state: &mut State, work: Work) {
    match work {
        Work::WaitTimeout { waiter } => events::time_out(state, waiter),
        Work::FailureFunction { key, retried } => fail::deliver(app, state, key, retried),
        other => deliver::deliver(app, state, other),
    }
}
