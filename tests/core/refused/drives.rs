//! Options of drives.

use super::*;

pub fn drives() -> BTreeSet<String> {
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
            (json!(["<undefined>", {}, {"checkpoint": "wdlq4.a.b"}]), &[]),
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
        |args| match Plan::read_followed(&arguments(args), &client_of(BASE)) {
            Ok(_) => Vec::new(),
            Err(issues) => codes(&issues),
        },
    ));
    covered
}
