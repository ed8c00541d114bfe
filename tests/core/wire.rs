//! What goes out and what comes in: requests, answers, limits, entries of lists.

use crate::json::{value, HeaderMap, InMemory};
use crate::timestamp;
use proptest::prelude::*;
use serde_json::{json, Value as Json};
use upstash_workflow_dlq::id::Cursor;
use upstash_workflow_dlq::params::{Field, Filter, Issues, Place, RunName};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::call::Call;
use upstash_workflow_dlq::wire::entry::Listed;
use upstash_workflow_dlq::wire::rate_limit::{parse_http_date, service_now, RateLimit, Scope};
use upstash_workflow_dlq::wire::refusal::{Fate, Kind, Loss};
use upstash_workflow_dlq::wire::response::{interpret, Outcome, Payload, Want, UNKNOWN_COUNT};
use upstash_workflow_dlq::wire::{encode_component, Operation, Page, Refusal, Response};

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_500);

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

fn headers(list: &[(&str, &str)]) -> HeaderMap {
    HeaderMap(list.iter().map(|(name, value)| (name.to_lowercase(), (*value).to_owned())).collect())
}

fn response(
    operation: Operation,
    status: u16,
    payload: Payload<InMemory>,
    given: &[(&str, &str)],
) -> Response {
    let headers = headers(given);
    interpret(
        operation,
        &Outcome::Response { status, headers: &headers, payload, length: 0 },
        wanted(),
        NOW,
    )
}

fn wanted() -> Want<'static> {
    Want { first_created: true, runs: true, ..Want::default() }
}

fn named(id: &str, created: Option<Timestamp>) -> RunName {
    RunName { id: id.into(), created }
}

fn body(json: Json) -> Payload<InMemory> {
    Payload::Json(InMemory(json))
}

fn refusal(response: Response) -> Refusal {
    match response {
        Response::Refused(refusal) => refusal,
        Response::Page(page) => panic!("a refusal, not {page:?}"),
    }
}

#[test]
fn pages_are_read_by_their_shape() {
    use Operation::*;
    let page = |size, cursor: Option<&str>| Page {
        size,
        cursor: cursor.map(Cursor::from),
        ..Page::default()
    };
    let run = json!({"workflowRunId": "wfr_1", "workflowCreatedAt": 5});
    let table = [
        (Resume, body(json!({"workflowRuns": []})), Some(page(0, None))),
        (Resume, body(json!({"workflowRuns": [], "cursor": ""})), Some(page(0, None))),
        (Resume, body(json!({"workflowRuns": [], "cursor": null})), Some(page(0, None))),
        (Resume, body(json!({"workflowRuns": [], "cursor": "c"})), Some(page(0, Some("c")))),
        (Resume, body(json!({"workflowRuns": [], "cursor": 42})), Some(page(0, Some("42")))),
        (Resume, body(json!({"workflowRuns": [], "cursor": 1.5})), None),
        (Resume, body(json!({"workflowRuns": [], "cursor": 9007199254740992u64})), None),
        (Resume, body(json!({"workflowRuns": [], "cursor": {}})), None),
        (
            Resume,
            body(json!({"workflowRuns": [], "cursor": "c".repeat(4_000)})),
            Some(page(0, Some(&"c".repeat(4_000)))),
        ),
        (Resume, body(json!({"workflowRuns": [], "cursor": "c".repeat(4_001)})), None),
        (
            Resume,
            body(json!({"workflowRuns": [
                {"workflowCreatedAt": 0}, {"workflowCreatedAt": -1e300}, {"workflowCreatedAt": 1e300},
                {"workflowCreatedAt": 9}, {"workflowCreatedAt": 8.64e15},
            ]})),
            Some(Page {
                first_created: Some(timestamp(9)),
                runs: [None, None, None, Some(9), Some(8_640_000_000_000_000)]
                    .map(|at| named("", at.map(timestamp)))
                    .into(),
                ..page(5, None)
            }),
        ),
        (
            Restart,
            body(
                json!({"workflowRuns": [run, {"workflowRunId": "wfr_2", "workflowCreatedAt": 3}]}),
            ),
            Some(Page {
                size: 2,
                first_created: Some(timestamp(3)),
                runs: vec![named("wfr_1", Some(timestamp(5))), named("wfr_2", Some(timestamp(3)))],
                ..Page::default()
            }),
        ),
        (
            Resume,
            body(json!({"workflowRuns": [{"workflowCreatedAt": "2023-01-01T00:00:00Z"}]})),
            Some(Page { size: 1, runs: vec![named("", None)], ..Page::default() }),
        ),
        (Resume, body(json!({})), None),
        (Resume, body(json!({"workflowRuns": 5})), None),
        (Resume, body(json!([])), None),
        (Resume, Payload::Empty, None),
        (Resume, Payload::Text("{\"workflowRuns\":[".into()), None),
        (Delete, body(json!({"deleted": 3, "cursor": "c"})), Some(page(3, Some("c")))),
        (Delete, body(json!({"deleted": -1})), None),
        (Delete, body(json!({"deleted": 0.5})), None),
        (Delete, body(json!({"deleted": "3"})), None),
        (Delete, body(json!({})), Some(page(UNKNOWN_COUNT, None))),
        (Delete, Payload::Empty, Some(page(UNKNOWN_COUNT, None))),
        (Scan, body(json!({"messages": [], "cursor": "c"})), Some(page(0, Some("c")))),
        (Scan, body(json!({"workflowRuns": []})), None),
        (Get, body(json!({"dlqId": "1-0"})), Some(page(0, None))),
        (Get, body(json!(null)), None),
        (CancelFailureFunction, Payload::Empty, Some(page(0, None))),
    ];
    for (operation, payload, expected) in table {
        let what = match &payload {
            Payload::Json(InMemory(json)) => format!("{operation:?} {json}"),
            _ => format!("{operation:?} text"),
        };
        match (response(operation, 200, payload, &[]), expected) {
            (Response::Page(page), Some(expected)) => assert_eq!(page, expected, "{what}"),
            (Response::Refused(refusal), None) => {
                assert_eq!(refusal.code, "response_format", "{what}");
                assert_eq!(refusal.fate, Fate::Unknown, "{what}");
            }
            (found, expected) => panic!("{what}: {found:?}, not {expected:?}"),
        }
    }
}

#[test]
fn statuses_say_whether_it_may_have_acted() {
    let table = [
        (302, Kind::Api, "unexpected_redirect", Fate::Refused, false),
        (0, Kind::Api, "unexpected_redirect", Fate::Refused, false),
        (400, Kind::Api, "bad_request", Fate::Refused, false),
        (401, Kind::Authentication, "unauthorized", Fate::Refused, false),
        (403, Kind::Authentication, "forbidden", Fate::Refused, false),
        (404, Kind::NotFound, "not_found", Fate::Refused, false),
        (408, Kind::Api, "api_error", Fate::Unknown, true),
        (413, Kind::Api, "api_error", Fate::Refused, false),
        (429, Kind::RateLimit, "rate_limited", Fate::NotDone, true),
        (500, Kind::Api, "server_error", Fate::Unknown, true),
        (502, Kind::Api, "server_error", Fate::Unknown, true),
        (599, Kind::Api, "server_error", Fate::Unknown, true),
    ];
    for (status, kind, code, fate, retryable) in table {
        let found = refusal(response(Operation::Resume, status, Payload::Empty, &[]));
        assert_eq!((found.kind, found.code, found.fate), (kind, code, fate), "{status}");
        assert_eq!(found.status, Some(status));
        assert_eq!(found.retryable(), retryable, "{status}");
        assert_eq!(found.may_have_acted(), fate == Fate::Unknown);
    }
    let redirected = response(Operation::CancelFailureFunction, 302, Payload::Empty, &[]);
    assert_eq!(redirected, Response::Page(Page::default()));
    let stuck = Refusal::new(Kind::Api, "cursor_stuck", Fate::Refused);
    assert!(stuck.retryable());
}

#[test]
fn losses_say_whether_anything_was_sent() {
    let lost = |loss| {
        let outcome: Outcome<InMemory> = Outcome::Lost(loss);
        refusal(interpret(Operation::Resume, &outcome, wanted(), NOW))
    };
    let refused = lost(Loss::NotSent("ECONNREFUSED".into()));
    assert_eq!((refused.code, refused.fate), ("network_error", Fate::NotDone));
    assert_eq!(refused.detail.as_deref(), Some("ECONNREFUSED"));
    let broken = lost(Loss::Network(String::new()));
    assert_eq!((broken.code, broken.fate), ("network_error", Fate::Unknown));
    assert_eq!(broken.detail, None);
    let late = lost(Loss::Timeout);
    assert_eq!((late.kind, late.code, late.fate), (Kind::Timeout, "timeout", Fate::Unknown));
    assert_eq!(lost(Loss::Aborted).fate, Fate::Unknown);
}

#[test]
fn the_services_words_are_found() {
    let long = "x".repeat(900);
    let table = [
        (body(json!({"error": "no"})), Some("no".to_owned())),
        (body(json!({"message": "no"})), Some("no".into())),
        (body(json!({"error": {"message": " no "}})), Some("no".into())),
        (body(json!({"error": ""})), None),
        (body(json!({"other": "no"})), None),
        (Payload::Text("  <html>Bad gateway</html>".into()), None),
        (Payload::Text("upstream gone".into()), Some("upstream gone".into())),
        (Payload::Text(long.clone()), Some(long[..500].to_owned())),
        (Payload::Empty, None),
    ];
    for (payload, expected) in table {
        assert_eq!(refusal(response(Operation::Resume, 500, payload, &[])).detail, expected);
    }
    let id = |given: &[(&str, &str)]| {
        refusal(response(Operation::Resume, 500, Payload::Empty, given)).request_id
    };
    assert_eq!(id(&[("X-Request-Id", "r"), ("CF-Ray", "c")]).as_deref(), Some("r"));
    assert_eq!(id(&[("CF-Ray", "c")]).as_deref(), Some("c"));
    assert_eq!(id(&[("X-Request-Id", "")]), None);
    let unreadable = response(Operation::Resume, 200, Payload::Empty, &[("CF-Ray", "c")]);
    assert_eq!(refusal(unreadable).request_id.as_deref(), Some("c"));
}

#[test]
fn limits_are_understood_in_every_form() {
    use Scope::*;
    let date = "Mon, 21 Sep 2026 13:33:20 GMT";
    assert_eq!(parse_http_date(date), Some(timestamp(1_789_997_600_000)));
    type Row<'a> = (&'a [(&'a str, &'a str)], Option<Scope>, Option<Timestamp>, Option<u32>);
    let table: &[Row] = &[
        (&[], None, None, None),
        (&[("Burst-RateLimit-Limit", "50")], Some(Burst), None, Some(50)),
        (
            &[("Burst-RateLimit-Limit", "50"), ("Burst-RateLimit-Reset", "1790000001")],
            Some(Burst),
            Some(timestamp(1_790_000_001_000)),
            Some(50),
        ),
        (
            &[("Burst-RateLimit-Reset", "1790000001250")],
            Some(Burst),
            Some(timestamp(1_790_000_001_250)),
            None,
        ),
        (&[("Burst-RateLimit-Reset", "1")], Some(Burst), Some(NOW + 1_000), None),
        (&[("Burst-RateLimit-Reset", "60")], Some(Burst), Some(NOW + 60_000), None),
        (&[("Burst-RateLimit-Reset", "250")], Some(Burst), Some(NOW + 250), None),
        (&[("Burst-RateLimit-Reset", "1789999999")], Some(Burst), None, None),
        // No window is that long: it is our clock that is behind.
        (&[("Burst-RateLimit-Reset", "1790000060500")], Some(Burst), Some(NOW + 60_000), None),
        (&[("Burst-RateLimit-Reset", "1790000060501")], Some(Burst), Some(NOW + 1_000), None),
        (&[("Burst-RateLimit-Reset", "1790003600")], Some(Burst), Some(NOW + 1_000), None),
        (
            &[("RateLimit-Reset", "1790003600")],
            Some(Daily),
            Some(timestamp(1_790_003_600_000)),
            None,
        ),
        (&[("RateLimit-Reset", "3600")], Some(Daily), Some(NOW + 3_600_000), None),
        (&[("RateLimit-Reset", "86400")], Some(Daily), Some(NOW + 86_400_000), None),
        (&[("RateLimit-Reset", "86401")], Some(Daily), Some(NOW + 86_401), None),
        (
            &[
                ("RateLimit-Reset", "3600"),
                ("Burst-RateLimit-Limit", "5"),
                ("Burst-RateLimit-Reset", "1"),
            ],
            Some(Daily),
            Some(NOW + 3_600_000),
            None,
        ),
        // What is left of the day's was not what was spent.
        (
            &[
                ("RateLimit-Reset", "3600"),
                ("RateLimit-Remaining", "1"),
                ("Burst-RateLimit-Reset", "1"),
            ],
            Some(Burst),
            Some(NOW + 1_000),
            None,
        ),
        (
            &[
                ("RateLimit-Reset", "3600"),
                ("RateLimit-Remaining", "0"),
                ("Burst-RateLimit-Reset", "1"),
            ],
            Some(Daily),
            Some(NOW + 3_600_000),
            None,
        ),
        (
            &[("RateLimit-Reset", "3600"), ("RateLimit-Remaining", "1")],
            Some(Daily),
            Some(NOW + 3_600_000),
            None,
        ),
        (&[("Retry-After", "7")], None, Some(NOW + 7_000), None),
        (&[("Retry-After", " 7 ")], None, Some(NOW + 7_000), None),
        (&[("Retry-After", "0")], None, None, None),
        (&[("Retry-After", "-5")], None, None, None),
        (&[("Retry-After", "soon")], None, None, None),
        (
            &[("Burst-RateLimit-Reset", "1"), ("Retry-After", "7")],
            Some(Burst),
            Some(NOW + 7_000),
            None,
        ),
        (
            // By the service's own clock, which is an hour and some behind.
            &[("Date", date), ("Retry-After", "Mon, 21 Sep 2026 13:33:30 GMT")],
            None,
            Some(NOW + 9_001),
            None,
        ),
        (
            &[("Date", date), ("RateLimit-Reset", "1789997610")],
            Some(Daily),
            Some(NOW + 9_001),
            None,
        ),
        (&[("Burst-RateLimit-Limit", "0")], None, None, None),
        (&[("Burst-RateLimit-Limit", "many")], None, None, None),
        (&[("Burst-RateLimit-Limit", "99999999")], Some(Burst), None, Some(1_000_000)),
    ];
    for (given, scope, reset_at, limit) in table {
        let read = RateLimit::read(&headers(given), NOW);
        let found = (read.scope, read.reset_at, read.limit);
        assert_eq!(found, (*scope, *reset_at, *limit), "{given:?}");
    }
    let of = |status| {
        refusal(response(Operation::Resume, status, Payload::Empty, &[("Retry-After", "7")])).limit
    };
    assert_eq!(of(503).reset_at, Some(NOW + 7_000));
    assert_eq!(of(500).reset_at, None);
    assert_eq!(refusal(response(Operation::Resume, 429, Payload::Empty, &[])).scope(), None);
    let burst = [("Burst-RateLimit-Limit", "5")];
    let scope = |given: &[(&str, &str)]| {
        refusal(response(Operation::Resume, 429, Payload::Empty, given)).scope()
    };
    assert_eq!(scope(&burst), Some("burst"));
    assert_eq!(scope(&[("RateLimit-Reset", "5")]), Some("daily"));
}

/// `limit`, `remaining` and `reset` are the headers of the allowance that is spent, as they were sent.
#[test]
fn the_headers_of_a_limit_are_handed_on() {
    let burst = [
        ("Burst-RateLimit-Limit", "5"),
        ("Burst-RateLimit-Remaining", "0"),
        ("Burst-RateLimit-Reset", "1"),
    ];
    let daily = [
        ("RateLimit-Limit", "1000"),
        ("RateLimit-Remaining", "0"),
        ("RateLimit-Reset", "1790000000"),
    ];
    let both: Vec<_> = burst.into_iter().chain(daily).collect();
    for (given, expected) in [
        (&burst[..], [Some("5"), Some("0"), Some("1")]),
        (&daily[..], [Some("1000"), Some("0"), Some("1790000000")]),
        (&both[..], [Some("1000"), Some("0"), Some("1790000000")]),
        (&burst[..1], [Some("5"), None, None]),
        (&[("Retry-After", "5")], [None; 3]),
    ] {
        let found = RateLimit::read(&headers(given), NOW).headers;
        let found = [found.limit, found.remaining, found.reset];
        assert_eq!(found.each_ref().map(Option::as_deref), expected, "{given:?}");
    }
}

#[test]
fn the_services_clock_is_read_to_the_second() {
    let date = "Mon, 21 Sep 2026 13:33:20 GMT";
    let second = timestamp(1_789_997_600_000);
    let at = |now| service_now(&headers(&[("Date", date)]), now);
    assert_eq!(at(second + 400), Some(second + 400));
    assert_eq!(at(second - 90_000), Some(second));
    assert_eq!(at(second + 90_000), Some(second + 999));
    assert_eq!(service_now(&headers(&[]), NOW), None);
    for wrong in [
        "",
        "today",
        "Mon, 21 Sep 2026",
        "Mon, 21 Sept 2026 13:33:20 GMT",
        "Mon, 32 Sep 2026 13:33:20 GMT",
        "Mon, 21 epO 2026 13:33:20 GMT",
    ] {
        assert_eq!(parse_http_date(wrong), None, "{wrong}");
    }
    assert_eq!(parse_http_date("Thu, 1 Jan 1970 00:00:01 GMT"), Some(timestamp(1_000)));
    assert_eq!(
        parse_http_date("Sat, 10 Jan 1970 00:00:01 GMT"),
        Some(timestamp(9 * 86_400_000 + 1_000))
    );
    assert_eq!(
        parse_http_date("Thu, 31 Dec 2026 23:59:59 GMT"),
        Some(timestamp(1_798_761_599_000))
    );
}

fn filter(given: Json) -> Filter {
    let mut issues = Issues::new();
    let read = Filter::read(&mut issues, &Place::root("filter", &value(&given)), true);
    issues.into_result(read).expect("a filter")
}

#[test]
fn listed_entries_are_held_against_the_filter() {
    let entry = json!({
        "dlqId": "1-0", "workflowUrl": "https://a.b/c", "workflowRunId": "wfr_1",
        "workflowCreatedAt": 5, "labels": ["x", "y"], "label": "x", "callerIP": "10.0.0.1",
        "flowControlKey": "k", "responseStatus": 500,
        "failureCallbackInfo": {"state": "CALLBACK_FAIL"},
    });
    let table = [
        (json!({"label": "y"}), true),
        (json!({"label": ["z", "x"]}), true),
        (json!({"label": "z"}), false),
        (json!({"workflowUrl": "https://a.b/c"}), true),
        (json!({"workflowUrl": "https://a.b/d"}), false),
        (json!({"url": "https://a.b/c"}), true),
        (json!({"workflowRunId": "wfr_1"}), true),
        (json!({"workflowRunId": "wfr_"}), true),
        (json!({"workflowRunId": "wfr_2"}), false),
        (json!({"workflowCreatedAt": 5}), true),
        (json!({"workflowCreatedAt": 6}), false),
        (json!({"callerIp": "10.0.0.1"}), true),
        (json!({"callerIp": "10.0.0.2"}), false),
        (json!({"flowControlKey": "k"}), true),
        (json!({"flowControlKey": "l"}), false),
        (json!({"failureFunctionState": "CALLBACK_FAIL"}), true),
        (json!({"failureFunctionState": "CALLBACK_SUCCESS"}), false),
        (json!({"responseStatus": 500}), true),
        (json!({"responseStatus": 404}), false),
        (json!({"fromDate": 1790000000000i64, "label": "x"}), true),
        (json!({"label": "x", "flowControlKey": "l"}), false),
    ];
    let read = |entry: &Json, given: &Json| {
        Listed::read(&InMemory(entry.clone()), &filter(given.clone()), None).map(|e| e.matches)
    };
    for (given, expected) in &table {
        assert_eq!(read(&entry, given), Some(*expected), "{given}");
    }
    // What an entry has not got: labels, keys and states are then none; the rest it need not show.
    let bare = json!({"dlqId": "1-0"});
    for (given, _) in &table {
        let lacks = ["label", "flowControlKey", "failureFunctionState"];
        let expected = given
            .as_object()
            .is_some_and(|given| !given.keys().any(|name| lacks.contains(&name.as_str())));
        assert_eq!(read(&bare, given), Some(expected), "{given}");
    }
    let top = json!({"dlqId": "1-0", "failureFunctionState": "CALLBACK_FAIL"});
    assert_eq!(read(&top, &json!({"failureFunctionState": "CALLBACK_FAIL"})), Some(true));
    let hidden = json!({"dlqId": "1-0", "workflowUrl": "REDACTED:00"});
    assert_eq!(read(&hidden, &json!({"workflowUrl": "https://a.b"})), Some(true));
    for nothing in [
        json!({}),
        json!({"dlqId": ""}),
        json!({"dlqId": 5}),
        json!({"dlqId": "1".repeat(4_001)}),
        json!(null),
    ] {
        assert_eq!(read(&nothing, &json!({"label": "x"})), None);
    }
    let seen = Listed::read(&InMemory(entry), &Filter::default(), None).expect("an entry");
    assert_eq!(
        (seen.id.as_str(), seen.run_created, seen.chosen),
        ("1-0", Some(timestamp(5)), true)
    );
}

#[test]
fn every_field_has_its_name() {
    let given = json!({
        "fromDate": 1790000000000i64, "toDate": 1790000000001i64, "workflowUrl": "https://a.b",
        "workflowRunId": "r", "workflowCreatedAt": 1, "label": "l",
        "failureFunctionState": "CALLBACK_FAIL", "callerIp": "::1", "flowControlKey": "k",
        "url": "https://a.b", "responseStatus": 500,
    });
    let read = filter(given.clone());
    assert_eq!(
        (read.from, read.to),
        (Some(timestamp(1_790_000_000_000)), Some(timestamp(1_790_000_000_001)))
    );
    for term in &read.terms {
        let text = match &given[term.field.name()] {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(term.values, [text], "{:?}", term.field);
        assert_eq!(
            term.field.is_date(),
            matches!(term.field, Field::FromDate | Field::ToDate),
            "{:?}",
            term.field
        );
    }
    assert_eq!(read.terms.len(), 11);
    assert_eq!(read.values(Field::Label), ["l"]);
    assert_eq!(Filter::default().values(Field::Label), [] as [&str; 0]);
}

proptest! {
    #[test]
    fn encoded_text_is_safe_and_comes_back(text in "\\PC{0,40}|[ -~]{0,40}") {
        let encoded = encode_component(&text);
        prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"*-._+%".contains(&b)));
        let mut bytes = Vec::new();
        let mut rest = encoded.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let hex: String = rest.by_ref().take(2).map(char::from).collect();
                    u8::from_str_radix(&hex, 16).expect("two digits")
                }
                byte => byte,
            });
        }
        prop_assert_eq!(String::from_utf8(bytes).expect("UTF-8"), text);
    }

    #[test]
    fn no_response_makes_it_panic(status in 0u16..700, text in "\\PC{0,60}", reset in any::<i64>()) {
        interpreted_by_each(status, &text, reset);
    }
}

#[test]
fn a_reset_before_all_time_does_not_make_it_panic() {
    interpreted_by_each(503, "", -9_223_372_036_854_776);
}

fn interpreted_by_each(status: u16, text: &str, reset: i64) {
    let reset = reset.to_string();
    let given = [("Burst-RateLimit-Reset", reset.as_str()), ("Retry-After", text)];
    for operation in [Operation::Resume, Operation::Delete, Operation::Scan, Operation::Get] {
        response(operation, status, Payload::Text(text.into()), &given);
        let json = serde_json::from_str(text).unwrap_or(json!({"cursor": text}));
        response(operation, status, body(json), &given);
    }
}
