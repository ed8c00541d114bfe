//! Awaits values of JavaScript: plain ones, promises and any other thenable.
//!
//! `JsFuture` creates two closures per wait and registers both for finalization (`FinalizationRegistry`), which
//! costs more than the wait itself. Here a wait takes a pair of callbacks from a pool, and returns it once one of
//! them was called.

use core::cell::RefCell;
use core::future::Future;
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Promise, js_name = resolve)]
    fn resolve(value: &JsValue) -> Result<JsValue, JsValue>;
    /// Not the value's own `then`: the caller's may call back twice.
    #[wasm_bindgen(catch, js_namespace = ["Promise", "prototype", "then"], js_name = call)]
    fn then(promise: &JsValue, fulfilled: &JsValue, rejected: &JsValue)
        -> Result<JsValue, JsValue>;
}

/// Awaits a value, a promise or any other thenable. Subscribes at once, not at the first poll.
///
/// # Errors
///
/// The reason of the rejection, or the error of its `then`.
pub fn settled(value: &JsValue) -> impl Future<Output = Result<JsValue, JsValue>> {
    let promise = resolve(value);
    let callbacks = Callbacks::take();
    let subscribed = promise.and_then(|promise| {
        *callbacks.state.borrow_mut() = State::Waiting(None);
        then(&promise, callbacks.fulfilled.as_ref(), callbacks.rejected.as_ref())
    });
    if let Err(error) = subscribed {
        *callbacks.state.borrow_mut() = State::Settled(Err(error));
    }
    Settled(callbacks)
}

/// A pair of callbacks, for one wait at a time.
struct Callbacks {
    fulfilled: Closure<dyn Fn(JsValue)>,
    rejected: Closure<dyn Fn(JsValue)>,
    state: RefCell<State>,
}

enum State {
    /// In the pool, or about to return to it.
    Free,
    /// The task to wake; `None` before the first poll.
    Waiting(Option<Waker>),
    Settled(Result<JsValue, JsValue>),
    /// The wait was dropped while the promise still holds the callbacks.
    Abandoned(Rc<Callbacks>),
}

thread_local! {
    static POOL: RefCell<Vec<Rc<Callbacks>>> = const { RefCell::new(Vec::new()) };
}

impl Callbacks {
    fn take() -> Rc<Self> {
        POOL.with_borrow_mut(Vec::pop).unwrap_or_else(|| {
            Rc::new_cyclic(|callbacks: &Weak<Self>| Callbacks {
                fulfilled: Self::callback(callbacks, Ok),
                rejected: Self::callback(callbacks, Err),
                state: RefCell::new(State::Free),
            })
        })
    }

    fn callback(
        callbacks: &Weak<Self>,
        wrap: fn(JsValue) -> Result<JsValue, JsValue>,
    ) -> Closure<dyn Fn(JsValue)> {
        let callbacks = callbacks.clone();
        Closure::new(move |value| {
            if let Some(callbacks) = callbacks.upgrade() {
                callbacks.settle(wrap(value));
            }
        })
    }

    fn settle(&self, result: Result<JsValue, JsValue>) {
        let before = replace(&mut *self.state.borrow_mut(), State::Free);
        match before {
            State::Waiting(waker) => {
                *self.state.borrow_mut() = State::Settled(result);
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
            State::Abandoned(callbacks) => give_back(callbacks),
            State::Free | State::Settled(_) => {}
        }
    }
}

fn give_back(callbacks: Rc<Callbacks>) {
    POOL.with_borrow_mut(|pool| pool.push(callbacks));
}

struct Settled(Rc<Callbacks>);

impl Future for Settled {
    type Output = Result<JsValue, JsValue>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.state.borrow_mut();
        match &mut *state {
            State::Waiting(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
            state => match replace(state, State::Free) {
                State::Settled(result) => Poll::Ready(result),
                _ => unreachable!("polled after it was ready"),
            },
        }
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        let mut state = self.0.state.borrow_mut();
        if matches!(*state, State::Waiting(_)) {
            *state = State::Abandoned(self.0.clone());
        } else {
            *state = State::Free;
            drop(state);
            give_back(self.0.clone());
        }
    }
}
