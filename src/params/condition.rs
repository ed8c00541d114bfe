//! `where` and `limit`, which narrow a selection: conditions on listed entries that the service has no filter
//! for, and how many of the entries that meet them are taken.

use super::drive::SAFE;
use super::issue::{Issues, Place};
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// What narrows a selection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Narrowing {
    /// The conditions that an entry has to meet.
    pub condition: Option<Where>,
    /// How many entries that meet them are taken at most.
    pub limit: Option<u64>,
}

impl Narrowing {
    /// Reads `where` and `limit` of a selection or of a drive's options.
    pub fn read(issues: &mut Issues, place: &Place) -> Self {
        let limit = issues.whole(&place.field("limit"), 1.0, SAFE, "a whole number from 1");
        Narrowing { condition: Where::read(issues, &place.field("where")), limit }
    }

    /// Both narrowings as one. They may say the same: with different values nobody can tell which of them
    /// bounds what is done, so `place`, where `other` was read, is refused.
    pub fn and(self, other: Narrowing, issues: &mut Issues, place: &Place) -> Self {
        let mut conflict = |key, differs| {
            if differs {
                issues.add_hidden(&place.field(key), "narrowed_twice");
            }
        };
        conflict("where", differ(&self.condition, &other.condition));
        conflict("limit", differ(&self.limit, &other.limit));
        Narrowing {
            condition: self.condition.or(other.condition),
            limit: self.limit.or(other.limit),
        }
    }
}

fn differ<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
    one.is_some() && other.is_some() && one != other
}

/// Conditions on listed entries, combined with AND. A list is OR within its field; an empty one sets no
/// condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Where {
    /// Statuses of the response that the failed step got.
    pub response_status: Vec<StatusRange>,
    /// Part of the body of that response.
    pub response_body: Option<String>,
    /// Whole messages, as [`entry::error`](crate::wire::entry::error) has them; an empty one stands for a
    /// response without a body.
    pub error: Vec<String>,
    /// Messages with numbers, ids and quoted text masked, as
    /// [`fingerprint`](crate::wire::fingerprint::fingerprint) has them.
    pub fingerprint: Vec<String>,
    /// Names of the step that failed.
    pub step: Vec<String>,
}

/// HTTP statuses from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatusRange {
    /// The lowest status.
    pub first: u16,
    /// The highest status.
    pub last: u16,
}

impl Where {
    /// Reads `{ responseStatus, responseBody, error, fingerprint, step }`, of which at least one has to be
    /// there; `None` where the whole is absent, or, with an issue, can't be right.
    pub fn read(issues: &mut Issues, place: &Place) -> Option<Self> {
        if place.is_undefined() {
            return None;
        }
        let entries = issues.object(place, KEYS)?;
        if entries.iter().all(|(_, value)| value.is_undefined()) {
            issues.add(place, "empty_filter");
        }
        let condition = Where {
            response_status: each(issues, &place.field("responseStatus"), status),
            response_body: issues.string(&place.field("responseBody")),
            error: each(issues, &place.field("error"), message),
            fingerprint: each(issues, &place.field("fingerprint"), message),
            step: each(issues, &place.field("step"), Issues::string),
        };
        Some(condition)
    }
}

/// What `read` makes of a value, or of each value of a list, in ascending order and once each: the order in
/// which alternatives are written makes no difference.
fn each<T: Ord>(
    issues: &mut Issues,
    place: &Place,
    read: fn(&mut Issues, &Place) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    // In its place at once: the generic sorts of std are as large as the rest of the wasm's input checks.
    let mut insert = |value: Option<T>| {
        if let Some(value) = value {
            if let Err(at) = found.binary_search(&value) {
                found.insert(at, value);
            }
        }
    };
    match place.value {
        Value::List(items) => {
            if items.is_empty() {
                issues.add(place, "empty_array");
            }
            for (index, item) in items.iter().enumerate() {
                let place = place.item(index, item);
                if item.is_undefined() {
                    issues.wrong_type(&place, "a value");
                }
                insert(read(issues, &place));
            }
        }
        _ => insert(read(issues, place)),
    }
    found
}

/// A status such as 503, or a class of them, such as `"5xx"`.
fn status(issues: &mut Issues, place: &Place) -> Option<StatusRange> {
    let Value::String(text) = place.value else {
        let status = issues.small(place, 0.0, 999.0, STATUS_EXPECTED)? as u16;
        return Some(StatusRange { first: status, last: status });
    };
    let class = match text.as_bytes() {
        [class @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => u16::from(class - b'0') * 100,
        _ => {
            issues.add(place, "unknown_value").expected = Some(STATUS_EXPECTED);
            return None;
        }
    };
    Some(StatusRange { first: class, last: class + 99 })
}

/// A message, which may be empty.
fn message(issues: &mut Issues, place: &Place) -> Option<String> {
    match place.value {
        Value::String(text) => Some(text.clone()),
        Value::Undefined => None,
        _ => {
            issues.wrong_type(place, "a string");
            None
        }
    }
}

const KEYS: &[&str] = &["responseStatus", "responseBody", "error", "fingerprint", "step"];
const STATUS_EXPECTED: &str = "an HTTP status such as 503, or a class such as \"5xx\"";
