//! The bindings to JavaScript. They export the core, run its drives and convert values; all decisions are made in the
//! engine.
//!
//! | to find | look in |
//! |---|---|
//! | what JavaScript sees | `exports`, [`driver::Driver`] |
//! | sending one request | `fetch`; the body of its response: `body` |
//! | a single call with its retries | `call` |
//! | the loop that runs a drive | `driver`; its summary, pages and errors: `driver::results` |
//! | the caller's hooks | `hooks` |
//! | waiting for promises | `promise` |
//! | cancellation and timers | `cancel` |
//! | outcomes of runs, for the caller | `follow` |
//! | arguments, results, errors | `input`, `output`, `error` |
//! | bindings that are safe for any value | `interop` |
//!
//! Exports take `&self` and return promises of futures that own an `Rc`. No code of the caller runs during a borrow,
//! so that a hook, a getter or a `fetch` may call the client again.

mod body;
mod call;
mod cancel;
mod driver;
mod error;
mod exports;
mod fetch;
mod follow;
mod hooks;
mod input;
mod interop;
mod output;
mod promise;

use crate::params::ClientOptions;
use cancel::Timers;
use core::future::Future;
use core::pin::Pin;
use fetch::Transport;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{future_to_promise, spawn_local};

/// The state that all calls and drives of a client share.
struct Client {
    options: ClientOptions,
    transport: Transport,
    timers: Timers,
}

/// Takes a boxed future, so that `future_to_promise` is instantiated only once.
fn promise(future: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>) -> Promise {
    future_to_promise(future)
}

fn task(future: Pin<Box<dyn Future<Output = ()>>>) {
    spawn_local(future);
}
