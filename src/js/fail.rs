//! Failures on their way out. The facade's `host.fail` makes the Error of them: its classes, and all
//! the texts, are JavaScript.

use super::host::Host;
use super::out::{Fields, Out};
use super::Shared;
use crate::engine::checkpoint::CheckpointError;
use crate::params::{Issue, Received};
use crate::wire::{Operation, Refusal};
use wasm_bindgen::JsValue;

/// An Error for input that was refused.
pub fn invalid(host: &Host, issues: &[Issue]) -> JsValue {
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
    let data = Fields::new()
        .with("kind", "validation")
        .with("code", "invalid_arguments")
        .with("retryable", false)
        .with("mayHaveActed", false)
        .with("issues", list.collect::<Vec<_>>());
    host.fail(data.into_js())
}

/// An Error for a checkpoint that can't be gone on from.
pub fn bad_checkpoint(host: &Host, fault: CheckpointError) -> JsValue {
    let data = Fields::new()
        .with("kind", "checkpoint")
        .with("code", fault.code())
        .with("retryable", false)
        .with("mayHaveActed", false)
        .maybe("detail", fault.detail());
    host.fail(data.into_js())
}

/// What a refusal says, but for what only the caller knows.
pub fn refusal(shared: &Shared, operation: Operation, refusal: &Refusal) -> Fields {
    let token = &shared.options.token;
    Fields::new()
        .with("kind", refusal.kind.name())
        .with("code", refusal.code)
        .with("op", operation.name())
        .maybe("status", refusal.status.map(u32::from))
        .with("retryable", refusal.retryable())
        .maybe("requestId", refusal.request_id.as_deref().map(|id| token.redact(id)))
        .maybe("detail", refusal.detail.as_deref().map(|text| token.redact(text)))
        .maybe("resetAt", refusal.limit.reset_at)
        .maybe("scope", refusal.scope())
}
