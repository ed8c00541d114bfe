//! The endpoints of the dead letter queue, and the switches for what is not known of them.

use crate::support::Emulator;
use serde_json::{json, Value};

const DLQ: &str = "/v2/workflows/dlq";

fn ids_query(ids: &[&str]) -> String {
    ids.iter().map(|id| format!("dlqIds={id}")).collect::<Vec<_>>().join("&")
}

fn listed(emulator: &Emulator, query: &str) -> Vec<String> {
    let response = emulator.call("GET", &format!("{DLQ}?{query}"));
    assert_eq!(response.status, 200, "{}", response.body);
    let messages = response.json()["messages"].as_array().cloned().unwrap_or_default();
    messages
        .iter()
        .map(|message| message["dlqId"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn token_is_needed() {
    let emulator = Emulator::start();
    let token = emulator.access["token"].as_str().unwrap();
    let encoded = token.replace('=', "%3D").replace('+', "%2B").replace('/', "%2F");
    for (headers, query, want) in [
        (vec![], String::new(), 401),
        (vec![("authorization", "Bearer wrong".to_owned())], String::new(), 401),
        (vec![("authorization", format!("Bearer {token}"))], String::new(), 200),
        (vec![], format!("?qstash_token={encoded}"), 200),
        (vec![], "?qstash_token=wrong".to_owned(), 401),
    ] {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let response = emulator.exchange("GET", &format!("{DLQ}{query}"), &headers, "");
        assert_eq!(response.status, want, "{headers:?} {query}");
        assert_eq!(response.json()["error"].is_string(), want == 401);
    }
    let requests = emulator.control("GET", "requests", Value::Null);
    assert_eq!(requests["tokenInUrl"], 2);
    assert!(!requests.to_string().contains(token));
}

#[test]
fn filters_over_http() {
    let emulator = Emulator::start();
    emulator.seed(json!({"entries": [
        {"dlqId": "1000-0", "labels": ["a"], "workflowUrl": "https://x.com/1", "responseStatus": 500},
        {"dlqId": "2000-0", "labels": ["b", "c"], "workflowUrl": "https://x.com/2", "callerIp": "::1"},
        {"dlqId": "3000-0", "failureFunctionState": "CALLBACK_FAIL", "flowControlKey": "k", "responseStatus": 489},
    ]}));
    for (query, want) in [
        ("", vec!["1000-0", "2000-0", "3000-0"]),
        ("label=a", vec!["1000-0"]),
        ("label=a&label=c", vec!["1000-0", "2000-0"]),
        ("label=a,c", vec!["1000-0", "2000-0"]),
        ("label=a&callerIp=::1", vec![]),
        ("workflowUrl=https%3A%2F%2Fx.com%2F2", vec!["2000-0"]),
        ("failureFunctionState=CALLBACK_FAIL,CALLBACK_SUCCESS", vec!["3000-0"]),
        ("flowControlKey=k", vec!["3000-0"]),
        ("responseStatus=489", vec!["3000-0"]),
        ("fromDate=2000", vec!["2000-0", "3000-0"]),
        ("fromDate=1000&toDate=2000", vec!["1000-0", "2000-0"]),
    ] {
        assert_eq!(listed(&emulator, query), want, "{query}");
    }
    assert_eq!(
        emulator.call("GET", "/v2/dlq?source=workflow&label=a").json()["messages"][0]["dlqId"],
        "1000-0"
    );
    for bad in ["count=0", "count=x", "cursor=x", "fromDate=now", "failureFunctionState=NO"] {
        assert_eq!(emulator.call("GET", &format!("{DLQ}?{bad}")).status, 400, "{bad}");
    }
}

#[test]
fn all_without_a_filter_and_the_trap_of_the_empty_id() {
    let emulator = Emulator::start();
    for target in ["/resume", "/resume?dlqIds=", "/resume/", "/restart?"] {
        emulator.reset(json!({}));
        emulator.seed(json!({"count": 5}));
        let response = emulator.call("POST", &format!("{DLQ}{target}"));
        assert_eq!(response.runs(), 5, "{target}");
    }
    emulator.seed(json!({"count": 5}));
    assert_eq!(emulator.call("DELETE", &format!("{DLQ}/")).json()["deleted"], 5);
}

#[test]
fn a_missing_id_among_others() {
    let emulator = Emulator::start();
    for (switch, single, want) in [("atomic", 404, 0), ("rest", 404, 2), ("stop-at-first", 404, 1)]
    {
        for path in ["resume", "restart"] {
            emulator.reset(json!({ "notFound": switch }));
            let ids = emulator.seed(json!({"count": 3}));
            assert_eq!(emulator.call("DELETE", &format!("{DLQ}/{}", ids[1])).status, 200);
            let query = ids_query(&[&ids[0], &ids[1], &ids[2]]);
            let response = emulator.call("POST", &format!("{DLQ}/{path}?{query}"));
            assert_eq!(response.status, single, "{switch}");
            assert!(response.json()["error"].is_string());
            let audit = emulator.audit();
            let acted = audit["resumed"].as_u64().unwrap() + audit["restarted"].as_u64().unwrap();
            assert_eq!(acted, want, "{switch} {path}");
            assert_eq!(audit["remaining"].as_u64(), Some(2 - want));
        }
    }
    // A bulk delete tells by its number.
    emulator.reset(json!({}));
    let ids = emulator.seed(json!({"count": 2}));
    let query = ids_query(&[&ids[0], "1-1", &ids[0]]);
    assert_eq!(emulator.call("DELETE", &format!("{DLQ}?{query}")).json()["deleted"], 1);
    for (method, path) in [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/resume"),
        ("POST", "/restart"),
        ("POST", "/callback"),
    ] {
        assert_eq!(
            emulator.call(method, &format!("{DLQ}{path}/1-1")).status,
            404,
            "{method} {path}"
        );
    }
}

#[test]
fn an_entry_that_can_not_be_resumed() {
    let emulator = Emulator::start();
    for (switch, status, runs) in [("400", 400, 0), ("404", 404, 0), ("skip", 200, 1)] {
        emulator.reset(json!({ "unresumable": switch }));
        emulator
            .seed(json!({"entries": [{"dlqId": "1-0"}, {"dlqId": "2-0", "unresumable": true}]}));
        for query in ["dlqIds=2-0&dlqIds=1-0", "count=10"] {
            let response = emulator.call("POST", &format!("{DLQ}/resume?{query}"));
            assert_eq!(response.status, status, "{switch} {query}");
            if status == 200 && query.starts_with("dlqIds") {
                assert_eq!(response.runs(), runs);
            }
        }
        assert_eq!(emulator.audit()["resumed"], runs);
        assert_eq!(emulator.call("DELETE", &format!("{DLQ}/2-0")).status, 200);
    }
}

#[test]
fn cursors_lead_to_the_end() {
    let emulator = Emulator::start();
    for kind in ["id", "position", "filter"] {
        for (end, shown) in
            [("empty", Some(json!(""))), ("null", Some(Value::Null)), ("absent", None)]
        {
            emulator.reset(
                json!({"cursorKind": kind, "endCursor": end, "pageCap": 10, "shuffle": true}),
            );
            emulator.seed(json!({"count": 45, "labels": ["a", "b", "c"]}));
            let (mut cursor, mut seen, mut cursors) = (String::new(), 0, Vec::new());
            loop {
                let response = emulator
                    .call("POST", &format!("{DLQ}/resume?label=a&count=100{cursor}"))
                    .json();
                seen += response["workflowRuns"].as_array().map_or(0, Vec::len);
                match response["cursor"].as_str().filter(|next| !next.is_empty()) {
                    Some(next) => {
                        cursors.push(next.to_owned());
                        cursor = format!("&cursor={next}");
                    }
                    None => {
                        assert_eq!(response.get("cursor"), shown.as_ref(), "{end}");
                        break;
                    }
                }
            }
            // A position counts what is there now: what was resumed has left, so some are passed over.
            assert_eq!(seen, if kind == "position" { 10 } else { 15 }, "{kind}");
            assert_eq!(emulator.audit()["resumed"], seen);
            assert_eq!(
                cursors.windows(2).all(|two| two[0] == two[1]),
                kind == "filter" || cursors.len() < 2
            );
        }
    }
}

#[test]
fn count_is_capped_or_exceeded() {
    let emulator = Emulator::start();
    emulator.seed(json!({"count": 300}));
    assert_eq!(emulator.call("POST", &format!("{DLQ}/resume?count=1000")).runs(), 100);
    assert_eq!(emulator.call("POST", &format!("{DLQ}/resume?count=3")).runs(), 3);
    emulator.control("PUT", "config", json!({"moreThanCount": 2, "pageCap": null}));
    assert_eq!(emulator.call("POST", &format!("{DLQ}/resume?count=3")).runs(), 5);
    emulator.control("PUT", "config", json!({"moreThanCount": 0}));
    assert_eq!(emulator.call("POST", &format!("{DLQ}/resume")).runs(), 192);
}

#[test]
fn a_list_has_a_hundred_entries_at_most() {
    let emulator = Emulator::start();
    for (switch, above) in [("cut", 200), ("400", 400)] {
        emulator.reset(json!({"pageCap": null, "listOverCap": switch}));
        emulator.seed(json!({"count": 101}));
        for list in [DLQ, "/v2/dlq"] {
            let list =
                |query: &str| emulator.call("GET", &format!("{list}?source=workflow{query}"));
            assert_eq!(list("").json()["messages"].as_array().map(Vec::len), Some(100));
            assert_eq!(list("&count=100").status, 200);
            assert_eq!(list("&count=101").status, above, "{switch}");
        }
        assert_eq!(emulator.call("POST", &format!("{DLQ}/resume?count=101")).runs(), 101);
    }
}

#[test]
fn overrides_are_checked() {
    let emulator = Emulator::start();
    let ids = emulator.seed(json!({"count": 2}));
    for (name, value) in [
        ("Upstash-Retries", "-1"),
        ("Upstash-Delay", "soon"),
        ("Upstash-Retry-Delay", "retried +"),
        ("Upstash-Flow-Control-Key", "a/b"),
        ("Upstash-Flow-Control-Value", "rate=0"),
        ("Upstash-Label", "a b"),
        ("Upstash-Failure-Callback", "nowhere"),
    ] {
        for path in ["resume".to_owned(), format!("resume/{}", ids[0]), "restart".to_owned()] {
            let response = emulator.call_with("POST", &format!("{DLQ}/{path}"), &[(name, value)]);
            assert_eq!(response.status, 400, "{name} {path}");
        }
    }
    let headers = [("Upstash-Retries", "0"), ("Upstash-Delay", "1d2h"), ("Upstash-Label", "a,b")];
    let run = emulator.call_with("POST", &format!("{DLQ}/resume/{}", ids[0]), &headers).json();
    let runs = emulator.control("GET", "runs", Value::Null);
    assert_eq!(runs["runs"][0]["workflowRunId"], run["workflowRunId"]);
    assert_eq!(
        runs["runs"][0]["overrides"],
        json!({"retries": 0, "delayMs": 93_600_000, "labels": ["a", "b"]})
    );
}

#[test]
fn failure_functions_of_seeded_entries() {
    let emulator = Emulator::start();
    emulator.seed(json!({"entries": [
        {"dlqId": "1-0", "failureFunctionState": "CALLBACK_FAIL"},
        {"dlqId": "2-0", "failureFunctionState": "CALLBACK_SUCCESS"},
        {"dlqId": "3-0", "failureFunctionState": "CALLBACK_INPROGRESS"},
        {"dlqId": "4-0"},
    ]}));
    for (id, rerun, cancel) in
        [("1-0", 200, 400), ("2-0", 400, 400), ("3-0", 400, 302), ("4-0", 400, 400)]
    {
        let path = format!("{DLQ}/callback/{id}");
        assert_eq!(emulator.call("POST", &path).status, rerun, "{id}");
        emulator.idle();
        assert_eq!(emulator.call("DELETE", &path).status, cancel, "{id}");
    }
    let state = |id: &str| {
        emulator.call("GET", &format!("{DLQ}/{id}")).json()["failureCallbackInfo"]["state"].clone()
    };
    assert_eq!(state("1-0"), "CALLBACK_SUCCESS");
    assert_eq!(state("3-0"), "CALLBACK_CANCELED");
}

#[test]
fn runs_that_fail_again_are_new_entries() {
    let emulator = Emulator::start();
    let ids = emulator.seed(json!({"count": 40, "runs": {"failAgain": 0.5, "afterMs": 20}}));
    assert_eq!(emulator.call("POST", &format!("{DLQ}/resume?count=100")).runs(), 40);
    assert_eq!(emulator.audit()["remaining"], 0);
    emulator.idle();
    let audit = emulator.audit();
    let again = audit["failedAgain"].as_u64().unwrap();
    assert!((8..33).contains(&again), "{again}");
    assert_eq!(audit["remaining"], again);
    assert_eq!(audit["runStates"], json!({"RUN_FAILED": again, "RUN_SUCCESS": 40 - again}));
    let now = listed(&emulator, "count=100");
    assert!(now.iter().all(|id| !ids.contains(id)));
}

#[test]
fn what_was_taken_may_linger() {
    let emulator = Emulator::start();
    for (takable, twice) in [(false, 0), (true, 3)] {
        emulator.reset(json!({"lateRemovalMs": 300, "lateRemovalTakable": takable}));
        emulator.seed(json!({"count": 3}));
        assert_eq!(emulator.call("POST", &format!("{DLQ}/resume")).runs(), 3);
        assert_eq!(listed(&emulator, "").len(), 3);
        assert_eq!(emulator.call("POST", &format!("{DLQ}/resume")).runs(), twice);
        assert_eq!(emulator.audit()["resumedTwice"].as_array().map(Vec::len), Some(twice));
        emulator.idle();
        assert_eq!(listed(&emulator, "").len(), 0);
    }
}
