//! An emulator of one's own, and a client that shows answers as they came over the wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A running emulator; it ends with its stdin, so at the latest with the test.
pub struct Emulator {
    child: Child,
    /// What it printed.
    pub access: Value,
    address: String,
}

/// An answer.
pub struct Answer {
    /// 0: the connection was closed without one.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// As far as it came.
    pub body: String,
}

impl Answer {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.body))
    }

    /// How many runs it names.
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

    /// One that a command starts.
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

    /// A request of the service, with the token.
    pub fn call(&self, method: &str, target: &str) -> Answer {
        self.call_with(method, target, &[])
    }

    /// The same with more headers.
    pub fn call_with(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let token = format!("Bearer {}", self.access["token"].as_str().unwrap_or_default());
        let mut all = vec![("authorization", token.as_str())];
        all.extend_from_slice(headers);
        self.exchange(method, target, &all, "")
    }

    /// A request of the control API, which must succeed.
    pub fn control(&self, method: &str, what: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.exchange(method, &format!("/_emulator/{what}"), &[], &body);
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        answer.json()
    }

    /// Seeds, and tells the dlqIds.
    pub fn seed(&self, request: Value) -> Vec<String> {
        serde_json::from_value(self.control("POST", "seed", request)["dlqIds"].clone())
            .expect("ids")
    }

    /// Begins anew with some switches.
    pub fn reset(&self, config: Value) {
        self.control("POST", "reset", Value::Null);
        self.control("PUT", "config", config);
    }

    /// The counts of the audit.
    pub fn audit(&self) -> Value {
        self.control("GET", "audit?summary=1", Value::Null)
    }

    /// Waits until nothing goes on.
    pub fn idle(&self) {
        assert_eq!(self.control("GET", "idle?timeout=10000", Value::Null)["idle"], true);
    }

    /// Sends a request, and is gone when it was taken, before its answer.
    pub fn give_up(&self, method: &str, target: &str) {
        let token = self.access["token"].as_str().unwrap_or_default();
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: e\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("it takes the request");
        while self.audit()["requests"]["total"] == 0 {}
    }

    /// Any request.
    pub fn exchange(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        exchange(&self.address, method, target, headers, body)
    }
}

/// Any request to an address.
pub fn exchange(
    address: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: e\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(head.as_bytes()).expect("it takes the request");
    let mut bytes = Vec::new();
    // A connection that is reset has told all it will.
    let _ = stream.read_to_end(&mut bytes);
    read_answer(&String::from_utf8_lossy(&bytes))
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn read_answer(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let header =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    Answer {
        status: status.unwrap_or(0),
        headers: lines.filter_map(header).collect(),
        body: body.to_owned(),
    }
}
