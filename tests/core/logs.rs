//! Logs of runs: the requests that ask for them, and what is read of the answers.

use crate::json::{value, HeaderMap, InMemory};
use crate::timestamp;
use serde_json::{json, Value as Json};
use upstash_workflow_dlq::params::{RequestOptions, RunName};
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::call::Call;
use upstash_workflow_dlq::wire::logs::{
    is_listable, read_entry, read_run, request, Cause, LogsPath, RunSeen, RunState,
};
use upstash_workflow_dlq::wire::response::{interpret, Outcome, Payload, Want};
use upstash_workflow_dlq::wire::{Operation, Response};

const AT: i64 = 1_790_000_000_500;

fn name(id: &str, created: impl Into<Option<i64>>) -> RunName {
    RunName { id: id.into(), created: created.into().map(timestamp) }
}

fn call(args: &Json) -> Result<String, Vec<(String, &'static str)>> {
    let args: Vec<Value> = args.as_array().expect("arguments").iter().map(value).collect();
    let call = Call::read(Operation::Logs, &args, "https://a.b").map_err(|issues| {
        issues.iter().map(|one| (one.path.clone(), one.code)).collect::<Vec<_>>()
    })?;
    let request = call.request.expect("a request");
    assert_eq!(request.operation.method().name(), "GET");
    assert!(!request.operation.acts());
    Ok(request.target.strip_prefix("/v2/workflows/events?").expect("the SDK's path").to_owned())
}

#[test]
fn a_call_sends_what_the_sdk_sends() {
    let table = [
        (json!([]), "groupBy=workflowRunId"),
        (json!([{"cursor": "c", "count": 2}]), "groupBy=workflowRunId&cursor=c&count=2"),
        (
            json!([{"count": 2, "state": "RUN_FAILED", "filter": {"label": ["a", "b"], "host": "x.y"}}]),
            "groupBy=workflowRunId&state=RUN_FAILED&count=2&label=a&label=b&host=x.y",
        ),
        // A field in both places is the filter's, where the other one stands.
        (
            json!([{"label": "old", "workflowRunId": "wfr_1", "filter": {"state": "RUN_SUCCESS", "label": "new"}}]),
            "groupBy=workflowRunId&label=new&workflowRunId=wfr_1&state=RUN_SUCCESS",
        ),
        (
            json!([{"label": "old", "cursor": "c", "filter": {"label": "<undefined>"}}]),
            "groupBy=workflowRunId&cursor=c",
        ),
        (
            json!([{"filter": {"fromDate": "<date:1790000000000>", "toDate": 1790000000001i64, "path": ["/a", "/b"], "messageId": "m"}}]),
            "groupBy=workflowRunId&fromDate=1790000000000&toDate=1790000000001&path=%2Fa&path=%2Fb&messageId=m",
        ),
        (
            json!([{"workflowCreatedAt": 1790000000000i64}, {"query": {"trimBody": -1}}]),
            "groupBy=workflowRunId&workflowCreatedAt=1790000000000&trimBody=-1",
        ),
    ];
    for (args, query) in table {
        assert_eq!(call(&args).as_deref(), Ok(query), "{args}");
    }
}

#[test]
fn a_call_with_faults_is_refused_with_all_of_them() {
    let table = [
        (json!(["wfr_1"]), vec![("parameters", "wrong_type")]),
        (json!([{"stat": "RUN_FAILED"}]), vec![("parameters.stat", "unknown_key")]),
        (
            json!([{"count": 0, "filter": {"state": "", "path": []}}]),
            vec![
                ("parameters.count", "out_of_range"),
                ("parameters.filter.state", "empty_string"),
                ("parameters.filter.path", "empty_array"),
            ],
        ),
        (
            json!([{"filter": {"host": ["x.y", "<undefined>"]}}]),
            vec![("parameters.filter.host[1]", "wrong_type")],
        ),
        (
            json!([{"filter": {"messageId": ["m"], "workflowUrl": "a.b"}}]),
            vec![
                ("parameters.filter.messageId", "wrong_type"),
                ("parameters.filter.workflowUrl", "bad_url"),
            ],
        ),
    ];
    for (args, expected) in table {
        let issues = call(&args).expect_err("refused");
        let issues: Vec<_> = issues.iter().map(|(path, code)| (path.as_str(), *code)).collect();
        assert_eq!(issues, expected, "{args}");
    }
}

#[test]
fn runs_are_asked_for_by_a_list_and_one_by_its_id() {
    let (a, b, c) = (name("wfr_a", AT), name("wfr_b", AT + 1), name("wfr_c", None));
    let options = RequestOptions::default();
    let target = |path, runs: &[&RunName]| request(path, runs, &options).target;
    assert_eq!(
        target(LogsPath::Logs, &[&a, &b]),
        "/v2/workflows/logs?workflowRuns=wfr_a%401790000000500%2Cwfr_b%401790000000501\
         &count=10&trimBody=4096",
    );
    assert_eq!(
        target(LogsPath::Events, &[&a]),
        "/v2/workflows/events?groupBy=workflowRunId&workflowRunId=wfr_a\
         &workflowCreatedAt=1790000000500&count=10&trimBody=4096",
    );
    assert_eq!(
        target(LogsPath::Logs, &[&c]),
        "/v2/workflows/logs?workflowRunId=wfr_c&count=10&trimBody=4096",
    );
    assert!(is_listable(&a) && !is_listable(&c));
    assert!(!is_listable(&name("a,b", AT)) && !is_listable(&name("a@b", AT)));
}

/// A run as the logs show it, with `next` steps.
fn run(state: &str, next: Json) -> Json {
    json!({
        "workflowRunId": "wfr_1", "workflowRunCreatedAt": AT, "workflowState": state,
        "steps": [
            {"type": "sequential", "steps": [{"stepName": "init", "state": "STEP_SUCCESS",
                "errors": [{"status": 500, "error": "once"}]}]},
            {"type": "next", "steps": next},
        ],
    })
}

#[test]
fn a_run_under_way_is_retrying_once_its_present_step_has_failed() {
    let failed = json!({"status": 502, "error": "bad gateway", "body": " carrier down "});
    let table = [
        (json!([]), RunState::Running, Cause::default()),
        (json!([{"state": "STEP_PROGRESS", "stepName": "a"}]), RunState::Running, Cause::default()),
        (json!([{"state": "STEP_PROGRESS", "errors": []}]), RunState::Running, Cause::default()),
        (
            // An attempt is under way, and the one before failed.
            json!([{"state": "STEP_PROGRESS"}, {"state": "STEP_PROGRESS", "stepName": "a", "errors": [{"status": 500}, failed]}]),
            RunState::Retrying,
            Cause { step: Some("a".into()), status: Some(502), error: Some("carrier down".into()) },
        ),
        (
            json!([{"state": "STEP_RETRY", "errors": [{"error": "no answer", "body": "", "status": 0}]}]),
            RunState::Retrying,
            Cause { error: Some("no answer".into()), ..Cause::default() },
        ),
        (json!([{"state": "STEP_RETRY"}]), RunState::Retrying, Cause::default()),
        (json!([{"state": "STEP_FAILED"}]), RunState::Retrying, Cause::default()),
        (json!("?"), RunState::Running, Cause::default()),
    ];
    let branches = json!({
        "workflowRunId": "wfr_1", "workflowState": "RUN_STARTED",
        "steps": [
            {"type": "parallel", "steps": [
                {"stepName": "a", "state": "STEP_SUCCESS", "errors": [{"status": 500}]},
                {"stepName": "b", "state": "STEP_RETRY", "errors": [{"status": 503}]},
            ]},
            {"type": "next", "steps": [{"state": "STEP_PROGRESS"}]},
        ],
    });
    let seen = read_run(&InMemory(branches)).expect("a run");
    assert_eq!((seen.state, seen.cause.step.as_deref()), (RunState::Retrying, Some("b")));
    for (next, state, cause) in table {
        let seen = read_run(&InMemory(run("RUN_STARTED", next.clone()))).expect("a run");
        assert_eq!((seen.state, seen.cause), (state, cause), "{next}");
        assert_eq!(seen.name, name("wfr_1", AT));
    }
}

#[test]
fn the_state_of_a_run_is_what_its_log_says() {
    let failed = json!([{"state": "STEP_RETRY", "errors": [{"status": 500, "error": "no"}]}]);
    let states = [
        ("RUN_SUCCESS", RunState::Succeeded),
        ("RUN_FAILED", RunState::Failed),
        ("RUN_CANCELED", RunState::Canceled),
        ("RUN_PAUSED", RunState::Unknown),
    ];
    for (text, state) in states {
        let seen = read_run(&InMemory(run(text, failed.clone()))).expect("a run");
        assert_eq!(seen.state, state, "{text}");
        assert_eq!(seen.cause.error.is_some(), state == RunState::Failed, "{text}");
        assert_eq!(state.is_final(), state != RunState::Unknown);
    }
    let failed = json!({"workflowRunId": "wfr_1", "workflowState": "RUN_FAILED", "dlqId": "9-0"});
    let (name, dlq_id) = (name("wfr_1", None), Some("9-0".into()));
    assert_eq!(
        read_run(&InMemory(failed)),
        Some(RunSeen { name, state: RunState::Failed, dlq_id, cause: Cause::default() }),
    );
    for odd in [json!(null), json!([]), json!({}), json!({"workflowRunId": ""}), json!("wfr_1")] {
        assert_eq!(read_run(&InMemory(odd)), None);
    }
}

#[test]
fn an_entry_of_the_dlq_says_which_run_failed_and_why() {
    let entry = json!({
        "dlqId": "9-0", "workflowRunId": "wfr_1", "workflowCreatedAt": AT.to_string(),
        "responseStatus": 500, "responseBody": "x".repeat(3_000),
        "responseHeader": {"Upstash-Error-Step-Name": ["charge"]},
    });
    let seen = read_entry(&InMemory(entry)).expect("a run");
    assert_eq!((seen.state, seen.dlq_id), (RunState::Failed, Some("9-0".into())));
    assert_eq!(seen.name, name("wfr_1", AT));
    assert_eq!((seen.cause.step.as_deref(), seen.cause.status), (Some("charge"), Some(500)));
    assert_eq!(seen.cause.error.expect("a message").len(), 1_000);
    let lower = json!({"workflowRunId": "w", "responseHeader": {"upstash-error-step-name": ["b"]}});
    let seen = read_entry(&InMemory(lower)).expect("a run");
    assert_eq!((seen.cause.step.as_deref(), seen.dlq_id), (Some("b"), None));
    assert_eq!(read_entry(&InMemory(json!({"dlqId": "9-0"}))), None);
}

#[test]
fn the_name_of_a_step_is_cut_to_1_000_characters() {
    let long = "é".repeat(1_200);
    let failed = json!([{"state": "STEP_RETRY", "stepName": long}]);
    let seen = read_run(&InMemory(run("RUN_STARTED", failed))).expect("a run");
    assert_eq!(seen.cause.step, Some("é".repeat(1_000)));
    let entry = json!({"workflowRunId": "w", "responseHeader": {"Upstash-Error-Step-Name": long}});
    let seen = read_entry(&InMemory(entry)).expect("a run");
    assert_eq!(seen.cause.step, Some("é".repeat(1_000)));
}

#[test]
fn states_are_read_of_logs_and_of_lists_where_they_are_wanted() {
    let page = |operation, body: Json, states| {
        let headers = HeaderMap::default();
        let payload = Payload::Json(InMemory(body));
        let outcome = Outcome::Response { status: 200, headers: &headers, payload, length: 0 };
        let want = Want { states, ..Want::default() };
        match interpret(operation, &outcome, want, timestamp(AT)) {
            Response::Page(page) => page,
            Response::Refused(refusal) => panic!("{refusal:?}"),
        }
    };
    let logs = json!({"runs": [run("RUN_SUCCESS", json!([])), {"odd": 1}], "cursor": "c"});
    let read = page(Operation::Logs, logs.clone(), true);
    assert_eq!((read.size, read.cursor, read.states.len()), (2, Some("c".into()), 1));
    assert_eq!(page(Operation::Logs, logs, false).states, []);
    let list = json!({"messages": [{"dlqId": "9-0", "workflowRunId": "wfr_1"}]});
    let read = page(Operation::Scan, list, true);
    assert_eq!(read.states[0].state, RunState::Failed);
}
