//! Cancellation and timers.
//!
//! `facade.js` listens to the caller's `AbortSignal` and calls [`Cancellation::cancel`], so that JavaScript's garbage
//! collector owns the listeners.

use super::interop::monotonic;
use core::cell::{Cell, RefCell};
use core::future::{poll_fn, Future};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The third argument is passed to the callback.
    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, ms: f64, generation: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue) -> Result<(), JsValue>;
}

/// A flag that tasks wait for. Clones are the same flag.
#[derive(Clone, Default)]
pub struct Cancellation(Rc<Flag>);

#[derive(Default)]
struct Flag {
    set: Cell<bool>,
    wakers: RefCell<Vec<Waker>>,
}

impl Flag {
    fn set(&self) {
        self.set.set(true);
        for waker in self.wakers.take() {
            waker.wake();
        }
    }

    /// Whether the flag is set; if not, the task is woken once it is.
    fn poll(&self, cx: &Context) -> bool {
        if !self.set.get() {
            let mut wakers = self.wakers.borrow_mut();
            if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
                wakers.push(cx.waker().clone());
            }
        }
        self.set.get()
    }

    /// Removes the task from those to wake.
    fn forget(&self, cx: &Context) {
        let mut wakers = self.wakers.borrow_mut();
        if let Some(at) = wakers.iter().position(|waker| waker.will_wake(cx.waker())) {
            wakers.swap_remove(at);
        }
    }
}

impl Cancellation {
    /// Ends the wait of [`race`]; a second call does nothing.
    pub fn cancel(&self) {
        self.0.set();
    }

    /// Whether [`Cancellation::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.set.get()
    }
}

/// How a [`race`] ended.
pub enum Raced<T> {
    Done(T),
    Cancelled,
    TimedOut,
}

/// Waits for `work`, the cancellation or the end of `sleep`, whichever comes first.
pub async fn race<T>(
    work: impl Future<Output = T>,
    cancellation: &Cancellation,
    sleep: Option<&Sleep>,
) -> Raced<T> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        let raced = if let Poll::Ready(output) = work.as_mut().poll(cx) {
            Raced::Done(output)
        } else if cancellation.0.poll(cx) {
            Raced::Cancelled
        } else if sleep.is_some_and(|sleep| sleep.over.poll(cx)) {
            Raced::TimedOut
        } else {
            return Poll::Pending;
        };
        cancellation.0.forget(cx);
        Poll::Ready(raced)
    })
    .await
}

/// The timers of a client. All of them share one `setTimeout`, set for the earliest end, which stays set between the
/// requests of a drive.
#[derive(Clone, Default)]
pub struct Timers(Rc<Shared>);

#[derive(Default)]
struct Shared {
    /// The end of each sleep by [`monotonic`], and the flag to set then.
    sleepers: RefCell<Vec<(f64, Rc<Flag>)>>,
    armed: RefCell<Option<Armed>>,
    generations: Cell<u32>,
    /// Number of [`Hold`]s: while there is one, the timer stays set even without sleepers.
    holds: Cell<u32>,
    callback: RefCell<Option<Callback>>,
}

/// The callback of `setTimeout`; its argument is the generation of the timer.
type Callback = Closure<dyn FnMut(u32)>;

/// The current `setTimeout`.
struct Armed {
    due: f64,
    generation: u32,
    handle: JsValue,
}

/// A wait for a fixed time. Dropping it cancels the wait.
pub struct Sleep {
    timers: Timers,
    over: Rc<Flag>,
}

/// Keeps the timer set until dropped.
pub struct Hold(Timers);

impl Timers {
    /// Starts a wait of `ms` milliseconds.
    ///
    /// # Errors
    ///
    /// The error of `setTimeout`, or that it is missing.
    pub fn sleep(&self, ms: f64) -> Result<Sleep, JsValue> {
        let due = monotonic() + ms.max(0.0);
        let sleep = Sleep { timers: self.clone(), over: Rc::default() };
        self.0.sleepers.borrow_mut().push((due, sleep.over.clone()));
        self.0.arm(due)?;
        Ok(sleep)
    }

    /// Keeps the timer set between one wait and the next.
    pub fn hold(&self) -> Hold {
        self.0.holds.set(self.0.holds.get() + 1);
        Hold(self.clone())
    }
}

impl Shared {
    /// Sets the timer to fire at `due` or earlier. No borrow is held during the call of `setTimeout`, which the caller
    /// may have replaced.
    fn arm(self: &Rc<Self>, due: f64) -> Result<(), JsValue> {
        let is_early = |armed: &Option<Armed>| armed.as_ref().is_some_and(|armed| armed.due <= due);
        if is_early(&self.armed.borrow()) {
            return Ok(());
        }
        self.disarm();
        let generation = self.generations.get().wrapping_add(1);
        self.generations.set(generation);
        let now = monotonic();
        let ms = (due - now).clamp(0.0, LONGEST_MS);
        let callback = self.callback();
        let handle = set_timeout(&callback, ms, generation)?;
        let armed = Armed { due: due.min(now + LONGEST_MS), generation, handle };
        let late = {
            let mut current = self.armed.borrow_mut();
            // A call of `arm` from within `setTimeout` may have set another.
            if is_early(&current) {
                Some(armed)
            } else {
                current.replace(armed)
            }
        };
        if let Some(late) = late {
            let _ = clear_timeout(&late.handle);
        }
        Ok(())
    }

    fn disarm(&self) {
        let armed = self.armed.borrow_mut().take();
        if let Some(armed) = armed {
            let _ = clear_timeout(&armed.handle);
        }
    }

    fn callback(self: &Rc<Self>) -> JsValue {
        let shared = Rc::downgrade(self);
        self.callback
            .borrow_mut()
            .get_or_insert_with(|| Closure::new(move |generation| fire(&shared, generation)))
            .as_ref()
            .clone()
    }

    /// Without sleepers the timer would only keep the process alive.
    fn disarm_if_idle(&self) {
        if self.holds.get() == 0 && self.sleepers.borrow().is_empty() {
            self.disarm();
        }
    }
}

/// Handles the timer. The timer's due time, not the clock, decides which sleeps are over, since the clock of a test
/// may stand still.
fn fire(shared: &Weak<Shared>, generation: u32) {
    let Some(shared) = shared.upgrade() else {
        return;
    };
    let armed = {
        let mut current = shared.armed.borrow_mut();
        current.take_if(|armed| armed.generation == generation)
    };
    let Some(armed) = armed else {
        return;
    };
    let mut over = Vec::new();
    let mut next = None::<f64>;
    shared.sleepers.borrow_mut().retain(|(due, flag)| {
        let waits = *due > armed.due;
        if waits {
            next = Some(next.map_or(*due, |next| next.min(*due)));
        } else {
            over.push(flag.clone());
        }
        waits
    });
    for flag in over {
        flag.set();
    }
    if let Some(due) = next {
        // `setTimeout` worked before; if it fails now, the sleeps can still be cancelled.
        let _ = shared.arm(due);
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let shared = &self.timers.0;
        {
            let mut sleepers = shared.sleepers.borrow_mut();
            if let Some(at) = sleepers.iter().position(|(_, flag)| Rc::ptr_eq(flag, &self.over)) {
                sleepers.swap_remove(at);
            }
        }
        shared.disarm_if_idle();
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let shared = &self.0 .0;
        shared.holds.set(shared.holds.get() - 1);
        shared.disarm_if_idle();
    }
}

/// For a longer time `setTimeout` fires at once.
const LONGEST_MS: f64 = 2_147_483_647.0;
