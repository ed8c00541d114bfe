//! `setTimeout`, and the gate through which a timer or a signal stops a wait.

use core::cell::{Cell, RefCell};
use core::future::{poll_fn, Future};
use core::pin::pin;
use core::task::{Poll, Waker};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // Bare globals: `window` exists in pages alone.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Closure<dyn FnMut()>, ms: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue);
}

/// A timer that is cleared when it is dropped.
pub struct Timer {
    handle: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    pub fn new(ms: i64, callback: impl FnMut() + 'static) -> Self {
        let callback = Closure::new(callback);
        // A longer one would fire at once.
        let handle = set_timeout(&callback, ms.clamp(0, i64::from(i32::MAX)) as i32);
        Timer { handle, _callback: callback }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.handle);
    }
}

/// Why a wait was stopped.
#[derive(Clone, Copy, PartialEq)]
pub enum Stop {
    Timeout,
    Aborted,
}

/// What one waits at: opened by whatever it waits for, or shut by a stop.
#[derive(Default)]
pub struct Gate {
    stop: Cell<Option<Stop>>,
    waker: RefCell<Option<Waker>>,
}

impl Gate {
    pub fn new() -> Rc<Self> {
        Rc::default()
    }

    /// Stops what waits here, now or later. The first reason stands.
    pub fn stop(&self, why: Stop) {
        if self.stop.get().is_none() {
            self.stop.set(Some(why));
        }
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    pub fn stopped(&self) -> Option<Stop> {
        self.stop.get()
    }

    /// The outcome of `future`, unless it is stopped before.
    pub async fn pass<T>(&self, future: impl Future<Output = T>) -> Result<T, Stop> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            // An answer that is there counts, even when a stop came in the same turn.
            if let Poll::Ready(outcome) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(outcome));
            }
            if let Some(why) = self.stop.get() {
                return Poll::Ready(Err(why));
            }
            *self.waker.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Waits so many milliseconds, or until it is stopped.
    pub async fn sleep(self: &Rc<Self>, ms: i64) -> Option<Stop> {
        let due = Gate::new();
        let timer = {
            let due = due.clone();
            Timer::new(ms, move || due.stop(Stop::Timeout))
        };
        let outcome = self.pass(due.pass(core::future::pending::<()>())).await;
        drop(timer);
        outcome.err()
    }
}
