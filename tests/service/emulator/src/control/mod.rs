//! The control API under `/_emulator/`: for tests, without a token.

mod audit;
mod seed;

use std::sync::Arc;
use std::time::Duration;

pub use seed::seed;
use serde_json::{json, Map, Value};

use crate::app::{App, World};
use crate::faults::Faults;
use crate::http::{Answer, Request};
use crate::seeded::exact::seed_runs;
use crate::values::rng::Rng;

/// Answers a control request.
pub async fn answer(app: &Arc<App>, request: &Request, what: &str) -> Answer {
    let body = match request.json() {
        Ok(body) => body,
        Err(why) => return Answer::error(400, why),
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
        _ => return Answer::error(404, format!("no such control: {} {what}", request.method)),
    };
    app.stirred.notify_waiters();
    match done {
        Ok(value) => Answer::json(200, &value),
        Err(why) => Answer::error(400, why),
    }
}

/// Changes the switches that `patch` names.
pub fn configure(world: &mut World, patch: Value) -> Result<Value, String> {
    let reseed = patch.get("seed").is_some();
    world.config = world.config.patched(patch)?;
    if reseed {
        world.rng = Rng::new(world.config.seed);
    }
    Ok(json!(world.config))
}

/// Replaces the rules in force.
pub fn arm(world: &mut World, rules: Value) -> Result<Value, String> {
    world.faults = Faults::parse(rules)?;
    Ok(json!({}))
}

fn requests(app: &App, request: &Request) -> Result<Value, String> {
    let limit = request.query.integer("limit")?.unwrap_or(1_000).max(0) as usize;
    let from = request.query.integer("from")?.unwrap_or(0).max(0) as u64;
    let world = app.lock();
    let mut all: Map<String, Value> = match world.log.counts() {
        Value::Object(counts) => counts,
        _ => Map::new(),
    };
    all.insert("requests".into(), world.log.recent(from, limit));
    Ok(all.into())
}

/// Answers when nothing is planned or goes on, or says that it still does.
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
