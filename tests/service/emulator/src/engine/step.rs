//! What a run knows: its first payload, and a result after the other.

use std::fmt::Write;
use std::sync::Arc;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde::Deserialize;
use tokio::time::Instant;

use super::item::Pairs;
use crate::dlq::json::push_string;

/// A message that was added to a run.
#[derive(Debug, Clone)]
pub struct Step {
    /// Of the message.
    pub message_id: String,
    /// The first payload, a step's JSON, or the body for a third party.
    pub body: Arc<Vec<u8>>,
    /// What it says of itself.
    pub info: Info,
    /// The call, if it goes to a third party.
    pub call: Option<Arc<Call>>,
    /// Not to be delivered before.
    pub due: Instant,
    /// When it was added.
    pub created_at: i64,
}

/// What a step's JSON says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Info {
    /// 0: the plan of a parallel step.
    pub step_id: u64,
    /// Chosen by the workflow's author.
    pub step_name: String,
    /// Of a plan: the step that is planned.
    pub target_step: u64,
}

/// A request to a third party.
#[derive(Debug)]
pub struct Call {
    /// Where to.
    pub url: String,
    /// HTTP method.
    pub method: String,
    /// Its headers.
    pub headers: Pairs,
    /// Retries allowed.
    pub retries: u32,
    /// Delay of a retry.
    pub retry_delay: Option<String>,
    /// Where its answer goes.
    pub callback: String,
    /// Headers of that.
    pub callback_headers: Pairs,
}

impl Step {
    /// Whether it holds the result of a step: not the payload, a plan or a call.
    pub fn is_result(&self) -> bool {
        self.call.is_none() && self.info.step_id != 0
    }

    /// Whether it plans a branch of a parallel step.
    pub fn is_plan(&self) -> bool {
        self.call.is_none() && self.info.step_id == 0 && self.info.target_step != 0
    }

    /// Its name for the audit.
    pub fn name(&self, index: usize) -> &str {
        if index == 0 {
            "init"
        } else {
            &self.info.step_name
        }
    }

    /// As the endpoint gets it.
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
