//! The request that is sent, as plain data. Everything in it was validated: no header holds a line
//! break, no path an id that names another endpoint.

use crate::id::{Cursor, DlqId};
use crate::params::selection::SingleSelection;
use crate::params::{Filter, Overrides, RequestOptions, Selection};
use crate::time::Timestamp;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

/// What is asked of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Resume,
    Restart,
    Delete,
    /// `GET /v2/dlq?source=workflow`, as the SDK's `list`.
    List,
    /// `GET /v2/workflows/dlq`: the list with the filters of the actions, for drives.
    Scan,
    Get,
    RetryFailureFunction,
    CancelFailureFunction,
    /// Logs of runs: `GET /v2/workflows/events?groupBy=workflowRunId`, as the SDK's `logs`.
    Logs,
}

impl Operation {
    /// Whether a request may change something: its answer must not be lost lightly.
    pub fn acts(self) -> bool {
        !matches!(self, Operation::List | Operation::Scan | Operation::Get | Operation::Logs)
    }

    /// Whether what it takes may come back as a new entry.
    pub fn can_fail_again(self) -> bool {
        matches!(self, Operation::Resume | Operation::Restart)
    }

    /// The field of a page that lists what the service answers.
    pub fn list_name(self) -> &'static str {
        match self {
            Operation::Delete => "deleted",
            operation if operation.acts() => "workflowRuns",
            _ => "messages",
        }
    }

    /// What a summary calls the entries that are done.
    pub fn done_name(self) -> &'static str {
        match self {
            Operation::Restart => "restarted",
            Operation::Delete => "deleted",
            Operation::List | Operation::Scan => "listed",
            _ => "resumed",
        }
    }

    /// The name of the call.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Resume => "resume",
            Operation::Restart => "restart",
            Operation::Delete => "delete",
            Operation::List | Operation::Scan => "list",
            Operation::Get => "get",
            Operation::RetryFailureFunction => "retryFailureFunction",
            Operation::CancelFailureFunction => "cancelFailureFunction",
            Operation::Logs => "logs",
        }
    }

    pub fn method(self) -> Method {
        match self {
            Operation::List | Operation::Scan | Operation::Get | Operation::Logs => Method::Get,
            Operation::Delete | Operation::CancelFailureFunction => Method::Delete,
            _ => Method::Post,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Operation::Resume => "/v2/workflows/dlq/resume",
            Operation::Restart => "/v2/workflows/dlq/restart",
            Operation::List => "/v2/dlq",
            Operation::Delete | Operation::Scan => "/v2/workflows/dlq",
            Operation::Get => "/v2/workflows/dlq/",
            Operation::RetryFailureFunction | Operation::CancelFailureFunction => {
                "/v2/workflows/dlq/callback/"
            }
            Operation::Logs => "/v2/workflows/events",
        }
    }
}

/// A request, but for the base URL and the token, which the shell adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub operation: Operation,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
}

/// The first and the last date of a request, both included; `None` is open.
pub type Bounds = (Option<Timestamp>, Option<Timestamp>);

impl Request {
    /// A request on the entry `id`: `get` and the failure function's two.
    pub fn of_entry(operation: Operation, id: &DlqId, options: &RequestOptions) -> Self {
        let mut target = String::from(operation.path());
        percent_encode(&mut target, id.as_str(), in_path);
        Query { target, started: false }.finish(operation, &Overrides::default(), options)
    }

    /// The request of a single call, its query in the SDK's order.
    pub fn single(
        operation: Operation,
        selection: &SingleSelection,
        overrides: &Overrides,
        options: &RequestOptions,
    ) -> Self {
        let mut query = Query::new(operation.path());
        let count = selection.count.map(|n| n.to_string());
        if operation == Operation::List {
            query.optional("cursor", selection.cursor.as_ref().map(Cursor::as_str));
            query.optional("count", count.as_deref());
            query.filter(&selection.selection.filter(), None);
            query.add("source", "workflow");
        } else {
            match &selection.selection {
                Selection::Ids(ids) => query.ids(ids),
                Selection::Filter(filter) => query.filter(filter, None),
                Selection::All => {}
            }
            query.optional("count", count.as_deref());
            query.optional("cursor", selection.cursor.as_ref().map(Cursor::as_str));
        }
        query.finish(operation, overrides, options)
    }

    /// A page of a drive: the filter within `[from, to]`, which replace the filter's own bounds.
    pub fn page(
        operation: Operation,
        filter: &Filter,
        bounds: Bounds,
        count: u32,
        cursor: Option<&Cursor>,
        overrides: &Overrides,
        options: &RequestOptions,
    ) -> Self {
        let mut query = Query::new(operation.path());
        query.filter(filter, Some(bounds));
        query.add("count", &count.to_string());
        query.optional("cursor", cursor.map(Cursor::as_str));
        query.finish(operation, overrides, options)
    }

    /// A batch of a drive: exactly these entries.
    pub fn batch(
        operation: Operation,
        ids: &[DlqId],
        overrides: &Overrides,
        options: &RequestOptions,
    ) -> Self {
        let mut query = Query::new(operation.path());
        query.ids(ids);
        query.finish(operation, overrides, options)
    }
}

/// A path with a query that grows, encoded as `URLSearchParams` does it.
pub(super) struct Query {
    target: String,
    started: bool,
}

impl Query {
    pub(super) fn new(path: &str) -> Self {
        Query { target: String::from(path), started: false }
    }

    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.target.push(if self.started { '&' } else { '?' });
        self.started = true;
        percent_encode(&mut self.target, name, in_query);
        self.target.push('=');
        percent_encode(&mut self.target, value, in_query);
    }

    pub(super) fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// The request, with the parameters and headers that the caller passes through.
    pub(super) fn finish(
        mut self,
        operation: Operation,
        overrides: &Overrides,
        options: &RequestOptions,
    ) -> Request {
        for (name, value) in &options.query {
            self.add(name, value);
        }
        let mut headers = options.headers.clone();
        for (name, value) in &overrides.0 {
            headers.push((String::from(*name), value.clone()));
        }
        Request { operation, target: self.target, headers }
    }

    fn ids(&mut self, ids: &[DlqId]) {
        for id in ids {
            self.add("dlqIds", id.as_str());
        }
    }

    /// The filter's terms; with `bounds`, these instead of its own dates.
    fn filter(&mut self, filter: &Filter, bounds: Option<Bounds>) {
        use crate::params::Field;
        for term in &filter.terms {
            if bounds.is_some() && matches!(term.field, Field::FromDate | Field::ToDate) {
                continue;
            }
            for value in &term.values {
                self.add(term.field.name(), value);
            }
        }
        if let Some((from, to)) = bounds {
            for (field, bound) in [(Field::FromDate, from), (Field::ToDate, to)] {
                if let Some(at) = bound {
                    self.add(field.name(), &at.to_string());
                }
            }
        }
    }
}

/// What stays as it is in a form-encoded query.
fn in_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'.' | b'_')
}

/// What stays as it is in a segment of a path.
fn in_path(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'#' | b'<' | b'>' | b'?' | b'`' | b'{' | b'}' | b'/' | b'\\' | b'%'
        )
}

/// A text as a value of a query.
pub fn encode_component(text: &str) -> String {
    let mut out = String::new();
    percent_encode(&mut out, text, in_query);
    out
}

fn percent_encode(out: &mut String, text: &str, keep: fn(u8) -> bool) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if keep(byte) {
            out.push(char::from(byte));
        } else if byte == b' ' && !keep(b'+') {
            // Only a query's alphabet leaves the plus sign free to stand for a space.
            out.push('+');
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}
