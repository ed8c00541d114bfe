//! Filters: which entries are meant. Terms of one field are alternatives, fields narrow each other.

use super::date;
use super::issue::{Issues, Place};
use crate::time::Timestamp;
use crate::value::Value;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

/// A field that the service filters by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    FromDate,
    ToDate,
    WorkflowUrl,
    WorkflowRunId,
    WorkflowCreatedAt,
    Label,
    FailureFunctionState,
    CallerIp,
    FlowControlKey,
    /// Lists alone, by the SDK's older names.
    Url,
    /// Lists alone.
    ResponseStatus,
}

/// One field and the values it may have.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub field: Field,
    /// As they are sent; at least one.
    pub values: Vec<String>,
}

/// Terms in the caller's order, which is the order they are sent in (as by the SDK).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub terms: Vec<Term>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// The query parameter of each field.
pub const FIELDS: &[(&str, Field)] = &[
    ("fromDate", Field::FromDate),
    ("toDate", Field::ToDate),
    ("workflowUrl", Field::WorkflowUrl),
    ("workflowRunId", Field::WorkflowRunId),
    ("workflowCreatedAt", Field::WorkflowCreatedAt),
    ("label", Field::Label),
    ("failureFunctionState", Field::FailureFunctionState),
    ("callerIp", Field::CallerIp),
    ("flowControlKey", Field::FlowControlKey),
    ("url", Field::Url),
    ("responseStatus", Field::ResponseStatus),
];

/// The names that a filter of an action has; a list has all of [`FIELDS`].
const ACTION_KEYS: &[&str] = &[
    "fromDate",
    "toDate",
    "workflowUrl",
    "workflowRunId",
    "workflowCreatedAt",
    "label",
    "failureFunctionState",
    "callerIp",
    "flowControlKey",
];
const LIST_KEYS: &[&str] = &[
    "fromDate",
    "toDate",
    "workflowUrl",
    "workflowRunId",
    "workflowCreatedAt",
    "label",
    "failureFunctionState",
    "callerIp",
    "flowControlKey",
    "url",
    "responseStatus",
];

/// The states of a failure function, by the service's OpenAPI text.
pub const STATES: &[&str] =
    &["CALLBACK_INPROGRESS", "CALLBACK_SUCCESS", "CALLBACK_FAIL", "CALLBACK_CANCELED"];

impl Filter {
    /// Reads a filter for an action, or, with `list`, for a list, which may also be empty.
    pub fn read(issues: &mut Issues, place: &Place, list: bool) -> Option<Self> {
        let entries = issues.object(place, if list { LIST_KEYS } else { ACTION_KEYS })?;
        let mut filter = Filter::default();
        for (key, value) in entries {
            let Some((_, field)) = FIELDS.iter().find(|(name, _)| name == key) else {
                continue;
            };
            if value.is_undefined() {
                continue;
            }
            let values = read_values(issues, *field, &place.entry(key, value));
            match field {
                Field::FromDate => filter.from = timestamp(&values),
                Field::ToDate => filter.to = timestamp(&values),
                _ => {}
            }
            filter.terms.push(Term { field: *field, values });
        }
        // What a key of another name, or nothing but `undefined`, would leave is a filter that
        // matches everything.
        if filter.terms.is_empty() && !list {
            issues.add(place, "empty_filter");
        }
        if let (Some(from), Some(to)) = (filter.from, filter.to) {
            if from > to {
                let issue = issues.add_hidden(&place.field("fromDate"), "date_order");
                issue.received = super::Received::Number(from.ms() as f64);
            }
        }
        Some(filter)
    }

    /// The values of a field; empty where the filter doesn't name it.
    pub fn values(&self, field: Field) -> &[String] {
        self.terms.iter().find(|term| term.field == field).map_or(&[], |term| &term.values)
    }
}

impl Field {
    /// The name of the query parameter.
    pub fn name(self) -> &'static str {
        FIELDS[self as usize].0
    }

    /// Whether it bounds a date; the service's own comparison can't be repeated, since it is not
    /// known which date it takes.
    pub fn is_date(self) -> bool {
        matches!(self, Field::FromDate | Field::ToDate)
    }
}

/// The point in time that a date term has for its value.
pub fn timestamp(values: &[String]) -> Option<Timestamp> {
    values.first()?.parse().ok().map(Timestamp::from_ms)
}

pub(super) fn read_values(issues: &mut Issues, field: Field, place: &Place) -> Vec<String> {
    let mut values = Vec::new();
    match (field, place.value) {
        (
            Field::WorkflowUrl
            | Field::Label
            | Field::FailureFunctionState
            | Field::CallerIp
            | Field::FlowControlKey,
            Value::List(items),
        ) => {
            if items.is_empty() {
                issues.add(place, "empty_array");
            }
            for (index, item) in items.iter().enumerate() {
                let place = place.item(index, item);
                if item.is_undefined() {
                    issues.wrong_type(&place, "a string");
                }
                values.extend(read_value(issues, field, &place));
            }
        }
        _ => values.extend(read_value(issues, field, place)),
    }
    values
}

fn read_value(issues: &mut Issues, field: Field, place: &Place) -> Option<String> {
    match field {
        Field::FromDate | Field::ToDate | Field::WorkflowCreatedAt => {
            return date::read(issues, place).map(|ms| ms.to_string());
        }
        Field::ResponseStatus => {
            return issues
                .whole(place, 100.0, 999.0, "an HTTP status from 100 to 999")
                .map(|status| status.to_string());
        }
        Field::FailureFunctionState => {
            let state = issues.one_of(
                place,
                STATES,
                "CALLBACK_INPROGRESS, CALLBACK_SUCCESS, CALLBACK_FAIL or CALLBACK_CANCELED",
            )?;
            return Some(String::from(STATES[state]));
        }
        _ => {}
    }
    let text = issues.text(place)?;
    let code = match field {
        Field::WorkflowUrl | Field::Url if !is_http_url(text) => "bad_url",
        Field::CallerIp if text.parse::<IpAddr>().is_err() => "bad_ip",
        // The service splits these at commas.
        Field::WorkflowUrl | Field::Label | Field::FlowControlKey
            if text.bytes().any(|byte| byte == b',') =>
        {
            "comma_in_value"
        }
        _ => return Some(String::from(text)),
    };
    issues.add(place, code);
    None
}

/// Whether a text is an absolute http(s) URL with a host and without spaces or control characters.
pub fn is_http_url(text: &str) -> bool {
    let rest = match text.split_once("://") {
        Some((scheme, rest))
            if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") =>
        {
            rest
        }
        _ => return false,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    !host.is_empty()
        && !host.starts_with(':')
        && !text.bytes().any(|b| b <= b' ' || b"\x7f\\<>\"".contains(&b))
}
