//! The seven header overrides for the steps that remain.

use super::issue::{header_fault, Issues};
use super::{duration, expression, filter};
use crate::value::Value;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The overrides as headers, in the order of the service's own list. Every value can be sent: no
/// control characters, Latin-1 alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides(pub Vec<(&'static str, String)>);

/// The headers there are; a checkpoint stores the index.
pub const HEADERS: &[&str] = &[
    "Upstash-Retries",
    "Upstash-Delay",
    "Upstash-Retry-Delay",
    "Upstash-Flow-Control-Key",
    "Upstash-Flow-Control-Value",
    "Upstash-Label",
    "Upstash-Failure-Callback",
];

impl Overrides {
    /// Reads `{ retries, delay, retryDelay, flowControl, label, failureCallback }`.
    pub fn read(issues: &mut Issues, value: &Value) -> Self {
        let mut headers = Vec::new();
        issues.object(value, KEYS);
        issues.within("retries", |issues| {
            let retries = issues.whole(
                value.field("retries"),
                0.0,
                COUNT_MAX,
                "a whole number from 0 to 2147483647",
            );
            headers.extend(retries.map(|n| (HEADERS[0], n.to_string())));
        });
        issues.within("delay", |issues| {
            headers.extend(duration::read(issues, value.field("delay")).map(|v| (HEADERS[1], v)));
        });
        issues.within("retryDelay", |issues| {
            headers.extend(retry_delay(issues, value.field("retryDelay")).map(|v| (HEADERS[2], v)));
        });
        issues.within("flowControl", |issues| {
            flow_control(issues, value.field("flowControl"), &mut headers);
        });
        issues.within("label", |issues| {
            headers.extend(label(issues, value.field("label")).map(|v| (HEADERS[5], v)));
        });
        issues.within("failureCallback", |issues| {
            let field = value.field("failureCallback");
            if let Some(url) = issues.text(field) {
                if let Some(position) = header_fault(url) {
                    issues.add("header_character", field).position = Some(position);
                } else if !filter::is_http_url(url) {
                    issues.add("bad_url", field);
                } else {
                    headers.push((HEADERS[6], String::from(url)));
                }
            }
        });
        Overrides(headers)
    }
}

fn retry_delay(issues: &mut Issues, value: &Value) -> Option<String> {
    let text = issues.text(value)?;
    match expression::check(text) {
        Ok(()) => Some(String::from(text)),
        Err(fault) => {
            let issue = issues.add("bad_expression", value);
            issue.position = Some(fault.position);
            issue.hint = fault.hint;
            None
        }
    }
}

fn flow_control(issues: &mut Issues, value: &Value, headers: &mut Vec<(&'static str, String)>) {
    if value.is_undefined() || issues.object(value, FLOW_CONTROL_KEYS).is_none() {
        return;
    }
    let key = issues.within("key", |issues| {
        let field = value.field("key");
        if field.is_undefined() {
            issues.add_hidden("flow_control_without_key");
        }
        name(issues, field, "bad_flow_control_key")
    });
    let count = |issues: &mut Issues, key: &str| {
        issues.within(key, |issues| {
            issues.whole(value.field(key), 1.0, COUNT_MAX, "a whole number from 1 to 2147483647")
        })
    };
    let parallelism = count(issues, "parallelism");
    let rate = count(issues, "rate");
    // The SDK's older name, which it still takes.
    let rate_per_second = count(issues, "ratePerSecond");
    let period = issues.within("period", |issues| duration::read(issues, value.field("period")));
    if FLOW_CONTROL_KEYS[1..].iter().all(|key| value.field(key).is_undefined()) {
        issues.add_hidden("flow_control_without_limit");
    }
    let mut text = String::new();
    let mut part = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(name);
            text.push_str(&value);
        }
    };
    part("parallelism=", parallelism.map(|n| n.to_string()));
    part("rate=", rate.or(rate_per_second).map(|n| n.to_string()));
    part("period=", period);
    if let Some(key) = key {
        headers.push((HEADERS[3], key));
        headers.push((HEADERS[4], text));
    }
}

fn label(issues: &mut Issues, value: &Value) -> Option<String> {
    let Value::List(labels) = value else {
        return name(issues, value, "bad_label");
    };
    if labels.is_empty() {
        issues.add("empty_array", value);
        return None;
    }
    let mut joined = String::new();
    for (index, label) in labels.iter().enumerate() {
        let label = issues.at(index, |issues| {
            if label.is_undefined() {
                issues.wrong_type(label, "a string");
            }
            name(issues, label, "bad_label")
        });
        if index > 0 {
            joined.push(',');
        }
        joined.push_str(&label.unwrap_or_default());
    }
    Some(joined)
}

/// A text of letters, digits, `_`, `.` and `-`: the SDK's pattern for labels and flow-control keys.
fn name(issues: &mut Issues, value: &Value, code: &'static str) -> Option<String> {
    let text = issues.text(value)?;
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')) {
        Some(String::from(text))
    } else {
        issues.add(code, value);
        None
    }
}

const KEYS: &[&str] =
    &["retries", "delay", "retryDelay", "flowControl", "label", "failureCallback"];
const FLOW_CONTROL_KEYS: &[&str] = &["key", "parallelism", "rate", "ratePerSecond", "period"];

/// What fits a 32-bit integer; the service's text says "integer" and no more.
const COUNT_MAX: f64 = 2_147_483_647.0;
