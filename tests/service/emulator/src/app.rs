//! The emulator: its state behind a lock, and what outlives a reset.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::access::Access;
use crate::engine::send::Sender;
use crate::record::Record;
use crate::startup::Startup;
use crate::state::State;
use crate::values::rng::Rng;

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
