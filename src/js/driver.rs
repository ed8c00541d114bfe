//! The shell of a drive: polls it, sends what it wants sent, and tells it what came of it.

use super::body::Json;
use super::host::{now, seed, Gate, Hooks};
use super::out::{Fields, Out};
use super::{fail, promise, task, Shared};
use crate::engine::ledger::{Counts, ReportEntry};
use crate::engine::{Drive, End, Expected, Next, Plan, Reason, Ticket, WaitReason};
use crate::wire::tally::{Tally, STATUS};
use crate::wire::{Body, Operation, Request};
use core::cell::{Cell, RefCell};
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// A drive under way.
#[wasm_bindgen]
pub struct Driver {
    inner: Rc<Inner>,
}

struct Inner {
    shared: Rc<Shared>,
    drive: RefCell<Drive>,
    hooks: Hooks,
    /// The gates of what is in flight.
    flights: RefCell<Vec<(Ticket, Gate)>>,
    /// Bodies of pages that wait to be taken.
    bodies: RefCell<Vec<(Ticket, JsValue)>>,
    /// Where the loop waits; a new gate for each wait.
    waiting: RefCell<Gate>,
    ended: RefCell<Option<End>>,
    /// Lines of the report that pages have handed out.
    shown: Cell<usize>,
    /// How many lines of the report `onCheckpoint` got.
    stored: Cell<usize>,
    /// Counts the messages that pages hand out, for a preview.
    tally: Option<RefCell<Tally>>,
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
        hooks: Hooks,
        is_preview: bool,
    ) -> Result<Driver, JsValue> {
        let drive = match plan.options.checkpoint.clone() {
            Some(text) => Drive::resume_from(&text, plan, expected, now(), seed())
                .map_err(|fault| fail::bad_checkpoint(&shared.host, fault))?,
            None => Drive::new(plan, now(), seed()),
        };
        let inner = Inner {
            drive: RefCell::new(drive),
            hooks,
            flights: RefCell::default(),
            bodies: RefCell::default(),
            waiting: RefCell::new(shared.host.gate()),
            ended: RefCell::default(),
            shown: Cell::new(0),
            stored: Cell::new(0),
            tally: is_preview.then(RefCell::default),
            shared,
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
                    return Ok(inner.summary().into_js());
                }
            }
        }))
    }

    /// Sends nothing more; a second call ends at once, and what is in flight counts as lost.
    pub fn abort(&self) {
        self.inner.drive.borrow_mut().abort(now());
        self.inner.wake();
    }

    /// The summary so far.
    pub fn summary(&self) -> JsValue {
        self.inner.summary().into_js()
    }

    /// What a preview has counted so far.
    pub fn tally(&self) -> JsValue {
        let tally = self.inner.tally.as_ref();
        tally.map_or(JsValue::UNDEFINED, |tally| tally_fields(&tally.borrow()).into_js())
    }
}

impl Inner {
    /// Runs the drive until there is something for the caller.
    async fn advance(self: &Rc<Self>) -> Step {
        if let Some(end) = self.ended.borrow().clone() {
            return Step::Done(end);
        }
        loop {
            let next = self.drive.borrow_mut().poll(now());
            match next {
                Next::Send(ticket, request) => self.send(ticket, request),
                Next::Page(ticket) => return Step::Page(ticket),
                Next::Wait { until, why } => {
                    let gate = self.shared.host.gate();
                    *self.waiting.borrow_mut() = gate.clone();
                    if why != WaitReason::Answer {
                        self.progress(Some((why, until)));
                    }
                    let fault = gate.wait(until.map(|until| until - now())).await;
                    if !fault.is_undefined() {
                        // Better broken down than in a circle for ever.
                        wasm_bindgen::throw_val(fault);
                    }
                }
                Next::Done(end) => {
                    *self.ended.borrow_mut() = Some(end.clone());
                    for (_, gate) in self.flights.take() {
                        gate.open();
                    }
                    self.progress(None);
                    return Step::Done(end);
                }
            }
        }
    }

    fn wake(&self) {
        self.waiting.borrow().open();
    }

    /// Puts a request on the wire; its answer wakes the loop.
    fn send(self: &Rc<Self>, ticket: Ticket, request: Request) {
        let gate = self.shared.host.gate();
        self.flights.borrow_mut().push((ticket, gate.clone()));
        // Both as of now: what is stored together has to belong together.
        let checkpoint = (request.operation.acts() && self.hooks.stores())
            .then(|| (self.drive.borrow().checkpoint(), self.lines_since(&self.stored)));
        let inner = self.clone();
        task(Box::pin(async move {
            let mut withheld = None;
            if let Some((text, lines)) = checkpoint {
                // The report's lines since the checkpoint before go with it.
                let lines = lines.map_or(JsValue::UNDEFINED, |lines| Out::List(lines).into_js());
                withheld = inner.hooks.stored(&text, lines, &gate).await;
            }
            if inner.drive.borrow().is_ending() {
                withheld = withheld.or(Some(String::new()));
            }
            match withheld {
                Some(why) => inner.drive.borrow_mut().handle_not_sent(ticket, why, now()),
                None => inner.exchange(ticket, &request, &gate).await,
            }
            inner.landed(ticket);
            inner.progress(None);
            inner.wake();
        }));
    }

    fn landed(&self, ticket: Ticket) {
        let mut flights = self.flights.borrow_mut();
        if let Some(at) = flights.iter().position(|(other, _)| *other == ticket) {
            flights.swap_remove(at);
        }
    }

    async fn exchange(&self, ticket: Ticket, request: &Request, gate: &Gate) {
        let (timeout, number) = {
            let drive = self.drive.borrow();
            (drive.timeout(), drive.attempt(ticket))
        };
        let Shared { host, options } = &*self.shared;
        let received = host.send(options, gate, request, number, timeout).await;
        let headers = received.answer_headers();
        let mut drive = self.drive.borrow_mut();
        drive.handle_answer(ticket, &received.outcome(&headers), now());
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
        let body = match drive.chosen() {
            Some(chosen) => Json(body).with_elements(key, chosen),
            None => body,
        };
        let page = self.shared.host.page(page, key, body);
        if let Some(tally) = &self.tally {
            let messages = Json(page.clone()).get(key);
            let count = messages.as_ref().and_then(Body::length).unwrap_or(0);
            let entries = (0..count).filter_map(|index| messages.as_ref()?.at(index));
            entries.for_each(|entry| tally.borrow_mut().add(&entry));
        }
        page
    }

    /// The report's lines from `mark` on, where there is a report; `mark` moves to their end.
    fn lines_since(&self, mark: &Cell<usize>) -> Option<Vec<Out>> {
        let drive = self.drive.borrow();
        drive
            .report_entries()
            .map(|lines| report(&lines[mark.replace(lines.len())..], drive.operation()))
    }

    /// The error of a drive that failed, or of a page iteration that was aborted.
    fn outcome(&self, end: &End) -> Result<(), JsValue> {
        let End::Failed(refusal) = end else {
            return Ok(());
        };
        let drive = self.drive.borrow();
        let data = fail::refusal(&self.shared, drive.operation(), refusal)
            .with("mayHaveActed", drive.may_have_acted())
            .with("checkpoint", drive.checkpoint())
            .with("summary", self.summary());
        Err(self.shared.host.fail(data.into_js()))
    }

    fn summary(&self) -> Fields {
        let drive = self.drive.borrow();
        let counts = drive.counts();
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
            .with(drive.operation().done_name(), counts.done);
        let lines = drive.report_entries().map(|lines| report(lines, drive.operation()));
        with_counts(fields, &counts)
            .maybe("checkpoint", (!finished).then(|| drive.checkpoint()))
            .maybe("frozenToDate", drive.cutoff())
            .maybe("entries", lines)
    }

    fn progress(&self, waiting: Option<(WaitReason, Option<i64>)>) {
        if self.hooks.listens() {
            self.hooks.progress(self.progress_fields(waiting).into_js());
        }
    }

    fn progress_fields(&self, waiting: Option<(WaitReason, Option<i64>)>) -> Fields {
        let drive = self.drive.borrow();
        let progress = drive.progress();
        let fields = Fields::new()
            .with("done", progress.counts.done)
            .maybe("of", progress.of)
            .with("strategy", drive.strategy().name());
        with_counts(fields, &progress.counts)
            .with("inFlight", progress.in_flight)
            .with("perSecond", progress.per_second)
            .maybe("etaMs", progress.eta_ms)
            .maybe("waiting", waiting.map(|(why, _)| why.name()))
            .maybe("waitingUntil", waiting.and_then(|(_, until)| until))
    }
}

/// All counts but those that were done, whose name differs.
fn with_counts(fields: Fields, counts: &Counts) -> Fields {
    fields
        .with("notFound", counts.not_found)
        .with("unconfirmed", counts.unconfirmed)
        .with("failed", counts.failed)
        .with("requests", counts.requests)
        .with("retries", counts.retries)
        .with("waitedMs", counts.waited_ms)
        .with("elapsedMs", counts.elapsed_ms)
}

/// What a preview says of the entries it counted.
fn tally_fields(tally: &Tally) -> Fields {
    let groups = tally.groups().fold(Fields::new(), |fields, (name, group)| {
        let values = group.values.into_iter().map(|(key, count)| {
            let number = key.parse().ok().filter(|_| name == STATUS).map(Out::Number);
            let key = number.unwrap_or(Out::Text(key));
            Fields::new().with("key", key).with("count", count).into()
        });
        let values: Vec<Out> = values.collect();
        fields.with(name, Fields::new().with("values", values).with("others", group.others))
    });
    Fields::new()
        .with("count", tally.count)
        .maybe("firstDate", tally.first)
        .maybe("lastDate", tally.last)
        .with("groups", groups)
}

/// Lines of the report, as the caller gets them.
fn report(lines: &[ReportEntry], operation: Operation) -> Vec<Out> {
    let line = |line: &ReportEntry| {
        Fields::new()
            .maybe("dlqId", line.id.clone())
            .maybe("workflowRunId", line.run.clone())
            .with("outcome", line.outcome.name(operation.done_name()))
            .into()
    };
    lines.iter().map(line).collect()
}
