//! The meaning of a response. Each outcome determines whether the request can be retried and whether it may have
//! been carried out. A body is parsed regardless of its content type.

use super::body::{timestamp, whole, Body, Headers, NAME_MAX};
use super::entry::{is_chosen, Listed};
use super::logs::{self, RunSeen};
use super::rate_limit::RateLimit;
use super::refusal::{Fate, Kind, Loss, Refusal};
use super::request::Operation;
use crate::decimal::decimal;
use crate::id::{Cursor, DlqId};
use crate::params::issue::prefix;
use crate::params::{Filter, RunName, Where};
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;

/// Headers that are read from every response; from a 429 or 503 also
/// [`LIMIT_HEADERS`](super::rate_limit::LIMIT_HEADERS).
pub const HEADERS: &[&str] = &["Date", "X-Request-Id", "CF-Ray"];

/// The body of a response.
pub enum Payload<B> {
    /// Valid JSON.
    Json(B),
    /// Not JSON, or truncated.
    Text(String),
    /// No body.
    Empty,
}

/// The outcome of a request.
pub enum Outcome<'h, B> {
    /// A response.
    Response {
        /// HTTP status; 0 for a redirect that the runtime hides.
        status: u16,
        /// The headers.
        headers: &'h dyn Headers,
        /// The body.
        payload: Payload<B>,
        /// Length of the body, in characters.
        length: u32,
    },
    /// No response.
    Lost(Loss),
}

/// The meaning of a response.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// A valid page.
    Page(Page),
    /// An error.
    Refused(Refusal),
}

/// The parts of a valid page that the engine uses. [`Want`] determines which of the optional ones are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Number of runs, deleted entries or messages; [`UNKNOWN_COUNT`] for a deletion without a count.
    pub size: u32,
    /// The position of the next page; `None` on the last page: the service's cursor is empty, null or absent.
    pub cursor: Option<Cursor>,
    /// The smallest `workflowCreatedAt` of the new runs, with [`Want::first_created`].
    pub first_created: Option<Timestamp>,
    /// The new runs, with [`Want::runs`]; the id of a run is empty if the response does not contain it,
    /// or if it is longer than [`NAME_MAX`].
    pub runs: Vec<RunName>,
    /// The id of the first entry, with [`Want::first_id`].
    pub first_id: Option<DlqId>,
    /// The entries, with [`Want::listed`]; entries without an id are skipped.
    pub listed: Vec<Listed>,
    /// States of runs, with [`Want::states`].
    pub states: Vec<RunSeen>,
    /// Indices of the messages that meet [`Want::chosen`], in ascending order; `None` without a condition.
    pub chosen: Option<Vec<u32>>,
}

impl Page {
    /// Number of runs, deleted entries or messages, only counting messages that meet the condition.
    pub fn entries(&self) -> u32 {
        self.chosen.as_ref().map_or(self.size, |chosen| chosen.len() as u32)
    }

    /// The dates of [`Page::listed`], in the same order, without entries that have no date.
    pub fn dates(&self) -> Vec<Timestamp> {
        self.listed.iter().filter_map(|entry| entry.run_created).collect()
    }

    /// Drops messages from the end until [`Page::entries`] is at most `max`.
    ///
    /// ```
    /// use upstash_workflow_dlq::wire::Page;
    ///
    /// let mut page = Page { size: 5, ..Page::default() };
    /// page.keep_at_most(2);
    /// assert_eq!((page.entries(), page.chosen), (2, Some(vec![0, 1])));
    /// ```
    pub fn keep_at_most(&mut self, max: u64) {
        if u64::from(self.entries()) > max {
            self.chosen.get_or_insert_with(|| (0..self.size).collect()).truncate(max as usize);
        }
    }
}

/// Which parts of a page to read in addition to size and cursor. Each read of a field crosses the border to
/// JavaScript.
#[derive(Clone, Copy, Debug, Default)]
pub struct Want<'a> {
    /// Read [`Page::first_created`].
    pub first_created: bool,
    /// Read [`Page::runs`].
    pub runs: bool,
    /// Read [`Page::states`], from the logs of runs or from DLQ entries.
    pub states: bool,
    /// Read [`Page::first_id`].
    pub first_id: bool,
    /// Read [`Page::listed`] and compare the entries with the filter and the condition.
    pub listed: Option<(&'a Filter, Option<&'a Where>)>,
    /// Read [`Page::chosen`] by this condition.
    pub chosen: Option<&'a Where>,
}

/// Interprets the outcome of a request at `now`, the local time.
///
/// A 2xx with a valid body is a page. A list that contains entries outside the filter is the error
/// `filter_not_honoured`. For all other statuses the error's [`Fate`] says whether the request may have been
/// carried out: unknown for 408 and 5xx.
///
/// ```
/// use upstash_workflow_dlq::time::Timestamp;
/// use upstash_workflow_dlq::wire::response::{interpret, Outcome, Payload, Want};
/// use upstash_workflow_dlq::wire::{Response, Body, Headers, Operation};
///
/// struct Json(serde_json::Value);
///
/// impl Body for Json {
///     fn get(&self, key: &'static str) -> Option<Self> {
///         self.0.get(key).filter(|value| !value.is_null()).cloned().map(Json)
///     }
///     fn length(&self) -> Option<u32> {
///         self.0.as_array().map(|items| items.len() as u32)
///     }
///     fn at(&self, index: u32) -> Option<Self> {
///         self.0.get(index as usize).cloned().map(Json)
///     }
///     fn text(&self) -> Option<String> {
///         self.0.as_str().map(String::from)
///     }
///     fn number(&self) -> Option<f64> {
///         self.0.as_f64()
///     }
///     fn is_object(&self) -> bool {
///         self.0.is_object()
///     }
///     fn parse(&self) -> Option<Self> {
///         serde_json::from_str(self.0.as_str()?).ok().map(Json)
///     }
///     fn stringify(&self) -> Option<String> {
///         Some(self.0.to_string())
///     }
/// }
///
/// struct NoHeaders;
///
/// impl Headers for NoHeaders {
///     fn get(&self, _: &str) -> Option<String> {
///         None
///     }
/// }
///
/// let resume = |status, body| {
///     let payload = Payload::Json(Json(body));
///     let outcome = Outcome::Response { status, headers: &NoHeaders, payload, length: 0 };
///     interpret(Operation::Resume, &outcome, Want::default(), Timestamp::EPOCH)
/// };
///
/// let body = serde_json::json!({ "workflowRuns": [{ "workflowRunId": "wfr_1" }], "cursor": "c" });
/// let Response::Page(page) = resume(200, body) else { panic!("not a page") };
/// assert_eq!((page.size, page.cursor), (1, Some("c".into())));
///
/// let Response::Refused(error) = resume(502, serde_json::json!({})) else { panic!("a page") };
/// assert_eq!(error.code, "server_error");
/// assert!(error.may_have_acted());
/// ```
pub fn interpret<B: Body>(
    operation: Operation,
    outcome: &Outcome<B>,
    want: Want,
    now: Timestamp,
) -> Response {
    let (status, headers, payload) = match outcome {
        Outcome::Lost(loss) => {
            let mut refusal = Refusal::of_loss(loss.clone());
            if refusal.is_too_large() && !operation.acts() {
                // The same request would get the same response.
                refusal.fate = Fate::Refused;
            }
            return Response::Refused(refusal);
        }
        Outcome::Response { status, headers, payload, .. } => (*status, *headers, payload),
    };
    if operation == Operation::CancelFailureFunction && (200..400).contains(&status) {
        // The service answers a cancelled failure function with a redirect.
        return Response::Page(Page::default());
    }
    if (200..300).contains(&status) {
        return match read_page(operation, payload, want) {
            Some(page) if page.listed.iter().any(|entry| !entry.matches) => {
                Response::Refused(Refusal::new(Kind::Api, "filter_not_honoured", Fate::Refused))
            }
            Some(page) => Response::Page(page),
            None => Response::Refused(Refusal {
                request_id: request_id(headers),
                ..Refusal::unreadable(status)
            }),
        };
    }
    let (kind, code, fate) = match status {
        300..=399 | 0 => (Kind::Api, "unexpected_redirect", Fate::Refused),
        400 => (Kind::Api, "bad_request", Fate::Refused),
        401 => (Kind::Authentication, "unauthorized", Fate::Refused),
        403 => (Kind::Authentication, "forbidden", Fate::Refused),
        404 => (Kind::NotFound, "not_found", Fate::Refused),
        408 => (Kind::Api, "api_error", Fate::Unknown),
        429 => (Kind::RateLimit, "rate_limited", Fate::NotDone),
        500.. => (Kind::Api, "server_error", Fate::Unknown),
        _ => (Kind::Api, "api_error", Fate::Refused),
    };
    let limit = if matches!(status, 429 | 503) {
        RateLimit::read(headers, now)
    } else {
        RateLimit::default()
    };
    Response::Refused(Refusal {
        kind,
        code,
        fate,
        status: Some(status),
        detail: detail(payload),
        request_id: request_id(headers),
        limit,
    })
}

/// The page in a body; `None` if the body does not have the documented form.
fn read_page<B: Body>(operation: Operation, payload: &Payload<B>, want: Want) -> Option<Page> {
    let body = match payload {
        Payload::Json(body) => body,
        Payload::Empty if operation == Operation::Delete => {
            return Some(Page { size: UNKNOWN_COUNT, ..Page::default() })
        }
        _ => return None,
    };
    if !body.is_object() {
        return None;
    }
    let list = match operation {
        Operation::Resume | Operation::Restart => body.get("workflowRuns")?,
        Operation::List | Operation::Scan => body.get("messages")?,
        Operation::Delete => {
            let size = match body.get("deleted") {
                Some(deleted) => whole(&deleted)?,
                None => UNKNOWN_COUNT,
            };
            return Some(Page { size, cursor: cursor(body)?, ..Page::default() });
        }
        Operation::Logs => body.get("runs")?,
        _ => return Some(Page::default()),
    };
    let mut page = Page { size: list.length()?, cursor: cursor(body)?, ..Page::default() };
    if let Some((filter, condition)) = want.listed {
        for index in 0..page.size {
            let entry = list.at(index);
            if let Some(entry) = entry.and_then(|entry| Listed::read(&entry, filter, condition)) {
                page.listed.push(entry);
            }
        }
    }
    if want.states {
        let read = if operation == Operation::Logs { logs::read_run } else { logs::read_entry };
        page.states = logs::read_all(&list, read);
    }
    if let Some(condition) = want.chosen {
        let mut chosen = Vec::new();
        for index in 0..page.size {
            if list.at(index).is_some_and(|entry| is_chosen(&entry, condition)) {
                chosen.push(index);
            }
        }
        page.chosen = Some(chosen);
    }
    if want.first_id {
        page.first_id = list.at(0).and_then(|entry| Some(entry.get("dlqId")?.text()?.into()));
    }
    if want.first_created || want.runs {
        for index in 0..page.size {
            let run = list.at(index)?;
            if want.first_created {
                let created = run.get("workflowCreatedAt").and_then(|at| timestamp(&at));
                page.first_created = match (page.first_created, created) {
                    (Some(first), Some(created)) => Some(first.min(created)),
                    (first, created) => first.or(created),
                };
            }
            if want.runs {
                page.runs.push(RunName {
                    id: run
                        .get("workflowRunId")
                        .and_then(|id| id.text())
                        .filter(|id| id.len() <= NAME_MAX)
                        .unwrap_or_default()
                        .into(),
                    created: run.get("workflowCreatedAt").and_then(|at| logs::date(&at)),
                });
            }
        }
    }
    Some(page)
}

/// The cursor of a body: `Some(None)` on the last page, `None` if it is invalid.
fn cursor<B: Body>(body: &B) -> Option<Option<Cursor>> {
    let Some(cursor) = body.get("cursor") else {
        return Some(None);
    };
    if let Some(text) = cursor.text() {
        return (text.len() <= NAME_MAX)
            .then(|| Some(text).filter(|text| !text.is_empty()).map(Cursor::from));
    }
    // A number is accepted up to 2^53, beyond which JSON parsing has rounded it to another position.
    let number = cursor.number()?;
    (number.trunc() == number && number.abs() < 9_007_199_254_740_992.0)
        .then(|| Some(decimal(number as i64).into()))
}

fn detail<B: Body>(payload: &Payload<B>) -> Option<String> {
    let text = match payload {
        Payload::Json(body) => {
            let error = body.get("error").or_else(|| body.get("message"))?;
            error.text().or_else(|| error.get("message")?.text())?
        }
        // A gateway's HTML page says less than the status.
        Payload::Text(text) if !text.trim_ascii_start().starts_with("<") => text.clone(),
        _ => return None,
    };
    let text = text.trim_ascii();
    (!text.is_empty()).then(|| String::from(prefix(text, DETAIL_MAX)))
}

fn request_id(headers: &dyn Headers) -> Option<String> {
    headers.get("X-Request-Id").or_else(|| headers.get("CF-Ray")).filter(|id| !id.is_empty())
}

/// [`Page::size`] of a successful deletion whose response contains no count.
pub const UNKNOWN_COUNT: u32 = u32::MAX;

/// Maximum length of the service's message in an error, in characters.
const DETAIL_MAX: usize = 500;
