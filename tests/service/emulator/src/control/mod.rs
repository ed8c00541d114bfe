//! The control API under `/_emulator/`, for tests and developers. It takes no token.

mod audit;
mod seed;

use std::sync::Arc;
use std::time::Duration;

pub use seed::seed;
use serde_json::{json, Map, Value};

use crate::app::App;
use crate::faults::Faults;
use crate::http::{Request, Response};
use crate::seeded::exact::seed_runs;
use crate::state::State;
use crate::values::rng::Rng;

/// Handles a control request.
pub async fn handle(app: &Arc<App>, request: &Request, what: &str) -> Response {
    let body = match request.json() {
        Ok(body) => body,
        Err(why) => return Response::error(400, why),
    };
    let done = match (request.method.as_str(), what) {
        ("POST", "seed") => seed(&mut app.lock(), body),
        ("POST", "runs") => seed_runs(&mut app.lock(), body),
        ("GET", "config") => Ok(json!(app.lock().config)),
        ("PUT" | "POST", "config") => configure(&mut app.lock(), body),
        ("POST" | "PUT", "faults") => arm(&mut app.lock(), body),
        ("GET", "faults") => Ok(json!({"struck": app.lock().faults.struck})),
        ("GET", "audit") => Ok(audit::audit(&app.lock(), request.query.get("summary").is_some())),
        ("GET", "requests") => requests(app, request),
        ("DELETE", "requests") => {
            app.lock().log.clear();
            Ok(json!({}))
        }
        ("POST", "disconnect") => {
            app.cut.notify_waiters();
            Ok(json!({}))
        }
        ("GET", "runs") => audit::runs(&app.lock(), request),
        ("GET", "deliveries") => audit::deliveries(&app.lock(), request),
        ("GET", "idle") => idle(app, request).await,
        ("POST", "reset") => app.reset().map(|()| json!({})),
        (method, _) => return Response::error(404, unknown(method, what)),
    };
    app.stirred.notify_waiters();
    match done {
        Ok(value) => Response::json(200, &value),
        Err(why) => Response::error(400, why),
    }
}

/// Changes the switches that `patch` names, and returns all.
pub fn configure(state: &mut State, patch: Value) -> Result<Value, String> {
    let reseed = patch.get("seed").is_some();
    state.config = state.config.patched(patch)?;
    if reseed {
        state.rng = Rng::new(state.config.seed);
    }
    Ok(json!(state.config))
}

/// Replaces the fault rules.
pub fn arm(state: &mut State, rules: Value) -> Result<Value, String> {
    state.faults = Faults::parse(rules)?;
    Ok(json!({}))
}

fn unknown(method: &str, what: &str) -> String {
    format!(
        "no such endpoint: {method} /_emulator/{what}. There are GET audit, config, deliveries, faults, idle, requests \
         and runs; POST disconnect, faults, reset, runs and seed; PUT config; DELETE requests"
    )
}

fn requests(app: &App, request: &Request) -> Result<Value, String> {
    let limit = request.query.integer("limit")?.unwrap_or(1_000).max(0) as usize;
    let from = request.query.integer("from")?.unwrap_or(0).max(0) as u64;
    let state = app.lock();
    let mut all: Map<String, Value> = match state.log.counts() {
        Value::Object(counts) => counts,
        _ => Map::new(),
    };
    all.insert("requests".into(), state.log.recent(from, limit));
    Ok(all.into())
}

/// Waits until nothing is scheduled or in flight, at most `timeout` milliseconds.
async fn idle(app: &App, request: &Request) -> Result<Value, String> {
    let timeout = request.query.integer("timeout")?.unwrap_or(10_000).max(0) as u64;
    let deadline = tokio::time::Instant::now() + Duration::from_millis(timeout);
    loop {
        let settled = app.idle.notified();
        tokio::pin!(settled);
        settled.as_mut().enable();
        if app.lock().schedule.idle() {
            return Ok(json!({"idle": true}));
        }
        if tokio::time::timeout_at(deadline, settled).await.is_err() {
            return Ok(json!({"idle": app.lock().schedule.idle()}));
        }
    }
}
