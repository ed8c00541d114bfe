//! Logs of runs: what a request asks for, and what is read of a response, whatever it is.

use super::make::{below, json, pick, text, value, BASE, NOW};
use super::parsers::decode;
use crate::json::InMemory;
use arbitrary::Unstructured;
use serde_json::{json, Value as Json};
use upstash_workflow_dlq::params::{RequestOptions, RunName};
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::body::{Body, NAME_MAX};
use upstash_workflow_dlq::wire::call::{Call, URL_MAX};
use upstash_workflow_dlq::wire::entry::TEXT_MAX;
use upstash_workflow_dlq::wire::logs::{
    is_listable, read_entry, read_run, request, Cause, LogsPath, RunSeen, RunState, RUNS_MAX,
};
use upstash_workflow_dlq::wire::{Operation, Request};

pub fn check(data: &[u8]) {
    let u = &mut Unstructured::new(data);
    match below(u, 4) {
        0 => asked(u),
        1 => called(u),
        2 => {
            let entry = entry(u);
            if let Some(seen) = read_entry(&InMemory(entry)) {
                assert_eq!(seen.state, RunState::Failed);
                holds(&seen);
            }
        }
        _ => {
            let id = text(u);
            let run = run(u, &id);
            if let Some(seen) = read_run(&InMemory(run.clone())) {
                let state = InMemory(run).get("workflowState").and_then(|state| state.text());
                // No run is taken for one that has ended unless its log says so.
                let ended = STATES.iter().find(|(name, _)| Some(*name) == state.as_deref());
                assert_eq!(ended.map(|(_, state)| *state), Some(seen.state).filter(ended_state));
                let failed = matches!(seen.state, RunState::Retrying | RunState::Failed);
                assert!(failed || seen.cause == Cause::default(), "{seen:?}");
                holds(&seen);
            }
        }
    }
}

/// The states in which a run has ended.
const STATES: &[(&str, RunState)] = &[
    ("RUN_SUCCESS", RunState::Succeeded),
    ("RUN_FAILED", RunState::Failed),
    ("RUN_CANCELED", RunState::Canceled),
];

fn ended_state(state: &RunState) -> bool {
    state.is_final()
}

fn holds(seen: &RunSeen) {
    let name = |text: &str| (1..=NAME_MAX).contains(&text.len());
    assert!(name(seen.name.id.as_str()));
    assert!(seen.dlq_id.as_ref().is_none_or(|id| name(id.as_str())));
    assert!(seen.name.created.is_none_or(|at| (1..=8_640_000_000_000_000).contains(&at.ms())));
    let Cause { step, status, error } = &seen.cause;
    assert!(step.as_ref().is_none_or(|step| !step.is_empty()));
    assert!(status.is_none_or(|status| (100..1_000).contains(&status)));
    for text in [step, error].into_iter().flatten() {
        assert!((1..=TEXT_MAX).contains(&text.chars().count()));
    }
}

/// A request names the runs that it is for, and no others.
fn asked(u: &mut Unstructured) {
    let mut names = Vec::new();
    for _ in 0..1 + below(u, RUNS_MAX as u32) {
        let created = (below(u, 4) > 0).then(|| NOW + i64::from(below(u, 1_000)));
        let run = RunName { id: text(u).as_str().into(), created };
        if names.is_empty() || names.iter().all(is_listable) && is_listable(&run) {
            names.push(run);
        }
    }
    let path = pick(u, &[LogsPath::Logs, LogsPath::Events]);
    let request = request(path, &names.iter().collect::<Vec<_>>(), &RequestOptions::default());
    assert!(request.target.bytes().all(|byte| byte.is_ascii_graphic()), "{:?}", request.target);
    let ids: Vec<&str> = names.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids_of(&request), ids);
}

/// The ids in the query of a request for logs.
pub fn ids_of(request: &Request) -> Vec<String> {
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| decode(value))
    };
    match value("workflowRuns") {
        Some(list) => {
            let id = |run: &str| String::from(run.split_once('@').expect("a date").0);
            list.split(',').map(id).collect()
        }
        None => value("workflowRunId").into_iter().collect(),
    }
}

/// A call of a caller is refused, or sent as the SDK sends it.
fn called(u: &mut Unstructured) {
    let parameters = match below(u, 4) {
        0 => value(u, "", 3),
        _ => parameters(u),
    };
    match Call::read(Operation::Logs, &[parameters, value(u, "", 2)], BASE) {
        Err(issues) => assert!(!issues.is_empty(), "refused without a word"),
        Ok(call) => {
            let target = call.request.expect("a request").target;
            assert!(target.starts_with("/v2/workflows/events?groupBy=workflowRunId"), "{target}");
            assert!(target.len() + BASE.len() <= URL_MAX, "{} bytes", target.len());
            assert!(target.bytes().all(|byte| byte.is_ascii_graphic()), "{target:?}");
        }
    }
}

/// Parameters of which most are valid.
fn parameters(u: &mut Unstructured) -> Value {
    let mut fields = Vec::new();
    for key in ["cursor", "count", "state", "label", "workflowRunId", "filter", "host", "path"] {
        if below(u, 3) > 0 {
            continue;
        }
        let value = match (key, below(u, 4)) {
            (_, 0) => value(u, "", 2),
            ("count", _) => Value::Number(f64::from(below(u, 200))),
            ("filter", _) => parameters(u),
            _ => Value::String(text(u)),
        };
        fields.push((String::from(key), value));
    }
    Value::Map(fields)
}

/// A page of the logs for a request: some of the runs that it names, now and then others.
pub fn page(u: &mut Unstructured, request: &Request) -> Json {
    let mut runs = Vec::new();
    for id in ids_of(request) {
        match below(u, 8) {
            0 => {}
            1 => runs.push(run(u, "wfr_other")),
            _ => runs.push(run(u, &id)),
        }
    }
    let cursor = if below(u, 4) == 3 { json(u, 0) } else { Json::Null };
    json!({"runs": runs, "cursor": cursor})
}

/// A run as the service shows it, but for what its fields hold.
fn run(u: &mut Unstructured, id: &str) -> Json {
    const OTHERS: &[&str] = &["RUN_STARTED", "RUN_STARTED", "RUN_PAUSED"];
    let state = match below(u, 6) {
        n @ 0..=2 => STATES[n as usize].0.into(),
        5 => json(u, 0),
        _ => pick(u, OTHERS).into(),
    };
    let created = match below(u, 3) {
        0 => json(u, 0),
        _ => Json::from(NOW.ms() + i64::from(below(u, 3))),
    };
    let id = if below(u, 16) == 15 { json(u, 0) } else { id.into() };
    let groups: Vec<Json> = (0..below(u, 3)).map(|_| group(u)).collect();
    let mut run = json!({
        "workflowRunId": id, "workflowRunCreatedAt": created, "workflowState": state,
        "steps": groups,
    });
    if below(u, 4) == 3 {
        let key = pick(u, &["steps", "dlqId", "workflowState"]);
        run[key] = json(u, 2);
    }
    run
}

fn group(u: &mut Unstructured) -> Json {
    const STEPS: &[&str] = &["STEP_PROGRESS", "STEP_RETRY", "STEP_FAILED", "STEP_SUCCESS", ""];
    let step = |u: &mut Unstructured| {
        let failed = |u: &mut Unstructured| match below(u, 4) {
            0 => json(u, 1),
            _ => json!({"status": json(u, 0), "body": text(u), "error": text(u)}),
        };
        let errors: Vec<Json> = (0..below(u, 3)).map(|_| failed(u)).collect();
        json!({"stepName": text(u), "state": pick(u, STEPS), "errors": errors})
    };
    let steps: Vec<Json> = (0..below(u, 3)).map(|_| step(u)).collect();
    json!({"steps": steps})
}

/// An entry of the DLQ, as that of a run that failed.
fn entry(u: &mut Unstructured) -> Json {
    let mut entry = json!({
        "dlqId": text(u), "workflowRunId": text(u), "workflowCreatedAt": json(u, 0),
        "responseStatus": json(u, 0), "responseBody": text(u),
        "responseHeader": {"Upstash-Error-Step-Name": [text(u)]},
    });
    if below(u, 2) == 1 {
        let keys = ["dlqId", "workflowRunId", "responseBody", "responseHeader"];
        entry[pick(u, &keys)] = json(u, 2);
    }
    entry
}
