//! Seeding exact entries, each with its own fields.

use std::ops::RangeInclusive;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::entry::{Entry, FailureState, HeaderLists, Shared};
use super::store::Store;
use super::Key;
use crate::overrides::parse_flow;
use crate::seeded::plan::RunPlan;
use crate::values::range::{within, DATE_MS};
use crate::values::redaction::Redaction;
use crate::values::rng::Rng;

/// An entry to seed; missing fields have plain defaults.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExactEntry {
    dlq_id: Option<String>,
    workflow_run_id: Option<String>,
    workflow_url: String,
    url: Option<String>,
    workflow_created_at: Option<i64>,
    created_at: Option<i64>,
    method: String,
    header: serde_json::Map<String, Value>,
    body: String,
    max_retries: u32,
    caller_ip: String,
    labels: Vec<String>,
    flow_control_key: Option<String>,
    flow_control_value: String,
    response_status: u16,
    response_header: serde_json::Map<String, Value>,
    response_body: String,
    failure_callback: Option<String>,
    failure_function_state: Option<FailureState>,
    unresumable: bool,
    redacted: bool,
    runs: RunPlan,
}

impl Default for ExactEntry {
    fn default() -> Self {
        ExactEntry {
            dlq_id: None,
            workflow_run_id: None,
            workflow_url: "https://example.com/workflow".into(),
            url: None,
            workflow_created_at: None,
            created_at: None,
            method: "POST".into(),
            header: Default::default(),
            body: String::new(),
            max_retries: 3,
            caller_ip: "127.0.0.1".into(),
            labels: Vec::new(),
            flow_control_key: None,
            flow_control_value: "parallelism=10, rate=100".into(),
            response_status: 500,
            response_header: Default::default(),
            response_body: String::new(),
            failure_callback: None,
            failure_function_state: None,
            unresumable: false,
            redacted: false,
            runs: RunPlan::default(),
        }
    }
}

/// Adds the entries in order and returns their keys.
///
/// # Errors
/// A field that is wrong, and a dlqId that is in use.
pub fn seed_exact(
    store: &mut Store,
    entries: Vec<ExactEntry>,
    rng: &mut Rng,
    now: i64,
) -> Result<Vec<Key>, String> {
    let mut keys = Vec::with_capacity(entries.len());
    for exact in entries {
        let key = match &exact.dlq_id {
            Some(id) => Some(Key::parse(id).ok_or_else(|| {
                format!("seed: dlqId `{id}` does not have the form <Unix milliseconds>-<n>")
            })?),
            None => None,
        };
        exact.check(key).map_err(|why| format!("seed: {why}"))?;
        let ms = key.map_or(now - 1_000, |key| key.ms);
        let created_at = exact.created_at.unwrap_or((ms - 1_000).max(0));
        let entry = Entry {
            index: keys.len() as u32,
            run_id: exact.workflow_run_id.clone().unwrap_or_else(|| rng.id("wfr_")).into(),
            run_created_at: exact.workflow_created_at.unwrap_or((ms - 5_000).max(0)),
            created_at,
            state: exact.failure_function_state,
            callback_response: None,
            unresumable: exact.unresumable,
            leaving: false,
            source: None,
            shared: Arc::new(exact.into_shared()?),
        };
        keys.push(match key {
            None => store.insert(ms, entry),
            Some(key) if store.get(key).is_some() => {
                return Err(format!("seed: dlqId {key} is in use; leave it out for a new one"))
            }
            Some(key) => store.insert_at(key, entry),
        });
    }
    Ok(keys)
}

/// Numbers of a seeded dlqId. Entries that fail in the same millisecond continue from the highest.
const SEQ: RangeInclusive<u32> = 0..=999_999_999;

impl ExactEntry {
    fn check(&self, key: Option<Key>) -> Result<(), String> {
        if let Some(Key { ms, seq }) = key {
            within("the time in dlqId", ms, DATE_MS)?;
            within("the number in dlqId", seq, SEQ)?;
        }
        for (name, date) in
            [("workflowCreatedAt", self.workflow_created_at), ("createdAt", self.created_at)]
        {
            within(name, date.unwrap_or_default(), DATE_MS)?;
        }
        self.runs.check()
    }

    fn into_shared(self) -> Result<Shared, String> {
        let flow = match self.flow_control_key {
            None => None,
            Some(key) => parse_flow(Some(key), Some(self.flow_control_value))?,
        };
        Ok(Shared {
            url: self.url.unwrap_or_else(|| self.workflow_url.clone()),
            workflow_url: self.workflow_url.into(),
            method: self.method,
            header: header_lists(self.header),
            body: self.body.into_bytes(),
            max_retries: self.max_retries,
            caller_ip: self.caller_ip,
            labels: self.labels,
            flow,
            response_status: self.response_status,
            response_header: header_lists(self.response_header),
            response_body: self.response_body.into_bytes(),
            failure_callback: self.failure_callback,
            redaction: match self.redacted {
                true => Redaction::everything(),
                false => Redaction::default(),
            },
            plan: self.runs,
            again: None,
        }
        .planned())
    }
}

/// Headers from JSON, where a value is a string or a list of strings.
pub fn header_lists(headers: serde_json::Map<String, Value>) -> HeaderLists {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let list = |value| match value {
        Value::Array(values) => values.into_iter().map(text).collect(),
        one => vec![text(one)],
    };
    headers.into_iter().map(|(name, value)| (name, list(value))).collect()
}
