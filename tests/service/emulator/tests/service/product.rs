//! The program itself: its options, what it prints, and what it begins with.

use std::io::Read;
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::Emulator;
use serde_json::{json, Value};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_upstash-workflow-emulator"));
    command.args(arguments).stdin(Stdio::null()).output().expect("it ends")
}

/// A file for one test, which is removed with it.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, content: &Value) -> Self {
        let path = std::env::temp_dir().join(format!("emulator-{}-{name}", std::process::id()));
        std::fs::write(&path, content.to_string()).expect("a file can be written");
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a printable path")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn access(options: &[&str]) -> Value {
    let mut access = Emulator::start_with(options).access.clone();
    access["url"].take();
    access
}

#[test]
fn help_is_no_error_and_errors_name_the_option() {
    for help in ["--help", "-h"] {
        let Output { status, stdout, stderr } = run(&[help]);
        assert!(status.success() && stderr.is_empty());
        let text = String::from_utf8(stdout).unwrap();
        assert!(text.contains("--entries <what>") && text.contains("--dev"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 80));
    }
    for (arguments, named) in [
        (&["--prot", "1"][..], "--prot"),
        (&["--port"], "--port"),
        (&["--port", "x"], "--port takes a port"),
        (&["--port", "65536"], "--port"),
        (&["--seed", "-1"], "--seed"),
        (&["now"], "now"),
        (&["--token", "a b"], "--token"),
        (&["--token", "a", "--dev"], "--token, --seed and --dev"),
        (&["--entries", "/nowhere.json"], "/nowhere.json"),
        (&["--config", "/nowhere.json"], "/nowhere.json"),
    ] {
        let Output { status, stderr, .. } = run(arguments);
        assert_eq!(status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8(stderr).unwrap();
        assert!(said.contains(named) && said.contains("--help"), "{said}");
    }
}

#[test]
fn secrets_may_stay_the_same() {
    let token = access(&["--token", "mine"]);
    assert_eq!(token["token"], "mine");
    assert_eq!(token, access(&["--token", "mine"]));
    assert_eq!(access(&["--seed", "7"]), access(&["--seed", "7"]));
    assert_ne!(access(&["--seed", "7"]), access(&["--seed", "8"]));
    assert_ne!(access(&[]), access(&[]));
}

#[test]
fn ids_are_given_once() {
    let resumed = |emulator: &Emulator| {
        emulator.seed(json!({"count": 1}));
        let response = emulator.call("POST", "/v2/workflows/dlq/resume").json();
        response["workflowRuns"][0]["workflowRunId"].as_str().unwrap().to_owned()
    };
    let (one, other) = (Emulator::start(), Emulator::start());
    let mut ids = vec![resumed(&one), resumed(&other)];
    one.reset(json!({}));
    ids.push(resumed(&one));
    one.reset(json!({"seed": 5}));
    ids.push(resumed(&one));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    let seeded = || resumed(&Emulator::start_with(&["--seed", "3"]));
    assert_eq!(seeded(), seeded());
}

#[test]
fn the_dev_server_is_recognized() {
    let emulator = Emulator::start_with(&["--dev"]);
    let keys = emulator.call("GET", "/v2/keys");
    assert_eq!(keys.status, 200);
    assert_eq!(keys.json()["current"], emulator.access["currentSigningKey"]);
    assert_eq!(keys.json()["next"], emulator.access["nextSigningKey"]);
    assert_eq!(emulator.exchange("GET", "/v2/keys", &[], "").status, 401);
}

#[test]
fn a_page_of_another_site_can_not_ask() {
    let emulator = Emulator::start_with(&["--dev"]);
    emulator.seed(json!({"count": 1}));
    let token = format!("Bearer {}", emulator.access["token"].as_str().unwrap());
    let ask = |method: &str, target: &str, name: &str, value: &str| {
        emulator.exchange(method, target, &[("authorization", &token), (name, value)], "")
    };
    let targets = [
        ("GET", "/v2/workflows/dlq"),
        ("POST", "/v2/trigger/http://192.168.1.1/"),
        ("OPTIONS", "/v2/workflows/dlq"),
        ("GET", "/_emulator/requests"),
        ("POST", "/_emulator/reset"),
        ("OPTIONS", "/_emulator/reset"),
    ];
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        // A name of the other site's own that it points at loopback.
        ("host", "evil.example:8080"),
    ] {
        for (method, target) in targets {
            let response = ask(method, target, name, value);
            assert_eq!(response.status, 403, "{method} {target} from {value}");
            assert_eq!(response.header("access-control-allow-origin"), None);
        }
    }
    assert_eq!(emulator.audit()["remaining"], 1);
    assert_eq!(emulator.audit()["requests"]["total"], 0);
    for origin in ["http://localhost:3000", "http://127.0.0.1:3000", "http://app.test"] {
        let response = ask("GET", "/v2/workflows/dlq", "origin", origin);
        assert_eq!(
            (response.status, response.header("access-control-allow-origin")),
            (200, Some("*"))
        );
    }
}

#[test]
fn it_begins_with_what_it_is_told_to_and_again_after_a_reset() {
    let entries = File::new("entries", &json!([{"count": 3, "labels": ["a"]}, {"entries": [{}]}]));
    let file = File::new(
        "config",
        &json!({
            "token": "from-file",
            "config": {"pageCap": 2},
            "entries": {"count": 7},
            "runs": [{"workflowRunId": "wfr_a"}],
            "faults": [{"nth": 2, "action": 503}],
        }),
    );
    let check = |options: &[&str], count: u64| {
        let emulator = Emulator::start_with(options);
        assert_eq!(emulator.audit()["entries"], count);
        emulator.call("DELETE", "/v2/workflows/dlq");
        emulator.control("PUT", "config", json!({"pageCap": 50}));
        emulator.control("POST", "reset", Value::Null);
        assert_eq!(emulator.audit()["remaining"], count);
        emulator
    };
    check(&["--entries", "12"], 12);
    check(&["--entries", entries.path()], 4);
    check(&["--config", file.path(), "--entries", "5"], 5);
    let emulator = check(&["--config", file.path()], 7);
    assert_eq!(emulator.access["token"], "from-file");
    assert_eq!(emulator.control("GET", "config", Value::Null)["pageCap"], 2);
    assert_eq!(
        emulator.call("GET", "/v2/workflows/logs").json()["runs"][0]["workflowRunId"],
        "wfr_a"
    );
    assert_eq!(emulator.call("GET", "/v2/workflows/logs").status, 503);

    for (bad, named) in [
        (json!({"prot": 1}), "`prot`"),
        (json!({"config": {"pageCup": 1}}), "`pageCup`"),
        (json!({"entries": {"cuont": 1}}), "`cuont`"),
        (json!({"runs": [{"stat": 1}]}), "`stat`"),
    ] {
        let file = File::new("bad", &bad);
        let Output { status, stderr, .. } = run(&["--port", "0", "--config", file.path()]);
        let said = String::from_utf8(stderr).unwrap();
        assert!(!status.success() && said.contains(named), "{said}");
    }
}

/// Starts one, lets `work` talk to it, and tells what it printed.
fn printed(options: &[&str], work: impl FnOnce(&str)) -> (String, String) {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = Command::new(env!("CARGO_BIN_EXE_upstash-workflow-emulator"))
        .args(["--exit-with-stdin", "--port", &port.to_string(), "--token", "t"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let address = format!("127.0.0.1:{port}");
    let end = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(&address).is_err() {
        assert!(Instant::now() < end, "it never listened");
    }
    work(&address);
    drop(child.stdin.take());
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    child.wait().unwrap();
    (out, err)
}

#[test]
fn a_person_reads_lines() {
    let target = "/v2/workflows/dlq?count=3&qstash_token=t";
    let ask = |address: &str| {
        crate::support::exchange(address, "GET", target, &[], "");
    };
    let (out, err) = printed(&["--env", "--log"], ask);
    assert!(out.contains("QSTASH_URL=\"http://127.0.0.1:") && out.contains("QSTASH_TOKEN=\"t\""));
    assert!(out.contains("QSTASH_CURRENT_SIGNING_KEY=\"sig_"));
    assert!(err.contains("GET       /v2/workflows/dlq?count=3&qstash_token=*  200  "), "{err}");
    let (out, err) = printed(&[], ask);
    assert!(serde_json::from_str::<Value>(&out).is_ok() && err.is_empty(), "{out} {err}");
}

#[test]
fn what_is_asked_does_not_steer_the_terminal() {
    let ask = |address: &str| {
        crate::support::exchange(address, "GET", "/v2/dlq/\u{9b}31m\u{202e}x", &[], "");
    };
    let (_, err) = printed(&["--log"], ask);
    assert!(err.contains("/v2/dlq/\\u{9b}31m\\u{202e}x  401  "), "{err:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn too_many_open_files_do_not_end_it() {
    let binary = env!("CARGO_BIN_EXE_upstash-workflow-emulator");
    let script = format!("ulimit -n 40; exec {binary} --port 0 --exit-with-stdin");
    let emulator = Emulator::of(Command::new("sh").args(["-c", &script]).stderr(Stdio::null()));
    let address = emulator.address().to_owned();
    let held: Vec<TcpStream> =
        (0..80).map(|_| TcpStream::connect(&address).expect("the backlog has room")).collect();
    std::thread::sleep(Duration::from_millis(100));
    drop(held);
    assert_eq!(emulator.call("GET", "/v2/workflows/dlq").status, 200);
}
