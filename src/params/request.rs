//! Options of a request, the same for all operations: `{ signal, timeout, query, headers }`.

use super::duration;
use super::issue::{header_fault, Issues, Place};
use crate::decimal::decimal;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// Options of a request. The options of a drive include them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestOptions {
    /// Timeout of an attempt, in milliseconds; `None` for the client's.
    pub timeout: Option<u32>,
    /// Additional query parameters, as names and values, sent as they are.
    pub query: Vec<(String, String)>,
    /// Additional headers, as names and values; each is valid in a request.
    pub headers: Vec<(String, String)>,
}

impl RequestOptions {
    /// Reads `{ signal, timeout, query, headers }`; `signal` is only validated.
    pub fn read(issues: &mut Issues, place: &Place) -> Self {
        issues.object(place, KEYS);
        let timeout = read_timeout(issues, &place.field("timeout"));
        RequestOptions { timeout, ..Self::read_fields(issues, place) }
    }

    /// Reads the options except `timeout` from an object whose keys are already validated. The caller reads
    /// `timeout`, which is not always that of an attempt.
    pub fn read_fields(issues: &mut Issues, place: &Place) -> Self {
        issues.opaque(&place.field("signal"), SIGNAL, "an AbortSignal");
        RequestOptions {
            timeout: None,
            query: read_query(issues, &place.field("query")),
            headers: read_headers(issues, &place.field("headers")),
        }
    }
}

/// Reads a timeout in milliseconds, within the range of `setTimeout`: 1 to 2,147,483,647.
pub fn read_timeout(issues: &mut Issues, place: &Place) -> Option<u32> {
    let expected = "milliseconds as a whole number from 1 to 2147483647, or a text such as \"30s\"";
    duration::read_ms(issues, place, 1.0, TIMEOUT_MAX_MS, expected).map(|ms| ms as u32)
}

/// Reads headers: a plain object of strings, or an array of pairs. Issues do not show the values, which may be
/// secrets.
pub fn read_headers(issues: &mut Issues, place: &Place) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    let mut entries = Vec::new();
    match place.value {
        // `fetch` accepts an array of pairs too.
        Value::List(pairs) => {
            for (index, pair) in pairs.iter().enumerate() {
                let place = place.item(index, pair);
                match pair {
                    Value::List(pair) => match &pair[..] {
                        [Value::String(name), value] => entries.push((name, value)),
                        _ => issues.wrong_type(&place, PAIR_EXPECTED),
                    },
                    _ => issues.wrong_type(&place, PAIR_EXPECTED),
                }
            }
        }
        _ => entries.extend(plain(issues, place).iter().map(|(name, value)| (name, value))),
    }
    for (name, value) in entries {
        let place = &place.entry(name, value);
        if RESERVED_HEADERS.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            issues.add_hidden(place, "reserved_name");
            continue;
        }
        let valid = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let fault = name.bytes().position(|b| !valid(b)).map(|at| at as u32);
        let (text, fault) = match value {
            Value::String(text) => (Some(text), fault.or_else(|| header_fault(text))),
            _ => (None, fault),
        };
        match text {
            _ if fault.is_some() => issues.add_hidden(place, "header_character").position = fault,
            Some(text) => headers.push((name.clone(), text.clone())),
            None if value.is_undefined() => {}
            None => issues.add_hidden(place, "wrong_type").expected = Some("a string"),
        }
    }
    headers
}

fn read_query(issues: &mut Issues, place: &Place) -> Vec<(String, String)> {
    let mut query = Vec::new();
    for (name, value) in plain(issues, place) {
        let place = &place.entry(name, value);
        if RESERVED_QUERY.contains(&name.as_str()) {
            issues.add_hidden(place, "reserved_name");
            continue;
        }
        let mut push = |place: &Place| match query_text(place.value) {
            Some(text) => query.push((name.clone(), text)),
            None if place.is_undefined() => {}
            None => {
                issues.wrong_type(place, "a string, a whole number, a boolean or an array of them")
            }
        };
        match value {
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    push(&place.item(index, item));
                }
            }
            _ => push(place),
        }
    }
    query
}

fn query_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(String::from(if *flag { "true" } else { "false" })),
        Value::Number(n) if n.trunc() == *n && n.abs() < SAFE_INTEGER => Some(decimal(*n as i64)),
        _ => None,
    }
}

fn plain<'v>(issues: &mut Issues, place: &Place<'v>) -> &'v [(String, Value)] {
    match place.value {
        Value::Undefined => &[],
        Value::Map(entries) => entries,
        _ => {
            issues.add_hidden(place, "wrong_type").expected = Some("a plain object of strings");
            &[]
        }
    }
}

/// The word of [`Value::Other`] for an `AbortSignal`.
pub const SIGNAL: &str = "AbortSignal";
/// The word of [`Value::Other`] for a function.
pub const FUNCTION: &str = "function";

pub(super) const KEYS: &[&str] = &["signal", "timeout", "query", "headers"];
const PAIR_EXPECTED: &str = "a pair of a name and a value";
/// Entries and credentials have their own parameters, which are validated.
const RESERVED_QUERY: &[&str] = &["dlqIds", "cursor", "count", "qstash_token"];
const RESERVED_HEADERS: &[&str] = &["Authorization"];
/// The largest delay of a JavaScript timer, a 32-bit signed integer.
const TIMEOUT_MAX_MS: f64 = 2_147_483_647.0;
const SAFE_INTEGER: f64 = 9_007_199_254_740_992.0;
