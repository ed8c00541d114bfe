//! Logs of runs: the request for the state of given runs, and what a log or a DLQ entry says of one.
//!
//! The service documents `GET /v2/workflows/logs`; its SDK calls `GET /v2/workflows/events` with
//! `groupBy=workflowRunId`. Both answer `{ runs, cursor }`, at most [`RUNS_MAX`] runs a page.

use super::request::Query;
use super::response::{moment, NAME_MAX};
use super::{Body, Operation, Request};
use crate::params::date::LATEST_MS;
use crate::params::issue::prefix;
use crate::params::{Overrides, RequestOptions, RunName};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Runs a page at most, by the service's description.
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
    /// Not seen, or in a state that this version does not know.
    Unknown,
    /// Under way, without an error in its present step.
    Running,
    /// Under way, and its present step has failed at least once.
    Retrying,
    Succeeded,
    /// Failed for good: in the DLQ, or on its way there.
    Failed,
    Canceled,
}

impl RunState {
    /// Whether it can't change any more.
    pub fn is_final(self) -> bool {
        matches!(self, RunState::Succeeded | RunState::Failed | RunState::Canceled)
    }
}

/// Why a run failed, or is retried: its last error, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cause {
    /// The name of the step.
    pub step: Option<String>,
    /// The HTTP status that the step was answered with.
    pub status: Option<u32>,
    /// The error's message, shortened.
    pub error: Option<String>,
}

/// A run as an answer shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSeen {
    pub name: RunName,
    pub state: RunState,
    /// Its entry in the DLQ, where it failed.
    pub dlq_id: Option<String>,
    pub cause: Cause,
}

/// Whether a run can be asked for together with others: with its date, and without the separators
/// of their list in its id.
pub fn is_listable(run: &RunName) -> bool {
    run.created.is_some() && !run.id.bytes().any(|byte| byte == b',' || byte == b'@')
}

/// The request for the logs of `runs`: of several by the list of them, of one by its id and date.
pub fn request(
    path: LogsPath,
    runs: &[&RunName],
    cursor: Option<&str>,
    options: &RequestOptions,
) -> Request {
    let mut query = Query::new(match path {
        LogsPath::Logs => "/v2/workflows/logs",
        LogsPath::Events => EVENTS,
    });
    if path == LogsPath::Events {
        query.add("groupBy", "workflowRunId");
    }
    if let [run] = runs {
        query.add("workflowRunId", &run.id);
        let created = run.created.map(|at| at.to_string());
        query.optional("workflowCreatedAt", created.as_deref());
    } else {
        let mut list = String::new();
        for run in runs {
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(&run.id);
            list.push('@');
            list.push_str(&run.created.unwrap_or_default().to_string());
        }
        query.add("workflowRuns", &list);
    }
    query.add("count", &RUNS_MAX.to_string());
    query.add("trimBody", BODY_BYTES);
    query.optional("cursor", cursor);
    query.finish(Operation::Logs, &Overrides::default(), options)
}

/// The request of `client.logs`, as the SDK's.
pub fn single(query: &[(&'static str, String)], options: &RequestOptions) -> Request {
    let mut target = Query::new(EVENTS);
    target.add("groupBy", "workflowRunId");
    for (name, value) in query {
        target.add(name, value);
    }
    target.finish(Operation::Logs, &Overrides::default(), options)
}

/// Reads a run of a logs page; `None` without an id.
pub fn read_run<B: Body>(run: &B) -> Option<RunSeen> {
    let name = RunName {
        id: run_id(run)?,
        created: run.get("workflowRunCreatedAt").and_then(|at| date(&at)),
    };
    let mut state = match run.get("workflowState").and_then(|state| state.text()).as_deref() {
        Some("RUN_STARTED") => RunState::Running,
        Some("RUN_SUCCESS") => RunState::Succeeded,
        Some("RUN_FAILED") => RunState::Failed,
        Some("RUN_CANCELED") => RunState::Canceled,
        _ => RunState::Unknown,
    };
    let mut cause = Cause::default();
    if matches!(state, RunState::Running | RunState::Failed) {
        let failed = failed_step(run);
        if state == RunState::Running && failed.is_some() {
            state = RunState::Retrying;
        }
        cause = failed.unwrap_or_default();
    }
    if let (RunState::Failed, Some(failure)) = (state, run.get("failureFunction")) {
        cause.status = cause.status.or_else(|| status(failure.get("failStatus")));
        cause.error = cause.error.or_else(|| error(failure.get("failResponse")));
    }
    let dlq_id = run.get("dlqId").and_then(|id| id.text()).filter(|id| is_name(id));
    Some(RunSeen { name, state, dlq_id, cause })
}

/// Reads a DLQ entry as what it says of its run; `None` without a run id.
pub fn read_entry<B: Body>(entry: &B) -> Option<RunSeen> {
    let name = RunName {
        id: run_id(entry)?,
        created: entry.get("workflowCreatedAt").and_then(|at| date(&at)),
    };
    let header = entry.get("responseHeader").and_then(|headers| {
        let named = headers.get("Upstash-Error-Step-Name");
        named.or_else(|| headers.get("upstash-error-step-name"))?.at(0)?.text()
    });
    let cause = Cause {
        step: header.filter(|name| !name.is_empty()),
        status: status(entry.get("responseStatus")),
        error: error(entry.get("responseBody")),
    };
    let dlq_id = entry.get("dlqId").and_then(|id| id.text()).filter(|id| is_name(id));
    Some(RunSeen { name, state: RunState::Failed, dlq_id, cause })
}

/// The last error of the step that is next; `None` where it has none and does not wait for a retry.
fn failed_step<B: Body>(run: &B) -> Option<Cause> {
    let groups = run.get("steps")?;
    let next = (0..groups.length()?)
        .rev()
        .filter_map(|index| groups.at(index))
        .find(|group| group.get("type").and_then(|kind| kind.text()).as_deref() == Some("next"))?;
    let steps = next.get("steps")?;
    (0..steps.length()?).filter_map(|index| steps.at(index)).find_map(|step| {
        let errors = step.get("errors");
        let count = errors.as_ref().and_then(B::length).unwrap_or(0);
        let state = step.get("state").and_then(|state| state.text());
        if count == 0 && !matches!(state.as_deref(), Some("STEP_RETRY" | "STEP_FAILED")) {
            return None;
        }
        let last = errors.and_then(|errors| errors.at(count.checked_sub(1)?));
        let last = last.as_ref();
        Some(Cause {
            step: step.get("stepName").and_then(|name| name.text()).filter(|name| !name.is_empty()),
            status: status(last.and_then(|last| last.get("status"))),
            error: error(last.and_then(|last| last.get("body")))
                .or_else(|| error(last.and_then(|last| last.get("error")))),
        })
    })
}

fn run_id<B: Body>(value: &B) -> Option<String> {
    value.get("workflowRunId")?.text().filter(|id| is_name(id))
}

fn is_name(id: &str) -> bool {
    (1..=NAME_MAX).contains(&id.len())
}

/// A moment, as a number or, as older services wrote it, as a text of digits.
pub fn date<B: Body>(value: &B) -> Option<i64> {
    moment(value)
        .or_else(|| value.text()?.parse::<i64>().ok().filter(|ms| (1..=LATEST).contains(ms)))
}

fn status<B: Body>(value: Option<B>) -> Option<u32> {
    let number = value?.number()?;
    (100.0..1000.0).contains(&number).then_some(number as u32)
}

fn error<B: Body>(value: Option<B>) -> Option<String> {
    let text = value?.text()?;
    let text = text.trim_ascii();
    (!text.is_empty()).then(|| String::from(prefix(text, ERROR_MAX)))
}

const EVENTS: &str = "/v2/workflows/events";
/// The latest moment that JavaScript's dates know.
const LATEST: i64 = LATEST_MS as i64;
/// Bytes of each body that the service is to send: enough for an error's message.
const BODY_BYTES: &str = "1024";
/// Characters of an error's message.
const ERROR_MAX: usize = 200;

/// The runs that an answer shows, read by `read`.
pub fn read_all<B: Body>(list: &B, read: fn(&B) -> Option<RunSeen>) -> Vec<RunSeen> {
    (0..list.length().unwrap_or(0)).filter_map(|index| read(&list.at(index)?)).collect()
}
