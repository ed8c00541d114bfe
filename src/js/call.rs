//! A single call: one request, retried only if that is safe.

use super::body::Json;
use super::cancel::{race, Cancellation};
use super::error::{self, Failure, Fault};
use super::interop::{now, seed};
use super::output::{Fields, Out};
use super::Client;
use crate::engine::retry::{single, Backoff, Retry};
use crate::params::selection::ResultForm;
use crate::wire::call::Call;
use crate::wire::response::{interpret, Outcome, Want, UNKNOWN_COUNT};
use crate::wire::{Body, Operation, Page, Refusal, Response};
use core::future::pending;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type ResultPage;
    #[wasm_bindgen(method, setter)]
    fn set_cursor(this: &ResultPage, cursor: JsValue);
}

/// Makes a call. Returns the response body; on the last page its cursor is `undefined`.
///
/// # Errors
///
/// The error of the last attempt, or [`Failure::Aborted`] if the call was cancelled.
pub async fn make(
    client: Rc<Client>,
    call: Call,
    cancellation: Cancellation,
) -> Result<JsValue, Failure> {
    let Some(request) = &call.request else {
        return Ok(nothing(call.operation));
    };
    let acts = call.operation.acts();
    let timeout = call.options.timeout.unwrap_or(client.options.timeout);
    // Created at the first failure: Next.js refuses `Math.random` before the first request of a prerendered page.
    let mut backoff = None;
    let mut failed = 0;
    let mut may_have_acted = false;
    let _hold = client.timers.hold();
    while !cancellation.is_cancelled() {
        let sent = client.transport.send(request, failed + 1, timeout, &cancellation).await;
        let received = sent.map_err(|fault| broken(fault, &client, &call, may_have_acted))?;
        let outcome = received.outcome();
        if cancellation.is_cancelled() && matches!(outcome, Outcome::Lost(_)) {
            break;
        }
        let refusal = match interpret(call.operation, &outcome, Want::default(), now()) {
            Response::Page(page) => match result(&call, &page, received.body()) {
                Some(result) => return Ok(result),
                None => Refusal::unreadable(200),
            },
            Response::Refused(refusal) => refusal,
        };
        failed += 1;
        let backoff =
            backoff.get_or_insert_with(|| Backoff::new(client.options.retry.clone(), seed()));
        may_have_acted = acts && refusal.may_have_acted();
        match single(backoff, failed, acts, &refusal, now()) {
            Retry::After(ms) => {
                let sleep = client.timers.sleep(ms as f64).map_err(|error| {
                    broken(Fault::no_timers(error), &client, &call, may_have_acted)
                })?;
                race(pending::<()>(), &cancellation, Some(&sleep)).await;
            }
            Retry::GiveUp => {
                let cause = received.cause();
                let failure = error::refusal(&client.options, call.operation, &refusal, &cause);
                return Err(failure.with("mayHaveActed", may_have_acted).with("attempts", failed));
            }
        }
    }
    Err(Failure::Aborted)
}

/// The error of a call that can't continue in this runtime.
fn broken(fault: Fault, client: &Client, call: &Call, may_have_acted: bool) -> Failure {
    fault.into_failure(call.operation, &client.options).with("mayHaveActed", may_have_acted)
}

/// The result of a call with a bare `[]`.
fn nothing(operation: Operation) -> JsValue {
    match operation {
        Operation::Delete => deleted(0),
        _ => Fields::new().with("workflowRuns", Out::List(Vec::new())).into_js(),
    }
}

fn deleted(count: usize) -> JsValue {
    Fields::new().with("deleted", count as f64).into_js()
}

/// The result for the caller; `None` if the response lacks a required field.
fn result(call: &Call, page: &Page, body: JsValue) -> Option<JsValue> {
    let runs = || Json(body.clone()).get("workflowRuns");
    match call.operation {
        // The run itself or, in an older form of the response, a list with this run.
        Operation::RetryFailureFunction => {
            let first = runs().filter(|runs| runs.length() > Some(0)).and_then(|runs| runs.at(0));
            return Some(first.map_or(body, |run| run.0));
        }
        // Returned unchanged: the SDK keeps the cursor of logs too.
        Operation::Get | Operation::Logs => return Some(body),
        Operation::CancelFailureFunction => return Some(JsValue::UNDEFINED),
        // A success without a body: all given ids are deleted.
        Operation::Delete if body.is_undefined() => return call.ids.map(deleted),
        Operation::Delete if page.size == UNKNOWN_COUNT && call.ids.is_none() => return None,
        _ => {}
    }
    match call.form {
        ResultForm::Run => return Some(runs()?.at(0)?.0),
        ResultForm::Runs => return Some(runs()?.0),
        ResultForm::Page => {}
    }
    if page.cursor.is_none() {
        body.unchecked_ref::<ResultPage>().set_cursor(JsValue::UNDEFINED);
    }
    Some(body)
}
