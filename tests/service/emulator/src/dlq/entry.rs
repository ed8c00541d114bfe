//! An entry of the queue. Seeded entries share what is equal, so that a million fit into memory.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::Failed;
use crate::overrides::FlowControl;
use crate::seeded::plan::{FailedResponse, RunPlan};
use crate::values::redaction::Redaction;

/// The state of a failure function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureState {
    /// The call is in progress.
    #[serde(rename = "CALLBACK_INPROGRESS")]
    InProgress,
    /// The call succeeded.
    #[serde(rename = "CALLBACK_SUCCESS")]
    Success,
    /// The call failed.
    #[serde(rename = "CALLBACK_FAIL")]
    Fail,
    /// The call was canceled.
    #[serde(rename = "CALLBACK_CANCELED")]
    Canceled,
}

impl FailureState {
    /// The service's name of the state.
    pub fn name(self) -> &'static str {
        match self {
            FailureState::InProgress => "CALLBACK_INPROGRESS",
            FailureState::Success => "CALLBACK_SUCCESS",
            FailureState::Fail => "CALLBACK_FAIL",
            FailureState::Canceled => "CALLBACK_CANCELED",
        }
    }

    /// The state of a name; `None` if there is none.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::InProgress, Self::Success, Self::Fail, Self::Canceled]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// Header names and their values.
pub type HeaderLists = Vec<(String, Vec<String>)>;

/// The part of an entry that seeded entries may share.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// Destination of the message.
    pub url: String,
    /// The workflow's URL.
    pub workflow_url: Arc<str>,
    /// HTTP method.
    pub method: String,
    /// Headers of the message.
    pub header: HeaderLists,
    /// Body of the message; `{i}` is the entry's number if it was seeded.
    pub body: Vec<u8>,
    /// Maximum number of retries.
    pub max_retries: u32,
    /// Address of the client that triggered the run.
    pub caller_ip: String,
    /// Labels of the run.
    pub labels: Vec<String>,
    /// Flow control of the message.
    pub flow: Option<FlowControl>,
    /// Status of the last response.
    pub response_status: u16,
    /// Headers of the last response.
    pub response_header: HeaderLists,
    /// Body of the last response; `{i}` as in `body`.
    pub response_body: Vec<u8>,
    /// URL of the failure function.
    pub failure_callback: Option<String>,
    /// Fields of the message that responses redact.
    pub redaction: Redaction,
    /// What a resumed run of a seeded entry does.
    pub plan: RunPlan,
    /// The shared part of the entries of runs that fail again; `None`: the same.
    pub again: Option<Arc<Shared>>,
}

impl Shared {
    /// Sets `again` from the plan's own response, if it has one.
    pub fn planned(mut self) -> Self {
        let again = self.plan.fails_with.clone();
        self.again = again.map(|response| Arc::new(self.with_response(&response)));
        self
    }

    /// A copy with another response.
    pub fn with_response(&self, response: &FailedResponse) -> Self {
        Shared {
            response_status: response.status,
            response_header: response.headers(),
            response_body: response.body.clone().into_bytes(),
            again: None,
            ..self.clone()
        }
    }
}

/// A seeded body, with each `{i}` replaced by the entry's number.
pub fn numbered(body: &[u8], index: u32) -> Cow<'_, [u8]> {
    match std::str::from_utf8(body) {
        Ok(text) if text.contains("{i}") => {
            Cow::Owned(text.replace("{i}", &index.to_string()).into_bytes())
        }
        _ => Cow::Borrowed(body),
    }
}

/// The last response of a failure function.
#[derive(Debug, Clone, Default)]
pub struct CallbackResponse {
    /// Status code.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
    /// Headers.
    pub headers: HeaderLists,
}

/// One entry of the queue.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Number among the entries of its seed; 0 if it was not seeded.
    pub index: u32,
    /// Id of the failed run.
    pub run_id: Arc<str>,
    /// Creation of the run, in Unix milliseconds.
    pub run_created_at: i64,
    /// Creation of the message, in Unix milliseconds.
    pub created_at: i64,
    /// The shared part.
    pub shared: Arc<Shared>,
    /// State of the failure function.
    pub state: Option<FailureState>,
    /// Last response of the failure function.
    pub callback_response: Option<Arc<CallbackResponse>>,
    /// Whether a resume is refused.
    pub unresumable: bool,
    /// Whether it was taken and is still listed (`lateRemovalMs`).
    pub leaving: bool,
    /// The failed run; `None` for a seeded entry.
    pub source: Option<Arc<Failed>>,
}
