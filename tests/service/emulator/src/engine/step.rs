//! Steps: the first payload of a run and the results that follow.

use std::fmt::Write;
use std::sync::Arc;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde::Deserialize;
use tokio::time::Instant;

use super::item::Pairs;
use crate::dlq::json::push_string;

/// A message of a run.
#[derive(Debug, Clone)]
pub struct Step {
    /// Message id.
    pub message_id: String,
    /// The first payload, a step's JSON, or the body for a third party.
    pub body: Arc<Vec<u8>>,
    /// Parsed fields of the step's JSON.
    pub info: Info,
    /// The request, if it is a call of a third party.
    pub call: Option<Arc<Call>>,
    /// Earliest delivery.
    pub due: Instant,
    /// Creation, in Unix milliseconds.
    pub created_at: i64,
}

/// Fields of a step's JSON.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Info {
    /// Id of the step; 0 in the plan of a parallel step.
    pub step_id: u64,
    /// Name that the workflow's author chose.
    pub step_name: String,
    /// In a plan: id of the planned step.
    pub target_step: u64,
}

/// A request to a third party.
#[derive(Debug)]
pub struct Call {
    /// URL.
    pub url: String,
    /// HTTP method.
    pub method: String,
    /// Its headers.
    pub headers: Pairs,
    /// Maximum number of retries.
    pub retries: u32,
    /// Expression for the delay of a retry.
    pub retry_delay: Option<String>,
    /// URL of the callback.
    pub callback: String,
    /// Headers of the callback.
    pub callback_headers: Pairs,
}

impl Step {
    /// Whether it is a result: not the payload, a plan or a call.
    pub fn is_result(&self) -> bool {
        self.call.is_none() && self.info.step_id != 0
    }

    /// Whether it plans a branch of a parallel step.
    pub fn is_plan(&self) -> bool {
        self.call.is_none() && self.info.step_id == 0 && self.info.target_step != 0
    }

    /// Its name in the audit.
    pub fn name(&self, index: usize) -> &str {
        if index == 0 {
            "init"
        } else {
            &self.info.step_name
        }
    }

    /// The step as a delivery has it.
    fn push(&self, text: &mut String) {
        text.push_str("{\"messageId\":");
        push_string(text, &self.message_id);
        let call_type = if self.call.is_some() { "toCallback" } else { "step" };
        let body = BASE64_STANDARD.encode(&*self.body);
        let _ = write!(text, ",\"body\":\"{body}\",\"callType\":\"{call_type}\"}}");
    }
}

/// Steps as a JSON array.
pub fn raw_steps(steps: &[Step]) -> String {
    let mut text = String::from("[");
    for (i, step) in steps.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        step.push(&mut text);
    }
    text.push(']');
    text
}
