//! Bytes to what the core is given: a caller's values, bodies of answers. Every byte is a choice, so
//! that a small change of the input is a small change of the value; where the bytes end, all is at
//! its simplest.

use crate::json::{HeaderMap, InMemory};
use arbitrary::Unstructured;
use serde_json::{Map, Number, Value as Json};
use std::sync::LazyLock;
use upstash_workflow_dlq::params::{Auth, ClientOptions, RetryOptions, Token, ACCEPTED_KEYS};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::refusal::Loss;
use upstash_workflow_dlq::wire::response::{Outcome, Payload};
use upstash_workflow_dlq::wire::Operation;

/// The time at which everything happens.
pub const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);
pub const BASE: &str = "https://a.b";
/// Where a secret belongs there is one that begins so; it may turn up nowhere else.
pub const SECRET: &str = "s3cr3tT0ken";

pub const OPERATIONS: &[Operation] = &[
    Operation::Resume,
    Operation::Restart,
    Operation::Delete,
    Operation::List,
    Operation::Scan,
    Operation::Get,
    Operation::RetryFailureFunction,
    Operation::CancelFailureFunction,
];

/// Those that a drive can have.
pub const DRIVEN: &[Operation] =
    &[Operation::Resume, Operation::Restart, Operation::Delete, Operation::Scan];

/// Keys that a reader accepts, names of variables, and names that no object should have.
static KEYS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut keys = ACCEPTED_KEYS.concat();
    keys.extend(VARIABLES);
    keys.extend(["__proto__", "constructor", "Authorization"]);
    keys.sort_unstable();
    keys.dedup();
    keys
});
const VARIABLES: &[&str] = &[
    "QSTASH_DEV",
    "QSTASH_DEV_PORT",
    "QSTASH_REGION",
    "QSTASH_TOKEN",
    "QSTASH_URL",
    "US_EAST_1_QSTASH_TOKEN",
    "US_EAST_1_QSTASH_URL",
];

/// Texts that lead somewhere.
const TEXTS: &[&str] = &[
    "",
    "a",
    "1752829295505-0",
    "1752829295506-1",
    ".",
    "..",
    "a,b",
    "é",
    "\u{fffd}",
    "\u{0}",
    "a\r\nb: c",
    "https://a.b",
    "http://127.0.0.1:8080",
    "http://a.b/v2/publish/",
    "/dlq",
    "CALLBACK_FAIL",
    "CALLBACK_FIAL",
    "::1",
    "10.0.0.1",
    "2026-11-23T08:00:00+02:00",
    "2026-11-23",
    "10s",
    "1d10h30m",
    "(1 + retried) * 1000",
    "pages",
    "batches",
    "each",
    "summary",
    "entries",
    "header",
    "query",
    "none",
    "US_EAST_1",
    "us-east-1",
];

const NUMBERS: &[f64] = &[
    0.0,
    1.0,
    2.0,
    100.0,
    1000.0,
    -1.0,
    0.5,
    1_790_000_000_000.0,
    1_790_000_000.0,
    8.64e15,
    2_147_483_647.0,
    9_007_199_254_740_992.0,
    1e308,
    -1e308,
    f64::NAN,
    f64::INFINITY,
];

pub fn pick<T: Copy>(u: &mut Unstructured, list: &[T]) -> T {
    let at = u.int_in_range(0..=list.len() - 1).unwrap_or_default();
    list[at]
}

pub fn below(u: &mut Unstructured, end: u32) -> u32 {
    u.int_in_range(0..=end.max(1) - 1).unwrap_or_default()
}

pub fn text(u: &mut Unstructured) -> String {
    match below(u, 6) {
        0..=2 => pick(u, TEXTS).into(),
        3 => u.arbitrary::<String>().unwrap_or_default(),
        4 => u64::from(u.arbitrary::<u32>().unwrap_or_default()).to_string() + "-0",
        _ => pick(u, TEXTS).repeat(1 + 61 * below(u, 20) as usize),
    }
}

fn number(u: &mut Unstructured) -> f64 {
    match below(u, 4) {
        0 => f64::from(u.arbitrary::<u8>().unwrap_or_default()),
        1 => u.arbitrary().unwrap_or_default(),
        _ => pick(u, NUMBERS),
    }
}

/// What a caller may hand over. `key`: what it stands under, which tells where a secret belongs.
pub fn value(u: &mut Unstructured, key: &str, depth: u32) -> Value {
    if key == "token" || key.ends_with("_TOKEN") {
        return Value::String(String::from(SECRET) + &text(u));
    }
    match below(u, if depth == 0 { 10 } else { 16 }) {
        0 => Value::Undefined,
        1 => Value::Null,
        2 => Value::Bool(u.arbitrary().unwrap_or_default()),
        3 | 4 => Value::Number(number(u)),
        5..=7 => Value::String(text(u)),
        8 => Value::Date(number(u)),
        9 => {
            let words = ["function", "AbortSignal", "unreadable", "symbol", "object"];
            Value::Other(pick(u, &words))
        }
        10 | 11 => {
            let length = below(u, 5);
            Value::List((0..length).map(|_| value(u, "", depth - 1)).collect())
        }
        _ => map(u, depth - 1),
    }
}

fn map(u: &mut Unstructured, depth: u32) -> Value {
    let mut entries: Vec<(String, Value)> = Vec::new();
    for _ in 0..below(u, 6) {
        let key = match below(u, 8) {
            0 => text(u),
            _ => pick(u, &KEYS).into(),
        };
        // An object has each of its keys once.
        if entries.iter().all(|(other, _)| *other != key) {
            let value = value(u, &key, depth);
            entries.push((key, value));
        }
    }
    Value::Map(entries)
}

pub fn client() -> ClientOptions {
    ClientOptions {
        base_url: BASE.into(),
        token: Token::new(SECRET),
        auth: Auth::Header,
        timeout: 60_000,
        retry: RetryOptions::default(),
        headers: vec![("X-Secret".into(), SECRET.into())],
        dev_mode: false,
    }
}

/// Keys of bodies.
const FIELDS: &[&str] = &[
    "workflowRuns",
    "messages",
    "deleted",
    "cursor",
    "error",
    "message",
    "dlqId",
    "workflowRunId",
    "workflowCreatedAt",
    "responseStatus",
    "responseBody",
    "label",
    "labels",
    "failureFunctionState",
    "failureCallbackInfo",
    "state",
    "url",
    "workflowUrl",
    "callerIP",
    "flowControlKey",
    "__proto__",
    "length",
];

pub fn json(u: &mut Unstructured, depth: u32) -> Json {
    match below(u, if depth == 0 { 6 } else { 12 }) {
        0 => Json::Null,
        1 => Json::Bool(true),
        2 => Number::from_f64(number(u)).map_or(Json::Null, Json::Number),
        3 => Json::from(u.arbitrary::<u64>().unwrap_or_default()),
        4 | 5 => Json::String(text(u)),
        6..=8 => {
            let length = below(u, 6);
            Json::Array((0..length).map(|_| json(u, depth - 1)).collect())
        }
        _ => {
            let mut fields = Map::new();
            for _ in 0..below(u, 6) {
                fields.insert(pick(u, FIELDS).into(), json(u, depth - 1));
            }
            Json::Object(fields)
        }
    }
}

const HEADERS: &[&str] = &[
    "date",
    "retry-after",
    "burst-ratelimit-limit",
    "burst-ratelimit-reset",
    "ratelimit-reset",
    "x-request-id",
    "cf-ray",
];
const HEADER_TEXTS: &[&str] = &[
    "",
    "0",
    "1",
    "-1",
    "61",
    "1790000001",
    "1790000000500",
    "9223372036854775807",
    "-9223372036854775808",
    "Mon, 21 Sep 2026 12:53:20 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
];

pub fn headers(u: &mut Unstructured) -> HeaderMap {
    let mut headers = HeaderMap::default();
    for _ in 0..below(u, 4) {
        let text = if below(u, 4) == 0 { text(u) } else { pick(u, HEADER_TEXTS).into() };
        headers.0.insert(pick(u, HEADERS).into(), text);
    }
    headers
}

const STATUSES: &[u16] =
    &[200, 200, 200, 200, 201, 204, 0, 100, 302, 400, 401, 403, 404, 408, 413, 429, 500, 503, 999];

/// What came of a request, before it is read.
pub enum Arrived {
    Response(u16, HeaderMap, Payload<InMemory>),
    Lost(Loss),
}

impl Arrived {
    pub fn outcome(&self) -> Outcome<'_, InMemory> {
        match self {
            Arrived::Response(status, headers, payload) => {
                let payload = match payload {
                    Payload::Json(body) => Payload::Json(body.clone()),
                    Payload::Text(text) => Payload::Text(text.clone()),
                    Payload::Empty => Payload::Empty,
                };
                // A body counts for much more than it is, so that lists grow too large.
                let length = match &payload {
                    Payload::Json(InMemory(body)) => body.to_string().len() as u32 * 10_000,
                    _ => 0,
                };
                Outcome::Response { status: *status, headers, payload, length }
            }
            Arrived::Lost(loss) => Outcome::Lost(loss.clone()),
        }
    }
}

pub fn arrived(u: &mut Unstructured) -> Arrived {
    if below(u, 8) == 7 {
        return Arrived::Lost(match below(u, 4) {
            0 => Loss::NotSent(text(u)),
            1 => Loss::Network(text(u)),
            2 => Loss::Timeout,
            _ => Loss::Aborted,
        });
    }
    let status = pick(u, STATUSES);
    let payload = match below(u, 8) {
        0 => Payload::Empty,
        1 => Payload::Text(text(u)),
        2 => Payload::Json(InMemory(json(u, 3))),
        _ => Payload::Json(InMemory(page(u))),
    };
    Arrived::Response(status, headers(u), payload)
}

/// A body as the service sends it, but for what its fields hold.
fn page(u: &mut Unstructured) -> Json {
    let mut fields = Map::new();
    let key = pick(u, &["workflowRuns", "messages", "deleted"]);
    let list = match key {
        "deleted" => json(u, 0),
        _ => {
            let length = below(u, 12);
            Json::Array((0..length).map(|_| item(u)).collect())
        }
    };
    fields.insert(key.into(), list);
    match below(u, 4) {
        0 => {}
        1 => drop(fields.insert("cursor".into(), json(u, 0))),
        _ => drop(fields.insert("cursor".into(), Json::String(text(u)))),
    }
    Json::Object(fields)
}

fn item(u: &mut Unstructured) -> Json {
    let mut fields = Map::new();
    for key in ["dlqId", "workflowRunId"] {
        let id = u64::from(below(u, 40)) + NOW.ms() as u64;
        fields.insert(key.into(), Json::String(format!("{id}-0")));
    }
    let created = match below(u, 4) {
        0 => json(u, 0),
        _ => Json::from(NOW.ms() - 60_000 + i64::from(below(u, 120)) * 1_000),
    };
    fields.insert("workflowCreatedAt".into(), created);
    if below(u, 3) == 0 {
        fields.insert(pick(u, FIELDS).into(), json(u, 1));
    }
    Json::Object(fields)
}
