//! What was really done, for tests to compare with what a client reports.

use serde_json::{json, Value};

use crate::http::Request;
use crate::state::State;

/// `GET /_emulator/audit`: counts and, without `?summary`, each entry, run and workflow.
pub fn audit(state: &State, summary: bool) -> Value {
    let mut audit = state.audit.summary();
    audit.insert("entries".into(), state.store.made().into());
    audit.insert("remaining".into(), state.store.len().into());
    audit.insert("requests".into(), state.log.counts());
    audit.insert("faults".into(), state.faults.struck.clone().into());
    audit.insert("maxParallelByKey".into(), state.runs.gates.max_running().into());
    if !summary {
        audit.insert("byEntry".into(), state.audit.by_entry());
        audit.insert("byRun".into(), state.audit.by_run());
        audit.insert("byWorkflow".into(), state.audit.by_workflow());
    }
    audit.into()
}

/// `GET /_emulator/runs`: the latest `limit`, oldest first, or those that `workflowRunId` names.
pub fn runs(state: &State, request: &Request) -> Result<Value, String> {
    let limit = request.query.integer("limit")?.unwrap_or(10_000).max(0) as usize;
    let ids = request.query.all("workflowRunId");
    let shown: Vec<Value> = if ids.is_empty() {
        let all = state.audit.runs();
        all[all.len().saturating_sub(limit)..].iter().map(|run| state.runs.shown(run)).collect()
    } else {
        ids.iter()
            .filter_map(|id| state.audit.record(id))
            .map(|run| state.runs.shown(run))
            .collect()
    };
    Ok(json!({"total": state.audit.runs().len(), "runs": shown}))
}

/// `GET /_emulator/deliveries`: requests to the app's endpoints, of all runs or of those that `workflowRunId` names.
pub fn deliveries(state: &State, request: &Request) -> Result<Value, String> {
    let ids = request.query.all("workflowRunId");
    Ok(json!({"deliveries": state.runs.deliveries(&ids)}))
}
