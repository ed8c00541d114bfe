//! Errors for the caller, as plain data. `errors.js` turns it into an `Error`: its stack starts at the caller's
//! call, and the message texts are in JavaScript.

use super::interop::{property, text_of};
use super::output::{Fields, Out};
use crate::engine::checkpoint::CheckpointError;
use crate::params::Token;
use crate::params::{ClientOptions, Issue, Received};
use crate::wire::{Operation, Refusal};
use wasm_bindgen::JsValue;

/// Why the client can't send or continue in this runtime.
#[derive(Clone)]
pub enum Fault {
    /// A required global is missing.
    Missing(&'static str),
    /// `setTimeout` threw this error.
    NoTimers(JsValue),
    /// A framework threw this through `fetch` in order to catch it: it is rethrown unchanged.
    Thrown(JsValue),
}

impl Fault {
    /// The fault for an error of `setTimeout`.
    pub fn no_timers(error: JsValue) -> Self {
        let timers = property(&super::interop::global(), "setTimeout");
        if timers.is_function() {
            Fault::NoTimers(error)
        } else {
            Fault::Missing("setTimeout")
        }
    }

    /// The error for the caller.
    pub fn into_failure(self, operation: Operation, options: &ClientOptions) -> Failure {
        let (code, detail, cause) = match self {
            Fault::Thrown(error) => return Failure::Thrown(error),
            Fault::Missing(name) => ("missing_global", String::from(name), JsValue::UNDEFINED),
            Fault::NoTimers(error) => {
                let message = super::interop::message_of(&error);
                ("timers_unavailable", options.token.redact(&message), error)
            }
        };
        let data = Fields::new()
            .with("kind", "environment")
            .with("code", code)
            .with("op", operation.name())
            .with("retryable", false)
            .with("detail", detail)
            .maybe("cause", describe_cause(&options.token, &cause, CAUSES_MAX));
        Failure::Data(data)
    }
}

/// The error of a call or a drive.
pub enum Failure {
    /// The fields of an error of this package.
    Data(Fields),
    /// An error of a framework, rethrown unchanged.
    Thrown(JsValue),
    /// The caller's signal aborted the call; `facade.js` throws the signal's reason.
    Aborted,
}

impl Failure {
    /// Adds a field to [`Failure::Data`]; others stay unchanged.
    pub fn with(self, name: &'static str, value: impl Into<Out>) -> Self {
        match self {
            Failure::Data(data) => Failure::Data(data.with(name, value)),
            other => other,
        }
    }

    /// [`Failure::with`], if there is a value.
    pub fn maybe(self, name: &'static str, value: Option<impl Into<Out>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Converts the error to the form that `errors.js` reads.
    pub fn into_js(self) -> JsValue {
        match self {
            Failure::Data(data) => Fields::new().with("failure", data).into_js(),
            Failure::Thrown(error) => Fields::new().with("thrown", error).into_js(),
            Failure::Aborted => JsValue::UNDEFINED,
        }
    }
}

/// The error for invalid arguments.
pub fn invalid(issues: &[Issue]) -> Failure {
    let list = issues.iter().map(|issue| {
        let fields = Fields::new().with("path", issue.path.clone()).with("code", issue.code);
        let fields = match &issue.received {
            Received::Hidden => fields,
            Received::Bool(flag) => fields.with("received", *flag),
            Received::Number(number) => fields.with("received", *number),
            Received::Text(text) => fields.with("received", text.clone()),
            Received::Word(word) => fields.with("received", *word),
        };
        let fields = fields
            .maybe("expected", issue.expected)
            .maybe("position", issue.position)
            .maybe("hint", issue.hint);
        Out::Map(fields)
    });
    let data = unsent("validation", "invalid_arguments");
    Failure::Data(data.with("issues", list.collect::<Vec<_>>()))
}

/// The error for what a build that only reads can't do.
pub fn reading_only(name: &str) -> Failure {
    Failure::Data(unsent("environment", "reading_only").with("op", String::from(name)))
}

/// The error for an invalid checkpoint.
pub fn bad_checkpoint(fault: CheckpointError) -> Failure {
    Failure::Data(unsent("checkpoint", fault.code()).maybe("detail", fault.detail()))
}

/// The fields of an error that occurs before any request.
fn unsent(kind: &'static str, code: &'static str) -> Fields {
    Fields::new()
        .with("kind", kind)
        .with("code", code)
        .with("retryable", false)
        .with("mayHaveActed", false)
}

/// The error for a refusal; the caller of this function adds `mayHaveActed`. `cause` is the error of `fetch` or of
/// a hook, or `undefined`.
pub fn refusal(
    options: &ClientOptions,
    operation: Operation,
    refusal: &Refusal,
    cause: &JsValue,
) -> Failure {
    let token = &options.token;
    let headers = &refusal.limit.headers;
    let data = Fields::new()
        .with("kind", refusal.kind.name())
        .with("code", refusal.code)
        .with("op", operation.name())
        .maybe("status", refusal.status.map(u32::from))
        .with("retryable", refusal.retryable())
        .maybe("requestId", refusal.request_id.as_deref().map(|id| token.redact(id)))
        .maybe("detail", refusal.detail.as_deref().map(|text| token.redact(text)))
        .maybe("resetAt", refusal.limit.reset_at)
        .maybe("scope", refusal.scope())
        .maybe("limit", headers.limit.as_deref().map(|text| token.redact(text)))
        .maybe("remaining", headers.remaining.as_deref().map(|text| token.redact(text)))
        .maybe("reset", headers.reset.as_deref().map(|text| token.redact(text)))
        .maybe("cause", describe_cause(token, cause, CAUSES_MAX));
    Failure::Data(data)
}

/// A copy of an error without the token: an error of `fetch` may contain the URL or the headers.
fn describe_cause(token: &Token, error: &JsValue, depth: u32) -> Option<Out> {
    if let Some(text) = error.as_string() {
        return Some(Out::Text(token.redact(&text)));
    }
    if !error.is_object() || depth == 0 {
        return None;
    }
    let mut fields = Fields::new();
    for name in ["name", "message", "code", "stack"] {
        fields = fields.maybe(name, text_of(error, name).map(|text| token.redact(&text)));
    }
    let cause = describe_cause(token, &property(error, "cause"), depth - 1);
    Some(Out::Map(fields.maybe("cause", cause)))
}

/// Maximum number of nested causes: they may be cyclic.
const CAUSES_MAX: u32 = 4;
