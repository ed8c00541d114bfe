//! A single call: the caller's arguments to one request, or to the list of issues with them.

use super::logs;
use super::request::{Operation, Request};
use crate::acts::ACTS;
use crate::params::selection::{read_list, read_path_id, ResultForm, SingleSelection};
use crate::params::{Issue, Issues, LogsQuery, Overrides, Place, RequestOptions, Selection};
use crate::value::Value;
use alloc::vec::Vec;

/// A validated call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The operation.
    pub operation: Operation,
    /// The request; `None` for a bare `[]`, which needs none.
    pub request: Option<Request>,
    /// The form in which the caller gets the response.
    pub form: ResultForm,
    /// Number of ids in the request; `None` if the service selects the entries.
    pub ids: Option<usize>,
    /// Options of the request.
    pub options: RequestOptions,
}

impl Call {
    /// Reads the caller's arguments, in their order. `base_url` only counts towards the length of the URL.
    ///
    /// # Errors
    ///
    /// All issues with the arguments; `url_too_long` if the URL exceeds [`URL_MAX`].
    ///
    /// ```
    /// use upstash_workflow_dlq::value::Value;
    /// use upstash_workflow_dlq::wire::{call::Call, Operation};
    ///
    /// let base_url = "https://qstash.upstash.io";
    /// let call = Call::read(Operation::Resume, &[Value::String("17-0".into())], base_url).unwrap();
    /// assert_eq!(call.request.unwrap().target, "/v2/workflows/dlq/resume?dlqIds=17-0");
    ///
    /// let issues = Call::read(Operation::Resume, &[], base_url).unwrap_err();
    /// assert_eq!(issues[0].code, "selection_missing");
    /// ```
    pub fn read(operation: Operation, args: &[Value], base_url: &str) -> Result<Self, Vec<Issue>> {
        let mut issues = Issues::new();
        let first = &Place::root("selection", argument(args, 0));
        let call = match operation {
            Operation::Get => {
                let id = &Place::root("dlqId", first.value);
                of_entry(&mut issues, operation, id, args)
            }
            Operation::RetryFailureFunction | Operation::CancelFailureFunction if ACTS => issues
                .object(first, &["dlqId"])
                .and_then(|_| of_entry(&mut issues, operation, &first.field("dlqId"), args)),
            Operation::Logs => logs(&mut issues, args),
            _ if operation.acts() => act(&mut issues, operation, first, args),
            _ => list(&mut issues, first, args),
        };
        let long = call
            .as_ref()
            .and_then(|call| call.request.as_ref())
            .is_some_and(|request| base_url.len() + request.target.len() > URL_MAX);
        if long {
            issues.add_hidden(first, "url_too_long").expected = Some("at most 8000 bytes");
        }
        issues.into_result(call)
    }
}

/// The caller's argument at `index`; [`Value::Undefined`] if there is none.
pub fn argument(args: &[Value], index: usize) -> &Value {
    args.get(index).unwrap_or(&Value::Undefined)
}

fn options(issues: &mut Issues, args: &[Value], index: usize) -> RequestOptions {
    RequestOptions::read(issues, &Place::root("request", argument(args, index)))
}

fn of_entry(issues: &mut Issues, operation: Operation, id: &Place, args: &[Value]) -> Option<Call> {
    let id = read_path_id(issues, id);
    let options = options(issues, args, 1);
    let request = Request::of_entry(operation, &id?, &options);
    Some(Call { operation, request: Some(request), form: ResultForm::Page, ids: Some(1), options })
}

fn list(issues: &mut Issues, first: &Place, args: &[Value]) -> Option<Call> {
    let selection = read_list(issues, first);
    let options = options(issues, args, 1);
    let request = Request::single(Operation::List, &selection?, &Overrides::default(), &options);
    Some(Call {
        operation: Operation::List,
        request: Some(request),
        form: ResultForm::Page,
        ids: None,
        options,
    })
}

fn logs(issues: &mut Issues, args: &[Value]) -> Option<Call> {
    let query = LogsQuery::read(issues, &Place::root("parameters", argument(args, 0)));
    let options = options(issues, args, 1);
    let request = logs::single(&query.0, &options);
    let operation = Operation::Logs;
    Some(Call { operation, request: Some(request), form: ResultForm::Page, ids: None, options })
}

fn act(issues: &mut Issues, operation: Operation, first: &Place, args: &[Value]) -> Option<Call> {
    let deletes = operation == Operation::Delete;
    let selection = SingleSelection::read(issues, first, !deletes);
    let overrides = if deletes {
        Overrides::default()
    } else {
        read_overrides(issues, first, &Place::root("overrides", argument(args, 1)))
    };
    let options = options(issues, args, if deletes { 1 } else { 2 });
    let selection = selection?;
    if let (Operation::Restart, Selection::Ids(ids)) = (operation, &selection.selection) {
        if ids.len() > RESTART_MAX {
            issues.add_hidden(first, "too_many_ids").expected = Some("at most 50 ids");
        }
    }
    let request = Request::single(operation, &selection, &overrides, &options);
    Some(Call {
        operation,
        request: (!selection.selection.is_nothing()).then_some(request),
        form: selection.form,
        ids: match &selection.selection {
            Selection::Ids(ids) => Some(ids.len()),
            _ => None,
        },
        options,
    })
}

/// The overrides, including the two that the SDK's older form has next to `dlqId`.
fn read_overrides(issues: &mut Issues, first: &Place, given: &Place) -> Overrides {
    let mut overrides = match first.field("dlqId").is_undefined() {
        true => Overrides::default(),
        false => Overrides::read_legacy(issues, first),
    };
    for header in Overrides::read(issues, given).0 {
        if let Some(at) = overrides.0.iter().position(|(name, _)| *name == header.0) {
            overrides.0.remove(at);
        }
        overrides.0.push(header);
    }
    overrides
}

/// Ids that one request restarts, as the service documents. It restarts the first of more, and its response
/// does not say which were left out.
const RESTART_MAX: usize = 50;
/// Maximum length of a URL, in bytes. Servers and proxies refuse longer ones with different statuses.
pub const URL_MAX: usize = 8_000;
