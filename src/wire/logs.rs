//! Logs of runs: requests for the logs of given runs, and the state of a run from its log or DLQ entry.
//!
//! The service documents `GET /v2/workflows/logs`; its SDK calls `GET /v2/workflows/events` with
//! `groupBy=workflowRunId`. Both return `{ runs, cursor }` with at most [`RUNS_MAX`] runs per page.

use super::body::{timestamp, Body, NAME_MAX};
use super::entry;
use super::request::{Operation, Query, Request};
use crate::decimal::decimal;
use crate::id::DlqId;
use crate::params::date::LATEST_MS;
use crate::params::{Overrides, RequestOptions, RunName};
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;

/// Maximum number of runs per page, documented by the service.
pub const RUNS_MAX: usize = 10;

/// An endpoint that lists the logs of runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LogsPath {
    /// `/v2/workflows/logs`
    Logs,
    /// `/v2/workflows/events?groupBy=workflowRunId`
    Events,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Not seen, or a state that this version does not know.
    Unknown,
    /// In progress, without an error in its current step.
    Running,
    /// In progress, and its current step has failed at least once.
    Retrying,
    /// Completed.
    Succeeded,
    /// Failed after the last retry.
    Failed,
    /// Canceled by a caller of the service.
    Canceled,
}

impl RunState {
    /// Whether the run has ended.
    pub fn is_final(self) -> bool {
        matches!(self, RunState::Succeeded | RunState::Failed | RunState::Canceled)
    }
}

/// The last error of a run that failed or is being retried. Each part may be unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cause {
    /// The name of the step.
    pub step: Option<String>,
    /// The HTTP status of the response to the step.
    pub status: Option<u32>,
    /// The error's message, shortened.
    pub error: Option<String>,
}

/// A run in a response.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSeen {
    /// The run's id and creation date.
    pub name: RunName,
    /// The run's state.
    pub state: RunState,
    /// Its entry in the DLQ, if it failed.
    pub dlq_id: Option<DlqId>,
    /// Its last error, if it failed or is being retried; empty otherwise.
    pub cause: Cause,
}

/// Whether a run can be part of a list in a query: its date is known, and its id contains no separator of the
/// list (`,` and `@`).
pub fn is_listable(run: &RunName) -> bool {
    run.created.is_some() && !run.id.as_str().bytes().any(|byte| byte == b',' || byte == b'@')
}

/// The request for the logs of `runs`, at most [`RUNS_MAX`]: several as a list of `id@date`, a single one by its id
/// and date. All runs of a list have to be [listable](is_listable).
pub fn request(path: LogsPath, runs: &[&RunName], options: &RequestOptions) -> Request {
    let mut query = match path {
        LogsPath::Logs => Query::new("/v2/workflows/logs"),
        LogsPath::Events => events(),
    };
    if let [run] = runs {
        query.add("workflowRunId", run.id.as_str());
        let created = run.created.map(|at| decimal(at.ms()));
        query.optional("workflowCreatedAt", created.as_deref());
    } else {
        let mut list = String::new();
        for run in runs {
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(run.id.as_str());
            list.push('@');
            list.push_str(&decimal(run.created.unwrap_or_default().ms()));
        }
        query.add("workflowRuns", &list);
    }
    query.add("count", &decimal(RUNS_MAX));
    query.add("trimBody", BODY_BYTES);
    query.finish(Operation::Logs, &Overrides::default(), options)
}

/// The request of `client.logs`, the same as the SDK's.
pub fn single(query: &[(&'static str, String)], options: &RequestOptions) -> Request {
    let mut target = events();
    for (name, value) in query {
        target.add(name, value);
    }
    target.finish(Operation::Logs, &Overrides::default(), options)
}

fn events() -> Query {
    let mut query = Query::new("/v2/workflows/events");
    query.add("groupBy", "workflowRunId");
    query
}

/// Reads a run of a logs page; `None` if it has no id.
pub fn read_run<B: Body>(run: &B) -> Option<RunSeen> {
    let mut seen = read_name(run, "workflowRunCreatedAt")?;
    seen.state = match text(run, "workflowState").as_deref() {
        Some("RUN_STARTED") => RunState::Running,
        Some("RUN_SUCCESS") => RunState::Succeeded,
        Some("RUN_FAILED") => RunState::Failed,
        Some("RUN_CANCELED") => RunState::Canceled,
        _ => RunState::Unknown,
    };
    if matches!(seen.state, RunState::Running | RunState::Failed) {
        if let Some(cause) = failed_step(run) {
            seen.cause = cause;
            if seen.state == RunState::Running {
                seen.state = RunState::Retrying;
            }
        }
    }
    Some(seen)
}

/// Reads the failed run of a DLQ entry; `None` if it has no run id.
pub fn read_entry<B: Body>(entry: &B) -> Option<RunSeen> {
    let mut seen = read_name(entry, "workflowCreatedAt")?;
    seen.state = RunState::Failed;
    seen.cause = Cause {
        step: entry::step(entry),
        status: status(entry, "responseStatus"),
        error: entry::message(entry::response_body(entry)),
    };
    Some(seen)
}

/// Reads the ids of a run; the state remains unknown.
fn read_name<B: Body>(value: &B, created: &'static str) -> Option<RunSeen> {
    let id = text(value, "workflowRunId").filter(|id| id.len() <= NAME_MAX)?;
    Some(RunSeen {
        name: RunName { id: id.into(), created: value.get(created).and_then(|at| date(&at)) },
        state: RunState::Unknown,
        dlq_id: text(value, "dlqId").filter(|id| id.len() <= NAME_MAX).map(DlqId::from),
        cause: Cause::default(),
    })
}

/// The last error of a step in progress; `None` if no step has an error without having succeeded
/// since. Branches of a parallel step have their own group, so all groups are searched.
fn failed_step<B: Body>(run: &B) -> Option<Cause> {
    let groups = run.get("steps")?;
    for group in (0..groups.length()?).rev() {
        let Some(steps) = groups.at(group).and_then(|group| group.get("steps")) else {
            continue;
        };
        for index in 0..steps.length().unwrap_or(0) {
            let cause = steps.at(index).and_then(|step| failure(&step));
            if cause.is_some() {
                return cause;
            }
        }
    }
    None
}

/// The last error of a step; `None` if it has none or has succeeded since.
fn failure<B: Body>(step: &B) -> Option<Cause> {
    let errors = step.get("errors");
    let last = errors.and_then(|errors| errors.at(errors.length()?.checked_sub(1)?));
    match text(step, "state").as_deref() {
        Some("STEP_RETRY" | "STEP_FAILED") => {}
        Some("STEP_PROGRESS") if last.is_some() => {}
        _ => return None,
    }
    let mut cause = Cause { step: text(step, "stepName").map(entry::cut), ..Cause::default() };
    if let Some(last) = last {
        cause.status = status(&last, "status");
        cause.error =
            entry::message(last.get("body")).or_else(|| entry::message(last.get("error")));
    }
    Some(cause)
}

/// The text of a field; `None` if it is empty.
fn text<B: Body>(value: &B, key: &'static str) -> Option<String> {
    value.get(key)?.text().filter(|text| !text.is_empty())
}

/// A point in time in milliseconds, as a number or a string of digits; `None` for anything else.
pub fn date<B: Body>(value: &B) -> Option<Timestamp> {
    let digits = || value.text()?.parse::<i64>().ok().filter(|ms| (1..=LATEST).contains(ms));
    timestamp(value).or_else(|| digits().map(Timestamp::from_ms))
}

fn status<B: Body>(value: &B, key: &'static str) -> Option<u32> {
    let number = value.get(key)?.number()?;
    (100.0..1000.0).contains(&number).then_some(number as u32)
}

/// The latest point in time of a JavaScript `Date`.
const LATEST: i64 = LATEST_MS as i64;
/// Maximum length in bytes of each body in a response (`trimBody`): enough for an error with its stack.
const BODY_BYTES: &str = "4096";

/// The runs in the list of a response, each read by `read`; items that it can't read are skipped.
pub fn read_all<B: Body>(list: &B, read: fn(&B) -> Option<RunSeen>) -> Vec<RunSeen> {
    let mut runs = Vec::new();
    for index in 0..list.length().unwrap_or(0) {
        if let Some(run) = list.at(index).and_then(|item| read(&item)) {
            runs.push(run);
        }
    }
    runs
}
