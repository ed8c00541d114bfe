//! A single call: the caller's arguments to one request, or to every issue with them.

use super::{Operation, Request};
use crate::params::selection::{read_list, read_path_id, Answer, SingleSelection};
use crate::params::{Issue, Issues, Overrides, RequestOptions, Selection};
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// A call that may be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub operation: Operation,
    /// `None` for a bare `[]`: there is nothing to ask.
    pub request: Option<Request>,
    pub answer: Answer,
    /// How many ids were named; `None` where the service chooses.
    pub ids: Option<usize>,
    pub options: RequestOptions,
}

impl Call {
    /// Reads `args`, the caller's in their order. `base_url` counts towards the length of the URL.
    pub fn read(operation: Operation, args: &[Value], base_url: &str) -> Result<Self, Vec<Issue>> {
        let mut issues = Issues::new();
        let call = match operation {
            Operation::Get => of_entry(&mut issues, operation, args, "dlqId", Value::clone),
            Operation::RetryFailureFunction | Operation::CancelFailureFunction => {
                of_entry(&mut issues, operation, args, "selection.dlqId", |value| {
                    value.field("dlqId").clone()
                })
            }
            Operation::List | Operation::Scan => list(&mut issues, args),
            _ => act(&mut issues, operation, args),
        };
        let long = call
            .as_ref()
            .and_then(|call| call.request.as_ref())
            .is_some_and(|request| base_url.len() + request.target.len() > URL_MAX);
        if long {
            issues.within("selection", |issues| {
                issues.add_hidden("url_too_long").expected = Some("at most 8000 bytes");
            });
        }
        issues.into_result(call)
    }
}

fn argument(args: &[Value], index: usize) -> &Value {
    args.get(index).unwrap_or(&Value::Undefined)
}

fn options(issues: &mut Issues, value: &Value) -> RequestOptions {
    issues.within("request", |issues| RequestOptions::read(issues, value))
}

fn of_entry(
    issues: &mut Issues,
    operation: Operation,
    args: &[Value],
    path: &str,
    pick: fn(&Value) -> Value,
) -> Option<Call> {
    let first = argument(args, 0);
    if operation != Operation::Get {
        issues.within("selection", |issues| issues.object(first, &["dlqId"]).map(|_| ()))?;
    }
    let id = issues.within(path, |issues| read_path_id(issues, &pick(first)));
    let options = options(issues, argument(args, 1));
    let request = Request::of_entry(operation, &id?, &options);
    Some(Call { operation, request: Some(request), answer: Answer::Page, ids: Some(1), options })
}

fn list(issues: &mut Issues, args: &[Value]) -> Option<Call> {
    let selection = issues.within("selection", |issues| read_list(issues, argument(args, 0)));
    let options = options(issues, argument(args, 1));
    let request = Request::single(Operation::List, &selection?, &Overrides::default(), &options);
    Some(Call {
        operation: Operation::List,
        request: Some(request),
        answer: Answer::Page,
        ids: None,
        options,
    })
}

fn act(issues: &mut Issues, operation: Operation, args: &[Value]) -> Option<Call> {
    let first = argument(args, 0);
    let deletes = operation == Operation::Delete;
    let selection =
        issues.within("selection", |issues| SingleSelection::read(issues, first, !deletes));
    let overrides = if deletes {
        Overrides::default()
    } else {
        read_overrides(issues, first, argument(args, 1))
    };
    let options = options(issues, argument(args, if deletes { 1 } else { 2 }));
    let selection = selection?;
    let request = Request::single(operation, &selection, &overrides, &options);
    Some(Call {
        operation,
        request: (!selection.selection.is_nothing()).then_some(request),
        answer: selection.answer,
        ids: match &selection.selection {
            Selection::Ids(ids) => Some(ids.len()),
            _ => None,
        },
        options,
    })
}

/// The overrides; the SDK's older form has its two beside `dlqId`.
fn read_overrides(issues: &mut Issues, first: &Value, given: &Value) -> Overrides {
    if first.field("dlqId").is_undefined() {
        return issues.within("overrides", |issues| Overrides::read(issues, given));
    }
    let mut beside = Vec::new();
    for key in ["retries", "flowControl"] {
        let field = first.field(key);
        if !field.is_undefined() {
            beside.push((String::from(key), field.clone()));
        }
    }
    let mut overrides =
        issues.within("selection", |issues| Overrides::read(issues, &Value::Map(beside)));
    let more = issues.within("overrides", |issues| Overrides::read(issues, given));
    for header in more.0 {
        overrides.0.retain(|(name, _)| *name != header.0);
        overrides.0.push(header);
    }
    overrides
}

/// Servers and proxies refuse longer ones, each with a status of its own.
pub const URL_MAX: usize = 8_000;
