//! Requests: method, target and headers of each operation.

use super::*;

fn sent(operation: Operation, args: Json) -> (String, Vec<(String, String)>) {
    let args: Vec<Value> = args.as_array().expect("arguments").iter().map(value).collect();
    let call = Call::read(operation, &args, "https://a.b").expect("good arguments");
    let request = call.request.expect("a request");
    (format!("{} {}", operation.method().name(), request.target), request.headers)
}

#[test]
fn requests_are_those_of_the_api() {
    use Operation::*;
    let table = [
        (Resume, json!(["1-0"]), "POST /v2/workflows/dlq/resume?dlqIds=1-0"),
        (Resume, json!([["1-0", "2-0"]]), "POST /v2/workflows/dlq/resume?dlqIds=1-0&dlqIds=2-0"),
        (
            Resume,
            json!([{"dlqIds": ["1-0"], "cursor": "c"}]),
            "POST /v2/workflows/dlq/resume?dlqIds=1-0&cursor=c",
        ),
        (Resume, json!([{"all": true}]), "POST /v2/workflows/dlq/resume?count=100"),
        (
            Resume,
            json!([{"all": true, "cursor": "x y", "count": 7}]),
            "POST /v2/workflows/dlq/resume?count=7&cursor=x+y",
        ),
        (
            Resume,
            json!([{"filter": {"label": ["b", "a"], "fromDate": 0, "toDate": "<date:1790000000000>"}}]),
            "POST /v2/workflows/dlq/resume?label=b&label=a&fromDate=0&toDate=1790000000000&count=100",
        ),
        (
            Restart,
            json!([{"filter": {"workflowUrl": "https://a.b/c?d=e", "failureFunctionState": "CALLBACK_FAIL"}, "count": 1}]),
            "POST /v2/workflows/dlq/restart?workflowUrl=https%3A%2F%2Fa.b%2Fc%3Fd%3De&failureFunctionState=CALLBACK_FAIL&count=1",
        ),
        (
            Restart,
            json!([{"filter": {"callerIp": "::1", "flowControlKey": "k", "workflowRunId": "wfr_1", "workflowCreatedAt": 1790000000000i64}}]),
            "POST /v2/workflows/dlq/restart?callerIp=%3A%3A1&flowControlKey=k&workflowRunId=wfr_1&workflowCreatedAt=1790000000000&count=100",
        ),
        (Delete, json!([["1-0"]]), "DELETE /v2/workflows/dlq?dlqIds=1-0"),
        (Delete, json!([{"all": true}]), "DELETE /v2/workflows/dlq?count=100"),
        (List, json!([]), "GET /v2/dlq?source=workflow"),
        (
            List,
            json!([{"count": 5, "cursor": "c", "filter": {"responseStatus": 500, "url": "https://a.b"}}]),
            "GET /v2/dlq?cursor=c&count=5&responseStatus=500&url=https%3A%2F%2Fa.b&source=workflow",
        ),
        (Get, json!(["a b/ä"]), "GET /v2/workflows/dlq/a%20b%2F%C3%A4"),
        (RetryFailureFunction, json!([{"dlqId": "1-0"}]), "POST /v2/workflows/dlq/callback/1-0"),
        (CancelFailureFunction, json!([{"dlqId": "1-0"}]), "DELETE /v2/workflows/dlq/callback/1-0"),
        (
            Resume,
            json!([{"all": true}, {}, {"query": {"new": ["a", 1, true], "b": "c d"}}]),
            "POST /v2/workflows/dlq/resume?count=100&new=a&new=1&new=true&b=c+d",
        ),
    ];
    for (operation, args, expected) in table {
        assert_eq!(sent(operation, args.clone()).0, expected, "{args}");
    }
}

#[test]
fn overrides_are_the_seven_headers() {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let overrides = json!({
        "retries": 0,
        "delay": 90,
        "retryDelay": "(1 + retried) * 1000",
        "flowControl": {"key": "k", "rate": 2, "parallelism": 1, "period": 60},
        "label": ["a", "b"],
        "failureCallback": "https://a.b/c",
    });
    let (_, mut headers) =
        sent(Operation::Resume, json!(["1-0", overrides, {"headers": {"X-A": "b"}}]));
    headers.sort();
    assert_eq!(
        headers,
        [
            header("Upstash-Delay", "90s"),
            header("Upstash-Failure-Callback", "https://a.b/c"),
            header("Upstash-Flow-Control-Key", "k"),
            header("Upstash-Flow-Control-Value", "parallelism=1, rate=2, period=60s"),
            header("Upstash-Label", "a,b"),
            header("Upstash-Retries", "0"),
            header("Upstash-Retry-Delay", "(1 + retried) * 1000"),
            header("X-A", "b"),
        ]
    );
    let legacy = json!([{"dlqId": "1-0", "retries": 3}, {"retries": 5}]);
    assert_eq!(sent(Operation::Resume, legacy).1, [header("Upstash-Retries", "5")]);
    let legacy = json!([{"dlqId": "1-0", "retries": 3, "flowControl": {"key": "k", "rate": 2}}]);
    assert_eq!(
        sent(Operation::Resume, legacy).1,
        [
            header("Upstash-Retries", "3"),
            header("Upstash-Flow-Control-Key", "k"),
            header("Upstash-Flow-Control-Value", "rate=2"),
        ]
    );
    assert_eq!(sent(Operation::Delete, json!(["1-0"])).1, []);
}

#[test]
fn what_operations_are() {
    use Operation::*;
    let table = [
        (Resume, "resume", "resumed", "workflowRuns", true, true),
        (Restart, "restart", "restarted", "workflowRuns", true, true),
        (Delete, "delete", "deleted", "deleted", true, false),
        (List, "list", "listed", "messages", false, false),
        (Scan, "list", "listed", "messages", false, false),
        (Get, "get", "resumed", "messages", false, false),
        (RetryFailureFunction, "retryFailureFunction", "resumed", "workflowRuns", true, false),
        (CancelFailureFunction, "cancelFailureFunction", "resumed", "workflowRuns", true, false),
    ];
    for (operation, name, done, list, acts, renews) in table {
        assert_eq!(operation.name(), name);
        assert_eq!((operation.done_name(), operation.list_name()), (done, list), "{name}");
        assert_eq!((operation.acts(), operation.can_fail_again()), (acts, renews), "{name}");
    }
}
