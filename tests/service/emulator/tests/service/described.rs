//! What the service's description says of the queue in detail, and the switches where it says nothing.

use crate::support::Emulator;
use serde_json::{json, Value};

const DLQ: &str = "/v2/workflows/dlq";

fn listed(emulator: &Emulator, query: &str) -> Vec<Value> {
    let response = emulator.call("GET", &format!("{DLQ}?{query}"));
    assert_eq!(response.status, 200, "{}", response.body);
    response.json()["messages"].as_array().cloned().unwrap_or_default()
}

fn dlq_ids(entries: &[Value]) -> Vec<&str> {
    entries.iter().filter_map(|entry| entry["dlqId"].as_str()).collect()
}

fn ids_query(ids: &[String]) -> String {
    ids.iter().map(|id| format!("dlqIds={id}")).collect::<Vec<_>>().join("&")
}

#[test]
fn each_operation_has_a_cap_of_its_own() {
    let emulator = Emulator::start();
    for (path, config, want) in [
        ("restart", json!({}), 50),
        ("restart", json!({"restartCap": null}), 100),
        ("resume", json!({}), 100),
        ("resume", json!({"resumeCap": 20}), 20),
    ] {
        emulator.reset(config.clone());
        let ids = emulator.seed(json!({"count": 240}));
        let response = emulator.call("POST", &format!("{DLQ}/{path}?count=1000"));
        assert_eq!(response.runs(), want, "{path} {config}");
        assert!(!response.json()["cursor"].as_str().unwrap_or_default().is_empty());
        // By ids, what is above the cap is left out without a word.
        let query = ids_query(&ids[140..]);
        let response = emulator.call("POST", &format!("{DLQ}/{path}?{query}"));
        assert_eq!((response.runs(), &response.json()["cursor"]), (want, &json!("")), "{path}");
    }
    emulator.reset(json!({"idsOverCap": "400"}));
    let ids = emulator.seed(json!({"count": 51}));
    for (upto, status) in [(51, 400), (50, 200)] {
        let query = ids_query(&ids[..upto]);
        assert_eq!(emulator.call("POST", &format!("{DLQ}/restart?{query}")).status, status);
    }
}

#[test]
fn an_id_that_can_be_none() {
    let emulator = Emulator::start();
    for (switch, in_path, in_query) in
        [("path", 400, 404), ("everywhere", 400, 400), ("404", 404, 404)]
    {
        emulator.reset(json!({ "malformedId": switch }));
        emulator.seed(json!({"entries": [{"dlqId": "1-0"}]}));
        for (method, path) in [
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/resume"),
            ("POST", "/restart"),
            ("POST", "/callback"),
            ("DELETE", "/callback"),
        ] {
            let call = |id: &str| emulator.call(method, &format!("{DLQ}{path}/{id}")).status;
            assert_eq!(call("nonsense"), in_path, "{switch} {method} {path}");
            assert_eq!(call("2-0"), 404, "{switch} {method} {path}");
        }
        let response = emulator.call("POST", &format!("{DLQ}/resume?dlqIds=1-0&dlqIds=nonsense"));
        assert_eq!(response.status, in_query, "{switch}");
        assert_eq!(emulator.audit()["resumed"], 0);
    }
}

#[test]
fn ids_on_a_list() {
    let emulator = Emulator::start();
    emulator.seed(json!({"entries": [{"dlqId": "1-0"}, {"dlqId": "2-0"}]}));
    let query = "dlqIds=2-0&dlqIds=02-0&dlqIds=9-9";
    assert_eq!(dlq_ids(&listed(&emulator, query)), ["1-0", "2-0"]);
    emulator.control("PUT", "config", json!({"listIds": "honoured"}));
    assert_eq!(dlq_ids(&listed(&emulator, query)), ["2-0"]);
    emulator.control("PUT", "config", json!({"listIds": "400"}));
    assert_eq!(emulator.call("GET", &format!("{DLQ}?{query}")).status, 400);
    assert_eq!(listed(&emulator, "").len(), 2);
}

#[test]
fn fields_of_an_entry() {
    let emulator = Emulator::start();
    emulator.seed(
        json!({"entries": [{"flowControlKey": "k", "flowControlValue": "rate=2,period=1m"}]}),
    );
    let fields = ["messageId", "notBefore", "rate", "period"];
    for (switch, there) in [("all", true), ("described", false)] {
        emulator.control("PUT", "config", json!({ "entryFields": switch }));
        let entry = listed(&emulator, "")[0].clone();
        assert_eq!(entry["flowControlKey"], "k");
        for field in fields {
            assert_eq!(entry.get(field).is_some(), there, "{field}");
        }
    }
}

#[test]
fn some_fields_are_redacted() {
    let emulator = Emulator::start();
    let seed = |fields: &str| emulator.control("POST", "seed", json!({"redact": fields}));
    seed("body,header[content-type]");
    seed("header");
    let entries = listed(&emulator, "");
    let is_hidden = |value: &Value| value.as_str().unwrap().starts_with("REDACTED:");
    let seen: Vec<[bool; 3]> = entries
        .iter()
        .map(|entry| {
            let header = |name: &str| is_hidden(&entry["header"][name][0]);
            [
                is_hidden(&entry["body"]),
                header("Content-Type"),
                header("Upstash-Workflow-Sdk-Version"),
            ]
        })
        .collect();
    assert!(seen.contains(&[true, true, false]) && seen.contains(&[false, true, true]), "{seen:?}");
    let bad = json!({"redact": "url"}).to_string();
    assert_eq!(emulator.exchange("POST", "/_emulator/seed", &[], &bad).status, 400);
}

#[test]
fn flow_control_by_halves() {
    let emulator = Emulator::start();
    for (name, value, want) in [
        ("Upstash-Flow-Control-Key", "new", json!({"key": "new"})),
        ("Upstash-Flow-Control-Value", "rate=7", json!({"value": "rate=7"})),
    ] {
        emulator.reset(json!({"flowHeaders": "both"}));
        emulator.seed(json!({"count": 1, "flowControlKeys": ["old"]}));
        let resume =
            || emulator.call_with("POST", &format!("{DLQ}/resume?count=1"), &[(name, value)]);
        assert_eq!(resume().status, 400);
        emulator.control("PUT", "config", json!({"flowHeaders": "each"}));
        assert_eq!(resume().runs(), 1);
        let run = &emulator.control("GET", "runs", Value::Null)["runs"][0];
        assert_eq!(run["overrides"]["flowControl"], want);
    }
}
