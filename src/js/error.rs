//! Failures on their way out. What is thrown here is data: `errors.js` makes an Error of it, whose stack
//! begins where the caller has called, and which has all the texts.

use super::interop::{property, text_of};
use super::output::{Fields, Out};
use crate::engine::checkpoint::CheckpointError;
use crate::params::Token;
use crate::params::{ClientOptions, Issue, Received};
use crate::wire::{Operation, Refusal};
use wasm_bindgen::JsValue;

/// Why the client can't work in this runtime, or must not go on.
#[derive(Clone)]
pub enum Fault {
    /// A global that is needed is not there.
    Missing(&'static str),
    /// What `setTimeout` has thrown.
    NoTimers(JsValue),
    /// Thrown by a framework, through `fetch`, to be caught by it: goes out as it is.
    Thrown(JsValue),
}

impl Fault {
    /// Why there is no timer.
    pub fn no_timers(error: JsValue) -> Self {
        let timers = property(&super::interop::global(), "setTimeout");
        if timers.is_function() {
            Fault::NoTimers(error)
        } else {
            Fault::Missing("setTimeout")
        }
    }

    /// What is thrown for it.
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

/// What a call or a drive throws.
pub enum Failure {
    /// The fields of an Error.
    Data(Fields),
    /// An error that is not ours.
    Thrown(JsValue),
    /// The caller's signal fired, who knows the reason.
    Aborted,
}

impl Failure {
    /// With one more field, where it is an Error of ours.
    pub fn with(self, name: &'static str, value: impl Into<Out>) -> Self {
        match self {
            Failure::Data(data) => Failure::Data(data.with(name, value)),
            other => other,
        }
    }

    /// What `errors.js` expects.
    pub fn into_js(self) -> JsValue {
        match self {
            Failure::Data(data) => Fields::new().with("failure", data).into_js(),
            Failure::Thrown(error) => Fields::new().with("thrown", error).into_js(),
            Failure::Aborted => JsValue::UNDEFINED,
        }
    }
}

/// Input that was refused.
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

/// A checkpoint that can't be continued from.
pub fn bad_checkpoint(fault: CheckpointError) -> Failure {
    Failure::Data(unsent("checkpoint", fault.code()).maybe("detail", fault.detail()))
}

/// Of an Error for what was refused before any request.
fn unsent(kind: &'static str, code: &'static str) -> Fields {
    Fields::new()
        .with("kind", kind)
        .with("code", code)
        .with("retryable", false)
        .with("mayHaveActed", false)
}

/// What a refusal says, but for what only the caller knows. `cause` is what was thrown, if anything was.
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

/// A copy of an error in which the token is not: what `fetch` throws may name the URL or the headers.
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

/// Errors that are causes of each other, at most: they may be a circle.
const CAUSES_MAX: u32 = 4;
