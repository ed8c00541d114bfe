//! Errors of a request, from the response or its loss: which part of the system the error concerns, and whether
//! the request may have been carried out.

use super::rate_limit::{RateLimit, Scope};
use alloc::string::String;

/// Why there is no response.
#[derive(Clone, Debug, PartialEq)]
pub enum Loss {
    /// The connection was refused or the host not found, so the request was not sent. Contains the runtime's
    /// message.
    NotSent(String),
    /// `fetch` failed or the body was incomplete; the service may have carried out the request. Contains the
    /// runtime's message.
    Network(String),
    /// The attempt exceeded its timeout.
    Timeout,
    /// A successful response exceeded the maximum response size.
    TooLarge,
    /// The caller's signal aborted the request in flight.
    Aborted,
}

impl Loss {
    /// The code of the error that the caller gets.
    pub fn code(&self) -> &'static str {
        match self {
            Loss::NotSent(_) | Loss::Network(_) => "network_error",
            Loss::Timeout => "timeout",
            Loss::TooLarge => TOO_LARGE,
            Loss::Aborted => "aborted",
        }
    }
}

/// Which part of the system an error concerns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// The token: a 401 or 403.
    Authentication,
    /// The entry: a 404.
    NotFound,
    /// A rate limit: a 429.
    RateLimit,
    /// The request or the service: any other status.
    Api,
    /// The connection.
    Network,
    /// The timeout of an attempt.
    Timeout,
    /// The body of a successful response.
    ResponseFormat,
    /// The caller's checkpoint.
    Checkpoint,
}

impl Kind {
    /// The name in the caller's error, in camel case.
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
    /// No; a retry of the same request can succeed.
    NotDone,
    /// Unknown: the response was lost or is unreadable.
    Unknown,
    /// No; a retry of the same request would fail again.
    Refused,
}

/// The error of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Which part of the system the error concerns.
    pub kind: Kind,
    /// Stable, documented code of the error.
    pub code: &'static str,
    /// Whether the request was carried out.
    pub fate: Fate,
    /// HTTP status; `None` if there is no response.
    pub status: Option<u16>,
    /// The message of the service or the runtime, cut to 500 characters for the service's.
    pub detail: Option<String>,
    /// The id that the service or its proxy assigned to the request.
    pub request_id: Option<String>,
    /// The rate limit; empty unless the status is 429 or 503.
    pub limit: RateLimit,
}

impl Refusal {
    /// An error without status, detail, request id and rate limit.
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

    /// The error for a successful response with an unreadable body: the request may have been carried out.
    pub fn unreadable(status: u16) -> Self {
        Refusal {
            status: Some(status),
            ..Refusal::new(Kind::ResponseFormat, "response_format", Fate::Unknown)
        }
    }

    /// Whether a response was larger than the caller's bound.
    pub fn is_too_large(&self) -> bool {
        self.code == TOO_LARGE
    }

    /// Whether the request may have been carried out.
    pub fn may_have_acted(&self) -> bool {
        self.fate == Fate::Unknown
    }

    /// The error for a lost response.
    ///
    /// ```
    /// use upstash_workflow_dlq::wire::{refusal::Loss, Refusal};
    ///
    /// let refused = Refusal::of_loss(Loss::NotSent("ECONNREFUSED".into()));
    /// assert!(refused.retryable() && !refused.may_have_acted());
    ///
    /// let timeout = Refusal::of_loss(Loss::Timeout);
    /// assert!(timeout.retryable() && timeout.may_have_acted());
    /// ```
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

    /// Whether the same call can succeed later.
    pub fn retryable(&self) -> bool {
        self.fate != Fate::Refused || self.code == "cursor_stuck"
    }

    /// The name of the exceeded rate limit, `burst` or `daily`; `None` if there is none or it is unknown.
    pub fn scope(&self) -> Option<&'static str> {
        self.limit.scope.map(|scope| match scope {
            Scope::Burst => "burst",
            Scope::Daily => "daily",
        })
    }
}

const TOO_LARGE: &str = "response_too_large";
