//! Resume, restart and delete: by ids, by filter, and of one entry.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Arc;

use super::json::push_string;
use super::reads::{malformed, missing, parse_filter, push_cursor};
use super::store::Page;
use super::Key;
use crate::audit::{Act, Origin, Record};
use crate::config::{Config, IdsOverCap, MalformedId, NotFound, SingleDelete, Unresumable};
use crate::engine;
use crate::http::{Request, Response};
use crate::overrides::Overrides;
use crate::schedule::Task;
use crate::seeded;
use crate::state::State;
use crate::values::cursor::Cursor;
use crate::values::now_ms;

/// A run created from an entry.
struct Made {
    id: Arc<str>,
    created_at: i64,
}

/// `POST /v2/workflows/dlq/resume`, `/restart` and `DELETE /v2/workflows/dlq`.
pub fn bulk(state: &mut State, act: Act, request: &Request) -> Response {
    let overrides = match overrides_of(act, request, &state.config) {
        Ok(overrides) => overrides,
        Err(refusal) => return refusal,
    };
    let ids = request.query.all("dlqIds");
    if ids.is_empty() {
        by_filter(state, act, request, overrides)
    } else {
        by_ids(state, act, ids, overrides)
    }
}

/// The same three for the entry whose id is in the path.
pub fn single(state: &mut State, act: Act, id: &str, request: &Request) -> Response {
    let overrides = match overrides_of(act, request, &state.config) {
        Ok(overrides) => overrides,
        Err(refusal) => return refusal,
    };
    let Some(key) = Key::parse(id).filter(|key| state.store.takable(*key, &state.config)) else {
        return missing(id, &state.config);
    };
    if let Some(refusal) = refuse_unresumable(state, act, &[key]) {
        return refusal;
    }
    let made = take(state, act, &[key], overrides);
    match made.first() {
        Some(run) => {
            let mut text = String::new();
            push_run(&mut text, run);
            Response::json_text(200, text)
        }
        None if state.config.single_delete_body == SingleDelete::Json => {
            Response::json_text(200, r#"{"deleted":1}"#.into())
        }
        None => Response::empty(200),
    }
}

fn overrides_of(
    act: Act,
    request: &Request,
    config: &Config,
) -> Result<Option<Arc<Overrides>>, Response> {
    if act == Act::Delete {
        return Ok(None);
    }
    let overrides = Overrides::parse(&request.headers, config.flow_headers)
        .map_err(|why| Response::error(400, why))?;
    Ok((overrides != Overrides::default()).then(|| Arc::new(overrides)))
}

fn by_filter(
    state: &mut State,
    act: Act,
    request: &Request,
    overrides: Option<Arc<Overrides>>,
) -> Response {
    let config = &state.config;
    let (filter, span) = match parse_filter(request, config) {
        Ok(parsed) => parsed,
        Err(refusal) => return refusal,
    };
    let cap = entries_cap(act, config);
    let limit = span.limit.min(cap).saturating_add(config.more_than_count);
    let mut page = state.store.page(&filter, span.cursor, limit, true, config);
    if act != Act::Delete && config.unresumable == Unresumable::Skip {
        page.keys.retain(|key| state.store.get(*key).is_some_and(|entry| !entry.unresumable));
    } else if let Some(refusal) = refuse_unresumable(state, act, &page.keys) {
        return refusal;
    }
    let Page { keys, next } = page;
    let made = take(state, act, &keys, overrides);
    response(state, act, keys.len(), made, next)
}

fn by_ids(
    state: &mut State,
    act: Act,
    mut ids: Vec<String>,
    overrides: Option<Arc<Overrides>>,
) -> Response {
    let config = &state.config;
    let mut next = None;
    if config.malformed_id == MalformedId::Everywhere {
        if let Some(id) = ids.iter().find(|id| malformed(id)) {
            return Response::error(400, format!("invalid DLQ id: {id}"));
        }
    }
    let cap = config.ids_cap.unwrap_or(usize::MAX).min(entries_cap(act, config));
    if ids.len() > cap {
        match config.ids_over_cap {
            IdsOverCap::BadRequest => return Response::error(400, format!("at most {cap} dlqIds")),
            IdsOverCap::First => ids.truncate(cap),
            IdsOverCap::Cursor => {
                ids.truncate(cap);
                next = ids.last().and_then(|id| Key::parse(id)).map(Cursor::After);
            }
        }
    }
    let mut seen = HashSet::new();
    let (mut keys, mut gone) = (Vec::new(), Vec::new());
    for id in ids.iter().filter(|id| seen.insert(id.as_str())) {
        match Key::parse(id).filter(|key| state.store.takable(*key, config)) {
            Some(key) if gone.is_empty() || config.not_found != NotFound::StopAtFirst => {
                keys.push(key)
            }
            Some(_) => {}
            None => gone.push(id.as_str()),
        }
    }
    // A bulk delete ignores missing ids: its `deleted` is the number of those that existed.
    let refused = act != Act::Delete && !gone.is_empty();
    let message = refused.then(|| format!("some DLQ messages were not found: {}", gone.join(", ")));
    if let (Some(message), NotFound::Atomic) = (&message, config.not_found) {
        return Response::error(404, message);
    }
    if act != Act::Delete && config.unresumable == Unresumable::Skip {
        keys.retain(|key| state.store.get(*key).is_some_and(|entry| !entry.unresumable));
    } else if let Some(refusal) = refuse_unresumable(state, act, &keys) {
        return refusal;
    }
    let made = take(state, act, &keys, overrides);
    match message {
        Some(message) => Response::error(404, message),
        None => response(state, act, keys.len(), made, next),
    }
}

/// The maximum of entries for this kind of request, besides `pageCap`.
fn entries_cap(act: Act, config: &Config) -> usize {
    match act {
        Act::Resume => config.resume_cap,
        Act::Restart => config.restart_cap,
        Act::Delete => None,
    }
    .unwrap_or(usize::MAX)
}

fn refuse_unresumable(state: &State, act: Act, keys: &[Key]) -> Option<Response> {
    let refused = |key: &&Key| state.store.get(**key).is_some_and(|entry| entry.unresumable);
    let key = keys.iter().find(refused).filter(|_| act != Act::Delete)?;
    match state.config.unresumable {
        Unresumable::NotFound => Some(Response::error(404, "some DLQ messages were not found")),
        _ => Some(Response::error(400, format!("dlq message {key} can not be resumed"))),
    }
}

/// Removes the entries from the queue and creates their runs.
fn take(state: &mut State, act: Act, keys: &[Key], overrides: Option<Arc<Overrides>>) -> Vec<Made> {
    let now = now_ms();
    let late = state.config.late_removal_ms;
    let mut made = Vec::with_capacity(keys.len());
    for key in keys {
        state.audit.act(act, *key);
        let entry = if late > 0 {
            let Some(entry) = state.store.get_mut(*key) else {
                continue;
            };
            entry.leaving = true;
            entry.clone()
        } else {
            let Some(entry) = state.store.remove(*key) else {
                continue;
            };
            entry
        };
        if act == Act::Delete {
            continue;
        }
        let id: Arc<str> = state.ids.id("wfr_").into();
        state.audit.run(Record {
            id: id.clone(),
            created_at: now,
            workflow_url: entry.shared.workflow_url.clone(),
            origin: Origin::Dlq(act, *key),
            parent: Some(entry.run_id.clone()),
            overrides: overrides.clone(),
            ..Record::default()
        });
        match entry.source.clone() {
            Some(failed) => {
                engine::start_again(state, act, &failed, id.clone(), now, overrides.as_deref())
            }
            None => seeded::begin(state, id.clone(), now, entry, overrides.as_deref()),
        }
        made.push(Made { id, created_at: now });
    }
    if late > 0 && !keys.is_empty() {
        let delay = std::time::Duration::from_millis(late);
        state.schedule.add(delay, Task::Vanish(keys.to_vec()));
    }
    made
}

fn response(
    state: &mut State,
    act: Act,
    taken: usize,
    mut made: Vec<Made>,
    next: Option<Cursor>,
) -> Response {
    let mut text = String::with_capacity(64 + made.len() * 90);
    if act == Act::Delete {
        let _ = write!(text, "{{\"deleted\":{taken}");
    } else {
        if state.config.shuffle {
            state.rng.shuffle(&mut made);
        }
        text.push_str("{\"workflowRuns\":[");
        for (i, run) in made.iter().enumerate() {
            if i > 0 {
                text.push(',');
            }
            push_run(&mut text, run);
        }
        text.push(']');
    }
    push_cursor(&mut text, next, &state.config);
    text.push('}');
    Response::json_text(200, text)
}

fn push_run(text: &mut String, run: &Made) {
    text.push_str("{\"workflowRunId\":");
    push_string(text, &run.id);
    let _ = write!(text, ",\"workflowCreatedAt\":{}}}", run.created_at);
}
