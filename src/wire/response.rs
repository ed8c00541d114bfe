//! What an answer means. Of every outcome two things are asked: may it be tried again, and may it
//! have acted? A body is judged by parsing it, never by its content type.

use super::body::{timestamp, whole, Body, Headers, NAME_MAX};
use super::entry::{is_chosen, Listed};
use super::logs::{self, RunSeen};
use super::rate_limit::RateLimit;
use super::refusal::{Fate, Kind, Loss, Refusal};
use super::request::Operation;
use crate::id::{Cursor, DlqId};
use crate::params::issue::prefix;
use crate::params::{Filter, RunName, Where};
use crate::time::Timestamp;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Headers that are read of any response; of a 429 or 503,
/// [`LIMIT_HEADERS`](super::rate_limit::LIMIT_HEADERS) as well. A shell that has to
/// copy them needs no others.
pub const HEADERS: &[&str] = &["Date", "X-Request-Id", "CF-Ray"];

/// A body as it arrived.
pub enum Payload<B> {
    Json(B),
    /// Not JSON, or cut off.
    Text(String),
    Empty,
}

/// What became of a request.
pub enum Outcome<'h, B> {
    /// `length`: characters of the body.
    Response {
        status: u16,
        headers: &'h dyn Headers,
        payload: Payload<B>,
        length: u32,
    },
    Lost(Loss),
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Page(Page),
    Refused(Refusal),
}

/// What the engine keeps of a good answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Runs, deletions or messages.
    pub size: u32,
    /// `None` at the end: the service's cursor was empty, null or absent.
    pub cursor: Option<Cursor>,
    /// The smallest `workflowCreatedAt` of the new runs, where it was asked for and is a number.
    pub first_created: Option<Timestamp>,
    /// The new runs, where they were asked for; the id is empty where there is none.
    pub runs: Vec<RunName>,
    /// The first entry's id, where it was asked for.
    pub first_id: Option<DlqId>,
    /// Entries, where they were asked for; those without an id are passed over.
    pub listed: Vec<Listed>,
    /// States of runs, where they were asked for.
    pub states: Vec<RunSeen>,
    /// Positions of the messages that are meant, in ascending order; `None` where all are.
    pub chosen: Option<Vec<u32>>,
}

impl Page {
    /// How many of its runs, deletions or messages count.
    pub fn taken(&self) -> u32 {
        self.chosen.as_ref().map_or(self.size, |chosen| chosen.len() as u32)
    }

    /// The dates of its entries, in its order, without those that have none.
    pub fn dates(&self) -> Vec<Timestamp> {
        self.listed.iter().filter_map(|entry| entry.run_created).collect()
    }

    /// Drops messages from the end until at most `max` count.
    pub fn keep_at_most(&mut self, max: u64) {
        if u64::from(self.taken()) > max {
            self.chosen.get_or_insert_with(|| (0..self.size).collect()).truncate(max as usize);
        }
    }
}

/// What of a page is wanted beyond size and cursor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Want<'a> {
    pub first_created: bool,
    pub runs: bool,
    /// The states of runs, by their logs or their entries in the DLQ.
    pub states: bool,
    pub first_id: bool,
    /// What listed entries are checked against.
    pub listed: Option<(&'a Filter, Option<&'a Where>)>,
    /// What messages that are handed out have to meet.
    pub chosen: Option<&'a Where>,
}

/// Reads an outcome.
pub fn interpret<B: Body>(
    operation: Operation,
    outcome: &Outcome<B>,
    want: Want,
    now: Timestamp,
) -> Answer {
    let (status, headers, payload) = match outcome {
        Outcome::Lost(loss) => return Answer::Refused(Refusal::of_loss(loss.clone())),
        Outcome::Response { status, headers, payload, .. } => (*status, *headers, payload),
    };
    if operation == Operation::CancelFailureFunction && (200..400).contains(&status) {
        // The service answers a cancelled failure function with a redirect.
        return Answer::Page(Page::default());
    }
    if (200..300).contains(&status) {
        return match read_page(operation, payload, want) {
            Some(page) if page.listed.iter().any(|entry| !entry.matches) => {
                Answer::Refused(Refusal::new(Kind::Api, "filter_not_honoured", Fate::Refused))
            }
            Some(page) => Answer::Page(page),
            None => Answer::Refused(Refusal {
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
    Answer::Refused(Refusal {
        kind,
        code,
        fate,
        status: Some(status),
        detail: detail(payload),
        request_id: request_id(headers),
        limit,
    })
}

/// The page in a body of the right shape.
fn read_page<B: Body>(operation: Operation, payload: &Payload<B>, want: Want) -> Option<Page> {
    let body = match payload {
        Payload::Json(body) => body,
        Payload::Empty if operation == Operation::Delete => {
            return Some(Page { size: DELETED_UNSAID, ..Page::default() })
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
                None => DELETED_UNSAID,
            };
            return Some(Page { size, cursor: cursor(body)?, ..Page::default() });
        }
        Operation::Logs => body.get("runs")?,
        _ => return Some(Page::default()),
    };
    let mut page = Page { size: list.length()?, cursor: cursor(body)?, ..Page::default() };
    if let Some((filter, condition)) = want.listed {
        page.listed = (0..page.size)
            .filter_map(|index| Listed::read(&list.at(index)?, filter, condition))
            .collect();
    }
    if want.states {
        let read = if operation == Operation::Logs { logs::read_run } else { logs::read_entry };
        page.states = logs::read_all(&list, read);
    }
    if let Some(condition) = want.chosen {
        let meets = |index: &u32| list.at(*index).is_some_and(|entry| is_chosen(&entry, condition));
        page.chosen = Some((0..page.size).filter(meets).collect());
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
                        .unwrap_or_default()
                        .into(),
                    created: run.get("workflowCreatedAt").and_then(|at| logs::date(&at)),
                });
            }
        }
    }
    Some(page)
}

/// The cursor of a body: `Some(None)` at the end, `None` for what can't be one.
fn cursor<B: Body>(body: &B) -> Option<Option<Cursor>> {
    let Some(cursor) = body.get("cursor") else {
        return Some(None);
    };
    if let Some(text) = cursor.text() {
        return (text.len() <= NAME_MAX)
            .then(|| Some(text).filter(|text| !text.is_empty()).map(Cursor::from));
    }
    // A position may come as a number; past 2^53 JSON has rounded it, and it would lead elsewhere.
    let number = cursor.number()?;
    (number.trunc() == number && number.abs() < 9_007_199_254_740_992.0)
        .then(|| Some((number as i64).to_string().into()))
}

fn detail<B: Body>(payload: &Payload<B>) -> Option<String> {
    let text = match payload {
        Payload::Json(body) => {
            let error = body.get("error").or_else(|| body.get("message"))?;
            error.text().or_else(|| error.get("message")?.text())?
        }
        // A gateway's HTML page says less than its status does.
        Payload::Text(text) if !text.trim_ascii_start().starts_with("<") => text.clone(),
        _ => return None,
    };
    let text = text.trim_ascii();
    (!text.is_empty()).then(|| String::from(prefix(text, DETAIL_MAX)))
}

fn request_id(headers: &dyn Headers) -> Option<String> {
    headers.get("X-Request-Id").or_else(|| headers.get("CF-Ray")).filter(|id| !id.is_empty())
}

/// A deletion that succeeded without a count.
pub const DELETED_UNSAID: u32 = u32::MAX;

/// Characters of the service's words that an error carries.
const DETAIL_MAX: usize = 500;
