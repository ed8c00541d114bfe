//! Filters that the service applies. The values of a field are combined with OR, the fields with AND.

use super::date;
use super::issue::{Issues, Place};
use crate::decimal::decimal;
use crate::time::Timestamp;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

/// A field that the service filters by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `fromDate`: the earliest date, inclusive.
    FromDate,
    /// `toDate`: the latest date, inclusive.
    ToDate,
    /// `workflowUrl`: the URL of the workflow's endpoint.
    WorkflowUrl,
    /// `workflowRunId`: the id of the failed run.
    WorkflowRunId,
    /// `workflowCreatedAt`: when the failed run was created.
    WorkflowCreatedAt,
    /// `label`: a label of the run.
    Label,
    /// `failureFunctionState`: the state of the failure function, one of [`STATES`].
    FailureFunctionState,
    /// `callerIp`: the IP address from which the run was triggered.
    CallerIp,
    /// `flowControlKey`: the flow-control key of the run.
    FlowControlKey,
    /// `url`: the SDK's older name of [`Field::WorkflowUrl`]; lists only.
    Url,
    /// `responseStatus`: the HTTP status of the failed step's response; lists only.
    ResponseStatus,
}

/// A field and the values that match.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The field.
    pub field: Field,
    /// The values as they are sent, not encoded; at least one.
    pub values: Vec<String>,
}

/// A filter of the service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Terms in the caller's order, in which they are sent (as by the SDK); the dates included.
    pub terms: Vec<Term>,
    /// The value of [`Field::FromDate`].
    pub from: Option<Timestamp>,
    /// The value of [`Field::ToDate`].
    pub to: Option<Timestamp>,
}

/// The query parameter of each field, in the order of [`Field`].
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

/// The fields in the filter of an action; the filter of a list has all of [`FIELDS`].
pub const ACTION_KEYS: &[&str] = &[
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
pub(super) const LIST_KEYS: &[&str] = &[
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

/// The states of a failure function, from the service's OpenAPI description.
pub const STATES: &[&str] =
    &["CALLBACK_INPROGRESS", "CALLBACK_SUCCESS", "CALLBACK_FAIL", "CALLBACK_CANCELED"];

impl Filter {
    /// Reads the filter of an action or, with `list`, of a list; `None`, with an issue, if it is not an object.
    /// Only the filter of a list may be empty: the service takes an empty filter for all entries.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::{Field, Filter, Issues, Place};
    /// use upstash_workflow_dlq::value::Value;
    ///
    /// let mut issues = Issues::new();
    /// let value = Value::Map(vec![("label".into(), Value::String("nightly".into()))]);
    /// let filter = Filter::read(&mut issues, &Place::root("filter", &value), false).unwrap();
    /// assert_eq!(filter.values(Field::Label), ["nightly"]);
    /// assert!(issues.is_empty());
    ///
    /// Filter::read(&mut issues, &Place::root("filter", &Value::Map(vec![])), false);
    /// assert!(!issues.is_empty());
    /// ```
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
        // A filter with only unknown keys or `undefined` values would match all entries.
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

    /// The values of a field; empty if the filter does not contain it.
    pub fn values(&self, field: Field) -> &[String] {
        self.terms.iter().find(|term| term.field == field).map_or(&[], |term| &term.values)
    }
}

impl Field {
    /// The name of the query parameter.
    pub fn name(self) -> &'static str {
        FIELDS[self as usize].0
    }

    /// Whether this is a bound of a date. Entries can't be compared with it here: the service does not document
    /// which date of an entry it compares.
    pub fn is_date(self) -> bool {
        matches!(self, Field::FromDate | Field::ToDate)
    }
}

/// The point in time in the values of a date term; `None` if there is none.
pub fn timestamp(values: &[String]) -> Option<Timestamp> {
    values.first()?.parse().ok().map(Timestamp::from_ms)
}

pub(super) fn read_values(issues: &mut Issues, field: Field, place: &Place) -> Vec<String> {
    let several = matches!(
        field,
        Field::WorkflowUrl
            | Field::Label
            | Field::FailureFunctionState
            | Field::CallerIp
            | Field::FlowControlKey
    );
    let mut values = Vec::new();
    for place in places(issues, place, several) {
        values.extend(read_value(issues, field, &place));
    }
    values
}

/// The places of the values of a field: the items of a list if it may have `several`.
pub(super) fn places<'a>(
    issues: &mut Issues,
    place: &'a Place<'a>,
    several: bool,
) -> Vec<Place<'a>> {
    let Value::List(items) = place.value else {
        return alloc::vec![*place];
    };
    if !several {
        return alloc::vec![*place];
    }
    if items.is_empty() {
        issues.add(place, "empty_array");
    }
    let mut places = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = place.item(index, item);
        if item.is_undefined() {
            issues.wrong_type(&place, "a string");
        }
        places.push(place);
    }
    places
}

fn read_value(issues: &mut Issues, field: Field, place: &Place) -> Option<String> {
    match field {
        Field::FromDate | Field::ToDate | Field::WorkflowCreatedAt => {
            return date::read(issues, place).map(|at| decimal(at.ms()));
        }
        Field::ResponseStatus => {
            return issues
                .whole(place, 100.0, 999.0, "an HTTP status from 100 to 999")
                .map(decimal);
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
        // The service splits these fields at commas.
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

/// Whether a text is an absolute http or https URL with a host and without spaces or control characters.
///
/// ```
/// use upstash_workflow_dlq::params::filter::is_http_url;
///
/// assert!(is_http_url("https://example.com/api/workflow"));
/// assert!(!is_http_url("example.com/api/workflow"));
/// ```
pub fn is_http_url(text: &str) -> bool {
    let rest = match split_scheme(text) {
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

/// The scheme of an absolute URL, and what follows `://`.
pub fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}
