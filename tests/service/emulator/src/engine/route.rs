//! The engine's endpoints.

use std::sync::Arc;

use serde_json::{json, Value};

use super::runs::end;
use super::step::raw_steps;
use super::{events, publish};
use crate::access::Access;
use crate::audit::RunState;
use crate::http::{Request, Response};
use crate::logs;
use crate::seeded;
use crate::state::State;

/// Handles a request to an endpoint outside the queue.
pub fn route(state: &mut State, access: &Access, request: &Request, parts: &[&str]) -> Response {
    match (request.method.as_str(), parts) {
        ("GET", ["v2", "keys"]) => Response::json(
            200,
            &json!({"current": access.current_signing_key, "next": access.next_signing_key}),
        ),
        ("POST", ["v2", "batch"]) => publish::batch(state, request),
        ("POST", ["v2", "batch", "trigger"]) => publish::batch_trigger(state, request),
        ("POST", ["v2", "publish", _, ..]) => publish::publish(state, request),
        ("POST", ["v2", "trigger", _, ..]) => publish::trigger(state, request),
        ("GET", ["v2", "workflows", "runs", id]) => steps(state, id),
        ("DELETE", ["v2", "workflows", "runs", id]) => finish(state, request, id),
        ("DELETE", ["v2", "workflows", "runs"]) => cancel_many(state, request),
        ("GET", ["v2", "workflows", path @ ("logs" | "events")]) => {
            logs::list(state, request, path)
        }
        ("POST", ["v2", "wait", event]) => events::wait(state, request, event),
        ("POST", ["v2", "notify", event]) => events::notify(state, request, None, event),
        ("POST", ["v2", "notify", run, event]) => events::notify(state, request, Some(run), event),
        ("GET", ["v2", "waiters", event]) => events::waiters(state, event),
        (_, ["v2", "workflows", "hooks", _, run, event]) => {
            events::webhook(state, request, run, event)
        }
        (method, _) => Response::error(404, format!("no such endpoint: {method} {}", request.path)),
    }
}

/// `GET /v2/workflows/runs/{id}`: the steps, which an endpoint fetches if a delivery was too large for them.
fn steps(state: &State, id: &str) -> Response {
    match state.runs.active(id) {
        Some(run) => Response::json_text(200, raw_steps(&run.steps)),
        None => Response::error(404, format!("workflow run {id} not found")),
    }
}

/// `DELETE /v2/workflows/runs/{id}`: sent by the SDK when a run finishes, and by a client to cancel it.
fn finish(state: &mut State, request: &Request, id: &str) -> Response {
    let cancel = request.query.get("cancel") == Some("true");
    let Some(run) = state.runs.get(id) else {
        return match cancel && seeded::cancel(state, id) {
            true => Response::empty(200),
            false => Response::error(404, format!("workflow run {id} not found")),
        };
    };
    if run.state != RunState::Started {
        return Response::error(400, format!("workflow run {id} has ended"));
    }
    let id: Arc<str> = id.into();
    if cancel {
        end(state, &id, RunState::Canceled, None);
    } else {
        let text = || Value::from(String::from_utf8_lossy(&request.body).into_owned());
        let result = request.json().unwrap_or_else(|_| text());
        end(state, &id, RunState::Success, Some(result));
    }
    Response::empty(200)
}

/// `DELETE /v2/workflows/runs`: cancels the selected runs.
fn cancel_many(state: &mut State, request: &Request) -> Response {
    let query = &request.query;
    let (ids, labels) = (query.all("workflowRunIds"), query.all("label"));
    let url = query.get("workflowUrl");
    let exact = query.get("workflowUrlExactMatch") == Some("true");
    let selected: Vec<Arc<str>> = state
        .runs
        .iter()
        .filter(|(_, run)| run.state == RunState::Started)
        .filter(|(id, _)| ids.is_empty() || ids.iter().any(|wanted| **wanted == ***id))
        .filter(|(_, run)| {
            url.is_none_or(
                |url| if exact { run.spec.url == url } else { run.spec.url.starts_with(url) },
            )
        })
        .filter(|(_, run)| {
            labels.is_empty() || run.spec.labels.iter().any(|label| labels.contains(label))
        })
        .map(|(id, _)| id.clone())
        .collect();
    for id in &selected {
        end(state, id, RunState::Canceled, None);
    }
    Response::json(200, &json!({"cancelled": selected.len()}))
}
