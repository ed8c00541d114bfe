//! The service's endpoints.

use std::sync::Arc;

use crate::app::App;
use crate::audit::Act;
use crate::dlq::{actions, callbacks, reads};
use crate::engine;
use crate::http::{Request, Response};
use crate::values::query::decode;

/// Whether a request counts towards the rate limits.
pub fn is_limited(request: &Request) -> bool {
    ["/v2/workflows/dlq", "/v2/dlq", "/v2/workflows/logs", "/v2/workflows/events"]
        .iter()
        .any(|path| request.path.starts_with(path))
}

/// Handles a request to the service.
pub fn work(app: &Arc<App>, request: &Request) -> Response {
    let parts: Vec<String> =
        request.path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut state = app.lock();
    // An empty id in a path is the collection, as in the real service: clients must never send one.
    let response = match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["v2", "workflows", "dlq"]) => reads::list(&mut state, request),
        ("GET", ["v2", "dlq"]) if request.query.get("source") == Some("workflow") => {
            reads::list(&mut state, request)
        }
        ("GET", ["v2", "dlq"]) => Response::json_text(200, r#"{"messages":[]}"#.into()),
        ("GET", ["v2", "workflows", "dlq", id] | ["v2", "dlq", id]) => reads::get(&state, id),
        ("POST", ["v2", "workflows", "dlq", "resume"]) => {
            actions::bulk(&mut state, Act::Resume, request)
        }
        ("POST", ["v2", "workflows", "dlq", "restart"]) => {
            actions::bulk(&mut state, Act::Restart, request)
        }
        ("DELETE", ["v2", "workflows", "dlq"]) => actions::bulk(&mut state, Act::Delete, request),
        ("POST", ["v2", "workflows", "dlq", "resume", id]) => {
            actions::single(&mut state, Act::Resume, id, request)
        }
        ("POST", ["v2", "workflows", "dlq", "restart", id]) => {
            actions::single(&mut state, Act::Restart, id, request)
        }
        ("POST", ["v2", "workflows", "dlq", "callback", id]) => callbacks::rerun(&mut state, id),
        ("DELETE", ["v2", "workflows", "dlq", "callback", id]) => {
            callbacks::cancel(&mut state, id, request)
        }
        ("DELETE", ["v2", "workflows", "dlq", id]) => {
            actions::single(&mut state, Act::Delete, id, request)
        }
        _ => engine::route(&mut state, &app.access, request, &parts),
    };
    drop(state);
    app.stirred.notify_waiters();
    response
}
