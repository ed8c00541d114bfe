//! The log of requests to the service that `GET /_emulator/requests` returns: the latest ones, and counts of all.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use hyper::header::HeaderMap;
use serde_json::{json, Map, Value};

use crate::http::Request;
use crate::values::now_ms;
use crate::values::query::redact;

/// Requests that are kept in full; counts include the older ones.
const KEPT: usize = 20_000;

#[derive(Debug)]
struct Line {
    number: u64,
    at: i64,
    method: String,
    target: String,
    headers: HeaderMap,
    status: u16,
    micros: u128,
}

/// A request in flight.
#[derive(Debug)]
pub struct Begun {
    number: u64,
    at: i64,
    start: Instant,
}

impl Begun {
    /// Time since it came in.
    pub fn elapsed(&self) -> std::time::Duration {
        self.start.elapsed()
    }
}

/// The log.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<Line>,
    total: u64,
    in_flight: u64,
    max_concurrency: u64,
    per_second: BTreeMap<i64, u64>,
    per_status: BTreeMap<u16, u64>,
    token_in_url: u64,
}

impl Log {
    /// Counts a request that came in.
    pub fn begin(&mut self, request: &Request) -> Begun {
        let at = now_ms();
        self.total += 1;
        self.in_flight += 1;
        self.max_concurrency = self.max_concurrency.max(self.in_flight);
        *self.per_second.entry(at / 1_000).or_default() += 1;
        if request.query.get("qstash_token").is_some() {
            self.token_in_url += 1;
        }
        Begun { number: self.total, at, start: Instant::now() }
    }

    /// Logs a request whose response was sent; status 0: none was.
    pub fn end(&mut self, begun: Begun, request: &Request, status: u16) {
        // `clear` keeps the count, a reset does not: a request of before it may still end.
        self.in_flight = self.in_flight.saturating_sub(1);
        *self.per_status.entry(status).or_default() += 1;
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(Line {
            number: begun.number,
            at: begun.at,
            method: request.method.clone(),
            target: target(request),
            headers: request.headers.clone(),
            status,
            micros: begun.start.elapsed().as_micros(),
        });
    }

    /// Clears requests and counts; requests in flight stay counted as such.
    pub fn clear(&mut self) {
        *self = Log { in_flight: self.in_flight, ..Log::default() };
    }

    /// The counts, as JSON.
    pub fn counts(&self) -> Value {
        let by = |(name, count): (String, &u64)| (name, Value::from(*count));
        let per_second = self.per_second.iter().map(|(second, n)| by((second.to_string(), n)));
        let per_status = self.per_status.iter().map(|(status, n)| by((status.to_string(), n)));
        json!({
            "total": self.total,
            "maxConcurrency": self.max_concurrency,
            "tooManyRequests": self.per_status.get(&429).copied().unwrap_or(0),
            "tokenInUrl": self.token_in_url,
            "perStatus": per_status.collect::<Map<_, _>>(),
            "perSecond": per_second.collect::<Map<_, _>>(),
        })
    }

    /// The latest `limit` requests, of number `from` or later, oldest first.
    pub fn recent(&self, from: u64, limit: usize) -> Value {
        let wanted: Vec<&Line> =
            self.lines.iter().rev().take(limit).filter(|line| line.number >= from).collect();
        wanted.into_iter().rev().map(Line::to_json).collect()
    }
}

impl Line {
    fn to_json(&self) -> Value {
        json!({
            "number": self.number,
            "at": self.at,
            "method": self.method,
            "path": self.target,
            "headers": headers_json(&self.headers),
            "status": self.status,
            "ms": self.micros as f64 / 1_000.0,
        })
    }
}

/// Path and query, with the token redacted.
pub fn target(request: &Request) -> String {
    match request.raw_query.as_str() {
        "" => request.path.clone(),
        query => format!("{}?{}", request.path, redact(query)),
    }
}

/// Headers as an object, with credentials redacted.
pub fn headers_json(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for (name, value) in headers {
        let text = match name.as_str() {
            // `Upstash-Forward-Authorization` too is a credential.
            name if name.ends_with("authorization") || name.ends_with("cookie") => {
                "REDACTED".into()
            }
            _ => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        match map.get_mut(name.as_str()) {
            Some(Value::String(earlier)) => {
                earlier.push_str(", ");
                earlier.push_str(&text);
            }
            _ => {
                map.insert(name.as_str().into(), text.into());
            }
        }
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::query::Query;
    use hyper::header::HeaderValue;

    fn request(query: &str) -> Request {
        Request {
            method: "GET".into(),
            path: "/v2/dlq".into(),
            raw_query: query.into(),
            query: Query::parse(query),
            headers: [
                ("authorization", "Bearer secret"),
                ("upstash-forward-authorization", "Bearer secret"),
                ("x-a", "1"),
            ]
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect(),
            body: Default::default(),
            peer: String::new(),
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let mut log = Log::default();
        let request = request("qstash_token=secret&count=1");
        let (one, two) = (log.begin(&request), log.begin(&request));
        log.end(one, &request, 200);
        log.end(two, &request, 429);
        let counts = log.counts();
        assert_eq!(counts["maxConcurrency"], 2);
        assert_eq!(counts["tooManyRequests"], 1);
        assert_eq!(counts["tokenInUrl"], 2);
        let recent = log.recent(2, 10);
        assert_eq!(recent.as_array().map(Vec::len), Some(1));
        assert_eq!(recent[0]["path"], "/v2/dlq?qstash_token=*&count=1");
        assert!(!recent.to_string().contains("secret"));
    }
}
