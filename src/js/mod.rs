//! The border: the only part that knows JavaScript. It exports the core, runs it, and carries values
//! across; no decision is made here.
//!
//! | to find | look in |
//! |---|---|
//! | what JavaScript sees | `exports`, [`driver::Driver`] |
//! | one request on the wire | `fetch`; the body of its response: `body` |
//! | a single call with its retries | `call` |
//! | the loop that runs a drive | `driver` |
//! | the caller's hooks | `hooks` |
//! | waiting for promises | `promise` |
//! | cancellation and timers | `cancel` |
//! | what became of runs, for the caller | `follow` |
//! | values in, values out, failures out | `input`, `output`, `error` |
//! | bindings that hold against any value | `interop` |
//!
//! Exports take `&self` and return promises of futures that own an `Rc`. Nothing of the caller's runs while
//! something is borrowed, so that a hook, a getter or a `fetch` may call back into the client.

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

/// What every call and drive of a client shares.
struct Client {
    options: ClientOptions,
    transport: Transport,
    timers: Timers,
}

/// Of boxed futures, so that the machinery around them is there once and not for each.
fn promise(future: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>) -> Promise {
    future_to_promise(future)
}

fn task(future: Pin<Box<dyn Future<Output = ()>>>) {
    spawn_local(future);
}
