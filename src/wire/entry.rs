//! The fields of a listed entry that the core reads: its id and dates, the fields that filters and conditions
//! compare, and the groups of a preview. Comparing and grouping use the same functions, so that the key of a group
//! selects exactly that group.

use super::body::{timestamp, Body, NAME_MAX};
use super::fingerprint::fingerprint;
use crate::decimal::decimal;
use crate::id::DlqId;
use crate::params::issue::prefix;
use crate::params::{Field, Filter, Where};
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;

/// An entry of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The DLQ id.
    pub id: DlqId,
    /// When its run was created; `None` if the response does not contain it.
    pub run_created: Option<Timestamp>,
    /// Whether it matches the filter of the request. Without this check, a service that ignores a filter would
    /// cause all entries to be resumed.
    pub matches: bool,
    /// Whether it meets the caller's condition (`where`).
    pub chosen: bool,
}

impl Listed {
    /// Reads an entry; `None` without an id of 1 to [`NAME_MAX`] bytes, without which no request is possible.
    pub fn read<B: Body>(entry: &B, filter: &Filter, condition: Option<&Where>) -> Option<Self> {
        Some(Listed {
            id: entry.get("dlqId")?.text().filter(|id| (1..=NAME_MAX).contains(&id.len()))?.into(),
            run_created: entry.get("workflowCreatedAt").and_then(|at| timestamp(&at)),
            matches: filter
                .terms
                .iter()
                .all(|term| term.field.is_date() || holds(entry, term.field, &term.values)),
            chosen: condition.is_none_or(|condition| is_chosen(entry, condition)),
        })
    }
}

/// When an entry failed: the time at the start of its id or, if the id does not have that form, when its message
/// or run was created.
pub fn failed_at<B: Body>(entry: &B) -> Option<Timestamp> {
    let from_id = entry.get("dlqId").and_then(|id| {
        let id = id.text()?;
        let (ms, serial) = id.split_once('-')?;
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        (ms.len() == TIMESTAMP_DIGITS && is_digits(ms) && is_digits(serial))
            .then(|| ms.parse().ok().map(Timestamp::from_ms))?
    });
    from_id.or_else(|| {
        let created = entry.get("createdAt").or_else(|| entry.get("workflowCreatedAt"))?;
        timestamp(&created)
    })
}

/// Whether one of `values` is the entry's value of `field`. A redacted value counts as a match.
fn holds<B: Body>(entry: &B, field: Field, values: &[String]) -> bool {
    let found = texts(entry, field);
    if found.is_empty() {
        // A list may omit these fields. A missing label, key or state means that the entry has none.
        return matches!(
            field,
            Field::WorkflowUrl
                | Field::WorkflowRunId
                | Field::WorkflowCreatedAt
                | Field::CallerIp
                | Field::Url
                | Field::ResponseStatus
        );
    }
    found.iter().any(|found| {
        found.starts_with("REDACTED:")
            || values.iter().any(|value| match field {
                // The service's older documentation describes this filter as a prefix.
                Field::WorkflowRunId => found.starts_with(value.as_str()),
                _ => found == value,
            })
    })
}

/// The entry's values of a field, without empty ones. A value may be there twice. Empty for the bounds of a date.
pub fn texts<B: Body>(entry: &B, field: Field) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |value: Option<B>| {
        if let Some(value) = value {
            let number = || value.number().map(|number| decimal(number as i64));
            match value.text().or_else(number) {
                Some(text) if !text.is_empty() => found.push(text),
                _ => {}
            }
        }
    };
    match field {
        Field::FromDate | Field::ToDate => {}
        Field::WorkflowUrl | Field::Url => {
            add(entry.get("workflowUrl"));
            add(entry.get("url"));
        }
        Field::WorkflowRunId => add(entry.get("workflowRunId")),
        Field::WorkflowCreatedAt => add(entry.get("workflowCreatedAt")),
        Field::Label => {
            add(entry.get("label"));
            if let Some(labels) = entry.get("labels") {
                (0..labels.length().unwrap_or(0)).for_each(|index| add(labels.at(index)));
            }
        }
        Field::FailureFunctionState => {
            add(entry.get("failureFunctionState"));
            add(entry.get("failureCallbackInfo").and_then(|info| info.get("state")));
        }
        Field::CallerIp => {
            add(entry.get("callerIP"));
            add(entry.get("callerIp"));
        }
        Field::FlowControlKey => add(entry.get("flowControlKey")),
        Field::ResponseStatus => add(entry.get("responseStatus")),
    }
    found
}

/// The error message in the response to the failed step: `message` or `error` of a JSON body, else the whole text,
/// cut to [`TEXT_MAX`] characters. Empty without a body.
pub fn error<B: Body>(entry: &B) -> String {
    message(response_body(entry)).unwrap_or_default()
}

/// The body of the response to the failed step.
pub(super) fn response_body<B: Body>(entry: &B) -> Option<B> {
    entry.get("responseBody").or_else(|| entry.get("responseBodyBase64"))
}

/// The error message in the body of a response, as in [`error()`]; `None` if it is empty.
pub fn message<B: Body>(body: Option<B>) -> Option<String> {
    let body = body?;
    let text = body.text()?;
    let message = || {
        let json = body.parse()?;
        let text = |key| json.get(key).and_then(|found| found.text());
        let inner = || json.get("error")?.get("message")?.text();
        text("message").or_else(|| text("error")).or_else(inner)
    };
    let is_json = text.trim_ascii_start().starts_with('{');
    let message = if is_json { message() } else { None };
    let message = shorten(message.as_deref().unwrap_or(&text));
    (!message.is_empty()).then(|| String::from(message))
}

/// A message trimmed and cut to the length that is compared.
fn shorten(message: &str) -> &str {
    prefix(message.trim_ascii(), TEXT_MAX).trim_ascii_end()
}

/// The name of the failed step, from a header of the SDK's response, cut to [`TEXT_MAX`] characters.
pub fn step<B: Body>(entry: &B) -> Option<String> {
    let headers = entry.get("responseHeader")?;
    let values = STEP_HEADERS.iter().find_map(|name| headers.get(name))?;
    let name = values.text().or_else(|| values.at(0)?.text());
    name.filter(|name| !name.is_empty()).map(cut)
}

/// A text cut to [`TEXT_MAX`] characters.
pub(super) fn cut(mut text: String) -> String {
    text.truncate(prefix(&text, TEXT_MAX).len());
    text
}

/// Whether an entry meets the caller's condition.
pub fn is_chosen<B: Body>(entry: &B, condition: &Where) -> bool {
    let has_status = || {
        let status = entry.get("responseStatus").and_then(|status| status.number());
        let mut ranges = condition.response_status.iter();
        let inside = |status: f64| {
            ranges.any(|range| (f64::from(range.first)..=f64::from(range.last)).contains(&status))
        };
        status.is_some_and(inside)
    };
    if !condition.response_status.is_empty() && !has_status() {
        return false;
    }
    if condition.response_body.as_ref().is_some_and(|part| !has_part(entry, part)) {
        return false;
    }
    let is_step =
        |step: String| condition.step.iter().any(|wanted| prefix(wanted, TEXT_MAX) == step);
    if !condition.step.is_empty() && !step(entry).is_some_and(is_step) {
        return false;
    }
    if condition.error.is_empty() && condition.fingerprint.is_empty() {
        return true;
    }
    let message = error(entry);
    let is_one = |wanted: &String| shorten(wanted) == message;
    let mask = fingerprint(&message);
    (condition.error.is_empty() || condition.error.iter().any(is_one))
        && (condition.fingerprint.is_empty() || condition.fingerprint.contains(&mask))
}

/// Whether the body of the response contains `part`, either as it was sent or, if it is JSON with escapes such as
/// `\u00fc` or `\/`, unescaped.
fn has_part<B: Body>(entry: &B, part: &str) -> bool {
    let Some((body, text)) =
        entry.get("responseBody").and_then(|body| body.text().map(|text| (body, text)))
    else {
        return false;
    };
    text.contains(part)
        || text.contains('\\')
            && (error(entry).contains(part)
                || body
                    .parse()
                    .and_then(|json| json.stringify())
                    .is_some_and(|json| json.contains(part)))
}

/// Number of digits of a timestamp in milliseconds from 2001 to 2286.
const TIMESTAMP_DIGITS: usize = 13;
/// Maximum length of a message or the name of a step, in characters; the rest is neither compared nor shown.
pub const TEXT_MAX: usize = 1_000;
/// The header in the forms of HTTP/1 (Go's canonical case) and HTTP/2.
const STEP_HEADERS: &[&str] = &["Upstash-Error-Step-Name", "upstash-error-step-name"];
