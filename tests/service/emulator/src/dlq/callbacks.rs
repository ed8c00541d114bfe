//! The failure function of an entry: rerun and cancel.

use serde_json::json;

use super::entry::FailureState;
use super::reads::missing;
use super::Key;
use crate::engine;
use crate::http::{Request, Response};
use crate::schedule::Task;
use crate::state::State;

/// `POST /v2/workflows/dlq/callback/{id}`: reruns a failure function that failed.
pub fn rerun(state: &mut State, id: &str) -> Response {
    let Some((key, entry)) =
        Key::parse(id).and_then(|key| state.store.get_mut(key).map(|entry| (key, entry)))
    else {
        return missing(id, &state.config);
    };
    if entry.state != Some(FailureState::Fail) {
        return Response::error(400, "only a failure function that failed can be run again");
    }
    entry.state = Some(FailureState::InProgress);
    let run = json!({"workflowRunId": &*entry.run_id, "workflowCreatedAt": entry.run_created_at});
    let after = state.config.delay(entry.shared.plan.after_ms as f64);
    match entry.source {
        Some(_) => engine::call_failure_function(state, key),
        None => state.schedule.add(after, Task::FailureFunction(key)),
    }
    Response::json(200, &run)
}

/// `DELETE /v2/workflows/dlq/callback/{id}`: cancels a failure function that is in progress.
pub fn cancel(state: &mut State, id: &str, request: &Request) -> Response {
    let Some(entry) = Key::parse(id).and_then(|key| state.store.get_mut(key)) else {
        return missing(id, &state.config);
    };
    if entry.state != Some(FailureState::InProgress) {
        return Response::error(400, "the failure function is not in progress");
    }
    entry.state = Some(FailureState::Canceled);
    Response::empty(302).with("location", &request.path)
}

/// Ends the failure function of a seeded entry.
pub fn seeded_end(state: &mut State, key: Key) {
    let roll = state.rng.fraction();
    if let Some(entry) =
        state.store.get_mut(key).filter(|entry| entry.state == Some(FailureState::InProgress))
    {
        let fails = roll < entry.shared.plan.fail_again;
        entry.state = Some(if fails { FailureState::Fail } else { FailureState::Success });
    }
}
