//! A single call: one request, repeated only where that is safe.

use super::body::Json;
use super::send::{attempt, now, Received};
use super::signal::Signal;
use super::timer::Stop;
use super::{fail, Shared};
use crate::engine::retry::{single, Backoff, Retry};
use crate::params::selection::Answer as Form;
use crate::wire::call::Call;
use crate::wire::response::{interpret, Want, DELETED_UNSAID};
use crate::wire::{Answer, Body, Operation, Page};
use js_sys::{Array, Object, Reflect};
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// Makes a call; the result is what the service answered, its cursor `undefined` at the end.
pub async fn make(
    shared: Rc<Shared>,
    call: Call,
    signal: Option<Signal>,
) -> Result<JsValue, JsValue> {
    let Some(request) = &call.request else {
        return Ok(nothing(call.operation));
    };
    let mut backoff = Backoff::new(shared.options.retry.clone(), super::seed());
    let timeout = call.options.timeout.unwrap_or(shared.options.timeout);
    let mut failed = 0;
    loop {
        let gate = super::timer::Gate::new();
        let _stops = signal.as_ref().map(|signal| signal.stops(&gate));
        if gate.stopped().is_some() {
            return Err(aborted(&signal));
        }
        let received = attempt(&shared, request, timeout, failed + 1, &gate).await;
        if gate.stopped() == Some(Stop::Aborted) && matches!(received, Received::Lost(_)) {
            return Err(aborted(&signal));
        }
        let refusal = match interpret(call.operation, &received.outcome(), Want::default(), now()) {
            Answer::Page(page) => match result(&call, &page, received.body()) {
                Some(result) => return Ok(result),
                None => crate::wire::Refusal::unreadable(200),
            },
            Answer::Refused(refusal) => refusal,
        };
        failed += 1;
        match single(&mut backoff, failed, call.operation.acts(), &refusal, now()) {
            Retry::After(ms) => {
                let gate = super::timer::Gate::new();
                let _stops = signal.as_ref().map(|signal| signal.stops(&gate));
                if gate.sleep(ms).await.is_some() {
                    return Err(aborted(&signal));
                }
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
}

fn aborted(signal: &Option<Signal>) -> JsValue {
    signal.as_ref().map_or(JsValue::UNDEFINED, Signal::reason)
}

fn set(object: &JsValue, name: &str, value: &JsValue) {
    // A fresh object, or one from JSON.parse, takes any property.
    let _ = Reflect::set(object, &JsValue::from_str(name), value);
}

/// What a bare `[]` comes to.
fn nothing(operation: Operation) -> JsValue {
    let object = Object::new();
    match operation {
        Operation::Delete => set(&object, "deleted", &JsValue::from_f64(0.0)),
        _ => set(&object, "workflowRuns", &Array::new()),
    }
    object.into()
}

/// The caller's result; `None` for an answer that lacks what was asked for.
fn result(call: &Call, page: &Page, body: JsValue) -> Option<JsValue> {
    let runs = || Json(body.clone()).get("workflowRuns");
    match call.operation {
        // The run alone, or, by an older form of the answer, as the only one of a list.
        Operation::RetryFailureFunction => {
            return Some(runs().and_then(|runs| runs.at(0)).map_or(body, |run| run.0));
        }
        Operation::Get => return Some(body),
        Operation::CancelFailureFunction => return Some(JsValue::UNDEFINED),
        Operation::Delete if body.is_undefined() => {
            // A success without a body: whatever was named is gone.
            let object = Object::new();
            set(&object, "deleted", &JsValue::from_f64(call.ids? as f64));
            return Some(object.into());
        }
        Operation::Delete if page.size == DELETED_UNSAID && call.ids.is_none() => return None,
        _ => {}
    }
    match call.answer {
        Form::Run => return Some(runs()?.at(0)?.0),
        Form::Runs => return Some(runs()?.0),
        Form::Page => {}
    }
    if page.cursor.is_none() {
        set(&body, "cursor", &JsValue::UNDEFINED);
    }
    Some(body)
}
