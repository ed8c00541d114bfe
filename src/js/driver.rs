//! The shell of a drive: polls it, sends what it wants sent, and tells it what came of it.

use super::out::{Fields, Out};
use super::send::{attempt, now};
use super::signal::{Listener, Signal};
use super::timer::{Gate, Stop, Timer};
use super::{fail, promise, read, task, Hook, Shared};
use crate::engine::ledger::Line;
use crate::engine::{Drive, End, Expected, Next, Plan, Reason, Ticket, Why};
use crate::wire::{Operation, Request};
use core::cell::{Cell, RefCell};
use js_sys::{Function, Promise, Reflect};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A drive under way.
#[wasm_bindgen]
pub struct Driver {
    inner: Rc<Inner>,
}

struct Inner {
    shared: Rc<Shared>,
    drive: RefCell<Drive>,
    /// The gates of what is in flight.
    flights: RefCell<Vec<(Ticket, Rc<Gate>)>>,
    /// Bodies of pages that wait to be taken.
    bodies: RefCell<Vec<(Ticket, JsValue)>>,
    on_progress: Option<Hook>,
    on_checkpoint: Option<Function>,
    signal: Option<Signal>,
    /// Where the loop waits; a new gate for each wait.
    waiting: RefCell<Rc<Gate>>,
    ended: RefCell<Option<End>>,
    listener: RefCell<Option<Listener>>,
    started: Cell<bool>,
    /// Lines of the report that pages have handed out.
    shown: Cell<usize>,
    /// How many lines of the report `onCheckpoint` got.
    stored: Cell<usize>,
}

enum Step {
    Page(Ticket),
    Done(End),
}

impl Driver {
    pub(super) fn new(
        shared: Rc<Shared>,
        plan: Plan,
        expected: Expected,
        options: &JsValue,
    ) -> Result<Driver, JsValue> {
        let drive = match plan.options.checkpoint.clone() {
            Some(text) => Drive::resume_from(&text, plan, expected, now(), super::seed())
                .map_err(|fault| fail::bad_checkpoint(&shared, fault))?,
            None => Drive::new(plan, now(), super::seed()),
        };
        let inner = Inner {
            shared,
            drive: RefCell::new(drive),
            flights: RefCell::default(),
            bodies: RefCell::default(),
            on_progress: Hook::of(options, "onProgress"),
            on_checkpoint: read::function(options, "onCheckpoint"),
            signal: Signal::of(options),
            waiting: RefCell::new(Gate::new()),
            ended: RefCell::default(),
            listener: RefCell::default(),
            started: Cell::new(false),
            shown: Cell::new(0),
            stored: Cell::new(0),
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
                Step::Done(end) => inner.outcome(&end).map(|()| JsValue::UNDEFINED),
            }
        }))
    }

    /// To the end; the summary.
    pub fn run(&self) -> Promise {
        let inner = self.inner.clone();
        promise(Box::pin(async move {
            loop {
                if let Step::Done(end) = inner.advance().await {
                    inner.outcome(&end)?;
                    return Ok(inner.summary());
                }
            }
        }))
    }

    /// Ends at once: what is in flight counts as lost.
    pub fn stop(&self) {
        for _ in 0..2 {
            self.inner.drive.borrow_mut().abort(now());
        }
        self.inner.wake();
    }

    /// The summary so far.
    pub fn summary(&self) -> JsValue {
        self.inner.summary()
    }
}

impl Inner {
    /// Runs the drive until there is something for the caller.
    async fn advance(self: &Rc<Self>) -> Step {
        if let Some(end) = self.ended.borrow().clone() {
            return Step::Done(end);
        }
        if !self.started.replace(true) {
            let weak = Rc::downgrade(self);
            let listen = |signal: &Signal| {
                signal.listen(move || {
                    if let Some(inner) = weak.upgrade() {
                        inner.drive.borrow_mut().abort(now());
                        inner.wake();
                    }
                })
            };
            *self.listener.borrow_mut() = self.signal.as_ref().map(listen);
        }
        loop {
            // Taken before the poll, so that an answer in between is not slept through.
            let gate = Gate::new();
            *self.waiting.borrow_mut() = gate.clone();
            let next = self.drive.borrow_mut().poll(now());
            match next {
                Next::Send(ticket, request) => self.send(ticket, request),
                Next::Page(ticket) => return Step::Page(ticket),
                Next::Wait { until, why } => {
                    if why != Why::Answer {
                        self.progress(Some((why, until)));
                    }
                    let timer = until.map(|until| {
                        let gate = gate.clone();
                        Timer::new((until - now()).max(0), move || gate.stop(Stop::Timeout))
                    });
                    let _ = gate.pass(core::future::pending::<()>()).await;
                    drop(timer);
                }
                Next::Done(end) => {
                    *self.ended.borrow_mut() = Some(end.clone());
                    self.listener.take();
                    for (_, gate) in self.flights.take() {
                        gate.stop(Stop::Aborted);
                    }
                    self.progress(None);
                    return Step::Done(end);
                }
            }
        }
    }

    fn wake(&self) {
        let gate = self.waiting.borrow().clone();
        gate.stop(Stop::Aborted);
    }

    /// Puts a request on the wire; its answer wakes the loop.
    fn send(self: &Rc<Self>, ticket: Ticket, request: Request) {
        let gate = Gate::new();
        self.flights.borrow_mut().push((ticket, gate.clone()));
        let acts = request.operation.acts();
        // Both as of now: what is stored together has to belong together.
        let checkpoint = (acts && self.on_checkpoint.is_some())
            .then(|| (self.drive.borrow().checkpoint(), self.lines_since(&self.stored)));
        let inner = self.clone();
        task(Box::pin(async move {
            let saved = inner.saved(checkpoint, &gate).await;
            let ending = inner.drive.borrow().is_ending();
            match saved {
                Ok(()) if !ending => inner.exchange(ticket, &request, &gate).await,
                saved => {
                    let why = saved.err().unwrap_or_default();
                    inner.drive.borrow_mut().withhold(ticket, why, now());
                }
            }
            inner.flights.borrow_mut().retain(|(other, _)| *other != ticket);
            inner.progress(None);
            inner.wake();
        }));
    }

    /// Hands the caller the checkpoint of a request that may act, with the report's lines since the
    /// one before, and waits for them to be stored.
    async fn saved(
        &self,
        checkpoint: Option<(String, Option<Vec<Out>>)>,
        gate: &Gate,
    ) -> Result<(), String> {
        let (Some(hook), Some((text, lines))) = (&self.on_checkpoint, checkpoint) else {
            return Ok(());
        };
        let lines = lines.map_or(JsValue::UNDEFINED, |lines| Out::List(lines).into_js());
        let words = |error: JsValue| {
            let message = read::get(&error, "message").unwrap_or(error).as_string();
            self.shared.options.token.redact(&message.unwrap_or_default())
        };
        let returned =
            hook.call2(&JsValue::UNDEFINED, &JsValue::from_str(&text), &lines).map_err(words)?;
        if !returned.is_object() {
            return Ok(());
        }
        match gate.pass(JsFuture::from(Promise::resolve(&returned))).await {
            Ok(stored) => stored.map(|_| ()).map_err(words),
            Err(_) => Err(String::new()),
        }
    }

    async fn exchange(&self, ticket: Ticket, request: &Request, gate: &Rc<Gate>) {
        let (timeout, number) = {
            let drive = self.drive.borrow();
            (drive.timeout(), drive.attempt(ticket))
        };
        let received = attempt(&self.shared, request, timeout, number, gate).await;
        let mut drive = self.drive.borrow_mut();
        drive.answer(ticket, &received.outcome(), now());
        if drive.has_page(ticket) {
            self.bodies.borrow_mut().push((ticket, received.body()));
        }
    }

    /// The page of an answer, as the caller gets it.
    fn page(&self, ticket: Ticket) -> JsValue {
        let mut bodies = self.bodies.borrow_mut();
        let body = match bodies.iter().position(|(other, _)| *other == ticket) {
            Some(at) => bodies.swap_remove(at).1,
            None => JsValue::UNDEFINED,
        };
        let drive = self.drive.borrow();
        let page = Fields::new()
            .with("checkpoint", drive.checkpoint())
            .with("progress", self.progress_fields(None))
            .maybe("entries", self.lines_since(&self.shown))
            .into_js();
        let key = match drive.operation() {
            Operation::Delete => "deleted",
            operation if operation.acts() => "workflowRuns",
            _ => "messages",
        };
        let list = match read::get(&body, key) {
            // A list of ids is a look at each: the body is the entry.
            None if key == "messages" => Some(js_sys::Array::of1(&body).into()),
            list => list,
        };
        if let Some(list) = list {
            // A fresh plain object takes any property.
            let _ = Reflect::set(&page, &JsValue::from_str(key), &list);
        }
        page
    }

    /// The report's lines from `mark` on, where there is a report; `mark` moves to their end.
    fn lines_since(&self, mark: &Cell<usize>) -> Option<Vec<Out>> {
        let drive = self.drive.borrow();
        drive.lines().map(|lines| report(&lines[mark.replace(lines.len())..], drive.operation()))
    }

    /// The error of a drive that failed, or of a page iteration that was aborted.
    fn outcome(&self, end: &End) -> Result<(), JsValue> {
        let End::Failed(refusal) = end else {
            return Ok(());
        };
        let drive = self.drive.borrow();
        let data = fail::refusal(&self.shared, drive.operation(), refusal)
            .with("mayHaveActed", drive.may_have_acted())
            .with("checkpoint", drive.checkpoint());
        drop(drive);
        Err(fail::with_summary(&self.shared, data, &self.summary()))
    }

    fn summary(&self) -> JsValue {
        let drive = self.drive.borrow();
        let counts = drive.counts();
        let done = drive.operation().done_name();
        let end = self.ended.borrow();
        let reason = match &*end {
            Some(End::Reason(reason)) => Some(*reason),
            Some(End::Failed(_)) => None,
            None => Some(Reason::Aborted),
        };
        let finished = reason.is_some_and(Reason::is_done);
        let fields = Fields::new()
            .with("done", finished)
            .with("reason", reason.map_or("failed", Reason::name))
            .with(done, counts.done)
            .with("notFound", counts.not_found)
            .with("unconfirmed", counts.unconfirmed)
            .with("failed", counts.failed)
            .with("requests", counts.requests)
            .with("retries", counts.retries)
            .with("waitedMs", counts.waited_ms)
            .with("elapsedMs", counts.elapsed_ms)
            .maybe("checkpoint", (!finished).then(|| drive.checkpoint()))
            .maybe("frozenToDate", drive.bound());
        let lines = drive.lines().map(|lines| report(lines, drive.operation()));
        fields.maybe("entries", lines).into_js()
    }

    fn progress(&self, waiting: Option<(Why, Option<i64>)>) {
        if let Some(hook) = &self.on_progress {
            hook.call(&self.progress_fields(waiting).into_js());
        }
    }

    fn progress_fields(&self, waiting: Option<(Why, Option<i64>)>) -> Fields {
        let drive = self.drive.borrow();
        let progress = drive.progress();
        let counts = progress.counts;
        Fields::new()
            .with("done", counts.done)
            .maybe("of", progress.of)
            .with("strategy", drive.strategy().name())
            .with("notFound", counts.not_found)
            .with("unconfirmed", counts.unconfirmed)
            .with("failed", counts.failed)
            .with("requests", counts.requests)
            .with("retries", counts.retries)
            .with("waitedMs", counts.waited_ms)
            .with("elapsedMs", counts.elapsed_ms)
            .with("inFlight", progress.in_flight)
            .with("perSecond", progress.per_second)
            .maybe("etaMs", progress.eta_ms)
            .maybe("waiting", waiting.map(|(why, _)| why.name()))
            .maybe("waitingUntil", waiting.and_then(|(_, until)| until))
    }
}

/// Lines of the report, as the caller gets them.
fn report(lines: &[Line], operation: Operation) -> Vec<Out> {
    let line = |line: &Line| {
        Fields::new()
            .maybe("dlqId", line.id.clone())
            .maybe("workflowRunId", line.run.clone())
            .with("outcome", line.fate.name(operation.done_name()))
            .into()
    };
    lines.iter().map(line).collect()
}
