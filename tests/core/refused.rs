//! What is refused before any request: every rule, with its path and its code, and next to it what
//! is taken. An `Err` lists all that is wrong, so that each table line is exact.

use crate::json::value;
use serde_json::{json, Value as Json};
use std::collections::BTreeSet;
use upstash_workflow_dlq::engine::Plan;
use upstash_workflow_dlq::params::{
    Auth, ClientOptions, Issue, Issues, Received, RetryOptions, Token,
};
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::call::Call;
use upstash_workflow_dlq::wire::Operation;

const BASE: &str = "https://qstash.upstash.io";

fn arguments(args: &Json) -> Vec<Value> {
    args.as_array().expect("arguments").iter().map(value).collect()
}

fn codes(issues: &[Issue]) -> Vec<String> {
    issues.iter().map(|issue| format!("{} {}", issue.path, issue.code)).collect()
}

fn call(operation: Operation, args: &Json) -> Vec<String> {
    match Call::read(operation, &arguments(args), BASE) {
        Ok(_) => Vec::new(),
        Err(issues) => codes(&issues),
    }
}

fn client() -> ClientOptions {
    ClientOptions {
        base_url: BASE.into(),
        token: Token::new("token"),
        auth: Auth::Header,
        timeout: 60_000,
        retry: RetryOptions::default(),
        headers: Vec::new(),
        dev_mode: false,
    }
}

fn drive(operation: Operation, args: &Json) -> Vec<String> {
    match Plan::read(operation, &arguments(args), &client()) {
        Ok(_) => Vec::new(),
        Err(issues) => codes(&issues),
    }
}

fn options(options: &Json, env: &Json) -> Vec<String> {
    let mut issues = Issues::new();
    let read = ClientOptions::read(&mut issues, &value(options), &value(env));
    match issues.into_result(read) {
        Ok(_) => Vec::new(),
        Err(issues) => codes(&issues),
    }
}

/// Checks a table, and gives the codes that it covers.
fn check(
    what: &str,
    lines: Vec<(Json, &[&str])>,
    read: impl Fn(&Json) -> Vec<String>,
) -> BTreeSet<String> {
    let mut covered = BTreeSet::new();
    for (input, expected) in lines {
        assert_eq!(read(&input), expected, "{what} {input}");
        covered
            .extend(expected.iter().filter_map(|line| line.rsplit(' ').next()).map(String::from));
    }
    covered
}

fn selections() -> BTreeSet<String> {
    let long = "x".repeat(9_000);
    check(
        "resume",
        vec![
            (json!(["id"]), &[]),
            (json!([["a", "b"]]), &[]),
            (json!([[]]), &[]),
            (json!([{"dlqIds": ["a"]}]), &[]),
            (json!([{"dlqIds": "a"}]), &[]),
            (json!([{"dlqIds": ["a"], "cursor": "c", "count": 5}]), &[]),
            (json!([{"all": true}]), &[]),
            (json!([{"all": true, "count": 10, "cursor": "c"}]), &[]),
            (json!([{"filter": {"label": "a"}}]), &[]),
            (json!([{"dlqId": "a"}]), &[]),
            (json!([{"dlqId": ["a"], "retries": 2}]), &[]),
            (
                json!([{"dlqId": "a", "flowControl": {"rate": 1}}]),
                &["selection.flowControl.key flow_control_without_key"],
            ),
            (
                json!([{"dlqId": "a", "flowControl": {"key": "k"}}]),
                &["selection.flowControl flow_control_without_limit"],
            ),
            (json!([{"all": true, "filter": "<undefined>"}]), &[]),
            (json!([]), &["selection selection_missing"]),
            (json!(["<undefined>"]), &["selection selection_missing"]),
            (json!([{}]), &["selection selection_missing"]),
            (json!([null]), &["selection null_value"]),
            (json!([5]), &["selection wrong_type"]),
            (json!(["<function>"]), &["selection wrong_type"]),
            (json!(["<unreadable>"]), &["selection unreadable"]),
            (json!([""]), &["selection empty_id"]),
            (json!([["a", ""]]), &["selection[1] empty_id"]),
            (json!([["a", 5, null]]), &["selection[1] wrong_type", "selection[2] null_value"]),
            (json!(["a,b"]), &["selection comma_in_value"]),
            (json!([{"dlqIds": []}]), &["selection.dlqIds empty_dlq_ids"]),
            (json!([{"dlqId": []}]), &["selection.dlqId empty_dlq_ids"]),
            (json!([{"dlqIds": null}]), &["selection.dlqIds null_value"]),
            (
                json!([{"dlqIds": ["a"], "filter": {"label": "a"}}]),
                &["selection selection_conflict"],
            ),
            (json!([{"dlqIds": ["a"], "all": true}]), &["selection selection_conflict"]),
            (json!([{"filter": {"label": "a"}, "all": true}]), &["selection selection_conflict"]),
            (json!([{"all": false}]), &["selection.all all_not_true"]),
            (json!([{"all": "true"}]), &["selection.all all_not_true"]),
            (json!([{"all": 1}]), &["selection.all all_not_true"]),
            (json!([{"all": true, "coun": 1}]), &["selection.coun unknown_key"]),
            (json!([{"all": true, "limit": 5}]), &["selection.limit drive_only"]),
            (
                json!([{"filter": {"label": "a"}, "where": {"error": "x"}}]),
                &["selection.where drive_only"],
            ),
            (json!([{"all": true, "count": 0}]), &["selection.count out_of_range"]),
            (json!([{"all": true, "count": 1.5}]), &["selection.count not_whole"]),
            (json!([{"all": true, "count": "<NaN>"}]), &["selection.count not_whole"]),
            (json!([{"all": true, "count": "<Infinity>"}]), &["selection.count out_of_range"]),
            (json!([{"all": true, "count": "5"}]), &["selection.count wrong_type"]),
            (json!([{"all": true, "count": null}]), &["selection.count null_value"]),
            (json!([{"all": true, "cursor": ""}]), &["selection.cursor empty_string"]),
            (json!([{"all": true, "cursor": 5}]), &["selection.cursor wrong_type"]),
            (json!([[long]]), &["selection url_too_long"]),
            (
                json!([{"filter": {}, "al": true}]),
                &["selection.al unknown_key", "selection.filter empty_filter"],
            ),
        ],
        |args| call(Operation::Resume, args),
    )
}

fn filters() -> BTreeSet<String> {
    let state = "selection.filter.failureFunctionState";
    check(
        "filter",
        vec![
            (json!({"fromDate": 0}), &[]),
            (json!({"fromDate": "<date:1790000000000>", "toDate": "2026-11-23"}), &[]),
            (json!({"toDate": "2026-11-23T08:00:00.123+02:00"}), &[]),
            (json!({"workflowUrl": ["https://a.b/c", "http://localhost:3000/x"]}), &[]),
            (json!({"failureFunctionState": ["CALLBACK_FAIL", "CALLBACK_SUCCESS"]}), &[]),
            (json!({"callerIp": ["127.0.0.1", "::1"], "flowControlKey": "any key at all"}), &[]),
            (json!({"label": "with space", "workflowRunId": "wfr_1"}), &[]),
            (json!({}), &["selection.filter empty_filter"]),
            (json!({"label": "<undefined>"}), &["selection.filter empty_filter"]),
            (json!(null), &["selection.filter null_value"]),
            (json!([]), &["selection.filter wrong_type"]),
            (json!({"label": null}), &["selection.filter.label null_value"]),
            (json!({"label": ""}), &["selection.filter.label empty_string"]),
            (json!({"label": []}), &["selection.filter.label empty_array"]),
            (json!({"label": ["a", ""]}), &["selection.filter.label[1] empty_string"]),
            (json!({"label": "a,b"}), &["selection.filter.label comma_in_value"]),
            (json!({"labels": "a", "label": "a"}), &["selection.filter.labels unknown_key"]),
            (json!({"workflowUrl": "example.com"}), &["selection.filter.workflowUrl bad_url"]),
            (json!({"workflowUrl": "ftp://a.b"}), &["selection.filter.workflowUrl bad_url"]),
            (json!({"callerIp": "300.1.1.1"}), &["selection.filter.callerIp bad_ip"]),
            (json!({"failureFunctionState": "FAILED"}), &[&format!("{state} unknown_value")[..]]),
            (json!({"fromDate": "yesterday"}), &["selection.filter.fromDate bad_date"]),
            (json!({"fromDate": "2026-11-23T08:00:00"}), &["selection.filter.fromDate bad_date"]),
            (json!({"fromDate": "2026-02-30"}), &["selection.filter.fromDate bad_date"]),
            (json!({"fromDate": "<NaN>"}), &["selection.filter.fromDate bad_date"]),
            (json!({"fromDate": 1_790_000_000}), &["selection.filter.fromDate date_in_seconds"]),
            (
                json!({"fromDate": 1_790_000_000_000_000i64}),
                &["selection.filter.fromDate date_too_fine"],
            ),
            (
                json!({"toDate": 1_790_000_000_000_000_000i64}),
                &["selection.filter.toDate date_too_fine"],
            ),
            (
                json!({"toDate": "<date:1790000000000000>"}),
                &["selection.filter.toDate date_too_fine"],
            ),
            (
                json!({"workflowCreatedAt": 1_790_000_000_000_000i64}),
                &["selection.filter.workflowCreatedAt date_too_fine"],
            ),
            (json!({"toDate": "9999-12-31"}), &[]),
            (json!({"fromDate": -1}), &["selection.filter.fromDate out_of_range"]),
            (json!({"toDate": "<date:-1>"}), &["selection.filter.toDate out_of_range"]),
            (json!({"fromDate": 1.5}), &["selection.filter.fromDate not_whole"]),
            (json!({"fromDate": true}), &["selection.filter.fromDate wrong_type"]),
            (
                json!({"fromDate": 1_790_000_000_001i64, "toDate": 1_790_000_000_000i64}),
                &["selection.filter.fromDate date_order"],
            ),
            (
                json!({"responseStatus": 500, "label": "a"}),
                &["selection.filter.responseStatus unknown_key"],
            ),
        ],
        |filter| call(Operation::Resume, &json!([{ "filter": filter }])),
    )
}

fn overrides() -> BTreeSet<String> {
    let mut covered = check(
        "overrides",
        vec![
            (json!({}), &[]),
            (json!({"retries": 0, "delay": "1d10h30m", "retryDelay": "(1 + retried) * 1000"}), &[]),
            (
                json!({"delay": 10, "label": ["a", "b.c-d_e"], "failureCallback": "https://a.b/c"}),
                &[],
            ),
            (
                json!({"flowControl": {"key": "k", "parallelism": 1, "rate": 2, "period": "7d"}}),
                &[],
            ),
            (json!({"flowControl": {"key": "k"}}), &[]),
            (json!({"flowControl": {"rate": 1}}), &[]),
            (json!({"flowControl": {"parallelism": 2, "period": 604_800}}), &[]),
            (json!({"flowControl": {}}), &["overrides.flowControl flow_control_empty"]),
            (
                json!({"flowControl": {"key": "k", "rate": 2, "period": "6d24h1s"}}),
                &["overrides.flowControl.period out_of_range"],
            ),
            (
                json!({"flowControl": {"key": "k", "period": 604_801}}),
                &["overrides.flowControl.period out_of_range"],
            ),
            (json!({"flowControl": {"key": "k", "ratePerSecond": 2}}), &[]),
            (json!({"flowControl": {"key": "k", "period": 60}}), &[]),
            (json!({"retryDelay": "pow(2, retried) * 1000"}), &[]),
            (json!(null), &["overrides null_value"]),
            (json!({"retry": 1}), &["overrides.retry unknown_key"]),
            (json!({"retries": -1}), &["overrides.retries out_of_range"]),
            (json!({"retries": 1.2}), &["overrides.retries not_whole"]),
            (json!({"retries": "3"}), &["overrides.retries wrong_type"]),
            (json!({"delay": "10"}), &["overrides.delay bad_duration"]),
            (json!({"delay": "10x"}), &["overrides.delay bad_duration"]),
            (json!({"delay": ""}), &["overrides.delay empty_string"]),
            (json!({"delay": -1}), &["overrides.delay out_of_range"]),
            (json!({"retryDelay": "(1 + retried"}), &["overrides.retryDelay bad_expression"]),
            (json!({"retryDelay": "retires * 2"}), &["overrides.retryDelay bad_expression"]),
            (json!({"label": "a b"}), &["overrides.label bad_label"]),
            (json!({"label": []}), &["overrides.label empty_array"]),
            (json!({"label": "a\r\nX: y"}), &["overrides.label bad_label"]),
            (json!({"failureCallback": "a.b/c"}), &["overrides.failureCallback bad_url"]),
            (
                json!({"failureCallback": "https://a.b/\u{0}"}),
                &["overrides.failureCallback header_character"],
            ),
            (
                json!({"failureCallback": "https://a.b/\u{4f60}"}),
                &["overrides.failureCallback header_character"],
            ),
            (
                json!({"flowControl": {"key": "a b", "rate": 1}}),
                &["overrides.flowControl.key bad_flow_control_key"],
            ),
            (
                json!({"flowControl": {"key": "k", "rate": 0}}),
                &["overrides.flowControl.rate out_of_range"],
            ),
            (
                json!({"flowControl": {"key": "k", "rate": 1, "period": "x"}}),
                &["overrides.flowControl.period bad_duration"],
            ),
            (json!({"flowControl": "k"}), &["overrides.flowControl wrong_type"]),
        ],
        |overrides| call(Operation::Resume, &json!(["id", overrides])),
    );
    let ids = |count: usize| (0..count).map(|n| format!("1752829295505-{n}")).collect::<Vec<_>>();
    covered.extend(check(
        "restart",
        vec![
            (json!([ids(50)]), &[]),
            (json!([ids(51)]), &["selection too_many_ids"]),
            (json!([{ "dlqIds": ids(51) }]), &["selection too_many_ids"]),
            (json!([{ "dlqId": ids(51) }]), &["selection too_many_ids"]),
        ],
        |args| call(Operation::Restart, args),
    ));
    covered.extend(check(
        "request",
        vec![
            (json!({"timeout": 1000, "signal": "<AbortSignal>"}), &[]),
            (json!({"query": {"newFilter": ["a", 1, true]}, "headers": {"X-Trace": "1"}}), &[]),
            (json!({"timeout": "30s"}), &[]),
            (json!({"timeout": "1m500ms"}), &[]),
            (json!({"timeout": "30"}), &["request.timeout wrong_type"]),
            (json!({"timeout": ""}), &["request.timeout wrong_type"]),
            (json!({"timeout": "0ms"}), &["request.timeout out_of_range"]),
            (json!({"timeout": "25d"}), &["request.timeout out_of_range"]),
            (json!({"headers": [["X-Trace", "1"], ["x-more", "2"]]}), &[]),
            (
                json!({"headers": [["X-Trace"], 5]}),
                &["request.headers[0] wrong_type", "request.headers[1] wrong_type"],
            ),
            (json!({"timeout": 0}), &["request.timeout out_of_range"]),
            (json!({"signal": {}}), &["request.signal wrong_type"]),
            (json!({"timeot": 5}), &["request.timeot unknown_key"]),
            (json!({"query": {"cursor": "a"}}), &["request.query.cursor reserved_name"]),
            (
                json!({"query": {"qstash_token": "a"}}),
                &["request.query.qstash_token reserved_name"],
            ),
            (
                json!({"headers": {"authorization": "a"}}),
                &["request.headers.authorization reserved_name"],
            ),
            (json!({"headers": {"a b": "c"}}), &["request.headers.a b header_character"]),
            (json!({"headers": {"a": "c\nd"}}), &["request.headers.a header_character"]),
            (json!({"headers": {"a": 5}}), &["request.headers.a wrong_type"]),
        ],
        |request| call(Operation::Resume, &json!(["id", {}, request])),
    ));
    covered
}

fn paths() -> BTreeSet<String> {
    let mut covered = check(
        "get",
        vec![
            (json!(["1752829295505-0"]), &[]),
            (json!([]), &["dlqId wrong_type"]),
            (json!([""]), &["dlqId empty_id"]),
            (json!(["."]), &["dlqId bad_id"]),
            (json!([".."]), &["dlqId bad_id"]),
            (json!([null]), &["dlqId null_value"]),
        ],
        |args| call(Operation::Get, args),
    );
    covered.extend(check(
        "retryFailureFunction",
        vec![
            (json!([{"dlqId": "a"}]), &[]),
            (json!([{"dlqId": ""}]), &["selection.dlqId empty_id"]),
            (
                json!([{"dlqid": "a"}]),
                &["selection.dlqid unknown_key", "selection.dlqId wrong_type"],
            ),
            (json!([["a"]]), &["selection wrong_type"]),
        ],
        |args| call(Operation::RetryFailureFunction, args),
    ));
    covered.extend(check(
        "list",
        vec![
            (json!([]), &[]),
            (json!([{"cursor": "c", "count": 5, "filter": {"url": "https://a.b", "responseStatus": 500}}]), &[]),
            (json!([{"filter": {}}]), &[]),
            (json!([{"all": true}]), &["selection.all unknown_key"]),
            (json!([{"count": -1}]), &["selection.count out_of_range"]),
            (json!([{"count": 100}]), &[]),
            (json!([{"count": 1000}]), &["selection.count out_of_range"]),
        ],
        |args| call(Operation::List, args),
    ));
    covered
}

fn drives() -> BTreeSet<String> {
    let mut covered = check(
        "drive",
        vec![
            (json!({}), &[]),
            (
                json!({"strategy": "each", "limit": 5, "pageSize": 10, "concurrency": 8, "report": "entries"}),
                &[],
            ),
            (json!({"where": {"responseStatus": [500, 502], "responseBody": "timeout"}}), &[]),
            (json!({"canary": {"entries": 5, "wait": 60000, "maxFailedAgain": 1}}), &[]),
            (json!({"canary": {"entries": 5, "retrying": "wait", "retryTime": 0}}), &[]),
            (json!({"canary": false, "follow": false}), &[]),
            (json!({"follow": true}), &[]),
            (json!({"follow": {"timeout": 0, "interval": 1, "sample": 1}}), &[]),
            (json!({"freeze": false, "limit": 5}), &[]),
            (json!({"freeze": false, "maxRequests": 5}), &[]),
            (json!({"freeze": false, "timeBudget": 5}), &[]),
            (
                json!({"timeBudget": "10m", "canary": {"entries": 5, "wait": "40m", "maxFailedAgain": 0}}),
                &[],
            ),
            (json!({"timeBudget": "ten minutes"}), &["drive.timeBudget wrong_type"]),
            (
                json!({"canary": {"entries": 5, "wait": "25d", "maxFailedAgain": 0}}),
                &["drive.canary.wait out_of_range"],
            ),
            (json!({"query": {"a": -5, "b": 9007199254740990_u64, "c": true}}), &[]),
            (json!({"query": {"a": "<undefined>"}}), &[]),
            (json!({"query": {"a": 1.5}}), &["drive.query.a wrong_type"]),
            (json!({"query": {"a": 9007199254740992_u64}}), &["drive.query.a wrong_type"]),
            (
                json!({"onProgress": "<function>", "onCheckpoint": "<function>", "signal": "<AbortSignal>"}),
                &[],
            ),
            (json!({"strategy": "page"}), &["drive.strategy unknown_value"]),
            (json!({"limit": 0}), &["drive.limit out_of_range"]),
            (json!({"limit": 2.5}), &["drive.limit not_whole"]),
            (json!({"pageSize": 1001}), &["drive.pageSize out_of_range"]),
            (json!({"concurrency": 0}), &["drive.concurrency out_of_range"]),
            (json!({"maxRunsPerSecond": "5"}), &["drive.maxRunsPerSecond wrong_type"]),
            (json!({"maxRequests": 0}), &["drive.maxRequests out_of_range"]),
            (json!({"timeBudget": null}), &["drive.timeBudget null_value"]),
            (json!({"freeze": false}), &["drive.freeze freeze_needs_bound"]),
            (json!({"freeze": "no", "limit": 1}), &["drive.freeze wrong_type"]),
            (json!({"onProgress": {}}), &["drive.onProgress wrong_type"]),
            (json!({"where": {}}), &["drive.where empty_filter"]),
            (json!({"where": {"responseStatus": []}}), &["drive.where.responseStatus empty_array"]),
            (json!({"where": {"label": "a"}}), &["drive.where.label unknown_key"]),
            (json!({"where": {"responseStatus": ["5xx", 404], "step": "charge"}}), &[]),
            (json!({"where": {"error": ["timeout", ""], "fingerprint": "row #"}}), &[]),
            (
                json!({"where": {"responseStatus": "6xx"}}),
                &["drive.where.responseStatus unknown_value"],
            ),
            (
                json!({"where": {"responseStatus": "503"}}),
                &["drive.where.responseStatus unknown_value"],
            ),
            (
                json!({"where": {"responseStatus": 1000}}),
                &["drive.where.responseStatus out_of_range"],
            ),
            (
                json!({"where": {"error": [5, "<undefined>"]}}),
                &["drive.where.error[0] wrong_type", "drive.where.error[1] wrong_type"],
            ),
            (json!({"where": {"error": null}}), &["drive.where.error null_value"]),
            (json!({"where": {"step": ""}}), &["drive.where.step empty_string"]),
            (json!({"where": {"step": []}}), &["drive.where.step empty_array"]),
            (json!({"where": {"responseBody": ["a"]}}), &["drive.where.responseBody wrong_type"]),
            (
                json!({"where": {"responseBody": "a"}, "strategy": "pages"}),
                &["drive.strategy pages_with_where"],
            ),
            (
                json!({"canary": {"retrying": "no", "retryTime": -1}}),
                &[
                    "drive.canary.entries required",
                    "drive.canary.retrying unknown_value",
                    "drive.canary.retryTime out_of_range",
                ],
            ),
            (json!({"canary": true}), &["drive.canary wrong_type"]),
            (
                json!({"follow": {"timeout": -1, "interval": 0, "sample": 0.5}}),
                &[
                    "drive.follow.timeout out_of_range",
                    "drive.follow.interval out_of_range",
                    "drive.follow.sample not_whole",
                ],
            ),
            (json!({"follow": {"wait": 5}}), &["drive.follow.wait unknown_key"]),
            (json!({"follow": 5}), &["drive.follow wrong_type"]),
            (json!({"concurency": 3}), &["drive.concurency unknown_key"]),
            (json!({"checkpoint": ""}), &["drive.checkpoint empty_string"]),
        ],
        |options| drive(Operation::Resume, &json!([{"all": true}, {}, options])),
    );
    covered.extend(check(
        "selection of a drive",
        vec![
            (json!([["a"]]), &[]),
            (json!([[]]), &[]),
            (json!([{"all": true, "count": 5}]), &["selection.count count_in_drive"]),
            (json!([{"all": true, "cursor": "c"}]), &["selection.cursor cursor_in_drive"]),
            (json!([{"dlqIds": ["a"], "count": 5}]), &["selection.count count_with_ids"]),
            (json!([{"dlqIds": ["a"], "cursor": "c"}]), &["selection.cursor cursor_with_ids"]),
            (json!([["a"], {}, {"strategy": "pages"}]), &["drive.strategy pages_with_ids"]),
            (
                json!([["a"], {}, {"where": {"responseStatus": 500}}]),
                &["drive.where where_with_ids"],
            ),
            (json!([{"dlqIds": ["a"], "where": {"error": "x"}}]), &["selection.where where_with_ids"]),
            (json!([{"dlqIds": ["a"], "limit": 1}]), &[]),
            (json!([{"all": true, "where": {"error": "x"}, "limit": 5}]), &[]),
            (json!([{"filter": {"label": "a"}, "where": {"responseStatus": "5xx"}}]), &[]),
            (
                json!([{"all": true, "where": {"responseBody": "a"}}, {}, {"strategy": "pages"}]),
                &["drive.strategy pages_with_where"],
            ),
            // The same in both places, in whatever order, is said twice; anything else is two selections.
            (
                json!([{"all": true, "where": {"error": ["x", "y"]}, "limit": 5}, {}, {"where": {"error": ["y", "x", "y"]}, "limit": 5}]),
                &[],
            ),
            (
                json!([{"all": true, "where": {"error": "x"}, "limit": 5}, {}, {"where": {"error": "y"}, "limit": 6}]),
                &["drive.where narrowed_twice", "drive.limit narrowed_twice"],
            ),
            (json!([{"all": true, "limit": 5}, {}, {"where": {"error": "x"}}]), &[]),
            (json!([{"all": true, "limit": 5}, {}, {"freeze": false}]), &[]),
            (json!([{"all": true, "where": {}}]), &["selection.where empty_filter"]),
            (json!([{"all": true, "limit": 0}]), &["selection.limit out_of_range"]),
            (json!([{"where": {"error": "x"}}]), &["selection selection_missing"]),
            (json!([["a", ".."]]), &["selection[1] bad_id"]),
            (json!([]), &["selection selection_missing"]),
            (json!(["<undefined>", {}, {"checkpoint": "wdlq3.a.b"}]), &[]),
        ],
        |args| drive(Operation::Resume, args),
    ));
    covered.extend(check(
        "deleteAll",
        vec![
            (
                json!([{"all": true}, {"canary": {"entries": 1}}]),
                &["drive.canary canary_without_resume"],
            ),
            (json!([{"all": true}, {"follow": true}]), &["drive.follow follow_without_resume"]),
            (json!([{"all": true}, {"retention": 3}]), &["drive.retention preview_only"]),
        ],
        |args| drive(Operation::Delete, args),
    ));
    covered.extend(check(
        "listPages",
        vec![
            // Each message of a list is there to be checked, whichever way it is fetched.
            (json!([{"all": true, "where": {"error": "x"}}, {"strategy": "pages"}]), &[]),
            (json!([["a"], {"where": {"error": "x"}}]), &["drive.where where_with_ids"]),
            (json!([{"all": true}, {"retention": 3}]), &[]),
            (json!([{"all": true}, {"retention": 0}]), &["drive.retention out_of_range"]),
            (json!([{"all": true}, {"retention": 367}]), &["drive.retention out_of_range"]),
            (json!([{"all": true}, {"retention": 1.5}]), &["drive.retention not_whole"]),
        ],
        |args| drive(Operation::Scan, args),
    ));
    covered.extend(check(
        "follow",
        vec![
            (json!([[]]), &[]),
            (json!([[{"workflowRunId": "wfr_1", "workflowCreatedAt": "5"}]]), &[]),
            (json!([{"workflowRuns": [{"workflowRunId": "wfr_1"}], "cursor": "c"}]), &[]),
            (json!([{"entries": [{"workflowRunId": "wfr_1", "dlqId": "1-0"}, {"outcome": "notFound"}]}]), &[]),
            (json!([{"outcome": {"checkpoint": "wdlq1.a.b"}, "entries": []}]), &[]),
            (json!(["wdlq1.a.b", {"timeout": 5, "report": "entries", "maxRequests": 1}]), &[]),
            (json!([[], {"timeout": 0}]), &[]),
            (json!([]), &["runs required"]),
            (json!([5]), &["runs wrong_type"]),
            (json!([{"resumed": 5}]), &["runs no_runs"]),
            (json!([{"entries": [{"outcome": "resumed"}]}]), &["runs no_runs"]),
            (json!([["wfr_1"]]), &["runs[0] wrong_type"]),
            (json!([[{"id": "wfr_1"}]]), &["runs[0].workflowRunId required"]),
            (json!([[{"workflowRunId": ""}]]), &["runs[0].workflowRunId empty_string"]),
            (json!([{"workflowRuns": {}}]), &["runs.workflowRuns wrong_type"]),
            (
                json!([[{"workflowRunId": "wfr_1", "workflowCreatedAt": 1_790_000_000_000_000i64}]]),
                &["runs[0].workflowCreatedAt date_too_fine"],
            ),
            (
                json!([[{"workflowRunId": "wfr_1", "workflowCreatedAt": "1790000000000000000"}]]),
                &["runs[0].workflowCreatedAt date_too_fine"],
            ),
            (
                json!([[], {"timeout": -1, "interval": 0, "concurrency": 101, "limit": 5, "signal": 5}]),
                &[
                    "options.limit unknown_key",
                    "options.concurrency out_of_range",
                    "options.signal wrong_type",
                    "options.timeout out_of_range",
                    "options.interval out_of_range",
                ],
            ),
        ],
        |args| match Plan::read_followed(&arguments(args), &client()) {
            Ok(_) => Vec::new(),
            Err(issues) => codes(&issues),
        },
    ));
    covered
}

fn clients() -> BTreeSet<String> {
    let mut covered = check(
        "options",
        vec![
            (json!({"token": "t"}), &[]),
            (json!({"token": "t", "baseUrl": "http://localhost:8080/v2/publish"}), &[]),
            (json!({"token": "t", "baseUrl": "http://10.0.0.1", "allowInsecure": true}), &[]),
            (json!({"auth": "none", "baseUrl": "/gateway"}), &[]),
            (
                json!({"token": "t", "retry": {"retries": 3, "backoff": "<function>"}, "enableTelemetry": false}),
                &[],
            ),
            (json!({"token": "t", "retry": false, "fetch": "<function>", "timeout": 5}), &[]),
            (json!({}), &["options.token token_missing"]),
            (json!({"token": ""}), &["options.token token_missing"]),
            (json!({"token": "a b"}), &["options.token token_whitespace"]),
            (json!({"token": "a\n"}), &["options.token token_whitespace"]),
            (json!({"token": 5}), &["options.token wrong_type"]),
            (json!({"token": "\u{4f60}"}), &["options.token header_character"]),
            (json!({"token": "t", "auth": "none"}), &["options.token token_not_used"]),
            (json!({"token": "t", "auth": "basic"}), &["options.auth unknown_value"]),
            (json!({"token": "t", "baseUrl": "qstash.upstash.io"}), &["options.baseUrl bad_url"]),
            (json!({"token": "t", "baseUrl": "/gateway"}), &["options.baseUrl base_url_relative"]),
            (json!({"auth": "none", "baseUrl": "/\\evil.example"}), &["options.baseUrl bad_url"]),
            (json!({"auth": "none", "baseUrl": "/\t/evil.example"}), &["options.baseUrl bad_url"]),
            (json!({"auth": "none", "baseUrl": "/\n/evil.example"}), &["options.baseUrl bad_url"]),
            (json!({"auth": "none", "baseUrl": "//evil.example"}), &["options.baseUrl bad_url"]),
            (
                json!({"auth": "none", "baseUrl": "/gateway?x=y"}),
                &["options.baseUrl base_url_query"],
            ),
            (
                json!({"token": "t", "baseUrl": "https://u:p@a.b"}),
                &["options.baseUrl base_url_credentials"],
            ),
            (
                json!({"token": "t", "baseUrl": "https://a.b/?x=1"}),
                &["options.baseUrl base_url_query"],
            ),
            (
                json!({"token": "t", "baseUrl": "http://a.b"}),
                &["options.baseUrl base_url_insecure"],
            ),
            (
                json!({"token": "t", "retry": {"attempts": 0}}),
                &["options.retry.attempts out_of_range"],
            ),
            (json!({"token": "t", "retry": true}), &["options.retry wrong_type"]),
            (json!({"token": "t", "maxResponseSize": 1}), &[]),
            (
                json!({"token": "t", "maxResponseSize": 0}),
                &["options.maxResponseSize out_of_range"],
            ),
            (json!({"token": "t", "maxResponseSize": 1.5}), &["options.maxResponseSize not_whole"]),
            (
                json!({"token": "t", "maxResponseSize": "64 MiB"}),
                &["options.maxResponseSize wrong_type"],
            ),
            (json!({"token": "t", "tokn": 1}), &["options.tokn unknown_key"]),
            (
                json!({"token": "t", "headers": {"Authorization": "x"}}),
                &["options.headers.Authorization reserved_name"],
            ),
            (json!({"token": "t", "fetch": {}}), &["options.fetch wrong_type"]),
            (json!({"token": "t", "devMode": true}), &[]),
            (json!({"devMode": true}), &[]),
            (json!({"devMode": "true"}), &["options.devMode wrong_type"]),
            (json!({"token": "\"t\""}), &["options.token token_quoted"]),
            (json!({"token": "'t'"}), &["options.token token_quoted"]),
            (json!({"token": "t", "region": "us-east-1"}), &[]),
            (json!({"token": "t", "region": "EU_CENTRAL_1"}), &[]),
            (json!({"token": "t", "region": "us-west-1"}), &["options.region region_unknown"]),
            (json!({"token": "t", "region": ""}), &["options.region empty_string"]),
            (
                json!({"token": "t", "region": "us-east-1", "baseUrl": "https://a.b"}),
                &["options.region region_not_used"],
            ),
            (json!({"token": "t", "retry": {"initialDelay": "1s", "maxDelay": "1m"}}), &[]),
            (
                json!({"token": "t", "retry": {"maxDelay": "2h"}}),
                &["options.retry.maxDelay out_of_range"],
            ),
        ],
        |given| options(given, &json!({})),
    );
    covered.extend(check(
        "environment",
        vec![
            (json!({"QSTASH_TOKEN": "t"}), &[]),
            (json!({"QSTASH_TOKEN": "t", "QSTASH_URL": "http://127.0.0.1:8080"}), &[]),
            (json!({"QSTASH_REGION": "us-east-1", "US_EAST_1_QSTASH_URL": "https://a.b", "US_EAST_1_QSTASH_TOKEN": "t"}), &[]),
            (json!({}), &["options.token token_missing"]),
            (json!({"QSTASH_DEV": "true"}), &[]),
            (json!({"QSTASH_DEV": "1", "QSTASH_DEV_PORT": "9000"}), &[]),
            (json!({"QSTASH_DEV": "0", "QSTASH_TOKEN": "t"}), &[]),
            (json!({"QSTASH_DEV": "yes", "QSTASH_TOKEN": "t"}), &["env.QSTASH_DEV unknown_value"]),
            (
                json!({"QSTASH_DEV": "true", "QSTASH_DEV_PORT": "65536"}),
                &["env.QSTASH_DEV_PORT unknown_value"],
            ),
            (json!({"QSTASH_TOKEN": "\"t\""}), &["env.QSTASH_TOKEN token_quoted"]),
            (json!({"QSTASH_TOKEN": "a b"}), &["env.QSTASH_TOKEN token_whitespace"]),
            (json!({"QSTASH_TOKEN": "t", "QSTASH_URL": "http://a.b"}), &["env.QSTASH_URL base_url_insecure"]),
            (json!({"QSTASH_TOKEN": "t", "QSTASH_REGION": "MARS"}), &["env.QSTASH_REGION region_unknown"]),
            (
                json!({"QSTASH_TOKEN": "t", "QSTASH_REGION": "EU_CENTRAL_1"}),
                &["env.EU_CENTRAL_1_QSTASH_URL region_incomplete", "env.EU_CENTRAL_1_QSTASH_TOKEN region_incomplete"],
            ),
        ],
        |env| options(&json!({}), env),
    ));
    covered
}

/// Every issue code that there is; the texts for them are in `pkg-template/messages.js`.
fn every_code() -> BTreeSet<String> {
    let texts = include_str!("../../pkg-template/messages.js");
    let table =
        texts.split("export const ISSUES = {").nth(1).expect("a table").split("\n};").next();
    let lines = table
        .expect("its end")
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    lines.filter_map(|line| Some(line.trim().split_once(':')?.0.to_owned())).collect()
}

#[test]
fn every_rule_refuses_and_every_code_has_a_line() {
    let mut covered = selections();
    covered.extend(filters());
    covered.extend(overrides());
    covered.extend(paths());
    covered.extend(drives());
    covered.extend(clients());
    covered.insert("more_issues".into());
    // Of a build without the feature `act`: tests/client/read.test.mjs.
    covered.insert("reading_only".into());
    assert_eq!(covered, every_code());
}

/// Input of a few megabytes can hold millions of faults: a hundred are told, the rest counted.
#[test]
fn issues_are_bounded() {
    let read =
        |args: Json| Call::read(Operation::Resume, &arguments(&args), BASE).expect_err("issues");
    let zeros = read(json!([vec![0; 5_000]]));
    assert_eq!(zeros.len(), 101);
    let last = zeros.last().expect("the count");
    assert_eq!((last.code, &last.received), ("more_issues", &Received::Number(4_900.0)));
    let keys: serde_json::Map<_, _> =
        (0..1_000).map(|n| (format!("{n}{}", "x".repeat(500)), json!(1))).collect();
    let unknown = read(json!([keys]));
    assert_eq!(unknown.len(), 101);
    let size: usize = unknown.iter().map(|issue| format!("{issue:?}").len()).sum();
    assert!(size < 100_000, "{size} characters of issues");
    assert_eq!(read(json!([vec![0; 100]])).len(), 100);
    assert_eq!(read(json!([vec![0; 101]])).len(), 101);
}

#[test]
fn an_issue_shows_what_was_found_and_what_may_have_been_meant() {
    let args = arguments(&json!([{"all": true, "coun": 1, "count": [], "cursor": {}}]));
    let issues = Call::read(Operation::Resume, &args, BASE).expect_err("issues");
    let shown = issues.into_iter().map(|issue| (issue.path, issue.received, issue.hint));
    let mut shown: Vec<_> = shown.collect();
    shown.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("selection.coun", Received::Text("coun".into()), Some("count")),
        ("selection.count", Received::Word("array"), None),
        ("selection.cursor", Received::Word("object"), None),
    ];
    assert_eq!(shown, expected.map(|(path, received, hint)| (path.to_string(), received, hint)));
    for (value, kind) in [
        (Value::Undefined, "undefined"),
        (Value::Null, "null"),
        (Value::Bool(true), "boolean"),
        (Value::Number(1.0), "number"),
        (Value::String("x".into()), "string"),
        (Value::Date(f64::NAN), "invalid Date"),
        (Value::Date(0.0), "Date"),
        (Value::List(Vec::new()), "array"),
        (Value::Map(Vec::new()), "object"),
        (Value::Other("function"), "function"),
    ] {
        assert_eq!(value.kind(), kind);
    }
}

#[test]
fn a_url_has_8000_bytes_at_most() {
    let read = |length: usize| {
        let args = json!([{"all": true, "cursor": "x".repeat(length)}]);
        Call::read(Operation::Resume, &arguments(&args), BASE)
    };
    let target = read(1).expect("a call").request.expect("a request").target;
    let rest = 8_000 - (BASE.len() + target.len());
    assert!(read(1 + rest).is_ok());
    let issues = read(2 + rest).expect_err("one byte more");
    assert_eq!(issues.iter().map(|issue| issue.code).collect::<Vec<_>>(), ["url_too_long"]);
}

#[test]
fn a_secret_is_never_in_an_issue() {
    for given in [
        json!({"token": "s3cr3t token"}),
        json!({"token": "t", "baseUrl": "https://s3cr3t@a.b"}),
        json!({"token": "s3cr3t\u{4f60}"}),
    ] {
        let mut issues = Issues::new();
        let read = ClientOptions::read(&mut issues, &value(&given), &Value::Undefined);
        let issues = issues.into_result(read).err().expect("an issue");
        assert!(!format!("{issues:?}").contains("s3cr3t"), "{issues:?}");
    }
}
