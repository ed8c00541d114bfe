//! One entry. What many seeded entries have in common is shared.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::Failed;
use crate::overrides::FlowControl;

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
#[derive(Debug, Default)]
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
    /// Payload fields read `REDACTED:<sha256>`.
    pub redacted: bool,
    /// What a resumed run does, if it was seeded.
    pub plan: SeedPlan,
}

/// What becomes of a resumed run of a seeded entry.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SeedPlan {
    /// This part of them fails again.
    pub fail_again: f64,
    /// After so long.
    pub after_ms: u64,
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
