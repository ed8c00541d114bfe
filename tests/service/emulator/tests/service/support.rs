//! An emulator per test, and an HTTP client that shows responses as they came over the wire, broken ones included.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running emulator. It exits when its stdin is closed, so at the latest with the test.
pub struct Emulator {
    child: Child,
    /// The line of JSON that it printed: address, token and keys.
    pub access: Value,
    address: String,
}

/// A response.
pub struct Response {
    /// 0: the connection was closed without a response.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The bytes that arrived.
    pub body: String,
}

impl Response {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.body))
    }

    /// Number of `workflowRuns`.
    pub fn runs(&self) -> usize {
        self.json()["workflowRuns"].as_array().map_or(0, Vec::len)
    }
}

impl Emulator {
    /// Starts one on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more options.
    pub fn start_with(options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_upstash-workflow-emulator"));
        Self::of(command.args(["--port", "0", "--exit-with-stdin"]).args(options))
    }

    /// Starts one by `command`.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("it prints a line");
        let access: Value = serde_json::from_str(&line).expect("the line is JSON");
        let url = access["url"].as_str().expect("the line names a url");
        let address = url.trim_start_matches("http://").to_owned();
        Emulator { child, access, address }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request to the service, with the token.
    pub fn call(&self, method: &str, target: &str) -> Response {
        self.call_with(method, target, &[])
    }

    /// The same with more headers.
    pub fn call_with(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Response {
        let token = format!("Bearer {}", self.access["token"].as_str().unwrap_or_default());
        let mut all = vec![("authorization", token.as_str())];
        all.extend_from_slice(headers);
        self.exchange(method, target, &all, "")
    }

    /// Sends a request to the control API, which has to succeed.
    pub fn control(&self, method: &str, what: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.exchange(method, &format!("/_emulator/{what}"), &[], &body);
        assert_eq!(response.status, 200, "{what}: {}", response.body);
        response.json()
    }

    /// Seeds entries and returns their ids.
    pub fn seed(&self, request: Value) -> Vec<String> {
        serde_json::from_value(self.control("POST", "seed", request)["dlqIds"].clone())
            .expect("ids")
    }

    /// Resets the emulator and sets switches.
    pub fn reset(&self, config: Value) {
        self.control("POST", "reset", Value::Null);
        self.control("PUT", "config", config);
    }

    /// The counts of the audit.
    pub fn audit(&self) -> Value {
        self.control("GET", "audit?summary=1", Value::Null)
    }

    /// Waits until nothing is scheduled or in flight.
    pub fn idle(&self) {
        let idle = self.control("GET", "idle?timeout=10000", Value::Null);
        assert_eq!(idle["idle"], true, "still busy after 10 s");
    }

    /// Sends a request and closes the connection once it has arrived, before its response.
    pub fn give_up(&self, method: &str, target: &str) {
        let token = self.access["token"].as_str().unwrap_or_default();
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: e\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("it takes the request");
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.audit()["requests"]["total"] == 0 {
            assert!(Instant::now() < deadline, "{method} {target} has not arrived after 10 s");
        }
    }

    /// Sends any request, without the token.
    pub fn exchange(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        exchange(&self.address, method, target, headers, body)
    }
}

/// Sends any request to an address.
pub fn exchange(
    address: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: e\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(head.as_bytes()).expect("it takes the request");
    let mut bytes = Vec::new();
    // After a reset, what has arrived is the response.
    let _ = stream.read_to_end(&mut bytes);
    read_response(&String::from_utf8_lossy(&bytes))
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn read_response(text: &str) -> Response {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    Response {
        status: status.unwrap_or(0),
        headers: lines.filter_map(header).collect(),
        body: body.to_owned(),
    }
}
