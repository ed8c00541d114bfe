//! What JavaScript sees besides [`Driver`]: a client, its calls and its drives.

use super::call;
use super::cancel::{Cancellation, Timers};
use super::driver::Driver;
use super::error::{self, Failure};
use super::fetch::Transport;
use super::hooks::{Hooks, Salvage};
use super::input::Input;
use super::{promise, Client};
use crate::acts::ACTS;
use crate::engine::{Expected, Plan};
use crate::params::{ClientOptions, Issues};
use crate::value::Value;
use crate::wire::call::{argument, Call};
use crate::wire::Operation;
use core::cell::RefCell;
use js_sys::{Array, Function, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A client.
#[wasm_bindgen]
pub struct Core {
    client: Rc<Client>,
    /// Calls in progress that can be cancelled, by the number that JavaScript assigned.
    cancellations: Rc<RefCell<Vec<(u32, Cancellation)>>>,
}

#[wasm_bindgen]
impl Core {
    /// `snapshot`: the caller's options, and the environment variables used as defaults.
    #[wasm_bindgen(constructor)]
    pub fn new(snapshot: &Array) -> Result<Core, JsValue> {
        let input = Input::read(snapshot);
        let mut issues = Issues::new();
        let options = ClientOptions::read(
            &mut issues,
            argument(&input.values, 0),
            argument(&input.values, 1),
        );
        let mut options =
            issues.into_result(options).map_err(|issues| error::invalid(&issues).into_js())?;
        if let Some(backoff) = input.function(0, "retry.backoff") {
            for retry in 1..options.retry.attempts {
                options.retry.table.push(delay(&backoff, retry - 1));
            }
        }
        let timers = Timers::default();
        let transport = Transport::new(options.clone(), &input, timers.clone());
        let client = Rc::new(Client { options, transport, timers });
        Ok(Core { client, cancellations: Rc::default() })
    }

    /// The URL of the local dev server; `None` outside dev mode.
    #[wasm_bindgen(getter, js_name = devServer)]
    pub fn dev_server(&self) -> Option<String> {
        let options = &self.client.options;
        options.dev_mode.then(|| options.base_url.clone())
    }

    /// A single call. `snapshot`: the caller's arguments. [`Core::cancel`] with the same `number` cancels it; 0 if it
    /// can't be cancelled.
    pub fn call(&self, operation: &str, snapshot: &Array, number: u32) -> Promise {
        let client = self.client.clone();
        let values = Input::read(snapshot).values;
        let call = match refused(operation) {
            Some(failure) => Err(failure),
            None => Call::read(operation_of(operation), &values, &client.options.base_url)
                .map_err(|issues| error::invalid(&issues)),
        };
        let cancellation = Cancellation::default();
        let cancellations = self.cancellations.clone();
        if number > 0 {
            cancellations.borrow_mut().push((number, cancellation.clone()));
        }
        promise(Box::pin(async move {
            let result = match call {
                Ok(call) => call::make(client, call, cancellation).await,
                Err(failure) => Err(failure),
            };
            if number > 0 {
                let mut open = cancellations.borrow_mut();
                if let Some(at) = open.iter().position(|(other, _)| *other == number) {
                    open.swap_remove(at);
                }
            }
            result.map_err(Failure::into_js)
        }))
    }

    /// Cancels a call.
    pub fn cancel(&self, number: u32) {
        let cancellations = self.cancellations.borrow();
        if let Some((_, cancellation)) = cancellations.iter().find(|(other, _)| *other == number) {
            cancellation.cancel();
        }
    }

    /// Creates a drive. It sends no request before [`Driver::next`] or [`Driver::run`] is called. Its options and
    /// hooks are the argument at `index`. `previewed`: see [`Plan::previewed`].
    pub fn drive(
        &self,
        operation: &str,
        snapshot: &Array,
        index: usize,
        salvage: Salvage,
        previewed: Option<u32>,
    ) -> Result<Driver, JsValue> {
        let begun = self.begin(operation, Input::read(snapshot), index, salvage, previewed);
        begun.map_err(Failure::into_js)
    }
}

impl Core {
    fn begin(
        &self,
        operation: &str,
        input: Input,
        index: usize,
        salvage: Salvage,
        previewed: Option<u32>,
    ) -> Result<Driver, Failure> {
        if let Some(failure) = refused(operation) {
            return Err(failure);
        }
        let client = self.client.clone();
        let continued = ACTS && operation == "continue";
        let follows = ACTS && operation == "follow";
        let arguments = &input.values;
        let mut plan = match continued {
            _ if follows => Plan::read_followed(arguments, &client.options),
            true => Plan::read_continued(arguments, &client.options),
            false => {
                let operation = match operation_of(operation) {
                    Operation::List => Operation::Scan,
                    operation => operation,
                };
                Plan::read(operation, arguments, &client.options)
            }
        }
        .map_err(|issues| error::invalid(&issues))?;
        plan.previewed = previewed;
        if operation == "list" {
            // A list does not create new entries, so it is frozen only if the caller asks for it.
            let asked = argument(arguments, 1).field("freeze");
            plan.options.freeze = matches!(asked, Value::Bool(true));
        }
        let expected = if follows {
            Expected::Following
        } else if continued {
            Expected::Anything
        } else if argument(arguments, 0).is_undefined() {
            Expected::Operation
        } else {
            Expected::Selection
        };
        let hooks = Hooks::new(&input, index, salvage);
        Driver::new(client, plan, expected, hooks, operation == "preview")
    }
}

/// The delay in milliseconds that the caller's `backoff` returns for a retry; 0 if it throws or returns no number.
fn delay(backoff: &Function, retry: u32) -> u32 {
    let delay = backoff.call1(&JsValue::UNDEFINED, &retry.into());
    delay.ok().and_then(|delay| delay.as_f64()).map_or(0, |delay| delay as u32)
}

/// Why this build can't make a call or a drive of this name.
fn refused(name: &str) -> Option<Failure> {
    let reads = matches!(name, "list" | "get" | "logs" | "preview");
    (!ACTS && !reads).then(|| error::reading_only(name))
}

/// The operation with this name; [`Operation::List`] if there is none.
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
