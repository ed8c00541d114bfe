//! An entry of a list, as far as a drive reads it: its id, and whether it is one of those meant. A
//! filter that the service passes over would otherwise resume what nobody chose.

use super::response::{moment, NAME_MAX};
use super::Body;
use crate::params::drive::Where;
use crate::params::{Field, Filter};
use crate::text;
use alloc::string::String;
use alloc::vec::Vec;

/// A listed entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub id: String,
    /// When its run began, where the service says so.
    pub run_created: Option<i64>,
    /// Whether the service's filter was honoured.
    pub matches: bool,
    /// Whether the caller's own condition (`where`) holds.
    pub chosen: bool,
}

impl Listed {
    /// Reads an entry; `None` without an id that can be sent, which nothing can be done with.
    pub fn read<B: Body>(entry: &B, filter: &Filter, condition: Option<&Where>) -> Option<Self> {
        Some(Listed {
            id: entry.get("dlqId")?.text().filter(|id| (1..=NAME_MAX).contains(&id.len()))?,
            run_created: entry.get("workflowCreatedAt").and_then(|at| moment(&at)),
            matches: filter
                .terms
                .iter()
                .all(|term| term.field.is_date() || holds(entry, term.field, &term.values)),
            chosen: condition.is_none_or(|condition| chosen(entry, condition)),
        })
    }
}

/// Whether one of `values` is the entry's. What the service redacted can't be compared.
fn holds<B: Body>(entry: &B, field: Field, values: &[String]) -> bool {
    let found = texts(entry, field);
    if found.is_empty() {
        // A list need not show these; labels, keys and states that are not there are none.
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
                // Older documentation has it as a prefix.
                Field::WorkflowRunId => found.starts_with(value.as_str()),
                _ => found == value,
            })
    })
}

/// The entry's values of a field.
fn texts<B: Body>(entry: &B, field: Field) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |value: Option<B>| {
        if let Some(value) = value {
            let number = || value.number().map(|number| text::decimal(number as i64));
            found.extend(value.text().or_else(number).filter(|text| !text.is_empty()));
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

fn chosen<B: Body>(entry: &B, condition: &Where) -> bool {
    let status = entry.get("responseStatus").and_then(|status| status.number());
    let statuses = &condition.response_status;
    let by_status = statuses.is_empty()
        || status.is_some_and(|status| statuses.iter().any(|wanted| f64::from(*wanted) == status));
    let by_body = condition.response_body.as_ref().is_none_or(|part| {
        let body = entry.get("responseBody").and_then(|body| body.text());
        body.is_some_and(|body| text::find(&body, part).is_some())
    });
    by_status && by_body
}
