//! A run as the logs show it at a given time.

use serde_json::{json, Map, Value};

use super::attempt::headers_json;
use super::steps::{of_engine, of_seeded, Group};
use super::Bodies;
use crate::audit::{Record, RunState};
use crate::state::State;

/// What filters compare, besides the run's record.
pub struct Facts<'a> {
    /// Labels.
    pub labels: &'a [String],
    /// Flow-control key.
    pub flow_key: Option<&'a str>,
    /// Address of the client that triggered it.
    pub caller_ip: &'a str,
}

impl<'a> Facts<'a> {
    /// From the engine or the seeded runs.
    pub fn of(state: &'a State, record: &Record) -> Self {
        let (labels, flow, caller_ip) = match state.runs.get(&record.id) {
            Some(run) => (&*run.spec.labels, &run.spec.flow, &*run.spec.caller_ip),
            None => match state.seeded.get(&record.id) {
                Some(run) => {
                    let shared = &run.entry.shared;
                    (&*shared.labels, &shared.flow, &*shared.caller_ip)
                }
                None => (&[][..], &None, ""),
            },
        };
        Facts { labels, flow_key: flow.as_ref().map(|flow| flow.key.as_str()), caller_ip }
    }
}

/// A run at a given time.
pub struct View<'a> {
    state: &'a State,
    record: &'a Record,
    until: i64,
    /// State at that time.
    pub run_state: RunState,
}

impl<'a> View<'a> {
    /// The run of `record` at `until`.
    pub fn of(state: &'a State, record: &'a Record, until: i64) -> Self {
        let ended = record.ended_at.is_some_and(|at| at <= until);
        let run_state = if ended { record.state } else { RunState::Started };
        View { state, record, until, run_state }
    }

    fn groups(&self, bodies: &Bodies) -> Vec<Group> {
        let named = self.state.config.logs_step_name;
        if let Some(run) = self.state.runs.get(&self.record.id) {
            return of_engine(run, self.run_state, self.until, bodies, named);
        }
        match self.state.seeded.get(&self.record.id) {
            Some(run) => {
                let run_at = self.record.created_at;
                of_seeded(run, run_at, self.run_state, self.until, bodies, named)
            }
            None => Vec::new(),
        }
    }

    /// All steps, of all groups.
    pub fn steps(&self, bodies: &Bodies) -> impl Iterator<Item = Value> {
        self.groups(bodies).into_iter().flat_map(|group| group.steps)
    }

    /// An item of `runs`.
    pub fn to_json(&self, bodies: &Bodies) -> Value {
        let record = self.record;
        let facts = Facts::of(self.state, record);
        let mut shown = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                shown.insert(name.into(), value);
            }
        };
        put("workflowRunId", json!(&*record.id));
        put("workflowUrl", json!(&*record.workflow_url));
        put("workflowState", json!(self.run_state.name()));
        put("workflowRunCreatedAt", json!(record.created_at));
        if self.run_state != RunState::Started {
            put("workflowRunCompletedAt", json!(record.ended_at));
        }
        put("workflowRunCallerIp", json!(facts.caller_ip));
        put("steps", self.groups(bodies).into_iter().map(Group::into_json).collect());
        put("invoker", self.invoker());
        if self.run_state == RunState::Failed {
            put("dlqId", json!(record.failed_as.map(|key| key.to_string())));
            put("failureFunction", self.failure_function(bodies));
        }
        if let Some(first) = facts.labels.first() {
            put("label", json!(first));
            put("labels", json!(facts.labels));
        }
        put("flowControlKey", json!(facts.flow_key));
        if let Some(response) = self.response() {
            bodies.put(&mut shown, "workflowRunResponse", &response);
        }
        shown.into()
    }

    /// The run's result, as JSON text.
    fn response(&self) -> Option<String> {
        if self.run_state != RunState::Success {
            return None;
        }
        match self.state.runs.get(&self.record.id) {
            Some(run) => run.result.as_ref().map(Value::to_string),
            None => self.state.seeded.get(&self.record.id)?.response.clone(),
        }
    }

    fn invoker(&self) -> Value {
        let invoked = self.record.origin == crate::audit::Origin::Invoke;
        let parent = self.record.parent.as_deref().filter(|_| invoked);
        parent.and_then(|id| self.state.audit.record(id)).map_or(Value::Null, |invoker| {
            json!({
                "workflowRunId": &*invoker.id,
                "workflowUrl": &*invoker.workflow_url,
                "workflowRunCreatedAt": invoker.created_at,
            })
        })
    }

    /// `failureFunction`, shown while the entry is in the queue.
    fn failure_function(&self, bodies: &Bodies) -> Value {
        let key = self.record.failed_as;
        let found = key.and_then(|key| Some((key, self.state.store.get(key)?)));
        let Some((key, entry)) = found else { return Value::Null };
        let (Some(url), Some(callback_state)) = (&entry.shared.failure_callback, entry.state)
        else {
            return Value::Null;
        };
        let shared = &entry.shared;
        let mut shown = Map::new();
        if let Some(failed) = &entry.source {
            shown.insert("messageId".into(), format!("{}-failure", failed.message_id).into());
        }
        shown.insert("url".into(), url.as_str().into());
        shown.insert("state".into(), callback_state.name().into());
        shown.insert("dlqId".into(), key.to_string().into());
        shown.insert("failStatus".into(), shared.response_status.into());
        shown.insert("failHeaders".into(), headers_json(&shared.response_header));
        bodies.put(&mut shown, "failResponse", &String::from_utf8_lossy(&shared.response_body));
        shown.insert("maxRetries".into(), shared.max_retries.into());
        if let Some(response) = &entry.callback_response {
            shown.insert("responseStatus".into(), response.status.into());
            shown.insert("responseHeaders".into(), headers_json(&response.headers));
            bodies.put(&mut shown, "responseBody", &String::from_utf8_lossy(&response.body));
        }
        shown.into()
    }
}
