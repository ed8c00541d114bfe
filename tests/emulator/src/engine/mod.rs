//! The workflow engine.

pub mod failed;
pub mod runs;

use std::sync::Arc;

use crate::app::{App, World};
use crate::audit::Act;
use crate::overrides::Overrides;

/// What is planned.
#[derive(Debug)]
pub enum Work {
    /// A wait is over without its event.
    WaitTimeout {},
}

/// Does it.
pub fn perform(_app: &Arc<App>, _world: &mut World, _work: Work) {}

/// Makes a run of one that failed.
pub fn start_again(
    _world: &mut World,
    _act: Act,
    _failed: &failed::Failed,
    _run: Arc<str>,
    _now: i64,
    _o: Option<&Overrides>,
) {
}

/// Calls the failure function of an entry.
pub fn call_failure_function(_world: &mut World, _key: crate::dlq::Key) {}

/// The engine's endpoints.
pub fn route(
    _world: &mut World,
    request: &crate::http::Request,
    _parts: &[&str],
) -> crate::http::Answer {
    crate::http::Answer::error(
        404,
        format!("no such endpoint: {} {}", request.method, request.path),
    )
}
