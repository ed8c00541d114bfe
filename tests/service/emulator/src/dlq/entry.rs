//! One entry. What many seeded entries have in common is shared.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::Failed;
use crate::overrides::FlowControl;
use crate::seeded::plan::{Response, RunPlan};
use crate::values::redaction::Redaction;

/// The state of a failure function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureState {
    /// Being called.
    #[serde(rename = "CALLBACK_INPROGRESS")]
    InProgress,
    /// It answered.
    #[serde(rename = "CALLBACK_SUCCESS")]
    Success,
    /// It failed.
    #[serde(rename = "CALLBACK_FAIL")]
    Fail,
    /// It was cancelled.
    #[serde(rename = "CALLBACK_CANCELED")]
    Canceled,
}

impl FailureState {
    /// As the service writes it.
    pub fn name(self) -> &'static str {
        match self {
            FailureState::InProgress => "CALLBACK_INPROGRESS",
            FailureState::Success => "CALLBACK_SUCCESS",
            FailureState::Fail => "CALLBACK_FAIL",
            FailureState::Canceled => "CALLBACK_CANCELED",
        }
    }

    /// From the service's name for it.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::InProgress, Self::Success, Self::Fail, Self::Canceled]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// Header names and their values.
pub type HeaderLists = Vec<(String, Vec<String>)>;

/// What entries may share.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// Where the message was sent.
    pub url: String,
    /// The workflow's URL.
    pub workflow_url: Arc<str>,
    /// HTTP method.
    pub method: String,
    /// Headers of the message.
    pub header: HeaderLists,
    /// Body of the message; `{i}` is the entry's number if it was seeded.
    pub body: Vec<u8>,
    /// Retries allowed.
    pub max_retries: u32,
    /// Who triggered the run.
    pub caller_ip: String,
    /// Labels of the run.
    pub labels: Vec<String>,
    /// Flow control of the message.
    pub flow: Option<FlowControl>,
    /// Status of the last answer.
    pub response_status: u16,
    /// Headers of the last answer.
    pub response_header: HeaderLists,
    /// Body of the last answer; `{i}` as above.
    pub response_body: Vec<u8>,
    /// URL of the failure function.
    pub failure_callback: Option<String>,
    /// Fields of the message that lists hide.
    pub redaction: Redaction,
    /// What a resumed run does, if it was seeded.
    pub plan: RunPlan,
    /// What a resumed run that fails again has in common with others, if not the same.
    pub again: Option<Arc<Shared>>,
}

impl Shared {
    /// With the response of runs that fail again, if the plan has one of its own.
    pub fn planned(mut self) -> Self {
        let again = self.plan.fails_with.clone();
        self.again = again.map(|response| Arc::new(self.with_response(&response)));
        self
    }

    /// The same with another response.
    pub fn with_response(&self, response: &Response) -> Self {
        Shared {
            response_status: response.status,
            response_header: response.headers(),
            response_body: response.body.clone().into_bytes(),
            again: None,
            ..self.clone()
        }
    }
}

/// A seeded body: each `{i}` is replaced by the number of the entry.
pub fn numbered(body: &[u8], index: u32) -> Cow<'_, [u8]> {
    match std::str::from_utf8(body) {
        Ok(text) if text.contains("{i}") => {
            Cow::Owned(text.replace("{i}", &index.to_string()).into_bytes())
        }
        _ => Cow::Borrowed(body),
    }
}

/// The last answer of a failure function.
#[derive(Debug, Clone, Default)]
pub struct CallbackAnswer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
    /// Headers.
    pub headers: HeaderLists,
}

/// One entry of the queue.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number among the seeded ones, else 0.
    pub index: u32,
    /// Its run.
    pub run_id: Arc<str>,
    /// When the run was created.
    pub run_created_at: i64,
    /// When the message was created.
    pub created_at: i64,
    /// What it may share.
    pub shared: Arc<Shared>,
    /// State of the failure function.
    pub state: Option<FailureState>,
    /// Its last answer.
    pub callback_answer: Option<Arc<CallbackAnswer>>,
    /// Resuming it is refused.
    pub unresumable: bool,
    /// It was taken, and is listed for a while still.
    pub leaving: bool,
    /// The run that failed, if it was a real one.
    pub source: Option<Arc<Failed>>,
}
