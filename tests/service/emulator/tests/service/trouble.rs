//! Faults, limits, headers: what happens around the work.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Emulator, Response};
use serde_json::{json, Value};

const RESUME: &str = "/v2/workflows/dlq/resume?count=2";

/// Strikes one resume with `rule`, and tells the response and how many were resumed.
fn strike(emulator: &Emulator, rule: Value) -> (Response, u64) {
    emulator.reset(json!({}));
    emulator.seed(json!({"count": 5}));
    emulator.control("POST", "faults", json!([rule]));
    let response = emulator.call("POST", RESUME);
    emulator.control("POST", "faults", json!([]));
    (response, emulator.audit()["resumed"].as_u64().unwrap())
}

#[test]
fn before_nothing_was_done_and_after_all_of_it() {
    let emulator = Emulator::start();
    for action in
        [json!("drop"), json!(500), json!("html"), json!({"type": "status", "status": 200})]
    {
        for (when, resumed) in [("before", 0), ("after", 2)] {
            let (response, done) = strike(&emulator, json!({"when": when, "action": action}));
            assert_eq!(done, resumed, "{action} {when}");
            let status = match &action {
                Value::Number(_) => 500,
                Value::String(name) if name == "html" => 502,
                Value::String(_) => 0,
                _ => 200,
            };
            assert_eq!(response.status, status, "{action}");
        }
    }
}

#[test]
fn odd_responses() {
    let emulator = Emulator::start();
    let (response, _) = strike(&emulator, json!({"when": "after", "action": "cutOff"}));
    let promised: usize = response.header("content-length").unwrap().parse().unwrap();
    assert!(response.body.len() < promised && !response.body.is_empty());
    let (response, _) =
        strike(&emulator, json!({"when": "after", "action": {"type": "cutOff", "clean": true}}));
    assert_eq!(response.header("content-length"), Some(response.body.len().to_string().as_str()));
    assert!(serde_json::from_str::<Value>(&response.body).is_err());
    let (response, _) = strike(&emulator, json!({"when": "after", "action": "wrongShape"}));
    assert!(response.json()["workflowRuns"].is_string());
    let (response, done) = strike(&emulator, json!({"action": "emptyPage"}));
    assert_eq!((response.runs(), done), (0, 0));
    assert!(!response.json()["cursor"].as_str().unwrap().is_empty());
    let unavailable = json!({"type": "status", "status": 503, "headers": {"Retry-After": 7}});
    let (response, _) = strike(&emulator, json!({ "action": unavailable }));
    assert_eq!(
        (response.status, response.header("retry-after"), response.body.as_str()),
        (503, Some("7"), "")
    );
    let (response, _) =
        strike(&emulator, json!({"action": {"type": "redirect", "to": "http://127.0.0.1:9/"}}));
    assert_eq!((response.status, response.header("location")), (302, Some("http://127.0.0.1:9/")));
    emulator.reset(json!({"redirect": {"to": "http://127.0.0.1:9"}}));
    let response = emulator.call("POST", RESUME);
    assert_eq!(
        (response.status, response.header("location")),
        (307, Some("http://127.0.0.1:9/v2/workflows/dlq/resume?count=2"))
    );
}

#[test]
fn slow_responses() {
    let emulator = Emulator::start();
    for action in
        [json!({"type": "slowBody", "ms": 150}), json!({"type": "slowHeaders", "ms": 150})]
    {
        let begun = Instant::now();
        let (response, done) = strike(&emulator, json!({"when": "after", "action": action}));
        assert!(begun.elapsed() >= Duration::from_millis(150));
        assert_eq!((response.runs(), done), (2, 2));
    }
}

#[test]
fn work_is_done_though_nobody_waits() {
    let emulator = Emulator::start();
    let wait_for = |want: u64| {
        let until = Instant::now() + Duration::from_secs(10);
        while emulator.audit()["resumed"] != want {
            assert!(Instant::now() < until, "the work was not done");
        }
    };
    let (response, done) = strike(&emulator, json!({"action": {"type": "workLater", "ms": 200}}));
    assert_eq!((response.status, done), (0, 0));
    wait_for(2);
    emulator.reset(json!({"latencyMs": 300}));
    emulator.seed(json!({"count": 5}));
    emulator.give_up("POST", RESUME);
    wait_for(2);
}

#[test]
fn connections_are_reset_together() {
    let emulator = Emulator::start();
    emulator.reset(json!({"latencyMs": 60_000}));
    emulator.control("POST", "faults", json!([{"match": {"query": "last"}, "action": "resetAll"}]));
    let hanging = || {
        let begun = Instant::now();
        let status = emulator.call("GET", "/v2/workflows/dlq").status;
        (status, begun.elapsed() < Duration::from_secs(30))
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..5).map(|_| scope.spawn(hanging)).collect();
        let until = Instant::now() + Duration::from_secs(10);
        while emulator.audit()["requests"]["maxConcurrency"] != 5 {
            assert!(Instant::now() < until, "they never came");
        }
        emulator.control("POST", "disconnect", Value::Null);
        for one in all {
            assert_eq!(one.join().unwrap(), (0, true));
        }
    });
    // The same by a rule, and the work is done.
    emulator.reset(json!({"latencyMs": 100}));
    emulator.seed(json!({"count": 5}));
    let rule = json!([{"match": {"query": "last"}, "when": "after", "action": "resetAll"}]);
    emulator.control("POST", "faults", rule);
    std::thread::scope(|scope| {
        emulator.control("PUT", "config", json!({"latencyMs": 60_000}));
        let all: Vec<_> = (0..3).map(|_| scope.spawn(hanging)).collect();
        let until = Instant::now() + Duration::from_secs(10);
        while emulator.audit()["requests"]["maxConcurrency"] != 3 {
            assert!(Instant::now() < until, "they never came");
        }
        emulator.control("PUT", "config", json!({"latencyMs": 0}));
        assert_eq!(emulator.call("POST", &format!("{RESUME}&last=1")).status, 0);
        assert_eq!(emulator.audit()["resumed"], 2);
        for one in all {
            assert_eq!(one.join().unwrap(), (0, true));
        }
    });
    assert_eq!(emulator.call("GET", "/v2/workflows/dlq").status, 200);
}

#[test]
fn cursors_that_turn_in_a_circle_or_expire() {
    let emulator = Emulator::start();
    emulator.seed(json!({"count": 50}));
    let cursors = |length: usize| {
        let action = json!({"type": "cycleCursor", "length": length});
        emulator.control("POST", "faults", json!([{"when": "after", "action": action}]));
        let mut cursor = String::new();
        let next = |_| {
            let target = format!("/v2/workflows/dlq?count=5{cursor}");
            let next = emulator.call("GET", &target).json()["cursor"].as_str().unwrap().to_owned();
            cursor = format!("&cursor={next}");
            next
        };
        (0..6).map(next).collect::<Vec<_>>()
    };
    let [a, b, c, d, e, f] = cursors(2).try_into().unwrap();
    assert_eq!([&a, &b, &a, &b], [&c, &d, &e, &f]);
    assert_ne!(a, b);
    let same = cursors(1);
    assert!(same.windows(2).all(|two| two[0] == two[1]));

    emulator.control("POST", "faults", json!([]));
    emulator.control("PUT", "config", json!({"cursorLifeMs": 150}));
    let cursor = emulator.call("GET", "/v2/workflows/dlq?count=5").json()["cursor"].clone();
    let target = format!("/v2/workflows/dlq?count=5&cursor={}", cursor.as_str().unwrap());
    assert_eq!(emulator.call("GET", &target).status, 200);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(emulator.call("GET", &target).status, 400);
}

#[test]
fn a_new_entry_is_listed_late() {
    let emulator = Emulator::start();
    emulator.reset(json!({"lateListingMs": 300}));
    emulator.seed(json!({"count": 1, "runs": {"failAgain": 1}}));
    assert_eq!(emulator.call("POST", "/v2/workflows/dlq/resume").runs(), 1);
    assert_eq!(emulator.audit()["remaining"], 1);
    let listed =
        || emulator.call("GET", "/v2/workflows/dlq").json()["messages"].as_array().map(Vec::len);
    assert_eq!(listed(), Some(0));
    let until = Instant::now() + Duration::from_secs(10);
    while listed() == Some(0) {
        assert!(Instant::now() < until, "it is never listed");
    }
}

#[test]
fn the_log_can_be_cleared() {
    let emulator = Emulator::start();
    emulator.call("GET", "/v2/workflows/dlq");
    emulator.control("DELETE", "requests", Value::Null);
    emulator.call("GET", "/v2/workflows/dlq/1-0");
    let requests = emulator.control("GET", "requests", Value::Null);
    assert_eq!((&requests["total"], &requests["requests"][0]["status"]), (&json!(1), &json!(404)));
}

#[test]
fn a_limit_of_nothing_refuses_for_ever() {
    let emulator = Emulator::start();
    emulator.reset(json!({"burst": {"limit": 0}}));
    for _ in 0..3 {
        let response = emulator.call("GET", "/v2/workflows/dlq");
        assert_eq!(
            (response.status, response.header("Burst-RateLimit-Remaining")),
            (429, Some("0"))
        );
    }
}

#[test]
fn limits_are_told() {
    let emulator = Emulator::start();
    emulator.reset(json!({"burst": {"limit": 2, "windowMs": 60_000}, "retryAfter": "seconds", "resetForm": "delta"}));
    let statuses: Vec<u16> =
        (0..3).map(|_| emulator.call("GET", "/v2/workflows/dlq").status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    let response = emulator.call("GET", "/v2/workflows/dlq");
    assert_eq!(response.header("Burst-RateLimit-Limit"), Some("2"));
    assert_eq!(response.header("Burst-RateLimit-Remaining"), Some("0"));
    assert_eq!(response.header("Retry-After"), response.header("Burst-RateLimit-Reset"));
    assert_eq!(emulator.audit()["requests"]["tooManyRequests"], 2);
}

#[test]
fn dates_and_origins() {
    let emulator = Emulator::start();
    let response = emulator.call("GET", "/v2/workflows/dlq");
    assert!(response.header("date").is_some());
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert!(response
        .header("access-control-expose-headers")
        .unwrap()
        .contains("Burst-RateLimit-Reset"));
    let asked = [("access-control-request-headers", "authorization,upstash-retries")];
    let response = emulator.exchange("OPTIONS", RESUME, &asked, "");
    assert_eq!(response.status, 204);
    assert_eq!(
        response.header("access-control-allow-headers"),
        Some("authorization,upstash-retries")
    );
    emulator.reset(json!({"cors": false, "dateHeader": false}));
    let response = emulator.call("GET", "/v2/workflows/dlq");
    assert_eq!(
        (response.header("date"), response.header("access-control-allow-origin")),
        (None, None)
    );
}

#[test]
fn hundred_thousand_in_pages() {
    let emulator = Emulator::start();
    let seeded = emulator.control(
        "POST",
        "seed",
        json!({"count": 100_000, "ids": false, "labels": ["a", "b"]}),
    );
    assert_eq!(seeded["count"], 100_000);
    assert!(seeded.get("dlqIds").is_none());
    let mut cursor = String::new();
    for _ in 0..200 {
        let response = emulator
            .call("POST", &format!("/v2/workflows/dlq/resume?label=b&count=100{cursor}"))
            .json();
        cursor = format!("&cursor={}", response["cursor"].as_str().unwrap());
    }
    let audit = emulator.audit();
    assert_eq!(audit["entries"], 100_000);
    assert_eq!(audit["resumed"], 20_000);
    assert_eq!(audit["remaining"], 80_000);
    assert_eq!(audit["resumedTwice"], json!([]));
}

#[test]
fn unknown_controls_and_switches_are_refused() {
    let emulator = Emulator::start();
    for (method, what, body) in [
        ("PUT", "config", r#"{"pageCup": 1}"#),
        ("POST", "faults", r#"[{"action": "explode"}]"#),
        ("POST", "seed", r#"{"cuont": 1}"#),
        ("POST", "seed", r#"{"entries": [{"dlqId": "x"}]}"#),
        ("POST", "seed", "{"),
        ("PUT", "config", r#"{"latencyMs": 18446744073709551615, "jitterMs": 1}"#),
        ("POST", "faults", r#"[{"action": {"type": "hugeBody", "bytes": 18446744073709551615}}]"#),
        ("POST", "faults", r#"[{"action": {"type": "hang"}, "nth": 0}]"#),
        ("POST", "seed", r#"{"count": 4294967295}"#),
        ("POST", "seed", r#"{"entries": [{"dlqId": "9223372036854775807-0"}]}"#),
        ("POST", "seed", r#"{"entries": [{"dlqId": "1-4294967295"}]}"#),
        ("POST", "seed", r#"{"entries": [{"createdAt": -1}]}"#),
        ("POST", "runs", r#"[{"count": 2, "everyMs": 9223372036854775807}]"#),
        ("POST", "runs", r#"[{"workflowCreatedAt": 9223372036854775807}]"#),
        ("POST", "runs", r#"[{"then": [{"afterMs": 18446744073709551615, "steps": "a"}]}]"#),
    ] {
        let response = emulator.exchange(method, &format!("/_emulator/{what}"), &[], body);
        assert_eq!(response.status, 400, "{body}");
        assert!(response.json()["error"].is_string());
    }
    assert_eq!(emulator.exchange("GET", "/_emulator/nothing", &[], "").status, 404);
}

#[test]
fn json_by_any_other_name() {
    let emulator = Emulator::start();
    for (switch, name) in [(json!("text/plain"), Some("text/plain")), (Value::Null, None)] {
        emulator.reset(json!({"contentType": switch}));
        let response = emulator.call("GET", "/v2/workflows/dlq");
        assert_eq!(response.header("content-type"), name);
        assert_eq!(response.json()["messages"], json!([]));
    }
    // What is no JSON keeps its own.
    emulator.control("POST", "faults", json!([{"action": "html"}]));
    let response = emulator.call("GET", "/v2/workflows/dlq");
    assert!(response.header("content-type").is_some_and(|name| name.starts_with("text/html")));
}

#[test]
fn all_that_is_asked_is_written_down() {
    let folder = std::env::temp_dir().join(format!("emulator-{}", std::process::id()));
    let folder_name = folder.to_str().expect("a printable folder");
    let emulator = Emulator::start_with(&["--record", folder_name]);
    let token = emulator.access["token"].as_str().unwrap();
    emulator.seed(json!({"count": 1}));
    emulator.call_with("POST", RESUME, &[("Upstash-Retries", "2")]);
    emulator.exchange("GET", &format!("/v2/dlq?qstash_token={token}"), &[], "{}");
    emulator.reset(json!({}));
    emulator.control("POST", "faults", json!([{"action": "drop"}]));
    emulator.call("GET", "/v2/workflows/dlq/1-0");

    let files: Vec<_> = std::fs::read_dir(&folder).expect("it is made").collect();
    assert_eq!(files.len(), 1, "a process, a file");
    let text = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(!text.contains(token));
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let told =
        |line: &Value| json!([line["method"], line["path"], line["bodyBytes"], line["status"]]);
    assert_eq!(
        lines.iter().map(told).collect::<Vec<_>>(),
        [
            json!(["POST", RESUME, 0, 200]),
            json!(["GET", "/v2/dlq?qstash_token=*", 2, 200]),
            json!(["GET", "/v2/workflows/dlq/1-0", 0, 0]),
        ]
    );
    assert_eq!(lines[0]["headers"]["upstash-retries"], "2");
}

#[test]
fn a_body_is_bounded() {
    let emulator = Emulator::start();
    let begun_with = |header: &str, body: &[u8]| {
        let mut stream = TcpStream::connect(emulator.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let head = format!(
            "POST /_emulator/seed HTTP/1.1\r\nhost: e\r\nconnection: close\r\n{header}\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut response = [0; 12];
        match stream.read(&mut response) {
            Ok(length) => String::from_utf8_lossy(&response[..length]).into_owned(),
            Err(_) => "waits for more".into(),
        }
    };
    let most = 64 << 20;
    assert_eq!(begun_with(&format!("content-length: {most}"), b""), "waits for more");
    assert_eq!(begun_with(&format!("content-length: {}", most + 1), b""), "HTTP/1.1 413");
    let chunk = [format!("{:x}\r\n", most + 1).as_bytes(), &vec![b'x'; most + 1]].concat();
    assert_eq!(begun_with("transfer-encoding: chunked", &chunk), "HTTP/1.1 413");
}

#[test]
fn a_port_that_is_taken_is_said_to_be() {
    let first = Emulator::start();
    let url = first.access["url"].as_str().expect("a url");
    let port = url.rsplit(':').next().expect("a port");
    let second = Command::new(env!("CARGO_BIN_EXE_upstash-workflow-emulator"))
        .args(["--port", port])
        .output()
        .expect("it ends");
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && said.contains(&format!("port {port}: ")), "{said}");
    assert!(said.contains("--port 0"), "{said}");
}
