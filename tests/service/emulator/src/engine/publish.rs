//! Publishing: starts of runs, step results, calls of third parties and invocations of other workflows.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{json, Map, Value};
use tokio::time::Instant;

use super::item::{Item, Pairs};
use super::runs::{append, push, Invoker, Run, Spec};
use super::step::{Call, Info, Step};
use crate::audit::{Origin, Record};
use crate::http::{Request, Response};
use crate::state::State;
use crate::values::redaction::Redaction;
use crate::values::{is_http_url, now_ms};

/// The service's default number of retries.
pub const DEFAULT_RETRIES: u32 = 3;

/// `POST /v2/batch`.
pub fn batch(state: &mut State, request: &Request) -> Response {
    let done = Item::batch(request).and_then(|items| {
        let one = |item| publish_one(state, item, &request.peer);
        items.into_iter().map(one).collect::<Result<Vec<_>, _>>()
    });
    response(done.map(Value::Array))
}

/// `POST /v2/publish/{url}`.
pub fn publish(state: &mut State, request: &Request) -> Response {
    response(publish_one(state, Item::publish(request, "/v2/publish/"), &request.peer))
}

/// `POST /v2/trigger/{url}`: starts a run without the SDK.
pub fn trigger(state: &mut State, request: &Request) -> Response {
    let item = Item::publish(request, "/v2/trigger/");
    response(begin(state, &item, &request.peer, None, item.body.clone()))
}

/// `POST /v2/batch/trigger`.
pub fn batch_trigger(state: &mut State, request: &Request) -> Response {
    let done = Item::batch(request).and_then(|items| {
        let one = |item: Item| begin(state, &item, &request.peer, None, item.body.clone());
        items.into_iter().map(one).collect::<Result<Vec<_>, _>>()
    });
    response(done.map(Value::Array))
}

fn response(done: Result<Value, String>) -> Response {
    match done {
        Ok(value) => Response::json(200, &value),
        Err(why) => Response::error(400, why),
    }
}

fn publish_one(state: &mut State, item: Item, peer: &str) -> Result<Value, String> {
    if item.is("upstash-workflow-invoke") {
        return invoke(state, &item, peer);
    }
    if item.is("upstash-workflow-init") {
        return begin(state, &item, peer, None, item.body.clone());
    }
    let run: Arc<str> = item
        .header("upstash-workflow-runid")
        .ok_or("the emulator takes messages of workflows only")?
        .into();
    let delay_ms = item.delay_ms()?;
    let ended = || format!("can not append to workflow run {run}: it has ended or is not known");
    let message_id = match item.header("upstash-workflow-calltype") {
        Some("toCallback") => {
            let call = read_call(&item)?;
            let step = Step {
                message_id: state.runs.message_id(),
                info: called_step(&call),
                body: Arc::new(item.body),
                call: Some(Arc::new(call)),
                due: Instant::now() + state.config.delay(delay_ms),
                created_at: now_ms(),
            };
            push(state, &run, step).ok_or_else(ended)?
        }
        _ => append(state, &run, item.body, delay_ms).ok_or_else(ended)?,
    };
    Ok(json!({"messageId": message_id, "url": item.destination, "deduplicated": false}))
}

fn read_call(item: &Item) -> Result<Call, String> {
    let mut headers = item.after("upstash-forward-");
    if let Some(content_type) = item.header("content-type") {
        if !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".into(), content_type.into()));
        }
    }
    Ok(Call {
        url: item.destination.clone(),
        method: item.header("upstash-method").unwrap_or("POST").into(),
        headers,
        retries: item.number("upstash-retries")?.unwrap_or(DEFAULT_RETRIES),
        retry_delay: item.header("upstash-retry-delay").map(str::to_owned),
        callback: item.header("upstash-callback").ok_or("Upstash-Callback is missing")?.into(),
        callback_headers: item.after("upstash-callback-forward-"),
    })
}

/// The step of a call, which only the headers of its callback name.
fn called_step(call: &Call) -> Info {
    let header = |name: &str| {
        call.callback_headers.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    };
    Info {
        step_id: header("upstash-workflow-stepid").and_then(|id| id.parse().ok()).unwrap_or(0),
        step_name: header("upstash-workflow-stepname").cloned().unwrap_or_default(),
        target_step: 0,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    #[serde(default)]
    body: Option<String>,
    workflow_run_id: String,
    step: Map<String, Value>,
}

fn invoke(state: &mut State, item: &Item, peer: &str) -> Result<Value, String> {
    let invocation: Invocation =
        serde_json::from_slice(&item.body).map_err(|e| format!("invoke: {e}"))?;
    let run: Arc<str> = invocation.workflow_run_id.into();
    if state.runs.active(&run).is_none() {
        return Err(format!(
            "can not invoke from workflow run {run}: it has ended or is not known"
        ));
    }
    let invoker = Invoker { run, step: invocation.step };
    begin(state, item, peer, Some(invoker), invocation.body.unwrap_or_default().into_bytes())
}

/// Starts a run, unless the id is in use.
fn begin(
    state: &mut State,
    item: &Item,
    peer: &str,
    invoker: Option<Invoker>,
    payload: Vec<u8>,
) -> Result<Value, String> {
    if !is_http_url(&item.destination) {
        return Err(format!("`{}` is not a URL", item.destination));
    }
    let id: Arc<str> = match item.header("upstash-workflow-runid") {
        Some(id) if id.starts_with("wfr_") => id.into(),
        Some(id) => format!("wfr_{id}").into(),
        None => state.ids.id("wfr_").into(),
    };
    let spec = read_spec(item, peer)?;
    let delay_ms = item.delay_ms()?;
    let now = now_ms();
    let told = |message_id: String, deduplicated: bool| {
        json!({
            "messageId": message_id,
            "url": item.destination,
            "deduplicated": deduplicated,
            "workflowRunId": &*id,
            "workflowCreatedAt": now,
        })
    };
    if state.runs.get(&id).is_some() {
        return Ok(told(state.runs.message_id(), true));
    }
    state.audit.run(Record {
        id: id.clone(),
        created_at: now,
        workflow_url: spec.url.as_str().into(),
        origin: if invoker.is_some() { Origin::Invoke } else { Origin::Trigger },
        parent: invoker.as_ref().map(|invoker| invoker.run.clone()),
        ..Record::default()
    });
    state.runs.insert(id.clone(), Run { invoker, ..Run::new(Arc::new(spec), now) });
    let step = Step {
        message_id: state.runs.message_id(),
        body: Arc::new(payload),
        info: Info::default(),
        call: None,
        due: Instant::now() + state.config.delay(delay_ms),
        created_at: now,
    };
    let message_id = push(state, &id, step).unwrap_or_default();
    Ok(told(message_id, false))
}

fn read_spec(item: &Item, peer: &str) -> Result<Spec, String> {
    // Deliveries take labels from the run, since a resume may have replaced them.
    let not_label =
        |pairs: Pairs| pairs.into_iter().filter(|(name, _)| name != "upstash-label").collect();
    Ok(Spec {
        url: item.header("upstash-workflow-url").unwrap_or(&item.destination).into(),
        retries: item.number("upstash-retries")?.unwrap_or(DEFAULT_RETRIES),
        retry_delay: item.header("upstash-retry-delay").map(str::to_owned),
        flow: item.flow()?,
        labels: item.labels()?,
        failure_url: item.header("upstash-failure-callback").map(str::to_owned),
        forward: not_label(item.after("upstash-forward-")),
        failure_forward: not_label(item.after("upstash-failure-callback-forward-")),
        content_type: item.header("content-type").unwrap_or("application/json").into(),
        caller_ip: peer.into(),
        redaction: item
            .header("upstash-redact-fields")
            .map_or(Ok(Redaction::default()), Redaction::parse)?,
    })
}
