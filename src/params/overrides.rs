//! The seven headers that override a run's options for its remaining steps.

use super::issue::{header_fault, Issues, Place};
use super::{duration, expression, filter};
use crate::decimal::decimal;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// Overrides as names and values of headers, in the order of [`HEADERS`]. Every value is valid in a header:
/// Latin-1 without control characters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides(pub Vec<(&'static str, String)>);

/// The headers, in the order of the service's documentation. Checkpoints contain the index, so the order must not
/// change.
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
    /// Reads `{ retries, delay, retryDelay, flowControl, label, failureCallback }`; invalid values add an issue
    /// and are left out.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::{Issues, Overrides, Place};
    /// use upstash_workflow_dlq::value::Value;
    ///
    /// let mut issues = Issues::new();
    /// let value = Value::Map(vec![("delay".into(), Value::Number(30.0))]);
    /// let overrides = Overrides::read(&mut issues, &Place::root("overrides", &value));
    /// assert_eq!(overrides.get("Upstash-Delay"), Some("30s"));
    /// assert_eq!(overrides.get("Upstash-Retries"), None);
    /// ```
    pub fn read(issues: &mut Issues, place: &Place) -> Self {
        issues.object(place, KEYS);
        let mut overrides = Overrides::default();
        overrides.add(0, retries(issues, &place.field("retries")));
        overrides.add(1, duration::read(issues, &place.field("delay")));
        overrides.add(2, retry_delay(issues, &place.field("retryDelay")));
        flow_control(issues, &place.field("flowControl"), &mut overrides, false);
        overrides.add(5, label(issues, &place.field("label")));
        overrides.add(6, callback(issues, &place.field("failureCallback")));
        overrides
    }

    /// Reads `retries` and `flowControl`, which the SDK's older form `{ dlqId, … }` contains.
    pub fn read_legacy(issues: &mut Issues, place: &Place) -> Self {
        let mut overrides = Overrides::default();
        overrides.add(0, retries(issues, &place.field("retries")));
        flow_control(issues, &place.field("flowControl"), &mut overrides, true);
        overrides
    }

    /// The value of a header; `None` if it is not overridden.
    pub fn get(&self, header: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == header).map(|(_, value)| value.as_str())
    }

    fn add(&mut self, header: usize, value: Option<String>) {
        if let Some(value) = value {
            self.0.push((HEADERS[header], value));
        }
    }
}

fn retries(issues: &mut Issues, place: &Place) -> Option<String> {
    let expected = "a whole number from 0 to 2147483647";
    issues.whole(place, 0.0, COUNT_MAX, expected).map(decimal)
}

fn callback(issues: &mut Issues, place: &Place) -> Option<String> {
    let url = issues.text(place)?;
    if let Some(position) = header_fault(url) {
        issues.add(place, "header_character").position = Some(position);
        return None;
    }
    if !filter::is_http_url(url) {
        issues.add(place, "bad_url");
        return None;
    }
    Some(String::from(url))
}

fn retry_delay(issues: &mut Issues, place: &Place) -> Option<String> {
    let text = issues.text(place)?;
    match expression::check(text) {
        Ok(()) => Some(String::from(text)),
        Err(fault) => {
            let issue = issues.add(place, "bad_expression");
            issue.position = Some(fault.position);
            issue.hint = fault.hint;
            None
        }
    }
}

/// Reads the key and the limits. The two headers are independent: a key alone keeps the run's limits, limits
/// alone keep its key. `both`: both are required, as in the SDK's older form.
fn flow_control(issues: &mut Issues, place: &Place, overrides: &mut Overrides, both: bool) {
    if place.is_undefined() || issues.object(place, FLOW_CONTROL_KEYS).is_none() {
        return;
    }
    let key = &place.field("key");
    if key.is_undefined() && both {
        issues.add_hidden(key, "flow_control_without_key");
    }
    let is_limited = FLOW_CONTROL_KEYS[1..].iter().any(|key| !place.field(key).is_undefined());
    if !is_limited && (both || key.is_undefined()) {
        let code = if both { "flow_control_without_limit" } else { "flow_control_empty" };
        issues.add_hidden(place, code);
    }
    let key = name(issues, key, "bad_flow_control_key");
    let mut count = |key| {
        let expected = "a whole number from 1 to 2147483647";
        issues.whole(&place.field(key), 1.0, COUNT_MAX, expected).map(decimal)
    };
    let parallelism = count("parallelism");
    let rate = count("rate");
    // The SDK's older name of `rate`, which it still accepts.
    let rate_per_second = count("ratePerSecond");
    let period = &place.field("period");
    let given = period;
    let period = duration::read(issues, period);
    if period.as_deref().is_some_and(|text| duration::milliseconds(text) > Ok(WEEK_MS)) {
        issues.add(given, "out_of_range").expected = Some("a week at most, such as \"7d\"");
    }
    let mut text = String::new();
    let parts =
        [("parallelism=", parallelism), ("rate=", rate.or(rate_per_second)), ("period=", period)];
    for (name, value) in parts {
        if let Some(value) = value {
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(name);
            text.push_str(&value);
        }
    }
    overrides.add(3, key);
    overrides.add(4, (!text.is_empty()).then_some(text));
}

fn label(issues: &mut Issues, place: &Place) -> Option<String> {
    let Value::List(labels) = place.value else {
        return name(issues, place, "bad_label");
    };
    if labels.is_empty() {
        issues.add(place, "empty_array");
        return None;
    }
    let mut joined = String::new();
    for (index, label) in labels.iter().enumerate() {
        let place = place.item(index, label);
        if label.is_undefined() {
            issues.wrong_type(&place, "a string");
        }
        if index > 0 {
            joined.push(',');
        }
        joined.push_str(&name(issues, &place, "bad_label").unwrap_or_default());
    }
    Some(joined)
}

/// A string of letters, digits, `_`, `.` and `-`: the SDK's pattern for labels and flow-control keys.
fn name(issues: &mut Issues, place: &Place, code: &'static str) -> Option<String> {
    let text = issues.text(place)?;
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')) {
        Some(String::from(text))
    } else {
        issues.add(place, code);
        None
    }
}

pub(super) const KEYS: &[&str] =
    &["retries", "delay", "retryDelay", "flowControl", "label", "failureCallback"];
pub(super) const FLOW_CONTROL_KEYS: &[&str] =
    &["key", "parallelism", "rate", "ratePerSecond", "period"];

/// The longest period of a flow control, from the service's documentation.
const WEEK_MS: u64 = 7 * 86_400_000;
/// The largest 32-bit signed integer; the service's OpenAPI description only says "integer".
const COUNT_MAX: f64 = 2_147_483_647.0;
