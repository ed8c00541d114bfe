//! `where` and `limit`, which narrow a selection: conditions on listed entries for which the service has no
//! filter, and the maximum number of entries that meet them.

use super::drive::SAFE;
use super::issue::{Issues, Place};
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// `where` and `limit` of a selection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Narrowing {
    /// Conditions that an entry has to meet; `None` for no condition.
    pub condition: Option<Where>,
    /// Maximum number of entries that meet the conditions, from 1; `None` for no maximum.
    pub limit: Option<u64>,
}

impl Narrowing {
    /// Reads `where` and `limit` of a selection or of a drive's options.
    pub fn read(issues: &mut Issues, place: &Place) -> Self {
        let limit = issues.whole(&place.field("limit"), 1.0, SAFE, "a whole number from 1");
        Narrowing { condition: Where::read(issues, &place.field("where")), limit }
    }

    /// Combines two narrowings. Equal values are accepted; different values are ambiguous and add an issue at
    /// `place`, from which `other` was read.
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

/// Conditions on listed entries, combined with AND. The values of a list are combined with OR; an empty list sets
/// no condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Where {
    /// Statuses of the response that the failed step got.
    pub response_status: Vec<StatusRange>,
    /// Substring of the body of that response.
    pub response_body: Option<String>,
    /// Whole messages, as [`entry::error`](crate::wire::entry::error) returns them; an empty one matches a
    /// response without a body.
    pub error: Vec<String>,
    /// Messages with numbers, ids and quoted text masked, as
    /// [`fingerprint`](crate::wire::fingerprint::fingerprint) returns them.
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
    /// Reads `{ responseStatus, responseBody, error, fingerprint, step }`, of which at least one is required;
    /// `None` if the object is absent or, with an issue, is not an object.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::{Issues, Place, StatusRange, Where};
    /// use upstash_workflow_dlq::value::Value;
    ///
    /// let mut issues = Issues::new();
    /// let value = Value::Map(vec![("responseStatus".into(), Value::String("5xx".into()))]);
    /// let condition = Where::read(&mut issues, &Place::root("where", &value)).unwrap();
    /// assert_eq!(condition.response_status, [StatusRange { first: 500, last: 599 }]);
    /// ```
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

/// Applies `read` to a value, or to each value of a list. The result is sorted and without duplicates, so that
/// the order of alternatives makes no difference to a comparison.
fn each<T: Ord>(
    issues: &mut Issues,
    place: &Place,
    read: fn(&mut Issues, &Place) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    // Sorted insertion: the generic sorts of std are as large as the rest of the wasm's input checks.
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

/// A status such as 503, or a class such as `"5xx"`.
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

pub(super) const KEYS: &[&str] =
    &["responseStatus", "responseBody", "error", "fingerprint", "step"];
const STATUS_EXPECTED: &str = "an HTTP status such as 503, or a class such as \"5xx\"";
