//! The workflow engine: runs, their messages and deliveries, events, retries and the way into the queue.

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

use crate::app::{App, World};
use crate::dlq::Key;

/// What is planned.
#[derive(Debug, Clone)]
pub enum Work {
    /// A message goes to the workflow's endpoint.
    Deliver(Message),
    /// A message goes to a third party, whose answer comes back by a callback.
    Call(Message),
    /// The third party's answer goes to the workflow's endpoint.
    Callback(Message, Arc<Vec<u8>>),
    /// The failure function of an entry is called.
    FailureFunction {
        /// The entry.
        key: Key,
        /// Retries so far.
        retried: u32,
    },
    /// A wait is over without its event.
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

/// A message of a run: the step at `index`, delivered with all steps before it.
#[derive(Debug, Clone)]
pub struct Message {
    /// The run.
    pub run: Arc<str>,
    /// Which step.
    pub index: usize,
    /// Retries so far.
    pub retried: u32,
}

impl Message {
    /// A message that was not sent yet.
    pub fn first(run: &Arc<str>, index: usize) -> Self {
        Message { run: run.clone(), index, retried: 0 }
    }

    /// The same message once more.
    fn again(&self) -> Self {
        Message { retried: self.retried + 1, ..self.clone() }
    }
}

/// Does what was planned.
pub fn perform(app: &Arc<App>, world: &mut World, work: Work) {
    match work {
        Work::WaitTimeout { waiter } => events::time_out(world, waiter),
        Work::FailureFunction { key, retried } => fail::deliver(app, world, key, retried),
        other => deliver::deliver(app, world, other),
    }
}
