//! The shell: the only part that knows JavaScript. It exports the core, runs it with `fetch` and
//! `setTimeout`, and carries values across.
//!
//! Exports take `&self` and hand out promises of futures that own an `Rc`: no borrow is held across
//! an await, so that a hook may call back into the client.

mod body;
mod call;
mod driver;
mod fail;
mod out;
mod read;
mod send;
mod signal;
mod timer;

use crate::engine::Plan;
use crate::params::{ClientOptions, Issues};
use crate::value::Value;
use crate::wire::call::Call;
use crate::wire::Operation;
use core::cell::Cell;
use core::future::Future;
use core::pin::Pin;
use driver::Driver;
use js_sys::{Array, Function, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{future_to_promise, spawn_local, JsFuture};

#[wasm_bindgen]
extern "C" {
    /// What the facade provides.
    pub type Host;
    /// The Error for a failure; see `errors.js` for the shape of `data`.
    #[wasm_bindgen(method)]
    fn fail(this: &Host, data: JsValue) -> JsValue;

    #[wasm_bindgen(js_namespace = Math, js_name = random)]
    fn random() -> f64;
    // A console may be replaced by one that throws.
    #[wasm_bindgen(catch, js_namespace = console, js_name = error)]
    fn report(message: &str, error: &JsValue) -> Result<(), JsValue>;
}

/// What every call and drive of a client shares.
pub struct Shared {
    options: ClientOptions,
    fetch: Option<Function>,
    on_request: Option<Hook>,
    host: Host,
    no_store: Cell<Option<bool>>,
}

impl Shared {
    /// Whether requests may say `cache: "no-store"`; found out once.
    fn uncached(&self) -> bool {
        let known = self.no_store.get().unwrap_or_else(send::takes_no_store);
        self.no_store.set(Some(known));
        known
    }
}

/// A client.
#[wasm_bindgen]
pub struct Core {
    shared: Rc<Shared>,
}

#[wasm_bindgen]
impl Core {
    /// `options`: the caller's. `env`: the variables that fill in for them, or `undefined`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, env: &JsValue, host: Host) -> Result<Core, JsValue> {
        let mut issues = Issues::new();
        let read = ClientOptions::read(&mut issues, &read::read(options), &read::read_env(env));
        let mut options_read =
            issues.into_result(read).map_err(|issues| fail::invalid(&host, &issues))?;
        if let Some(backoff) =
            read::get(options, "retry").and_then(|retry| read::function(&retry, "backoff"))
        {
            let retry = &mut options_read.retry;
            retry.table = delays(&backoff, retry.attempts);
        }
        let shared = Shared {
            options: options_read,
            fetch: read::function(options, "fetch"),
            on_request: Hook::of(options, "onRequest"),
            host,
            no_store: Cell::new(None),
        };
        Ok(Core { shared: Rc::new(shared) })
    }

    /// One call, one request. `args` are the caller's, in order.
    pub fn call(&self, operation: &str, args: Array) -> Promise {
        let shared = self.shared.clone();
        let call = Call::read(operation_of(operation), &values(&args), &shared.options.base_url)
            .map_err(|issues| fail::invalid(&shared.host, &issues));
        let signal = args.iter().find_map(|arg| signal::Signal::of(&arg));
        promise(Box::pin(async move { call::make(shared, call?, signal).await }))
    }

    /// A drive to the end. Nothing happens before it is asked for pages, or run.
    pub fn drive(&self, operation: &str, args: Array) -> Result<Driver, JsValue> {
        let shared = self.shared.clone();
        let continued = operation == "continue";
        let arguments = values(&args);
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
        let options = args.get(args.length().saturating_sub(1));
        if plan.operation == Operation::Scan && operation == "list" {
            // A list changes nothing that could come up again: it is frozen where that is asked for.
            plan.options.freeze =
                read::get(&options, "freeze").is_some_and(|freeze| freeze.is_truthy());
        }
        let expected = match (continued, arguments.first()) {
            (true, _) => crate::engine::Expected::Anything,
            (false, None | Some(Value::Undefined)) => crate::engine::Expected::Operation,
            _ => crate::engine::Expected::Selection,
        };
        Driver::new(shared, plan, expected, &options)
    }
}

/// Of boxed futures, so that the machinery around them is there once and not for each.
fn promise(future: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>) -> Promise {
    future_to_promise(future)
}

fn task(future: Pin<Box<dyn Future<Output = ()>>>) {
    spawn_local(future);
}

fn values(args: &Array) -> Vec<Value> {
    args.iter().map(|arg| read::read(&arg)).collect()
}

fn operation_of(name: &str) -> Operation {
    match name {
        "get" => Operation::Get,
        "resume" => Operation::Resume,
        "restart" => Operation::Restart,
        "delete" => Operation::Delete,
        "retryFailureFunction" => Operation::RetryFailureFunction,
        "cancelFailureFunction" => Operation::CancelFailureFunction,
        "preview" => Operation::Scan,
        _ => Operation::List,
    }
}

/// The delays that a caller's `backoff` function names; one that throws or returns no number means
/// no delay.
fn delays(backoff: &Function, attempts: u32) -> Vec<u32> {
    let delay =
        |index: u32| backoff.call1(&JsValue::UNDEFINED, &JsValue::from(index)).ok()?.as_f64();
    (0..attempts.saturating_sub(1)).map(|index| delay(index).unwrap_or(0.0) as u32).collect()
}

/// A hook of the caller's that only listens: what it throws changes nothing, and is reported once.
struct Hook {
    name: &'static str,
    function: Function,
    reported: Rc<Cell<bool>>,
}

impl Hook {
    fn of(options: &JsValue, name: &'static str) -> Option<Self> {
        let function = read::function(options, name)?;
        Some(Hook { name, function, reported: Rc::default() })
    }

    fn call(&self, event: &JsValue) {
        match self.function.call1(&JsValue::UNDEFINED, event) {
            Ok(returned) if returned.is_object() => {
                // A promise that rejects would otherwise end the process.
                let (name, reported) = (self.name, self.reported.clone());
                task(Box::pin(async move {
                    let promise = Promise::resolve(&returned);
                    if let Err(error) = JsFuture::from(promise).await {
                        report_once(name, &reported, &error);
                    }
                }));
            }
            Ok(_) => {}
            Err(error) => report_once(self.name, &self.reported, &error),
        }
    }
}

fn report_once(hook: &str, reported: &Cell<bool>, error: &JsValue) {
    if !reported.replace(true) {
        let _ = report(hook, error);
    }
}

fn seed() -> u64 {
    (random() * 9_007_199_254_740_992.0) as u64
}
