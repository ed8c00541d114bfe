//! The driver: a value that is polled and told what happened. It decides what to send next, how
//! long to wait and when it ends, and does none of it: time comes in as `now`, chance as a seed.
//!
//! Its methods are of four families. *Commands*: [`Drive::new`], [`Drive::resume_from`],
//! [`Drive::abort`]. *Polling*: [`Drive::poll`] says what the shell has to do. *Answers*:
//! [`Drive::answer`], [`Drive::withhold`]. *Getters*: [`Drive::counts`], [`Drive::progress`],
//! [`Drive::checkpoint`].
//!
//! The contract, "poll until you wait": after any command or answer the shell polls until it gets
//! [`Next::Wait`] or [`Next::Done`]. The shell in `js/` and the one in the tests are that one loop.
//!
//! Invariants, which debug builds assert at every step and the simulation holds against the service's
//! books: each id is in exactly one place, requests in flight stay within concurrency, no budget is
//! overdrawn.

mod batches;
mod canary;
pub mod checkpoint;
mod course;
mod head;
mod known;
pub mod ledger;
mod pace;
mod pages;
mod plan;
mod queue;
pub mod retry;
mod source;

use crate::params::{DriveOptions, Filter, Overrides, Report, RetryOptions, Selection, Strategy};
use crate::wire::rate_limit;
use crate::wire::response::{self, interpret, Body, Kind, Outcome, Want};
use crate::wire::{Answer, Operation, Refusal, Request};
use alloc::string::String;
use alloc::vec::Vec;
use batches::Batch;
use canary::{Trial, Verdict};
use checkpoint::{Fault, Reader, Writer};
use course::Course;
use head::{Head, Ids};
use ledger::{Counts, Fate, Line};
use pace::Pace;
use retry::{Backoff, Bucket};

/// A request in flight.
pub type Ticket = u32;

/// What a drive is to do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub operation: Operation,
    /// The base URL: a checkpoint belongs to it.
    pub origin: String,
    pub selection: Selection,
    pub overrides: Overrides,
    pub options: DriveOptions,
    pub retry: RetryOptions,
    /// Milliseconds an attempt may take.
    pub timeout: u32,
}

/// What a checkpoint has to agree with, beside the origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    Anything,
    Operation,
    /// Operation, selection and overrides.
    Selection,
}

/// What the shell has to do.
#[derive(Debug)]
pub enum Next {
    /// Put it on the wire; several may be in flight.
    Send(Ticket, Request),
    /// Hand the answer of this ticket to the caller.
    Page(Ticket),
    /// Nothing to do before `until`, or an answer.
    Wait {
        until: Option<i64>,
        why: Why,
    },
    Done(End),
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    Answer,
    /// The service's allowance.
    RateLimit,
    /// A back-off, or the velocity limit.
    Pause,
}

impl Why {
    pub fn name(self) -> &'static str {
        match self {
            Why::Answer => "answer",
            Why::RateLimit => "rateLimit",
            Why::Pause => "pause",
        }
    }
}

/// How a drive ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Reason(Reason),
    Failed(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    Complete,
    Limit,
    Requests,
    Time,
    Aborted,
    /// The cursor ended, and entries are left that the service does not take.
    Remaining,
    /// Too many of the first entries failed again.
    Canary,
}

impl Reason {
    pub fn name(self) -> &'static str {
        match self {
            Reason::Complete => "complete",
            Reason::Limit => "limit",
            Reason::Requests => "requests",
            Reason::Time => "time",
            Reason::Aborted => "aborted",
            Reason::Remaining => "remaining",
            Reason::Canary => "canary",
        }
    }

    /// Whether what was asked for is done.
    pub fn is_done(self) -> bool {
        matches!(self, Reason::Complete | Reason::Limit)
    }
}

/// How far a drive is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    pub counts: Counts,
    /// Entries in all, where that is known.
    pub of: Option<u64>,
    pub in_flight: u32,
    /// Entries a second, over this invocation.
    pub per_second: f64,
    pub eta_ms: Option<u64>,
}

/// What a strategy wants sent.
#[derive(Debug)]
enum Job {
    /// A list of one entry.
    Look,
    /// A page by the service's choice.
    Page {
        lane: usize,
        count: u32,
    },
    /// A list that runs ahead of the batches, of one of its windows.
    List(usize),
    Batch(Batch),
    /// A look at one id of a check.
    Fetch {
        check: u32,
        index: usize,
    },
    /// A list of what is newer than the canary's runs.
    Trial,
}

impl Job {
    fn batch(&self) -> Option<&Batch> {
        match self {
            Job::Batch(batch) => Some(batch),
            _ => None,
        }
    }
}

/// What a strategy wants done.
enum Choice {
    Send(Job),
    /// Nothing before then.
    At(i64),
    /// Nothing before an answer.
    Idle,
    End(End),
}

/// What every strategy works with.
struct Context {
    plan: Plan,
    filter: Filter,
    /// How many ids the caller named.
    ids: Option<Ids>,
    counts: Counts,
    lines: Vec<Line>,
    pace: Pace,
    backoff: Backoff,
    bucket: Bucket,
    concurrency: u32,
    /// Entries that may be taken for now: the limit, or the canary's.
    most: Option<u64>,
    /// The service's clock, as the answer at hand shows it.
    service_now: Option<i64>,
    /// When the answer to a request that may still be at work was last lost.
    lost_at: i64,
}

/// A drive. See the module's doc for how it is used.
pub struct Drive {
    cx: Context,
    course: Course,
    /// The canary, until it is through.
    trial: Option<Trial>,
    flights: Vec<Flight>,
    /// Answers to be handed out, in this order.
    pages: Vec<Ticket>,
    /// Whether the caller takes pages one by one.
    paged: bool,
    ending: Option<End>,
    /// Answers in flight are waited for until then.
    abort_until: Option<i64>,
    tickets: Ticket,
    started: i64,
    clock: i64,
    /// Milliseconds by which the shell's clock was set back since the drive began.
    set_back: i64,
    /// Requests of this invocation.
    requests: u64,
    /// Entries that were done before this invocation.
    done_before: u64,
    elapsed_before: u64,
    /// Refusals for want of allowance in a row that name no reset, one for all that were in flight
    /// together.
    unnamed_limits: u32,
    /// The last request that was sent before such a refusal.
    limited_until: Ticket,
    /// Since when nothing is in flight and a moment is waited for.
    idle_since: Option<i64>,
}

#[derive(Debug)]
struct Flight {
    ticket: Ticket,
    job: Job,
}

impl Drive {
    /// A drive from the beginning. `seed` spreads its waits.
    pub fn new(plan: Plan, now: i64, seed: u64) -> Self {
        let mut cx = Context::new(plan, seed);
        let course = Course::new(&cx);
        let nothing = cx.plan.selection.is_nothing();
        if let Selection::Ids(ids) = &mut cx.plan.selection {
            // They may be many, and it is the strategy that has them now.
            *ids = Vec::new();
        }
        let trial = cx.plan.options.canary.map(|canary| Trial::new(canary, now));
        Drive {
            done_before: cx.counts.done,
            elapsed_before: cx.counts.elapsed_ms,
            cx,
            course,
            trial,
            flights: Vec::new(),
            pages: Vec::new(),
            paged: false,
            ending: nothing.then_some(End::Reason(Reason::Complete)),
            abort_until: None,
            tickets: 0,
            started: now,
            clock: now,
            set_back: 0,
            requests: 0,
            unnamed_limits: 0,
            limited_until: 0,
            idle_since: None,
        }
    }

    /// A drive that goes on from a checkpoint: what it was to do comes from there, what it may
    /// spend from `plan`, with which it has to agree as `expected` says.
    pub fn resume_from(
        text: &str,
        mut plan: Plan,
        expected: Expected,
        now: i64,
        seed: u64,
    ) -> Result<Self, Fault> {
        let mut input = Reader::open(text)?;
        let head = Head::read(&mut input);
        input.check()?;
        let operation = expected == Expected::Anything || head.operation == plan.operation;
        let selection = expected != Expected::Selection
            || (head.is_of(&plan.selection) && head.overrides == plan.overrides);
        if head.origin != plan.origin || !operation || !selection {
            return Err(Fault::Mismatch);
        }
        plan.operation = head.operation;
        plan.selection = head.selection;
        plan.overrides = head.overrides;
        plan.options.strategy = Some(head.strategy);
        plan.options.condition = head.condition;
        plan.options.limit = head.limit;
        plan.options.freeze = head.freeze;
        plan.options.report = if head.lines { Report::Entries } else { Report::Summary };
        plan.options.request.query = head.query;
        let mut drive = Drive::new(plan, now, seed);
        drive.cx.counts = head.counts;
        drive.cx.ids = head.ids;
        drive.ending = None;
        drive.done_before = head.counts.done;
        drive.elapsed_before = head.counts.elapsed_ms;
        drive.course = Course::read(&mut input, &drive.cx);
        drive.trial = input.flag().then(|| Trial::read(&mut input, now));
        // Another machine's clock may be behind.
        drive.cx.lost_at = (input.count() as i64).min(now);
        input.finish()?;
        Ok(drive)
    }

    /// What the shell has to do now.
    pub fn poll(&mut self, now: i64) -> Next {
        let now = self.tick(now);
        loop {
            if let Some(end) = &self.ending {
                let end = end.clone();
                if self.abort_until.is_some_and(|until| until <= now) {
                    self.give_up_flights();
                }
                if !self.pages.is_empty() {
                    return Next::Page(self.pages.remove(0));
                }
                if self.flights.is_empty() {
                    if end == End::Reason(Reason::Canary) {
                        // Who goes on from here has seen the verdict.
                        self.trial = None;
                    }
                    return Next::Done(end);
                }
                return self.wait(self.abort_until, Why::Answer);
            }
            let mut until = None;
            let mut why = Why::Answer;
            let ahead = self.flights.len() + self.pages.len();
            if ahead < self.cx.pace.concurrency() as usize {
                let ready_at = self.cx.pace.ready_at(now);
                if ready_at > now {
                    (until, why) = (Some(ready_at), Why::RateLimit);
                } else {
                    match self.decide(now) {
                        Choice::Send(job) => match self.budget_spent(now) {
                            None => return self.send(job),
                            Some(reason) => {
                                self.put_back(job);
                                // What is in flight may yet bring the end of the work.
                                if self.flights.is_empty() {
                                    self.ending = Some(End::Reason(reason));
                                    continue;
                                }
                            }
                        },
                        Choice::At(at) => (until, why) = (Some(at), Why::Pause),
                        Choice::Idle => {}
                        Choice::End(end) => {
                            self.ending = Some(end);
                            continue;
                        }
                    }
                }
            }
            if !self.pages.is_empty() {
                return Next::Page(self.pages.remove(0));
            }
            if self.flights.is_empty() {
                // The budget is asked before a wait begins, never after.
                if let (Some(at), Some(deadline)) = (until, self.deadline()) {
                    if at >= deadline {
                        self.ending = Some(End::Reason(Reason::Time));
                        continue;
                    }
                }
                self.idle_since = Some(now);
            } else if self.deadline().is_some_and(|deadline| until.is_some_and(|at| at >= deadline))
            {
                (until, why) = (None, Why::Answer);
            }
            return self.wait(until, why);
        }
    }

    /// A wait, by the shell's clock.
    fn wait(&self, until: Option<i64>, why: Why) -> Next {
        Next::Wait { until: until.map(|until| until - self.set_back), why }
    }

    /// What became of a request. A ticket that is not in flight (any more) is passed over.
    pub fn answer<B: Body>(&mut self, ticket: Ticket, outcome: &Outcome<B>, now: i64) {
        let now = self.tick(now);
        let Some(at) = self.flights.iter().position(|flight| flight.ticket == ticket) else {
            return;
        };
        let flight = self.flights.swap_remove(at);
        let operation = self.operation_of(&flight.job);
        self.cx.service_now = match outcome {
            Outcome::Response { headers, .. } if matches!(flight.job, Job::Look) => {
                rate_limit::service_now(*headers, now)
            }
            _ => None,
        };
        let answer = interpret(operation, outcome, self.want(&flight.job), now);
        let heavy = match (&answer, outcome) {
            (Answer::Refused(refusal), _) => {
                let lost = refusal.fate == response::Fate::Unknown;
                lost && matches!(refusal.kind, Kind::Timeout | Kind::Network | Kind::ResponseFormat)
            }
            (_, Outcome::Response { length, .. }) => *length > LIST_LENGTH_MAX,
            _ => false,
        };
        if heavy && matches!(flight.job, Job::Page { .. } | Job::List(_)) && !operation.acts() {
            self.course.lighten(&mut self.cx);
        }
        let entries = self.entries_of(&flight.job);
        let not_done =
            matches!(&answer, Answer::Refused(refusal) if refusal.fate == response::Fate::NotDone);
        self.cx.pace.landed(entries, !not_done, now);
        self.settle(flight, answer, now);
        self.assert_invariants();
    }

    /// A request was not sent: the caller's `onCheckpoint` rejected, so that the drive ends, or it
    /// was ending anyway before that was done.
    pub fn withhold(&mut self, ticket: Ticket, why: String, now: i64) {
        self.tick(now);
        if let Some(at) = self.flights.iter().position(|flight| flight.ticket == ticket) {
            let flight = self.flights.swap_remove(at);
            self.put_back(flight.job);
            self.requests -= 1;
            self.cx.counts.requests -= 1;
            let refusal = Refusal {
                detail: Some(why),
                ..Refusal::new(Kind::Checkpoint, "checkpoint_hook", response::Fate::Refused)
            };
            self.ending.get_or_insert(End::Failed(refusal));
        }
    }

    /// Whether nothing more is to be sent.
    pub fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Sends nothing more; answers in flight are waited for a little. At a second call they are lost.
    pub fn abort(&mut self, now: i64) {
        let now = self.tick(now);
        match self.abort_until {
            Some(_) => self.give_up_flights(),
            None => {
                let grace = self.cx.plan.timeout.min(ABORT_GRACE_MS);
                self.abort_until = Some(now + i64::from(grace));
            }
        }
        if !matches!(self.ending, Some(End::Failed(_))) {
            self.ending = Some(End::Reason(Reason::Aborted));
        }
    }

    /// From now on the answers of pages are handed out, and no more are asked for than are taken.
    pub fn hand_out_pages(&mut self) {
        self.paged = true;
    }

    /// Whether the answer of this ticket waits to be handed out.
    pub fn has_page(&self, ticket: Ticket) -> bool {
        self.pages.contains(&ticket)
    }

    /// Milliseconds an attempt may take.
    pub fn timeout(&self) -> u32 {
        self.cx.plan.timeout
    }

    /// Which attempt, from 1, the request in flight is.
    pub fn attempt(&self, ticket: Ticket) -> u32 {
        let flight = self.flights.iter().find(|flight| flight.ticket == ticket);
        flight.map_or(1, |flight| match (&flight.job, &self.trial) {
            (Job::Trial, Some(trial)) => trial.attempt(),
            (job, _) => self.course.attempt(job),
        })
    }

    /// Whether anything was done, or may have been.
    pub fn may_have_acted(&self) -> bool {
        self.operation().acts() && self.counts().taken() > 0
    }

    pub fn operation(&self) -> Operation {
        self.cx.plan.operation
    }

    /// How it goes about it now: pages that the service refuses go on as batches.
    pub fn strategy(&self) -> Strategy {
        self.cx.plan.strategy()
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        let mut counts = self.settled_counts();
        if self.ending.is_some() && self.flights.is_empty() {
            // Their fate is open; who goes on from the checkpoint finds it out.
            counts.unconfirmed += self.course.uncertain();
        }
        counts
    }

    fn settled_counts(&self) -> Counts {
        Counts {
            elapsed_ms: self.elapsed_before + (self.clock - self.started) as u64,
            ..self.cx.counts
        }
    }

    /// The lines of this invocation, where the report has them.
    pub fn lines(&self) -> Option<&[Line]> {
        (self.cx.plan.options.report == Report::Entries).then_some(&self.cx.lines[..])
    }

    /// The frozen bound, once it is known.
    pub fn bound(&self) -> Option<i64> {
        self.course.bound()
    }

    pub fn progress(&self) -> Progress {
        let counts = self.counts();
        let here = counts.done - self.done_before;
        let seconds = (self.clock - self.started).max(1) as f64 / 1000.0;
        let per_second = here as f64 / seconds;
        let limit = self.cx.plan.options.limit;
        let of = match self.cx.ids {
            Some(ids) => Some(limit.map_or(ids.count, |limit| limit.min(ids.count))),
            None => limit,
        };
        let eta_ms = of.filter(|_| here > 0).map(|of| {
            (of.saturating_sub(counts.taken() + counts.not_found + counts.failed) as f64
                / per_second
                * 1000.0) as u64
        });
        Progress { counts, of, in_flight: self.flights.len() as u32, per_second, eta_ms }
    }

    /// Everything that is needed to go on. What is in flight is recorded as perhaps done.
    pub fn checkpoint(&self) -> String {
        let mut counts = self.settled_counts();
        counts.unconfirmed += self.course.risked(&self.cx);
        let mut out = Writer::new();
        Head::write(&self.cx, &counts, &mut out);
        self.course.write(&self.flights, &self.cx, &mut out);
        out.flag(self.trial.is_some());
        if let Some(trial) = &self.trial {
            trial.write(&mut out);
        }
        out.number((self.lost_at() - self.set_back).max(0) as u64);
        out.finish()
    }

    /// When an answer was last lost, with those in flight as lost by now.
    fn lost_at(&self) -> i64 {
        if self.flights.iter().any(|flight| self.entries_of(&flight.job) > 0) {
            self.clock
        } else {
            self.cx.lost_at
        }
    }

    /// What to do next: the canary's matter, or the strategy's.
    fn decide(&mut self, now: i64) -> Choice {
        // What was lost before this invocation may still be at work, whichever request it was.
        let settled = self.cx.lost_at + Backoff::settle_ms(1);
        if self.cx.lost_at <= self.started && now < settled {
            return Choice::At(settled);
        }
        self.trial = self.trial.take().filter(|trial| !trial.is_blind(now));
        if let Some(choice) = self.trial.as_mut().and_then(|trial| trial.next(now)) {
            return choice;
        }
        self.cx.most = match &self.trial {
            Some(trial) => {
                Some(trial.entries().min(self.cx.plan.options.limit.unwrap_or(u64::MAX)))
            }
            None => self.cx.plan.options.limit,
        };
        let choice = self.course.next(&mut self.cx, now);
        let limit = self.cx.plan.options.limit;
        let wanted = limit.is_none_or(|limit| self.cx.counts.taken() < limit);
        match (choice, &mut self.trial) {
            (Choice::End(End::Reason(Reason::Limit)), Some(trial)) if wanted => {
                trial.wait(now);
                self.decide(now)
            }
            (choice, _) => choice,
        }
    }

    /// The service never took up the job: it is due again.
    fn put_back(&mut self, job: Job) {
        match (job, &mut self.trial) {
            (Job::Trial, Some(trial)) => trial.put_back(),
            (job, _) => self.course.put_back(job),
        }
    }

    fn send(&mut self, job: Job) -> Next {
        let request = self.request(&job);
        self.tickets += 1;
        self.requests += 1;
        self.cx.counts.requests += 1;
        self.cx.pace.sent(self.entries_of(&job));
        self.flights.push(Flight { ticket: self.tickets, job });
        self.assert_invariants();
        Next::Send(self.tickets, request)
    }

    fn assert_invariants(&self) {
        debug_assert!(self.flights.len() <= self.cx.concurrency as usize);
        debug_assert!(self.cx.plan.options.max_requests.is_none_or(|most| self.requests <= most));
        if let (true, Some(ids)) = (cfg!(debug_assertions), self.cx.ids) {
            let Counts { done, not_found, unconfirmed, failed, .. } = self.cx.counts;
            let settled = done + not_found + unconfirmed + failed;
            debug_assert_eq!(settled + self.course.open_ids(), ids.count);
        }
    }

    /// Entries that a job may take.
    fn entries_of(&self, job: &Job) -> u32 {
        match job {
            _ if !self.operation_of(job).acts() => 0,
            Job::Page { count, .. } => *count,
            job => self.course.ids(job).len() as u32,
        }
    }

    fn operation_of(&self, job: &Job) -> Operation {
        match job {
            Job::Look | Job::List(_) | Job::Trial => Operation::Scan,
            Job::Fetch { .. } => Operation::Get,
            // A list of ids is a look at each.
            Job::Batch(_) if !self.operation().acts() => Operation::Get,
            Job::Page { .. } | Job::Batch(_) => self.cx.plan.operation,
        }
    }

    fn request(&self, job: &Job) -> Request {
        let plan = &self.cx.plan;
        let operation = self.operation_of(job);
        let options = &plan.options.request;
        let none = Overrides::default();
        let overrides = if operation.acts() { &plan.overrides } else { &none };
        if let (Job::Trial, Some(trial)) = (job, &self.trial) {
            let (from, cursor) = trial.request();
            let all = Filter::default();
            let bounds = (Some(from), None);
            return Request::page(operation, &all, bounds, canary::PAGE, cursor, &none, options);
        }
        let ids = self.course.ids(job);
        match (operation, ids.first()) {
            (Operation::Get, Some(id)) => Request::of_entry(operation, id, options),
            (_, Some(_)) => Request::batch(operation, ids, overrides, options),
            (_, None) => {
                let (bounds, count, cursor) = self.course.page(job);
                Request::page(operation, &self.cx.filter, bounds, count, cursor, overrides, options)
            }
        }
    }

    /// What is to be read of the answer to a job.
    fn want(&self, job: &Job) -> Want<'_> {
        let acts = self.operation_of(job).acts();
        let canary = acts && self.trial.as_ref().is_some_and(Trial::is_taking);
        let reported = acts && self.cx.plan.options.report == Report::Entries;
        let dated = acts && self.course.want_created();
        Want {
            first_created: dated || canary || matches!(job, Job::Look),
            runs: reported || canary || matches!(job, Job::Trial),
            // The opening list as well: where the filter is not heard, a page would take all.
            listed: matches!(job, Job::Look | Job::List(_))
                .then_some((&self.cx.filter, self.cx.plan.options.condition.as_ref())),
        }
    }

    fn settle(&mut self, flight: Flight, answer: Answer, now: i64) {
        let end = match answer {
            Answer::Refused(refusal) if refusal.kind == Kind::RateLimit => {
                self.put_back(flight.job);
                self.cx.counts.retries += 1;
                self.rate_limited(flight.ticket, refusal, now)
            }
            answer => {
                if let Answer::Page(_) = &answer {
                    self.unnamed_limits = 0;
                    self.cx.pace.answered();
                    self.cx.bucket.refund();
                    if self.paged && matches!(flight.job, Job::Page { .. } | Job::Batch(_)) {
                        self.pages.push(flight.ticket);
                    }
                }
                self.hand_on(flight.job, answer, now)
            }
        };
        match (&self.ending, end) {
            // A failure is worth more than the reason for which the drive was about to end.
            (None | Some(End::Reason(_)), Some(End::Failed(refusal))) => {
                self.ending = Some(End::Failed(refusal))
            }
            (None, Some(end)) => self.ending = Some(end),
            _ => {}
        }
    }

    /// The answer to a job, to whom it concerns.
    fn hand_on(&mut self, job: Job, answer: Answer, now: i64) -> Option<End> {
        let Some(trial) = &mut self.trial else {
            return self.course.answered(job, answer, &mut self.cx, now);
        };
        if !matches!(job, Job::Trial) {
            if let (Answer::Page(page), Job::Page { .. } | Job::Batch(_)) = (&answer, &job) {
                trial.taken(page);
            }
            return self.course.answered(job, answer, &mut self.cx, now);
        }
        let verdict = trial.answered(answer, &mut self.cx, now);
        match verdict {
            Verdict::Open => None,
            Verdict::Passed => {
                self.trial = None;
                None
            }
            Verdict::Ended(end) => Some(end),
        }
    }

    fn rate_limited(&mut self, ticket: Ticket, refusal: Refusal, now: i64) -> Option<End> {
        // What was in flight together is refused together, and says the same but once.
        let news = ticket > self.limited_until;
        if news {
            self.limited_until = self.tickets;
        }
        let until = match refusal.limit.reset_at {
            Some(at) => at,
            None if !news => return None,
            None => {
                self.unnamed_limits += 1;
                now + self.cx.backoff.delay(self.unnamed_limits).max(1)
            }
        };
        if until - now > WAIT_MAX_MS || self.unnamed_limits > UNNAMED_LIMITS_MAX {
            return Some(End::Failed(refusal));
        }
        self.cx.pace.limited(&refusal.limit, until, news);
        None
    }

    /// Why no request may be begun any more.
    fn budget_spent(&self, now: i64) -> Option<Reason> {
        if self.cx.plan.options.max_requests.is_some_and(|most| self.requests >= most) {
            return Some(Reason::Requests);
        }
        self.deadline().is_some_and(|deadline| deadline <= now).then_some(Reason::Time)
    }

    fn deadline(&self) -> Option<i64> {
        self.cx
            .plan
            .options
            .time_budget
            .map(|ms| self.started.saturating_add(ms.min(i64::MAX as u64) as i64))
    }

    fn give_up_flights(&mut self) {
        self.cx.lost_at = self.lost_at();
        for flight in core::mem::take(&mut self.flights) {
            match flight.job {
                Job::Trial => self.put_back(Job::Trial),
                job => self.course.give_up(job, &mut self.cx),
            }
        }
        self.assert_invariants();
    }

    /// Takes note of the time, which never runs backwards in here: a clock that is set back goes on
    /// from where it was.
    fn tick(&mut self, now: i64) -> i64 {
        self.set_back = self.set_back.max(self.clock - now);
        self.clock = now + self.set_back;
        if let Some(since) = self.idle_since.take() {
            self.cx.counts.waited_ms += (self.clock - since) as u64;
        }
        self.clock
    }
}

impl Context {
    fn new(plan: Plan, seed: u64) -> Self {
        let concurrency = plan.concurrency();
        Context {
            filter: plan.selection.filter(),
            ids: match &plan.selection {
                Selection::Ids(ids) => Some(Ids::of(ids)),
                _ => None,
            },
            counts: Counts::default(),
            lines: Vec::new(),
            pace: Pace::new(concurrency, plan.options.max_runs_per_second),
            backoff: Backoff::new(plan.retry.clone(), seed),
            bucket: Bucket::default(),
            concurrency,
            most: plan.options.limit,
            service_now: None,
            lost_at: 0,
            plan,
        }
    }

    /// Whether what is taken may come up again, and is not to be taken then.
    fn renews(&self) -> bool {
        self.plan.options.freeze && self.plan.operation.renews()
    }

    /// Entries that may still be asked for, while `in_flight` are.
    fn left(&self, in_flight: u64) -> u64 {
        match self.most {
            Some(most) => most.saturating_sub(self.counts.taken() + in_flight),
            None => u64::MAX,
        }
    }

    /// The time bound of a drive that begins now: what is taken from now on has runs that begin in
    /// this millisecond at the earliest, so it ends before.
    fn frozen(&self, to: Option<i64>, now: i64) -> i64 {
        let began = self.service_now.unwrap_or(now) - 1;
        to.map_or(began, |to| to.min(began))
    }

    fn add(&mut self, fate: Fate, entries: u64) {
        self.counts.add(fate, entries);
    }

    fn line(&mut self, id: Option<&String>, run: Option<&String>, fate: Fate) {
        if self.plan.options.report == Report::Entries {
            self.lines.push(Line { id: id.cloned(), run: run.cloned(), fate });
        }
    }

    /// How many of `wanted` entries may be asked for now; otherwise the moment to ask again.
    fn allowance(&mut self, wanted: u32, now: i64) -> Result<u32, i64> {
        if self.plan.operation.acts() {
            self.pace.allowance(wanted, now)
        } else {
            Ok(wanted)
        }
    }

    fn lines_of_runs(&mut self, runs: &[String]) {
        if self.plan.options.report == Report::Entries {
            self.lines.extend(runs.iter().map(|run| Line {
                id: None,
                run: Some(run.clone()),
                fate: Fate::Done,
            }));
        }
    }

    /// When a request may be sent again after `failed` attempts and this one; `None` where it may
    /// not any more. `acts`: the attempt may still be at work, and is left the time to finish.
    fn retry_at(
        &mut self,
        failed: &mut u32,
        refusal: &Refusal,
        now: i64,
        acts: bool,
    ) -> Option<i64> {
        *failed += 1;
        let settle = if acts { Backoff::settle(*failed, refusal) } else { 0 };
        if settle > 0 {
            self.lost_at = now;
        }
        let asked = refusal.limit.reset_at.map_or(0, |at| at - now);
        if *failed >= self.backoff.attempts() || asked > WAIT_MAX_MS || !self.bucket.take(refusal) {
            return None;
        }
        self.counts.retries += 1;
        Some(now + self.backoff.delay(*failed).max(settle).max(asked))
    }
}

/// Characters of a list: one that is longer is followed by smaller ones.
const LIST_LENGTH_MAX: u32 = 4_000_000;
/// Requests in flight where ids are sent and nothing is said.
const DEFAULT_CONCURRENCY: u32 = 4;
/// Milliseconds that an abort waits for answers in flight, at most.
const ABORT_GRACE_MS: u32 = 10_000;
/// A wait longer than this ends the drive with a checkpoint: no process should sleep for so long
/// on the chance that it is still there afterwards.
const WAIT_MAX_MS: i64 = 15 * 60_000;
/// Refusals in a row that name no reset: several minutes of back-off.
const UNNAMED_LIMITS_MAX: u32 = 20;
