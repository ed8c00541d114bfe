//! The logs of workflow runs: `GET /v2/workflows/logs`, and `GET /v2/workflows/events` grouped by run.

pub mod attempt;
mod query;
mod steps;
mod view;

use std::ops::{Bound, RangeBounds};

use serde_json::{json, Map, Value};

use crate::audit::{Record, RunState};
use crate::config::{Config, LogsOrder, LogsPath};
use crate::dlq::Key;
use crate::http::{Request, Response};
use crate::state::State;
use crate::values::cursor::{self, Cursor};
use crate::values::now_ms;
use query::LogQuery;
use view::View;

/// How bodies are shown.
#[derive(Debug, Clone, Copy)]
pub struct Bodies {
    /// Maximum bytes; inner `None`: no maximum; outer `None`: no bodies.
    limit: Option<Option<usize>>,
    /// Whether failed attempts have `error` besides their body.
    pub error_text: bool,
}

impl Bodies {
    /// From `trimBody`: −1 leaves bodies out, another number is the maximum of bytes, `None` shows all.
    pub fn new(trim: Option<i64>, error_text: bool) -> Self {
        let limit = match trim {
            None => Some(None),
            Some(bytes) => usize::try_from(bytes).ok().map(Some),
        };
        Bodies { limit, error_text }
    }

    /// Adds a field with a body.
    pub fn put(&self, shown: &mut Map<String, Value>, name: &str, text: &str) {
        let Some(limit) = self.limit else { return };
        let most = limit.unwrap_or(text.len()).min(text.len());
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        shown.insert(name.into(), text[..end].into());
    }
}

/// Handles a request for logs; `what` is the path after `/v2/workflows/`.
pub fn list(state: &State, request: &Request, path: &str) -> Response {
    let config = &state.config;
    let there = match config.logs_path {
        LogsPath::Both => true,
        LogsPath::Logs => path == "logs",
        LogsPath::Events => path == "events",
        LogsPath::None => false,
    };
    if !there {
        return Response::error(404, format!("no such endpoint: GET {}", request.path));
    }
    let grouped = request.query.get("groupBy");
    if grouped.or((path == "logs").then_some("workflowRunId")) != Some("workflowRunId") {
        return Response::error(400, "groupBy: only workflowRunId is emulated");
    }
    match LogQuery::parse(request, config) {
        Ok(query) => page(state, &query),
        Err(why) => Response::error(400, why),
    }
}

fn page(state: &State, query: &LogQuery) -> Response {
    let config = &state.config;
    // With `logsDelayMs`, what happened after this is not in the logs yet.
    let until = now_ms() - config.logs_delay_ms as i64;
    let listed =
        |(_, record): &(Key, &Record)| record.created_at <= until && !is_expired(record, config);
    let all = candidates(state, query);
    let mut matching = all
        .filter(listed)
        .filter(|(_, record)| query.may_match(state, record))
        .map(|(key, record)| (key, View::of(state, record, until)))
        .filter(|(_, view)| query.matches(view, &query.bodies(config)))
        .peekable();
    let mut runs = Vec::with_capacity(query.limit);
    let mut last = None;
    while let Some((key, view)) = matching.next_if(|_| runs.len() < query.limit) {
        runs.push(view.to_json(&query.bodies(config)));
        last = Some(key);
    }
    let next = last.filter(|_| matching.peek().is_some()).map(Cursor::After);
    let written = |next| cursor::write(next, config.cursor_life_ms, now_ms());
    let cursor = next.map_or_else(String::new, written);
    Response::json(200, &json!({"cursor": cursor, "runs": runs}))
}

/// The candidates for a page, in order: the runs that are named, or all from the cursor on.
fn candidates<'a>(
    state: &'a State,
    query: &'a LogQuery,
) -> Box<dyn Iterator<Item = (Key, &'a Record)> + 'a> {
    let newest = state.config.logs_order == LogsOrder::Newest;
    let after = match query.cursor {
        Some(Cursor::After(key)) => Some((key.ms, key.seq)),
        _ => None,
    };
    let range = match after {
        Some(after) if newest => (Bound::Unbounded, Bound::Excluded(after)),
        Some(after) => (Bound::Excluded(after), Bound::Unbounded),
        None => (Bound::Unbounded, Bound::Unbounded),
    };
    let sorted: Box<dyn DoubleEndedIterator<Item = _>> = match query.named() {
        None => Box::new(state.audit.by_time(range)),
        Some(ids) => {
            let mut named: Vec<(Key, &Record)> =
                ids.iter().filter_map(|id| state.audit.find(id)).collect();
            named.sort_unstable_by_key(|(key, _)| *key);
            named.dedup_by_key(|(key, _)| *key);
            named.retain(|(key, _)| range.contains(&(key.ms, key.seq)));
            Box::new(named.into_iter())
        }
    };
    if newest {
        Box::new(sorted.rev())
    } else {
        sorted
    }
}

/// Whether the logs still keep a run.
fn is_expired(record: &Record, config: &Config) -> bool {
    let Some(retention) = config.logs_retention_ms else { return false };
    record.state != RunState::Started
        && record.ended_at.is_some_and(|at| at < now_ms() - retention as i64)
}
