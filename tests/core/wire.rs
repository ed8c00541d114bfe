//! What goes out and what comes in: requests, answers, limits, entries of lists.

mod filters;
mod rate_limits;
mod requests;

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
        (
            Resume,
            // No id of a run is that long, and nothing could store or follow it.
            body(json!({"workflowRuns": [{"workflowRunId": "r".repeat(4_001)}]})),
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
