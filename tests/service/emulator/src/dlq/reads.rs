//! Reading the queue: pages of entries, and one entry.

use super::filter::Filter;
use super::json::{push_entry, push_string};
use super::store::Page;
use super::Key;
use crate::config::{Config, EndCursor, Heard, MalformedId, OverCap};
use crate::http::{Request, Response};
use crate::state::State;
use crate::values::cursor::{self, Cursor};
use crate::values::now_ms;

/// The service's documented maximum of a list.
const LIST_CAP: usize = 100;

/// `count` and `cursor` of a request.
pub struct Span {
    /// `count` as requested.
    pub count: Option<usize>,
    /// Maximum entries of the page, with `pageCap`.
    pub limit: usize,
    /// Start of the page.
    pub cursor: Option<Cursor>,
}

impl Span {
    /// Parses both.
    ///
    /// # Errors
    /// Which one is malformed, and why.
    pub fn parse(request: &Request, config: &Config) -> Result<Self, String> {
        let count = match request.query.integer("count")? {
            Some(count) if count < 1 => return Err(format!("count: {count} is below 1")),
            count => count.map(|count| count as usize),
        };
        let cursor = match request.query.get("cursor") {
            None => None,
            Some(text) => Some(cursor::read(text, config.cursor_life_ms, now_ms())?),
        };
        let limit = count.unwrap_or(usize::MAX).min(config.page_cap.unwrap_or(usize::MAX));
        Ok(Span { count, limit, cursor })
    }
}

/// The filter and the page of a request.
///
/// # Errors
/// The 400 for a malformed parameter.
pub fn parse_filter(request: &Request, config: &Config) -> Result<(Filter, Span), Response> {
    Filter::parse(&request.query, config)
        .and_then(|filter| Ok((filter, Span::parse(request, config)?)))
        .map_err(|why| Response::error(400, why))
}

/// `GET /v2/workflows/dlq`.
pub fn list(state: &mut State, request: &Request) -> Response {
    let config = &state.config;
    let (filter, span) = match parse_filter(request, config) {
        Ok(parsed) => parsed,
        Err(refusal) => return refusal,
    };
    if config.list_over_cap == OverCap::BadRequest && span.count > Some(LIST_CAP) {
        return Response::error(400, format!("count: a list has at most {LIST_CAP} entries"));
    }
    let limit = span.limit.min(LIST_CAP);
    let ids = match config.list_ids {
        Heard::Honoured => request.query.all("dlqIds"),
        Heard::Ignored => Vec::new(),
        Heard::BadRequest if request.query.get("dlqIds").is_some() => {
            return Response::error(400, "dlqIds: unknown parameter");
        }
        Heard::BadRequest => Vec::new(),
    };
    let mut page = if ids.is_empty() {
        state.store.page(&filter, span.cursor, limit, false, config)
    } else {
        let known = ids
            .iter()
            .filter_map(|id| Key::parse(id))
            .filter(|key| state.store.get(*key).is_some());
        Page { keys: known.collect(), next: None }
    };
    if config.shuffle {
        state.rng.shuffle(&mut page.keys);
    }
    let mut text = String::with_capacity(64 + page.keys.len() * 900);
    text.push_str("{\"messages\":[");
    for (i, key) in page.keys.iter().enumerate() {
        if let Some(entry) = state.store.get(*key) {
            if i > 0 {
                text.push(',');
            }
            push_entry(&mut text, *key, entry, config);
        }
    }
    text.push(']');
    push_cursor(&mut text, page.next, config);
    text.push('}');
    Response::json_text(200, text)
}

/// `GET /v2/workflows/dlq/{id}`.
pub fn get(state: &State, id: &str) -> Response {
    match Key::parse(id).and_then(|key| state.store.get(key).map(|entry| (key, entry))) {
        None => missing(id, &state.config),
        Some((key, entry)) => {
            let mut text = String::new();
            push_entry(&mut text, key, entry, &state.config);
            Response::json_text(200, text)
        }
    }
}

/// The response for an id in a path that is malformed or unknown.
pub fn missing(id: &str, config: &Config) -> Response {
    match malformed(id) && config.malformed_id != MalformedId::NotFound {
        true => Response::error(400, format!("invalid DLQ id: {id}")),
        false => Response::error(404, format!("dlq message {id} not found")),
    }
}

/// Whether an id is malformed.
pub fn malformed(id: &str) -> bool {
    Key::parse(id).is_none()
}

/// Appends the `cursor` field in the configured form.
pub fn push_cursor(text: &mut String, next: Option<Cursor>, config: &Config) {
    match (next, config.end_cursor) {
        (Some(next), _) => {
            text.push_str(",\"cursor\":");
            push_string(text, &cursor::write(next, config.cursor_life_ms, now_ms()));
        }
        (None, EndCursor::Empty) => text.push_str(",\"cursor\":\"\""),
        (None, EndCursor::Null) => text.push_str(",\"cursor\":null"),
        (None, EndCursor::Absent) => {}
    }
}
