//! What was asked of the service: the last requests one by one, and counts of all of them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use hyper::header::HeaderMap;
use serde_json::{json, Map, Value};

use crate::http::Request;
use crate::values::now_ms;
use crate::values::query::redact;

/// So many requests are kept one by one.
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

/// A request under way.
#[derive(Debug)]
pub struct Begun {
    number: u64,
    at: i64,
    start: Instant,
}

impl Begun {
    /// How long ago.
    pub fn elapsed(&self) -> std::time::Duration {
        self.start.elapsed()
    }
}

/// The log.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<Line>,
    total: u64,
    under_way: u64,
    max_concurrency: u64,
    per_second: BTreeMap<i64, u64>,
    per_status: BTreeMap<u16, u64>,
    token_in_url: u64,
}

impl Log {
    /// A request came in.
    pub fn begin(&mut self, request: &Request) -> Begun {
        let at = now_ms();
        self.total += 1;
        self.under_way += 1;
        self.max_concurrency = self.max_concurrency.max(self.under_way);
        *self.per_second.entry(at / 1_000).or_default() += 1;
        if request.query.get("qstash_token").is_some() {
            self.token_in_url += 1;
        }
        Begun { number: self.total, at, start: Instant::now() }
    }

    /// It was answered; status 0: it was not.
    pub fn end(&mut self, begun: Begun, request: &Request, status: u16) {
        // After a reset, requests from before it still end.
        self.under_way = self.under_way.saturating_sub(1);
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

    /// Forgets all requests that have ended.
    pub fn clear(&mut self) {
        *self = Log { under_way: self.under_way, ..Log::default() };
    }

    /// The counts.
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

    /// The last `limit` requests of at least number `from`, oldest first.
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

/// Path and query; the token is not shown.
pub fn target(request: &Request) -> String {
    match request.raw_query.as_str() {
        "" => request.path.clone(),
        query => format!("{}?{}", request.path, redact(query)),
    }
}

/// Headers as an object; what authorizes is not shown.
pub fn headers_json(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for (name, value) in headers {
        let text = match name.as_str() {
            // What is forwarded authorizes as well, elsewhere.
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
