//! Events: a step waits for one until it is notified or its timeout has passed.

use std::collections::HashMap;
use std::sync::Arc;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{json, Map, Value};

use super::runs::append;
use super::Work;
use crate::http::{Request, Response};
use crate::log::headers_json;
use crate::schedule::Task;
use crate::state::State;
use crate::values::duration::parse_duration;
use crate::values::now_ms;

/// A waiting step.
#[derive(Debug)]
struct Waiter {
    number: u64,
    event: String,
    run: Arc<str>,
    step: Map<String, Value>,
    shown: Value,
}

/// All waiting steps.
#[derive(Debug, Default)]
pub struct Events {
    waiters: Vec<Waiter>,
    next: u64,
    /// Events sent to a run before it waited for them.
    early: HashMap<(Arc<str>, String), Vec<u8>>,
}

impl Events {
    /// Removes the waits of a run that has ended.
    pub fn forget(&mut self, run: &str) {
        self.waiters.retain(|waiter| &*waiter.run != run);
    }

    fn take(&mut self, which: impl Fn(&Waiter) -> bool) -> Vec<Waiter> {
        let (taken, kept) =
            std::mem::take(&mut self.waiters).into_iter().partition(|waiter| which(waiter));
        self.waiters = kept;
        taken
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wait {
    url: String,
    #[serde(default)]
    timeout: Value,
    #[serde(default)]
    timeout_url: Value,
    #[serde(default)]
    timeout_headers: Value,
    step: Map<String, Value>,
}

/// `POST /v2/wait/{event}`.
pub fn wait(state: &mut State, request: &Request, event: &str) -> Response {
    let wait: Wait = match serde_json::from_slice(&request.body) {
        Ok(wait) => wait,
        Err(why) => return Response::error(400, format!("wait: {why}")),
    };
    let Some(run) = request.header("upstash-workflow-runid").map(Arc::<str>::from) else {
        return Response::error(400, "Upstash-Workflow-RunId is missing");
    };
    if state.runs.active(&run).is_none() {
        return Response::error(
            400,
            format!("can not append to workflow run {run}: it has ended or is not known"),
        );
    }
    let timeout_ms = match &wait.timeout {
        Value::Number(seconds) => seconds.as_f64().map(|seconds| seconds * 1_000.0),
        Value::String(text) => parse_duration(text).map(|ms| ms as f64),
        _ => None,
    };
    let Some(timeout_ms) = timeout_ms else {
        return Response::error(400, "wait: timeout is not a duration");
    };
    let message_id = state.runs.message_id();
    if let Some(data) = state.runs.events.early.remove(&(run.clone(), event.to_owned())) {
        notified(state, &run, wait.step, &data);
    } else {
        let events = &mut state.runs.events;
        events.next += 1;
        let number = events.next;
        let shown = json!({
            "url": wait.url,
            "deadline": now_ms().saturating_add_unsigned(timeout_ms as u64) / 1_000,
            "headers": headers_json(&request.headers),
            "timeoutUrl": wait.timeout_url,
            "timeoutHeaders": wait.timeout_headers,
        });
        events.waiters.push(Waiter { number, event: event.into(), run, step: wait.step, shown });
        state.plan(timeout_ms, Task::Engine(Work::WaitTimeout { waiter: number }));
    }
    Response::json(200, &json!({ "messageId": message_id }))
}

/// `POST /v2/notify/{event}`, or `/v2/notify/{run}/{event}`, which a run also gets if it waits only later.
pub fn notify(state: &mut State, request: &Request, run: Option<&str>, event: &str) -> Response {
    let wanted =
        |waiter: &Waiter| waiter.event == event && run.is_none_or(|run| *waiter.run == *run);
    let waiters = state.runs.events.take(wanted);
    if let (Some(run), true) = (run, waiters.is_empty()) {
        state.runs.events.early.insert((run.into(), event.into()), request.body.to_vec());
    }
    let mut told = Vec::new();
    for waiter in waiters {
        let message_id = notified(state, &waiter.run, waiter.step, &request.body);
        told.push(
            json!({"waiter": waiter.shown, "messageId": message_id, "workflowRunId": &*waiter.run}),
        );
    }
    Response::json(200, &told.into())
}

/// `GET /v2/waiters/{event}`.
pub fn waiters(state: &State, event: &str) -> Response {
    let of_event = state.runs.events.waiters.iter().filter(|waiter| waiter.event == event);
    Response::json(200, &of_event.map(|waiter| waiter.shown.clone()).collect())
}

/// A request to a webhook of a run. The whole request is the event's data.
pub fn webhook(state: &mut State, request: &Request, run: &str, event: &str) -> Response {
    let mut headers = Map::new();
    for (name, value) in &request.headers {
        headers.insert(name.as_str().into(), json!([String::from_utf8_lossy(value.as_bytes())]));
    }
    let target = match request.raw_query.as_str() {
        "" => request.path.clone(),
        query => format!("{}?{query}", request.path),
    };
    let data = json!({
        "method": request.method,
        "header": headers,
        "body": BASE64_STANDARD.encode(&request.body),
        "proto": "http",
        "host": request.header("host").unwrap_or("localhost"),
        "url": target,
    });
    let seen = Request { body: data.to_string().into(), ..request.clone() };
    notify(state, &seen, Some(run), event)
}

fn notified(
    state: &mut State,
    run: &Arc<str>,
    mut step: Map<String, Value>,
    data: &[u8],
) -> Option<String> {
    step.insert("waitTimeout".into(), false.into());
    if !data.is_empty() {
        step.insert("out".into(), BASE64_STANDARD.encode(data).into());
    }
    append(state, run, Value::Object(step).to_string().into_bytes(), 0.0)
}

/// Ends a wait.
pub fn time_out(state: &mut State, number: u64) {
    for waiter in state.runs.events.take(|waiter| waiter.number == number) {
        let mut step = waiter.step;
        step.insert("waitTimeout".into(), true.into());
        append(state, &waiter.run, Value::Object(step).to_string().into_bytes(), 0.0);
    }
}
