//! `POST /_emulator/runs`: runs in any state, and runs that change on a schedule.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{json, Value};

use super::plan::{FailedResponse, RunPlan};
use super::{go, Change, Progress};
use crate::audit::{Origin, Record, RunState};
use crate::dlq::entry::{Entry, Shared};
use crate::logs::attempt::Attempt;
use crate::overrides::parse_flow;
use crate::state::State;
use crate::values::now_ms;
use crate::values::range::{within, COUNT, DATE_MS, SPAN_MS};

/// A run, or `count` equal ones; missing fields have plain defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExactRun {
    count: u32,
    workflow_run_id: Option<String>,
    workflow_created_at: Option<i64>,
    /// Milliseconds between the creation of consecutive runs of `count`.
    every_ms: i64,
    workflow_url: String,
    labels: Vec<String>,
    flow_control_key: Option<String>,
    caller_ip: String,
    retries: u32,
    retry_delay: Option<String>,
    /// Finished steps: a name, or a list of parallel ones.
    steps: Vec<Names>,
    /// Failed attempts of the step after these.
    errors: Vec<FailedResponse>,
    state: RunState,
    ended_at: Option<i64>,
    response: Value,
    /// Later changes.
    then: Vec<Later>,
}

impl Default for ExactRun {
    fn default() -> Self {
        ExactRun {
            count: 1,
            workflow_run_id: None,
            workflow_created_at: None,
            every_ms: 1,
            workflow_url: "https://example.com/workflow".into(),
            labels: Vec::new(),
            flow_control_key: None,
            caller_ip: "127.0.0.1".into(),
            retries: 3,
            retry_delay: None,
            steps: Vec::new(),
            errors: Vec::new(),
            state: RunState::Started,
            ended_at: None,
            response: Value::Null,
            then: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
}

impl From<Names> for Vec<String> {
    fn from(names: Names) -> Self {
        match names {
            Names::One(name) => vec![name],
            Names::Many(names) => names,
        }
    }
}

/// A change, with its delay in milliseconds after the previous one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Later {
    after_ms: u64,
    steps: Option<Names>,
    error: Option<FailedResponse>,
    state: Option<RunState>,
}

impl TryFrom<Later> for (u64, Change) {
    type Error = String;

    fn try_from(later: Later) -> Result<Self, String> {
        let change = match (later.steps, later.error, later.state) {
            (Some(names), None, None) => Change::Steps(names.into()),
            (None, Some(response), None) => Change::Attempt(Some(response)),
            (None, None, Some(state)) => Change::End(state),
            _ => return Err("runs: each change in `then` has one of steps, error and state".into()),
        };
        Ok((later.after_ms, change))
    }
}

/// Adds the runs and returns their ids and dates.
pub fn seed_runs(state: &mut State, body: Value) -> Result<Value, String> {
    let runs: Vec<ExactRun> = serde_json::from_value(body).map_err(|e| format!("runs: {e}"))?;
    let mut made = Vec::new();
    for run in runs {
        if run.count != 1 && run.workflow_run_id.is_some() {
            return Err("runs: a workflowRunId goes with count 1; leave it out for new ids".into());
        }
        run.check().map_err(|why| format!("runs: {why}"))?;
        for i in 0..run.count {
            made.push(add(state, &run, i)?);
        }
    }
    Ok(json!({"count": made.len(), "workflowRuns": made}))
}

impl ExactRun {
    fn check(&self) -> Result<(), String> {
        let first = self.workflow_created_at.unwrap_or_else(now_ms);
        let last = first.saturating_add(self.every_ms.saturating_mul(i64::from(self.count)));
        within("count", self.count, COUNT)?;
        within("everyMs", self.every_ms, 0..=*SPAN_MS.end() as i64)?;
        within("workflowCreatedAt", first, DATE_MS)?;
        within("workflowCreatedAt of the last run", last, DATE_MS)?;
        within("endedAt", self.ended_at.unwrap_or_default(), DATE_MS)?;
        self.then.iter().try_for_each(|later| within("afterMs", later.after_ms, SPAN_MS))
    }
}

fn add(state: &mut State, run: &ExactRun, i: u32) -> Result<Value, String> {
    let now = now_ms();
    let id: Arc<str> = run.workflow_run_id.clone().unwrap_or_else(|| state.ids.id("wfr_")).into();
    if state.audit.record(&id).is_some() {
        return Err(format!("runs: workflowRunId {id} is in use; leave it out for a new one"));
    }
    let created_at = run.workflow_created_at.unwrap_or(now - 5_000) + run.every_ms * i64::from(i);
    let flow = parse_flow(
        run.flow_control_key.clone(),
        run.flow_control_key.as_ref().map(|_| "parallelism=10, rate=100".to_owned()),
    )?;
    let mut shared = Shared {
        url: run.workflow_url.clone(),
        workflow_url: run.workflow_url.as_str().into(),
        method: "POST".into(),
        max_retries: run.retries,
        caller_ip: run.caller_ip.clone(),
        labels: run.labels.clone(),
        flow,
        plan: RunPlan { retry_delay: run.retry_delay.clone(), ..RunPlan::default() },
        ..Shared::default()
    };
    shared.plan.check().map_err(|why| format!("runs: {why}"))?;
    shared = shared.with_response(run.errors.last().unwrap_or(&FailedResponse::default()));
    let attempt = |response: &FailedResponse| Attempt {
        at: created_at.max(now - 1_000),
        status: response.status,
        headers: response.headers(),
        body: response.body.clone().into_bytes(),
    };
    let entry = Entry {
        index: i,
        run_id: id.clone(),
        run_created_at: created_at,
        created_at,
        shared: Arc::new(shared),
        state: None,
        callback_response: None,
        unresumable: false,
        leaving: false,
        source: None,
    };
    let then: VecDeque<(u64, Change)> =
        run.then.iter().cloned().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let ended_at = (run.state != RunState::Started).then(|| run.ended_at.unwrap_or(now));
    let failed_as = match run.state {
        RunState::Failed => Some(state.store.insert(ended_at.unwrap_or(now), entry.clone())),
        _ => None,
    };
    state.audit.run(Record {
        id: id.clone(),
        created_at,
        workflow_url: run.workflow_url.as_str().into(),
        origin: Origin::Seed,
        state: run.state,
        ended_at,
        failed_as,
        ..Record::default()
    });
    let steps = run.steps.iter().map(|names| (created_at, names.clone().into()));
    let progress = Progress {
        entry,
        steps: steps.collect(),
        attempts: run.errors.iter().map(attempt).collect(),
        retry_at: None,
        retries: run.retries,
        response: (!run.response.is_null()).then(|| run.response.to_string()),
        then,
    };
    go(state, id.clone(), progress);
    Ok(json!({"workflowRunId": &*id, "workflowCreatedAt": created_at}))
}
