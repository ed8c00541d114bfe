//! Selections, filters, overrides and paths of calls.

use super::*;

pub fn selections() -> BTreeSet<String> {
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

pub fn filters() -> BTreeSet<String> {
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

pub fn overrides() -> BTreeSet<String> {
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

pub fn paths() -> BTreeSet<String> {
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
