//! What belongs to the sending of a request, whatever it asks: `{ signal, timeout, query, headers }`.

use super::issue::{header_fault, Issues};
use crate::value::Value;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Options of one call; a drive has them among its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestOptions {
    /// Milliseconds an attempt may take; the client's where absent.
    pub timeout: Option<u32>,
    /// Query parameters that this version does not know, passed through unchecked.
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
}

impl RequestOptions {
    /// Reads the options of one call.
    pub fn read(issues: &mut Issues, value: &Value) -> Self {
        issues.object(value, KEYS);
        Self::read_fields(issues, value)
    }

    /// Reads the fields from an object whose keys were checked already.
    pub fn read_fields(issues: &mut Issues, value: &Value) -> Self {
        issues.within("signal", |issues| {
            issues.opaque(value.field("signal"), SIGNAL, "an AbortSignal");
        });
        RequestOptions {
            timeout: issues
                .within("timeout", |issues| read_timeout(issues, value.field("timeout"))),
            query: issues.within("query", |issues| read_query(issues, value.field("query"))),
            headers: issues
                .within("headers", |issues| read_headers(issues, value.field("headers"))),
        }
    }
}

/// A timeout in milliseconds: what `setTimeout` takes.
pub fn read_timeout(issues: &mut Issues, value: &Value) -> Option<u32> {
    issues
        .whole(value, 1.0, TIMEOUT_MAX_MS, "milliseconds as a whole number from 1 to 2147483647")
        .map(|ms| ms as u32)
}

/// Headers as a plain object of texts. Their values are never shown: they may be secrets.
pub fn read_headers(issues: &mut Issues, value: &Value) -> Vec<(String, String)> {
    let Some(entries) = plain(issues, value) else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, value) in entries {
        issues.within(name, |issues| {
            if RESERVED_HEADERS.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
                issues.add_hidden("reserved_name");
                return;
            }
            let valid = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
            if let Some(position) = name.bytes().position(|b| !valid(b)) {
                issues.add_hidden("header_character").position = Some(position as u32);
                return;
            }
            match value {
                Value::Undefined => {}
                Value::String(text) => match header_fault(text) {
                    Some(position) => {
                        issues.add_hidden("header_character").position = Some(position);
                    }
                    None => headers.push((name.clone(), text.clone())),
                },
                _ => issues.add_hidden("wrong_type").expected = Some("a string"),
            }
        });
    }
    headers
}

fn read_query(issues: &mut Issues, value: &Value) -> Vec<(String, String)> {
    let Some(entries) = plain(issues, value) else {
        return Vec::new();
    };
    let mut query = Vec::new();
    for (name, value) in entries {
        issues.within(name, |issues| {
            if RESERVED_QUERY.contains(&name.as_str()) {
                issues.add_hidden("reserved_name");
                return;
            }
            let mut push = |issues: &mut Issues, value: &Value| match value {
                Value::Undefined => {}
                Value::String(text) => query.push((name.clone(), text.clone())),
                Value::Bool(flag) => query.push((name.clone(), flag.to_string())),
                Value::Number(n) if n.trunc() == *n && n.abs() < SAFE_INTEGER => {
                    query.push((name.clone(), (*n as i64).to_string()));
                }
                other => issues
                    .wrong_type(other, "a string, a whole number, a boolean or an array of them"),
            };
            match value {
                Value::List(items) => {
                    for (index, item) in items.iter().enumerate() {
                        issues.at(index, |issues| push(issues, item));
                    }
                }
                single => push(issues, single),
            }
        });
    }
    query
}

fn plain<'v>(issues: &mut Issues, value: &'v Value) -> Option<&'v [(String, Value)]> {
    match value {
        Value::Undefined => None,
        Value::Map(entries) => Some(entries),
        _ => {
            issues.add_hidden("wrong_type").expected = Some("a plain object of strings");
            None
        }
    }
}

/// The shell's word for an `AbortSignal`.
pub const SIGNAL: &str = "AbortSignal";
/// The shell's word for a function.
pub const FUNCTION: &str = "function";

const KEYS: &[&str] = &["signal", "timeout", "query", "headers"];
/// What selects entries or says who asks has its own parameter, which is checked.
const RESERVED_QUERY: &[&str] = &["dlqIds", "cursor", "count", "qstash_token"];
const RESERVED_HEADERS: &[&str] = &["Authorization"];
/// What a 32-bit signed integer holds: a timer takes no more.
const TIMEOUT_MAX_MS: f64 = 2_147_483_647.0;
const SAFE_INTEGER: f64 = 9_007_199_254_740_992.0;
