//! The logs of runs, and the switches for what is not known of them.

use std::time::{Duration, Instant};

use crate::support::Emulator;
use serde_json::{json, Value};

const LOGS: &str = "/v2/workflows/logs";
const EVENTS: &str = "/v2/workflows/events?groupBy=workflowRunId";

fn runs(emulator: &Emulator, query: &str) -> Vec<Value> {
    let response = emulator.call("GET", &format!("{LOGS}?{query}"));
    assert_eq!(response.status, 200, "{}", response.body);
    response.json()["runs"].as_array().cloned().unwrap_or_default()
}

fn ids(emulator: &Emulator, query: &str) -> Vec<String> {
    let id = |run: &Value| run["workflowRunId"].as_str().unwrap_or_default().to_owned();
    runs(emulator, query).iter().map(id).collect()
}

fn only(emulator: &Emulator, query: &str) -> Value {
    let found = runs(emulator, query);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
    }
}

/// Three runs, oldest first: a success, one in progress after an error, a failure.
fn three(emulator: &Emulator) {
    emulator.control(
        "POST",
        "runs",
        json!([
            {
                "workflowRunId": "wfr_a", "workflowCreatedAt": 1_000, "state": "RUN_SUCCESS", "endedAt": 2_000,
                "labels": ["x", "y"], "workflowUrl": "https://a.com/one?z", "response": {"ok": "é"},
                "steps": ["first", ["left", "right"]],
            },
            {
                "workflowRunId": "wfr_b", "workflowCreatedAt": 3_000, "callerIp": "::1", "flowControlKey": "k",
                "steps": ["first"],
                "errors": [{"status": 503, "body": "nö", "step": "charge"}],
            },
            {
                "workflowRunId": "wfr_c", "workflowCreatedAt": 5_000, "state": "RUN_FAILED", "endedAt": 6_000,
                "errors": [{}, {"status": 0, "body": "could not reach the endpoint"}],
            },
        ]),
    );
}

#[test]
fn states_steps_and_bodies() {
    let emulator = Emulator::start();
    three(&emulator);
    let success = only(&emulator, "workflowRunId=wfr_a");
    assert_eq!(success["workflowState"], "RUN_SUCCESS");
    assert_eq!(success["workflowRunCompletedAt"], 2_000);
    assert_eq!(success["workflowRunResponse"], r#"{"ok":"é"}"#);
    let groups: Vec<(&str, usize)> = success["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            (group["type"].as_str().unwrap(), group["steps"].as_array().map_or(0, Vec::len))
        })
        .collect();
    assert_eq!(groups, [("sequential", 1), ("sequential", 1), ("parallel", 2)]);

    let retried = only(&emulator, "workflowRunId=wfr_b");
    assert_eq!(retried["workflowState"], "RUN_STARTED");
    assert_eq!(retried["workflowRunCallerIp"], "::1");
    assert_eq!(retried["flowControlKey"], "k");
    let next = &retried["steps"][2];
    assert_eq!(next["type"], "next");
    let step = &next["steps"][0];
    assert_eq!((&step["state"], &step["stepName"]), (&json!("STEP_RETRY"), &json!("charge")));
    assert_eq!(step["errors"][0]["status"], 503);
    assert_eq!(step["errors"][0]["body"], "nö");
    assert_eq!(step["errors"][0]["headers"]["Upstash-Error-Step-Name"][0], "charge");

    let failed = only(&emulator, "workflowRunId=wfr_c");
    assert_eq!(failed["dlqId"], "6000-0");
    let step = &failed["steps"][1]["steps"][0];
    assert_eq!(step["state"], "STEP_FAILED");
    assert_eq!(step["errors"].as_array().map(Vec::len), Some(2));
    assert_eq!(step["errors"][1]["error"], "could not reach the endpoint");
    assert!(step["errors"][1].get("status").is_none());
    let entry = emulator.call("GET", "/v2/workflows/dlq/6000-0").json();
    assert_eq!(entry["workflowRunId"], "wfr_c");

    let trimmed = |trim: &str| only(&emulator, &format!("workflowRunId=wfr_b&trimBody={trim}"));
    let error = |run: &Value| run["steps"][2]["steps"][0]["errors"][0]["body"].clone();
    assert_eq!(error(&trimmed("-1")), Value::Null);
    assert_eq!(error(&trimmed("100")), "nö");
    // Half a character is not shown.
    assert_eq!(error(&trimmed("2")), "n");
    assert_eq!(only(&emulator, "workflowRunId=wfr_a&trimBody=-1").get("workflowRunResponse"), None);
    emulator.control("PUT", "config", json!({"logsTrimBody": -1}));
    assert_eq!(error(&only(&emulator, "workflowRunId=wfr_b")), Value::Null);
    assert_eq!(error(&trimmed("100")), "nö");
}

#[test]
fn filters() {
    let emulator = Emulator::start();
    three(&emulator);
    for (query, want) in [
        ("", vec!["wfr_c", "wfr_b", "wfr_a"]),
        ("count=2", vec!["wfr_c", "wfr_b"]),
        ("state=RUN_SUCCESS", vec!["wfr_a"]),
        ("state=RUN_FAILED,RUN_STARTED", vec!["wfr_c", "wfr_b"]),
        ("state=STEP_RETRY", vec!["wfr_b"]),
        ("state=STEP_FAILED", vec!["wfr_c"]),
        ("state=STEP_SUCCESS", vec!["wfr_c", "wfr_b", "wfr_a"]),
        ("state=RUN_CANCELED", vec![]),
        ("label=y", vec!["wfr_a"]),
        ("label=q&label=x", vec!["wfr_a"]),
        ("workflowUrl=https://a.com/one%3Fz", vec!["wfr_a"]),
        ("host=a.com&path=/one", vec!["wfr_a"]),
        ("path=/workflow", vec!["wfr_c", "wfr_b"]),
        ("callerIp=::1", vec!["wfr_b"]),
        ("flowControlKey=k", vec!["wfr_b"]),
        ("flowControlKey=other", vec![]),
        ("workflowRunId=wfr_c&workflowRunId=wfr_a", vec!["wfr_c"]),
        ("workflowRunId=wfr_c,wfr_a", vec![]),
        ("workflowRunId=wfr_a&workflowCreatedAt=1000", vec!["wfr_a"]),
        ("workflowRunId=wfr_a&workflowCreatedAt=1001", vec![]),
        ("fromDate=3000&toDate=3000", vec!["wfr_b"]),
        ("fromDate=3001", vec!["wfr_c"]),
        ("workflowRuns=wfr_a@1000,wfr_c@5000", vec!["wfr_c", "wfr_a"]),
        ("workflowRuns=wfr_a@1000&state=RUN_FAILED&label=none", vec!["wfr_a"]),
        ("workflowRuns=wfr_a@1001,wfr_x@1", vec![]),
    ] {
        assert_eq!(ids(&emulator, query), want, "{query}");
        let events = emulator.call("GET", &format!("{EVENTS}&{query}"));
        assert_eq!(events.json()["runs"].as_array().map(Vec::len), Some(want.len()), "{query}");
    }
    for bad in [
        "count=0",
        "count=x",
        "cursor=x",
        "state=BROKEN",
        "workflowRuns=wfr_a",
        "workflowUrl=a.com",
        "trimBody=-2",
        "fromDate=now",
        "groupBy=step",
    ] {
        let response = emulator.call("GET", &format!("{LOGS}?{bad}"));
        assert_eq!(response.status, 400, "{bad}");
        assert!(response.json()["error"].is_string());
    }
    assert_eq!(emulator.call("GET", "/v2/workflows/events").status, 400);
    assert_eq!(emulator.exchange("GET", LOGS, &[], "").status, 401);
}

#[test]
fn switches() {
    let emulator = Emulator::start();
    for (switch, logs, events) in
        [("both", 200, 200), ("logs", 200, 404), ("events", 404, 200), ("none", 404, 404)]
    {
        emulator.reset(json!({ "logsPath": switch }));
        assert_eq!(emulator.call("GET", LOGS).status, logs, "{switch}");
        assert_eq!(emulator.call("GET", EVENTS).status, events, "{switch}");
    }
    let by_runs = "workflowRuns=wfr_a@1000";
    emulator.reset(json!({"logsByRuns": "ignored"}));
    three(&emulator);
    assert_eq!(ids(&emulator, by_runs), ["wfr_c", "wfr_b", "wfr_a"]);
    emulator.control("PUT", "config", json!({"logsByRuns": "400"}));
    assert_eq!(emulator.call("GET", &format!("{LOGS}?{by_runs}")).status, 400);
    emulator.control("PUT", "config", json!({"logsOrder": "oldest", "logsStepName": false}));
    assert_eq!(ids(&emulator, ""), ["wfr_a", "wfr_b", "wfr_c"]);
    assert_eq!(ids(&emulator, "count=1"), ["wfr_a"]);
    let step = |run: Value| run["steps"][2]["steps"][0].clone();
    assert_eq!(step(only(&emulator, "workflowRunId=wfr_b")).get("stepName"), None);
    emulator.control("PUT", "config", json!({"logsErrorText": false}));
    assert_eq!(step(only(&emulator, "workflowRunId=wfr_b"))["errors"][0].get("error"), None);
    // Runs that have ended are gone; one that goes on is kept.
    emulator.control("PUT", "config", json!({"logsRetentionMs": 60_000}));
    assert_eq!(ids(&emulator, ""), ["wfr_b"]);
    assert_eq!(ids(&emulator, "workflowRunId=wfr_a"), Vec::<String>::new());
    emulator.reset(json!({"burst": {"limit": 1, "windowMs": 60_000}}));
    assert_eq!(emulator.call("GET", LOGS).status, 200);
    assert_eq!(emulator.call("GET", LOGS).status, 429);
    emulator.reset(json!({}));
    three(&emulator);
    emulator.control("POST", "faults", json!([{"match": {"path": LOGS}, "action": "emptyPage"}]));
    let page = emulator.call("GET", LOGS).json();
    assert_eq!(page["runs"], json!([]));
    assert!(page["cursor"].as_str().is_some_and(|cursor| !cursor.is_empty()));
}

#[test]
fn late_logs_show_what_was() {
    let emulator = Emulator::start();
    // The logs show the time between the attempts for a whole second: a busy machine has to look once in it.
    emulator.reset(json!({"logsDelayMs": 1_500}));
    emulator
        .seed(json!({"count": 1, "runs": {"failAgain": 1, "retries": 1, "retryDelay": "1000"}}));
    let begun = Instant::now();
    let resumed = emulator.call("POST", "/v2/workflows/dlq/resume").json();
    let id = resumed["workflowRuns"][0]["workflowRunId"].as_str().unwrap().to_owned();
    assert_eq!(ids(&emulator, ""), Vec::<String>::new());
    emulator.idle();
    // It has failed by now, and the queue says so; the logs do not yet.
    assert_eq!(emulator.audit()["failedAgain"], 1);
    let mut states = Vec::new();
    until("it never failed", || {
        for run in runs(&emulator, &format!("workflowRunId={id}")) {
            let step = &run["steps"][1]["steps"][0];
            let errors = step["errors"].as_array().map_or(0, Vec::len);
            let seen = json!([run["workflowState"], errors]);
            // Before its first error it is shown for a moment only, which not every look meets.
            if errors > 0 && states.last() != Some(&seen) {
                states.push(seen);
            }
        }
        states.last().is_some_and(|seen| seen[0] == "RUN_FAILED")
    });
    assert!(begun.elapsed() >= Duration::from_millis(2_500));
    assert_eq!(states, [json!(["RUN_STARTED", 1]), json!(["RUN_FAILED", 2])]);
}

#[test]
fn pages_lead_to_the_end_while_runs_are_made() {
    let emulator = Emulator::start();
    emulator.control(
        "POST",
        "runs",
        json!([{"count": 95, "workflowCreatedAt": 1_000, "labels": ["old"]}]),
    );
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        emulator.control("POST", "runs", json!([{}]));
        let page = emulator.call("GET", &format!("{LOGS}?label=old&count=10{cursor}")).json();
        for run in page["runs"].as_array().unwrap() {
            seen.push(run["workflowCreatedAt"].as_i64().or(run["workflowRunCreatedAt"].as_i64()));
        }
        match page["cursor"].as_str().filter(|next| !next.is_empty()) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (1_000..1_095).rev().map(Some).collect::<Vec<_>>());
}

#[test]
fn runs_change_on_a_schedule() {
    let emulator = Emulator::start();
    emulator.reset(json!({"clockFactor": 1_000}));
    let second = |name: &str, value: Value| json!({"afterMs": 50_000, name: value});
    emulator.control(
        "POST",
        "runs",
        json!([
            {"workflowRunId": "wfr_f", "then": [
                second("steps", json!("one")),
                second("error", json!({"status": 502, "body": "down", "step": "two"})),
                second("state", json!("RUN_FAILED")),
            ]},
            {"workflowRunId": "wfr_s", "response": 7, "then": [
                {"error": {}},
                second("steps", json!(["one", "two"])),
                second("state", json!("RUN_SUCCESS")),
            ]},
            {"workflowRunId": "wfr_c", "then": [second("state", json!("RUN_CANCELED"))]},
            {"workflowRunId": "wfr_x"},
        ]),
    );
    let run = |id: &str| only(&emulator, &format!("workflowRunId={id}"));
    assert_eq!(run("wfr_s")["steps"][1]["steps"][0]["state"], "STEP_RETRY");
    assert!(run("wfr_s")["steps"][1]["steps"][0]["nextDeliveryTime"].is_i64());
    until("a step finishes", || run("wfr_f")["steps"].as_array().map(Vec::len) == Some(3));
    emulator.idle();
    let failed = run("wfr_f");
    assert_eq!(failed["workflowState"], "RUN_FAILED");
    assert_eq!(failed["steps"][2]["steps"][0]["stepName"], "two");
    let entry =
        emulator.call("GET", &format!("/v2/workflows/dlq/{}", failed["dlqId"].as_str().unwrap()));
    assert_eq!(
        (entry.json()["responseStatus"].clone(), entry.json()["responseBody"].clone()),
        (json!(502), json!("down"))
    );
    assert_eq!(run("wfr_s")["workflowRunResponse"], "7");
    // The error belongs to a step that finished.
    assert_eq!(run("wfr_s")["steps"].as_array().map(Vec::len), Some(2));
    assert_eq!(run("wfr_c")["workflowState"], "RUN_CANCELED");
    assert_eq!(run("wfr_x")["workflowState"], "RUN_STARTED");
    assert_eq!(emulator.call("DELETE", "/v2/workflows/runs/wfr_x?cancel=true").status, 200);
    assert_eq!(run("wfr_x")["steps"][1]["steps"][0]["state"], "STEP_CANCELED");
    assert_eq!(emulator.call("DELETE", "/v2/workflows/runs/wfr_x?cancel=true").status, 404);
    assert_eq!(emulator.audit()["failedAgain"], 0);
}

#[test]
fn resumed_runs_take_the_course_of_their_plan() {
    let emulator = Emulator::start();
    emulator.reset(json!({"clockFactor": 1_000_000}));
    let seed = |runs: Value| {
        emulator.seed(json!({"count": 1, "steps": ["charge"], "runs": runs}))[0].clone()
    };
    let fails = json!({"status": 402, "body": "declined", "step": "pay"});
    for (plan, header, state, errors) in [
        (json!({}), "5", "RUN_SUCCESS", 0),
        (json!({"flaky": 1}), "5", "RUN_SUCCESS", 0),
        (json!({"failAgain": 1}), "5", "RUN_FAILED", 1),
        (json!({"failAgain": 1, "retries": 3}), "", "RUN_FAILED", 4),
        (json!({"failAgain": 1, "retries": 3, "failsWith": fails}), "1", "RUN_FAILED", 2),
        (json!({"cancel": 1}), "", "RUN_CANCELED", 0),
        (json!({"stuck": 1}), "", "RUN_STARTED", 0),
    ] {
        let id = seed(plan.clone());
        let headers = [("Upstash-Retries", header)];
        let headers = if header.is_empty() { &headers[..0] } else { &headers[..] };
        let target = format!("/v2/workflows/dlq/resume/{id}");
        let resumed = emulator.call_with("POST", &target, headers).json();
        emulator.idle();
        let run = only(
            &emulator,
            &format!("workflowRunId={}", resumed["workflowRunId"].as_str().unwrap()),
        );
        assert_eq!(run["workflowState"], state, "{plan}");
        let step = &run["steps"][1]["steps"][0];
        assert_eq!(step["errors"].as_array().map_or(0, Vec::len), errors, "{plan}");
        if errors > 0 {
            let own = plan.get("failsWith").is_some();
            let named = if own { "pay" } else { "charge" };
            assert_eq!(step["stepName"], named);
            let entry = emulator
                .call("GET", &format!("/v2/workflows/dlq/{}", run["dlqId"].as_str().unwrap()));
            let status = if own { 402 } else { 500 };
            assert_eq!(entry.json()["responseStatus"], status);
            assert_eq!(entry.json()["responseHeader"]["Upstash-Error-Step-Name"][0], named);
        }
    }
}

#[test]
fn bad_runs_are_refused() {
    let emulator = Emulator::start();
    emulator.control("POST", "runs", json!([{"workflowRunId": "wfr_a"}]));
    for bad in [
        json!({}),
        json!([{"stat": "RUN_FAILED"}]),
        json!([{"state": "FAILED"}]),
        json!([{"workflowRunId": "wfr_a"}]),
        json!([{"workflowRunId": "wfr_b", "count": 2}]),
        json!([{"then": [{"afterMs": 1}]}]),
        json!([{"then": [{"state": "RUN_FAILED", "error": {}}]}]),
        json!([{"retryDelay": "soon"}]),
    ] {
        let response = emulator.exchange("POST", "/_emulator/runs", &[], &bad.to_string());
        assert_eq!(response.status, 400, "{bad}");
    }
    let bad = json!({"runs": {"failAgain": 2}});
    assert_eq!(emulator.exchange("POST", "/_emulator/seed", &[], &bad.to_string()).status, 400);
}
