//! What was really done, for tests to compare with what a client reports.

use serde_json::{json, Value};

use crate::app::World;
use crate::http::Request;

/// `GET /_emulator/audit`: counts and, without `?summary`, each entry, run and workflow.
pub fn audit(world: &World, summary: bool) -> Value {
    let mut audit = world.audit.summary();
    audit.insert("entries".into(), world.store.made().into());
    audit.insert("remaining".into(), world.store.len().into());
    audit.insert("requests".into(), world.log.counts());
    audit.insert("faults".into(), world.faults.struck.clone().into());
    audit.insert("maxParallelByKey".into(), world.runs.gates.max_running().into());
    if !summary {
        audit.insert("byEntry".into(), world.audit.by_entry());
        audit.insert("byRun".into(), world.audit.by_run());
        audit.insert("byWorkflow".into(), world.audit.by_workflow());
    }
    audit.into()
}

/// `GET /_emulator/runs`: the latest `limit`, oldest first, or those that `workflowRunId` names.
pub fn runs(world: &World, request: &Request) -> Result<Value, String> {
    let limit = request.query.integer("limit")?.unwrap_or(10_000).max(0) as usize;
    let ids = request.query.all("workflowRunId");
    let shown: Vec<Value> = if ids.is_empty() {
        let all = world.audit.runs();
        all[all.len().saturating_sub(limit)..].iter().map(|run| world.runs.shown(run)).collect()
    } else {
        ids.iter()
            .filter_map(|id| world.audit.record(id))
            .map(|run| world.runs.shown(run))
            .collect()
    };
    Ok(json!({"total": world.audit.runs().len(), "runs": shown}))
}

/// `GET /_emulator/deliveries`: requests to the app's endpoints, of all runs or of those that `workflowRunId` names.
pub fn deliveries(world: &World, request: &Request) -> Result<Value, String> {
    let ids = request.query.all("workflowRunId");
    Ok(json!({"deliveries": world.runs.deliveries(&ids)}))
}
