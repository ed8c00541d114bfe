//! Final failure of a message: the run ends, its entry is created and its failure function is called.

use std::sync::Arc;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::{json, Map, Value};

use super::again::{unanswered, Failed};
use super::deliver::{launch, retry_delay_ms, Own, Sending};
use super::runs::end;
use super::send::{lists, Outgoing, Reply};
use super::{Message, Work};
use crate::app::App;
use crate::audit::RunState;
use crate::dlq::entry::{CallbackResponse, Entry, FailureState, HeaderLists, Shared};
use crate::dlq::Key;
use crate::schedule::Task;
use crate::state::State;

/// Ends the run at `now` and creates its entry.
pub fn fail(state: &mut State, message: &Message, outgoing: &Outgoing, reply: Reply, now: i64) {
    let Some(run) = state.runs.get(&message.run) else { return };
    let Some(step) = run.steps.get(message.index) else { return };
    let spec = run.spec.clone();
    let entry = Entry {
        index: 0,
        run_id: message.run.clone(),
        run_created_at: run.created_at,
        created_at: step.created_at,
        state: spec.failure_url.as_ref().map(|_| FailureState::InProgress),
        callback_response: None,
        unresumable: false,
        leaving: false,
        shared: Arc::new(Shared {
            url: outgoing.url.clone(),
            workflow_url: spec.url.as_str().into(),
            method: outgoing.method.clone(),
            header: lists(&outgoing.headers),
            body: outgoing.body.to_vec(),
            max_retries: spec.retries,
            caller_ip: spec.caller_ip.clone(),
            labels: spec.labels.clone(),
            flow: spec.flow.clone(),
            response_status: reply.status,
            response_header: reply.headers,
            response_body: reply.body.clone(),
            failure_callback: spec.failure_url.clone(),
            redaction: spec.redaction.clone(),
            plan: Default::default(),
            again: None,
        }),
        source: Some(Arc::new(Failed {
            message_id: step.message_id.clone(),
            index: message.index,
            retried: message.retried,
            spec: spec.clone(),
            steps: run.steps.clone(),
            pending: unanswered(&run.steps, &run.pending, message.index),
        })),
    };
    let key = state.store.insert(now, entry);
    let told = String::from_utf8_lossy(&reply.body).into_owned();
    end(state, &message.run, RunState::Failed, Some(told.into()));
    state.audit.fail(&message.run, key);
    state.console.line(|| format!("failed    {}  entry {key}", message.run));
    if spec.failure_url.is_some() {
        call_failure_function(state, key);
    }
}

/// Schedules a call of an entry's failure function.
pub fn call_failure_function(state: &mut State, key: Key) {
    state.plan(0.0, Task::Engine(Work::FailureFunction { key, retried: 0 }));
}

/// Calls the failure function, unless the call was canceled or the entry has left the queue.
pub fn deliver(app: &Arc<App>, state: &mut State, key: Key, retried: u32) {
    let Some((entry, failed, url)) = waiting(state, key) else { return };
    let Some(run) = state.runs.get(&entry.run_id) else { return };
    let body = failure_body(entry, failed, key).to_string();
    let message_id = format!("{}-failure", failed.message_id);
    let mut headers = failed.spec.failure_forward.clone();
    headers.push(("upstash-workflow-is-failure".into(), "true".into()));
    headers.push(("upstash-workflow-failure-callback".into(), "true".into()));
    let own = Own { url, run, run_id: &entry.run_id, message_id: &message_id, retried };
    let outgoing = own.outgoing(app, headers, body.into());
    let mut sending =
        Sending::new("failure", &entry.run_id, &failed.spec, &message_id, retried, outgoing);
    sending.note["dlqId"] = key.to_string().into();
    let run_id = entry.run_id.clone();
    launch(app, state, run_id, sending, move |state, _, reply| replied(state, key, retried, reply));
}

fn waiting(state: &State, key: Key) -> Option<(&Entry, &Failed, &str)> {
    let entry =
        state.store.get(key).filter(|entry| entry.state == Some(FailureState::InProgress))?;
    Some((entry, entry.source.as_deref()?, entry.shared.failure_callback.as_deref()?))
}

fn replied(state: &mut State, key: Key, retried: u32, reply: Reply) {
    let Some((_, failed, _)) = waiting(state, key) else { return };
    let (retries, retry_delay) = (failed.spec.retries, failed.spec.retry_delay.clone());
    if !reply.is_success() && !reply.is_hopeless() && retried < retries {
        let delay_ms = retry_delay_ms(retry_delay.as_deref(), retried);
        return state
            .plan(delay_ms, Task::Engine(Work::FailureFunction { key, retried: retried + 1 }));
    }
    let none = reply.header("upstash-workflow-failure-callback-notfound") == Some("true");
    let Some(entry) = state.store.get_mut(key) else { return };
    entry.state = match reply.is_success() {
        true if none => None,
        true => Some(FailureState::Success),
        false => Some(FailureState::Fail),
    };
    entry.callback_response = Some(Arc::new(CallbackResponse {
        status: reply.status,
        body: reply.body,
        headers: reply.headers,
    }));
}

/// A response as the payload of a callback.
pub fn callback_json(reply: &Reply, retried: u32, max_retries: u32) -> Value {
    json!({
        "status": reply.status,
        "header": lists_json(&reply.headers),
        "body": BASE64_STANDARD.encode(&reply.body),
        "retried": retried,
        "maxRetries": max_retries,
    })
}

fn failure_body(entry: &Entry, failed: &Failed, key: Key) -> Value {
    let shared = &entry.shared;
    let first = failed.steps.first().map_or(&[][..], |step| step.body.as_slice());
    json!({
        "status": shared.response_status,
        "header": lists_json(&shared.response_header),
        "body": BASE64_STANDARD.encode(&shared.response_body),
        "retried": failed.retried,
        "maxRetries": shared.max_retries,
        "dlqId": key.to_string(),
        "sourceMessageId": failed.message_id,
        "url": shared.url,
        "method": shared.method,
        "sourceHeader": lists_json(&shared.header),
        "sourceBody": BASE64_STANDARD.encode(first),
        "workflowRunId": &*entry.run_id,
        "workflowCreatedAt": entry.run_created_at,
    })
}

fn lists_json(headers: &HeaderLists) -> Map<String, Value> {
    headers.iter().map(|(name, values)| (name.clone(), values.clone().into())).collect()
}
