//! The host of a drive: polls it, sends its requests, and passes the responses to it.
//!
//! The drive is borrowed only while one of its methods runs. Code of the caller (a hook, a getter, `fetch`, a
//! clock that a test replaced) runs before or after.

mod results;

use super::cancel::{race, Cancellation};
use super::error::{self, Failure, Fault};
use super::hooks::Hooks;
use super::interop::{estimated_now, message_of, now, seed};
use super::output::Fields;
use super::{promise, task, Client};
use crate::acts::ACTS;
use crate::engine::{Drive, End, Expected, Next, Plan, Ticket, WaitReason};
use crate::time::Timestamp;
use crate::wire::tally::Tally;
use crate::wire::Request;
use core::cell::{Cell, RefCell};
use core::future::pending;
use js_sys::Promise;
pub use results::with_spent;
use results::{progress, tally_fields};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A running drive.
#[wasm_bindgen]
pub struct Driver {
    inner: Rc<Inner>,
}

struct Inner {
    client: Rc<Client>,
    drive: RefCell<Drive>,
    /// Whether the drive's clock is `Date.now`: from the first response on. Before, it is an estimate.
    clock_is_set: Cell<bool>,
    hooks: Hooks,
    /// Requests that must not be sent before a checkpoint that covers them is stored.
    unstored: RefCell<Vec<(Ticket, Request)>>,
    /// Whether a call of `onCheckpoint` is pending.
    storing: Cell<bool>,
    /// Bodies of pages that the caller has not fetched yet.
    bodies: RefCell<Vec<(Ticket, JsValue)>>,
    /// Ends the current wait of the loop; a new one for each wait.
    wake: RefCell<Cancellation>,
    /// Cancels the requests in flight once the drive has ended.
    over: Cancellation,
    ended: RefCell<Option<Ended>>,
    /// Why the drive can't continue in this runtime.
    fault: RefCell<Option<Fault>>,
    /// The last error of `fetch` or `onCheckpoint`.
    cause: RefCell<JsValue>,
    /// Number of the report's entries that were returned with pages.
    shown: Cell<usize>,
    /// Whether the caller only follows runs: the result is an outcome instead of a summary.
    follows: bool,
    /// Number of the report's entries that were passed to `onCheckpoint`.
    stored: Cell<usize>,
    /// Number of ended runs that were passed to `onCheckpoint`.
    stored_runs: Cell<usize>,
    /// Counts of the messages in the pages, for a preview.
    tally: Option<RefCell<Tally>>,
}

#[derive(Clone)]
enum Ended {
    Drive(End),
    Fault(Fault),
}

enum Step {
    Page(Ticket),
    Ended,
}

impl Driver {
    pub(super) fn new(
        client: Rc<Client>,
        plan: Plan,
        expected: Expected,
        hooks: Hooks,
        is_preview: bool,
    ) -> Result<Driver, Failure> {
        let checkpoint = plan.options.checkpoint.clone();
        let clock_is_set = Cell::new(checkpoint.is_some());
        let drive = match checkpoint {
            Some(text) if ACTS => Drive::resume_from(&text, plan, expected, now(), seed())
                .map_err(error::bad_checkpoint)?,
            // Next.js refuses `Date.now` and `Math.random` before the first request of a prerendered page.
            _ => Drive::new(plan, estimated_now(), 0),
        };
        let inner = Inner {
            client,
            drive: RefCell::new(drive),
            clock_is_set,
            hooks,
            unstored: RefCell::default(),
            storing: Cell::new(false),
            bodies: RefCell::default(),
            wake: RefCell::default(),
            over: Cancellation::default(),
            ended: RefCell::default(),
            fault: RefCell::default(),
            cause: RefCell::default(),
            shown: Cell::new(0),
            stored: Cell::new(0),
            stored_runs: Cell::new(0),
            follows: ACTS && expected == Expected::Following,
            tally: is_preview.then(RefCell::default),
        };
        Ok(Driver { inner: Rc::new(inner) })
    }
}

#[wasm_bindgen]
impl Driver {
    /// The next page, or `undefined` at the end.
    pub fn next(&self) -> Promise {
        let inner = self.inner.clone();
        promise(Box::pin(async move {
            inner.drive.borrow_mut().hand_out_pages();
            match inner.advance().await {
                Step::Page(ticket) => Ok(inner.page(ticket)),
                Step::Ended => inner.failure().map_or(Ok(JsValue::UNDEFINED), Err),
            }
        }))
    }

    /// Runs the drive to its end; resolves to the summary.
    pub fn run(&self) -> Promise {
        let inner = self.inner.clone();
        promise(Box::pin(async move {
            while let Step::Page(_) = inner.advance().await {}
            inner.failure().map_or_else(|| Ok(inner.summary().into_js()), Err)
        }))
    }

    /// Aborts the drive; see [`Drive::abort`].
    pub fn abort(&self) {
        self.inner.with_drive(|drive, now| drive.abort(now));
        self.inner.wake();
    }

    /// The summary so far.
    pub fn summary(&self) -> JsValue {
        self.inner.summary().into_js()
    }

    /// The counts of a preview so far.
    pub fn tally(&self) -> JsValue {
        let fields = self.inner.tally.as_ref().map(|tally| tally_fields(&tally.borrow()));
        fields.map_or(JsValue::UNDEFINED, Fields::into_js)
    }
}

impl Inner {
    /// Calls `act` with the drive and the current time; no code of the caller may run in it.
    fn with_drive<R>(&self, act: impl FnOnce(&mut Drive, Timestamp) -> R) -> R {
        let now = self.now();
        act(&mut self.drive.borrow_mut(), now)
    }

    /// The current time of the drive.
    fn now(&self) -> Timestamp {
        if self.clock_is_set.get() {
            now()
        } else {
            estimated_now()
        }
    }

    /// Sets the drive's clock to `Date.now`, and a seed, at the first response.
    fn set_clock(&self) {
        if !self.clock_is_set.replace(true) {
            let (estimated, now, seed) = (estimated_now(), now(), seed());
            self.drive.borrow_mut().set_clock(estimated, now, seed);
        }
    }

    /// Runs the drive until it has a page for the caller, or ends.
    async fn advance(self: &Rc<Self>) -> Step {
        let _hold = self.client.timers.hold();
        loop {
            if self.ended.borrow().is_some() {
                return Step::Ended;
            }
            let fault = self.fault.take();
            if let Some(fault) = fault {
                self.with_drive(|drive, now| {
                    // The second call counts the requests in flight as lost.
                    drive.abort(now);
                    drive.abort(now);
                });
                self.end(Ended::Fault(fault));
                continue;
            }
            match self.with_drive(Drive::poll) {
                Next::Send(ticket, request) => self.send(ticket, request),
                Next::Page(ticket) => return Step::Page(ticket),
                Next::Wait { until, why } => self.wait(until, why).await,
                Next::Done(end) => self.end(Ended::Drive(end)),
            }
        }
    }

    fn end(&self, ended: Ended) {
        *self.ended.borrow_mut() = Some(ended);
        self.over.cancel();
        self.tell(None);
    }

    async fn wait(&self, until: Option<Timestamp>, why: WaitReason) {
        let wake = Cancellation::default();
        *self.wake.borrow_mut() = wake.clone();
        if why != WaitReason::Response {
            self.tell(Some((why, until)));
        }
        let sleep = until.map(|until| self.client.timers.sleep((until - self.now()) as f64));
        match sleep.transpose() {
            Ok(sleep) => {
                race(pending::<()>(), &wake, sleep.as_ref()).await;
            }
            Err(error) => self.break_off(Fault::no_timers(error)),
        }
    }

    fn wake(&self) {
        self.wake.borrow().cancel();
    }

    /// Makes the drive fail at its next step.
    fn break_off(&self, fault: Fault) {
        self.fault.borrow_mut().get_or_insert(fault);
    }

    /// Sends a request, or queues it until a checkpoint that covers it is stored.
    fn send(self: &Rc<Self>, ticket: Ticket, request: Request) {
        if !(self.hooks.stores() && self.drive.borrow().wants_checkpoint(ticket)) {
            self.start(ticket, request);
            return;
        }
        self.unstored.borrow_mut().push((ticket, request));
        if !self.storing.replace(true) {
            let inner = self.clone();
            task(Box::pin(async move { inner.store().await }));
        }
    }

    /// Sends a request at once; its response wakes the loop.
    fn start(self: &Rc<Self>, ticket: Ticket, request: Request) {
        let inner = self.clone();
        task(Box::pin(async move {
            inner.exchange(ticket, &request).await;
            inner.tell_unless_over();
            inner.wake();
        }));
    }

    /// Calls `onCheckpoint` with the current checkpoint while requests wait for one, one call at a time.
    async fn store(self: Rc<Self>) {
        loop {
            let due = self.unstored.take();
            if due.is_empty() {
                break;
            }
            // The checkpoint and the report have to describe the same state.
            let (checkpoint, entries, runs) = {
                let drive = self.drive.borrow();
                let entries = self.entries_since(&drive, &self.stored);
                (drive.checkpoint(), entries, self.ended_runs_since_stored(&drive))
            };
            let stored = self.hooks.store(&checkpoint, [entries, runs], &self.over).await;
            let refused = stored.err().map(|error| {
                let message = message_of(&error);
                *self.cause.borrow_mut() = error;
                message
            });
            for (ticket, request) in due {
                let ending = self.drive.borrow().is_ending();
                match &refused {
                    None if !ending => self.start(ticket, request),
                    why => {
                        let why = why.clone().unwrap_or_default();
                        self.with_drive(|drive, now| drive.handle_not_sent(ticket, why, now));
                    }
                }
            }
            self.tell_unless_over();
            self.wake();
        }
        self.storing.set(false);
    }

    async fn exchange(&self, ticket: Ticket, request: &Request) {
        let (timeout, attempt) = {
            let drive = self.drive.borrow();
            (drive.timeout(), drive.attempt(ticket))
        };
        match self.client.transport.send(request, attempt, timeout, &self.over).await {
            Ok(received) => {
                self.set_clock();
                let outcome = received.outcome();
                let has_page = self.with_drive(|drive, now| {
                    drive.handle_response(ticket, &outcome, now);
                    drive.has_page(ticket)
                });
                if has_page {
                    self.bodies.borrow_mut().push((ticket, received.body()));
                }
                *self.cause.borrow_mut() = received.cause();
            }
            Err(fault) => {
                self.break_off(fault);
                self.with_drive(|drive, now| drive.handle_not_sent(ticket, String::new(), now));
            }
        }
    }

    /// Calls `onProgress`, unless the drive has ended: `end` has made the last call.
    fn tell_unless_over(&self) {
        if self.ended.borrow().is_none() {
            self.tell(None);
        }
    }

    fn tell(&self, waiting: Option<(WaitReason, Option<Timestamp>)>) {
        if let Some(on_progress) = self.hooks.on_progress() {
            let event = progress(&self.drive.borrow(), waiting);
            on_progress.tell(event);
        }
    }
}
