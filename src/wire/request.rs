//! A request as plain data. All of its parts are validated: no header contains a line break, and no id in a path
//! names another endpoint.

use crate::acts::ACTS;
use crate::decimal::decimal;
use crate::id::{Cursor, DlqId};
use crate::params::selection::SingleSelection;
use crate::params::{Filter, Overrides, RequestOptions, Selection};
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method as it is sent, in upper case.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

/// An operation of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `POST /v2/workflows/dlq/resume`: continue failed runs at the failed step, as new runs.
    Resume,
    /// `POST /v2/workflows/dlq/restart`: run failed runs again from the start, as new runs.
    Restart,
    /// `DELETE /v2/workflows/dlq`: delete entries.
    Delete,
    /// `GET /v2/dlq?source=workflow`: list entries, as the SDK's `list`.
    List,
    /// `GET /v2/workflows/dlq`: list entries with the filters of the actions, for drives.
    Scan,
    /// `GET /v2/workflows/dlq/{dlqId}`: get an entry.
    Get,
    /// `POST /v2/workflows/dlq/callback/{dlqId}`: retry the failure function of an entry.
    RetryFailureFunction,
    /// `DELETE /v2/workflows/dlq/callback/{dlqId}`: cancel the failure function of an entry.
    CancelFailureFunction,
    /// `GET /v2/workflows/events?groupBy=workflowRunId`: logs of runs, as the SDK's `logs`.
    Logs,
}

impl Operation {
    /// Whether the request changes nothing.
    pub fn reads(self) -> bool {
        matches!(self, Operation::List | Operation::Scan | Operation::Get | Operation::Logs)
    }

    /// Whether the request can change something, so that a lost response leaves the state unknown. A build that only
    /// reads has no such request: it sends each as a `GET`.
    ///
    /// ```
    /// use upstash_workflow_dlq::wire::Operation;
    ///
    /// assert!(Operation::Resume.acts());
    /// assert!(!Operation::Scan.acts());
    /// ```
    pub fn acts(self) -> bool {
        ACTS && !self.reads()
    }

    /// Whether an entry that was processed can return as a new entry, because its new run fails.
    pub fn can_fail_again(self) -> bool {
        ACTS && matches!(self, Operation::Resume | Operation::Restart)
    }

    /// The field of a response that contains the list of a page.
    pub fn list_name(self) -> &'static str {
        match self {
            Operation::Delete => "deleted",
            operation if operation.acts() => "workflowRuns",
            _ => "messages",
        }
    }

    /// The field of a summary that counts the processed entries.
    pub fn done_name(self) -> &'static str {
        match self {
            Operation::Restart => "restarted",
            Operation::Delete => "deleted",
            Operation::List | Operation::Scan => "listed",
            _ => "resumed",
        }
    }

    /// The name of the client's method.
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

    /// The HTTP method.
    pub fn method(self) -> Method {
        match self {
            operation if !operation.acts() => Method::Get,
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

/// A request without the base URL and the token, which the sender adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The operation, which determines the method.
    pub operation: Operation,
    /// Path and query, encoded.
    pub target: String,
    /// Names and values of the overrides and of the headers that the caller passed.
    pub headers: Vec<(String, String)>,
}

/// The first and the last date of a request, both included; `None` for no bound.
pub type Bounds = (Option<Timestamp>, Option<Timestamp>);

impl Request {
    /// A request for the entry `id`: [`Operation::Get`], [`Operation::RetryFailureFunction`] or
    /// [`Operation::CancelFailureFunction`].
    pub fn of_entry(operation: Operation, id: &DlqId, options: &RequestOptions) -> Self {
        let mut target = String::from(operation.path());
        percent_encode(&mut target, id.as_str(), in_path);
        Query { target, started: false }.finish(operation, &Overrides::default(), options)
    }

    /// The request of a single call, with the query in the SDK's order.
    pub fn single(
        operation: Operation,
        selection: &SingleSelection,
        overrides: &Overrides,
        options: &RequestOptions,
    ) -> Self {
        let mut query = Query::new(operation.path());
        let count = selection.count.map(decimal);
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

    /// A page of a drive: at most `count` entries that match the filter within `bounds`, which replace the dates
    /// of the filter.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::{Filter, Overrides, RequestOptions};
    /// use upstash_workflow_dlq::time::Timestamp;
    /// use upstash_workflow_dlq::wire::{Operation, Request};
    ///
    /// let request = Request::page(
    ///     Operation::Resume,
    ///     &Filter::default(),
    ///     (None, Some(Timestamp::from_ms(1_790_000_000_000))),
    ///     100,
    ///     None,
    ///     &Overrides::default(),
    ///     &RequestOptions::default(),
    /// );
    /// assert_eq!(request.target, "/v2/workflows/dlq/resume?toDate=1790000000000&count=100");
    /// ```
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
        query.add("count", &decimal(count));
        query.optional("cursor", cursor.map(Cursor::as_str));
        query.finish(operation, overrides, options)
    }

    /// A batch of a drive: exactly the entries `ids`.
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

/// Builds a path with a query, encoded like `URLSearchParams`.
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

    /// The request, with the additional parameters and headers of the caller.
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

    /// Adds the filter's terms; `bounds`, if present, replace its dates.
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
                    self.add(field.name(), &decimal(at.ms()));
                }
            }
        }
    }
}

/// Whether a byte stays unencoded in a form-encoded query.
fn in_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'.' | b'_')
}

/// Whether a byte stays unencoded in a segment of a path.
fn in_path(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'#' | b'<' | b'>' | b'?' | b'`' | b'{' | b'}' | b'/' | b'\\' | b'%'
        )
}

/// Form-encodes a text for use as a value in a query.
///
/// ```
/// use upstash_workflow_dlq::wire::encode_component;
///
/// assert_eq!(encode_component("a b&c=ü"), "a+b%26c%3D%C3%BC");
/// ```
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
            // Only a query encodes the plus sign, so that there it can stand for a space.
            out.push('+');
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}
