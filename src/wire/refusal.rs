//! Responses that are not a page, and lost ones: which part of the system failed, and whether the request may
//! have been carried out.

use super::rate_limit::{RateLimit, Scope};
use alloc::string::String;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Loss {
    /// The connection was refused, or the name not found: nothing was sent.
    NotSent(String),
    /// `fetch` threw, or the body broke off: the service may have done it all the same.
    Network(String),
    Timeout,
    /// An answer of success that is longer than may be read.
    TooLarge,
    /// The caller's signal, while the request was under way.
    Aborted,
}

impl Loss {
    /// The code by which a caller knows it.
    pub fn code(&self) -> &'static str {
        match self {
            Loss::NotSent(_) | Loss::Network(_) => "network_error",
            Loss::Timeout => "timeout",
            Loss::TooLarge => "answer_too_large",
            Loss::Aborted => "aborted",
        }
    }
}

/// Whose matter a refusal is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Authentication,
    NotFound,
    RateLimit,
    Api,
    Network,
    Timeout,
    ResponseFormat,
    Checkpoint,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Authentication => "authentication",
            Kind::NotFound => "notFound",
            Kind::RateLimit => "rateLimit",
            Kind::Api => "api",
            Kind::Network => "network",
            Kind::Timeout => "timeout",
            Kind::ResponseFormat => "responseFormat",
            Kind::Checkpoint => "checkpoint",
        }
    }
}

/// Whether the request was carried out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// Certainly not, and it may be sent again as it is.
    NotDone,
    /// Perhaps: the answer was lost, or can't be read.
    Unknown,
    /// Certainly not, and sending it again would be refused again.
    Refused,
}

/// An answer that is not a page, or no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub kind: Kind,
    pub code: &'static str,
    pub fate: Fate,
    pub status: Option<u16>,
    /// The service's or the runtime's own words.
    pub detail: Option<String>,
    pub request_id: Option<String>,
    pub limit: RateLimit,
}

impl Refusal {
    pub fn new(kind: Kind, code: &'static str, fate: Fate) -> Self {
        Refusal {
            kind,
            code,
            fate,
            status: None,
            detail: None,
            request_id: None,
            limit: RateLimit::default(),
        }
    }

    /// An answer of success that can't be read.
    pub fn unreadable(status: u16) -> Self {
        Refusal {
            status: Some(status),
            ..Refusal::new(Kind::ResponseFormat, "response_format", Fate::Unknown)
        }
    }

    pub fn may_have_acted(&self) -> bool {
        self.fate == Fate::Unknown
    }

    /// Of a request whose response was lost.
    pub fn of_loss(loss: Loss) -> Self {
        let code = loss.code();
        let (kind, fate, detail) = match loss {
            Loss::NotSent(detail) => (Kind::Network, Fate::NotDone, detail),
            Loss::Network(detail) => (Kind::Network, Fate::Unknown, detail),
            Loss::Timeout => (Kind::Timeout, Fate::Unknown, String::new()),
            Loss::TooLarge => (Kind::ResponseFormat, Fate::Unknown, String::new()),
            Loss::Aborted => (Kind::Network, Fate::Unknown, String::new()),
        };
        let detail = Some(detail).filter(|detail| !detail.is_empty());
        Refusal { detail, ..Refusal::new(kind, code, fate) }
    }

    /// Whether the caller may try the same again and hope.
    pub fn retryable(&self) -> bool {
        self.fate != Fate::Refused || self.code == "cursor_stuck"
    }

    pub fn scope(&self) -> Option<&'static str> {
        self.limit.scope.map(|scope| match scope {
            Scope::Burst => "burst",
            Scope::Daily => "daily",
        })
    }
}
