//! The shell: the only part that knows JavaScript. It exports the core, runs it, and carries values
//! across. `fetch`, timers and hooks are called in `host.js`, where that takes a fifth of the room.
//!
//! Exports take `&self` and hand out promises of futures that own an `Rc`: no borrow is held across
//! an await, so that a hook may call back into the client.

mod body;
mod call;
mod driver;
mod fail;
mod host;
mod out;
mod tape;

use crate::engine::{Expected, Plan};
use crate::params::{ClientOptions, Issues};
use crate::value::Value;
use crate::wire::call::{argument, Call};
use crate::wire::Operation;
use core::future::Future;
use core::pin::Pin;
use driver::Driver;
use host::{Gate, Hooks, Host};
use js_sys::{Array, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{future_to_promise, spawn_local};

/// What every call and drive of a client shares.
pub struct Shared {
    options: ClientOptions,
    host: Host,
}

/// A client.
#[wasm_bindgen]
pub struct Core {
    shared: Rc<Shared>,
}

#[wasm_bindgen]
impl Core {
    /// `tape`: the caller's options, and the environment's variables that fill in for them.
    #[wasm_bindgen(constructor)]
    pub fn new(tape: &Array, host: Host) -> Result<Core, JsValue> {
        let mut issues = Issues::new();
        let values = tape::values(tape);
        let read = ClientOptions::read(&mut issues, argument(&values, 0), argument(&values, 1));
        let mut options =
            issues.into_result(read).map_err(|issues| fail::invalid(&host, &issues))?;
        host.adopt(&options);
        for index in 1..options.retry.attempts {
            let delay = host.delay(index - 1);
            if delay < 0.0 {
                break;
            }
            options.retry.table.push(delay as u32);
        }
        Ok(Core { shared: Rc::new(Shared { options, host }) })
    }

    /// One call, one request. `tape`: the caller's arguments. `gate` aborts it.
    pub fn call(&self, operation: &str, tape: &Array, gate: Gate) -> Promise {
        let shared = self.shared.clone();
        let values = tape::values(tape);
        let call = Call::read(operation_of(operation), &values, &shared.options.base_url)
            .map_err(|issues| fail::invalid(&shared.host, &issues));
        promise(Box::pin(async move { call::make(shared, call?, gate).await }))
    }

    /// A drive to the end. Nothing happens before it is asked for pages, or run.
    pub fn drive(&self, operation: &str, tape: &Array, hooks: Hooks) -> Result<Driver, JsValue> {
        let shared = self.shared.clone();
        let continued = operation == "continue";
        let arguments = tape::values(tape);
        let mut plan = match continued {
            true => Plan::read_continued(&arguments, &shared.options),
            false => {
                let operation = match operation_of(operation) {
                    Operation::List => Operation::Scan,
                    operation => operation,
                };
                Plan::read(operation, &arguments, &shared.options)
            }
        }
        .map_err(|issues| fail::invalid(&shared.host, &issues))?;
        if operation == "list" {
            // A list changes nothing that could come up again: it is frozen where that is asked for.
            let asked = argument(&arguments, 1).field("freeze");
            plan.options.freeze = matches!(asked, Value::Bool(true));
        }
        let expected = if continued {
            Expected::Anything
        } else if argument(&arguments, 0).is_undefined() {
            Expected::Operation
        } else {
            Expected::Selection
        };
        Driver::new(shared, plan, expected, hooks, operation == "preview")
    }
}

/// Of boxed futures, so that the machinery around them is there once and not for each.
fn promise(future: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>) -> Promise {
    future_to_promise(future)
}

fn task(future: Pin<Box<dyn Future<Output = ()>>>) {
    spawn_local(future);
}

/// By its name; what is none of these lists.
fn operation_of(name: &str) -> Operation {
    [
        Operation::Resume,
        Operation::Restart,
        Operation::Delete,
        Operation::Get,
        Operation::RetryFailureFunction,
        Operation::CancelFailureFunction,
        Operation::Logs,
    ]
    .into_iter()
    .find(|operation| operation.name() == name)
    .unwrap_or(Operation::List)
}
