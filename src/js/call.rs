//! A single call: one request, repeated only where that is safe.

use super::body::Json;
use super::host::{now, seed, Gate};
use super::out::{Fields, Out};
use super::{fail, Shared};
use crate::engine::retry::{single, Backoff, Retry};
use crate::params::selection::Answer as Form;
use crate::wire::call::Call;
use crate::wire::response::{interpret, Outcome, Want, DELETED_UNSAID};
use crate::wire::{Answer, Body, Operation, Page, Refusal};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type Answered;
    #[wasm_bindgen(method, setter)]
    fn set_cursor(this: &Answered, cursor: JsValue);
}

/// Makes a call; the result is what the service answered, its cursor `undefined` at the end. It is
/// aborted by its gate, and then fails with `undefined`: the facade knows the reason.
pub async fn make(shared: Rc<Shared>, call: Call, gate: Gate) -> Result<JsValue, JsValue> {
    let Some(request) = &call.request else {
        return Ok(nothing(call.operation));
    };
    let mut backoff = Backoff::new(shared.options.retry.clone(), seed());
    let timeout = call.options.timeout.unwrap_or(shared.options.timeout);
    let mut failed = 0;
    while !gate.opened() {
        let received = shared.host.send(&shared.options, &gate, request, failed + 1, timeout).await;
        let headers = received.answer_headers();
        let outcome = received.outcome(&headers);
        if gate.opened() && matches!(outcome, Outcome::Lost(_)) {
            break;
        }
        let refusal = match interpret(call.operation, &outcome, Want::default(), now()) {
            Answer::Page(page) => match result(&call, &page, received.body()) {
                Some(result) => return Ok(result),
                None => Refusal::unreadable(200),
            },
            Answer::Refused(refusal) => refusal,
        };
        failed += 1;
        match single(&mut backoff, failed, call.operation.acts(), &refusal, now()) {
            Retry::After(ms) => {
                gate.wait(Some(ms)).await;
            }
            Retry::GiveUp => {
                let acted = call.operation.acts() && refusal.may_have_acted();
                let data = fail::refusal(&shared, call.operation, &refusal)
                    .with("mayHaveActed", acted)
                    .with("attempts", failed);
                return Err(shared.host.fail(data.into_js()));
            }
        }
    }
    Err(JsValue::UNDEFINED)
}

/// What a bare `[]` comes to.
fn nothing(operation: Operation) -> JsValue {
    match operation {
        Operation::Delete => deleted(0),
        _ => Fields::new().with("workflowRuns", Out::List(Vec::new())).into_js(),
    }
}

fn deleted(count: usize) -> JsValue {
    Fields::new().with("deleted", count as f64).into_js()
}

/// The caller's result; `None` for an answer that lacks what was asked for.
fn result(call: &Call, page: &Page, body: JsValue) -> Option<JsValue> {
    let runs = || Json(body.clone()).get("workflowRuns");
    match call.operation {
        // The run alone, or, by an older form of the answer, as the only one of a list.
        Operation::RetryFailureFunction => {
            return Some(runs().and_then(|runs| runs.at(0)).map_or(body, |run| run.0));
        }
        // Logs are handed over as they are: the SDK does not touch their cursor either.
        Operation::Get | Operation::Logs => return Some(body),
        Operation::CancelFailureFunction => return Some(JsValue::UNDEFINED),
        // A success without a body: whatever was named is gone.
        Operation::Delete if body.is_undefined() => return call.ids.map(deleted),
        Operation::Delete if page.size == DELETED_UNSAID && call.ids.is_none() => return None,
        _ => {}
    }
    match call.answer {
        Form::Run => return Some(runs()?.at(0)?.0),
        Form::Runs => return Some(runs()?.0),
        Form::Page => {}
    }
    if page.cursor.is_none() {
        body.unchecked_ref::<Answered>().set_cursor(JsValue::UNDEFINED);
    }
    Some(body)
}
