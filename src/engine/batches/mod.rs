//! The strategies that send ids: `batches`, and `each`, which is `batches` of one.
//!
//! Ids come from the caller, or from lists that run ahead of the batches. What was sent and whose
//! answer does not settle each id's fate is looked up, id by id, before anything is sent again:
//!
//! | answer | still there | gone |
//! |---|---|---|
//! | lost | sent again | unconfirmed |
//! | 404 | sent again | not found, where an id before it is still there and can be taken; else unconfirmed |
//! | fewer runs than ids | sent again | done as many as there are runs, the rest unconfirmed; not found, where they were to be deleted |

mod codec;
mod lookup;
mod responses;
mod suspects;

use super::action::{Choice, Job};
use super::context::Context;
use super::queue::Queue;
use super::seen::Known;
use super::source::Source;
use super::{End, Reason};
use crate::params::{Selection, Strategy};
use crate::wire::call::URL_MAX;
use crate::wire::{encode_component, Answer};
use alloc::string::String;
use alloc::vec::Vec;
use lookup::{Cause, Check, Seen};
use suspects::Suspects;

/// Ids that go out in one request.
#[derive(Debug, Default)]
pub struct Batch {
    ids: Vec<String>,
    not_before: i64,
    /// Attempts at these ids that came to nothing.
    failed: u32,
    /// Answers that took none of them and did not say why.
    fruitless: u32,
    /// An earlier attempt may have acted: what is gone can't be told from what was never there.
    uncertain: bool,
}

#[derive(Debug)]
pub struct Batches {
    /// Where ids come from; `None` where the caller named them.
    source: Option<Source>,
    fresh: Queue,
    due: Vec<Batch>,
    checks: Vec<Check>,
    suspects: Vec<Suspects>,
    /// What lists may show again.
    known: Known,
    /// Ids in flight.
    flying: u64,
    /// Ids a request at most.
    size: u32,
    /// Fewer, as the service has shown.
    cap: Option<u32>,
    /// Entries refused, each alone, before any was taken; `None` once one was.
    refused_first: Option<u32>,
    keys: u32,
}

impl Batches {
    pub fn new(cx: &Context) -> Self {
        let (source, fresh) = match &cx.plan.selection {
            Selection::Ids(ids) => (None, Queue::of(ids.clone())),
            _ => (Some(Source::new(cx)), Queue::default()),
        };
        let size = match cx.plan.strategy() {
            Strategy::Each => 1,
            _ if !cx.plan.operation.acts() => 1,
            _ => cx.plan.options.page_size,
        };
        Batches {
            source,
            fresh,
            due: Vec::new(),
            checks: Vec::new(),
            suspects: Vec::new(),
            known: Known::default(),
            flying: 0,
            size,
            cap: None,
            refused_first: Some(0),
            keys: 0,
        }
    }

    /// As a new one, with the time bound that an earlier strategy has found.
    pub fn frozen_at(bound: Option<i64>, cx: &Context) -> Self {
        let mut batches = Batches::new(cx);
        if let (Some(bound), Some(source)) = (bound, &mut batches.source) {
            source.freeze(bound);
        }
        batches
    }

    pub fn bound(&self) -> Option<i64> {
        self.source.as_ref().and_then(Source::bound)
    }

    /// Ids that may have been acted on, and whose fate is open.
    pub fn uncertain(&self) -> u64 {
        let checks = self.checks.iter().map(|check| &check.batch);
        let due = self.due.iter().filter(|batch| batch.uncertain);
        let open = checks.chain(due).map(|batch| batch.ids.len() as u64).sum::<u64>();
        open + self.suspected() - self.counted_short()
    }

    /// Ids whose fate is open, in flight or not.
    fn owed(&self) -> u64 {
        let checks = self.checks.iter().map(|check| check.batch.ids.len() as u64);
        let due = self.due.iter().map(|batch| batch.ids.len() as u64);
        self.flying + checks.chain(due).sum::<u64>() + self.suspected() - self.counted_short()
    }

    pub fn open_ids(&self) -> u64 {
        self.fresh.rest().len() as u64 + self.owed()
    }

    pub fn next(&mut self, cx: &mut Context, now: i64) -> Choice {
        if let Some(source) = &mut self.source {
            if let Some(choice) = source.open(now) {
                return choice;
            }
        }
        let mut soonest: Option<i64> = None;
        let mut later = |at: i64| soonest = Some(soonest.map_or(at, |soonest| soonest.min(at)));
        for check in &mut self.checks {
            let Some(index) = check.seen.iter().position(|seen| *seen == Seen::Unasked) else {
                continue;
            };
            if check.batch.not_before <= now {
                check.seen[index] = Seen::Asked;
                return Choice::Send(Job::Fetch { check: check.key, index });
            }
            later(check.batch.not_before);
        }
        // Until the first new runs are dated, nothing runs beside the batch that brings them.
        let undated = self.source.as_ref().filter(|source| source.is_undated());
        let (alone, crowded) = (undated.is_some(), undated.is_some_and(Source::busy));
        if alone && self.flying > 0 {
            return soonest.map_or(Choice::Idle, Choice::At);
        }
        for index in 0..self.due.len() {
            if crowded {
                break;
            }
            if self.due[index].not_before <= now {
                let most = self.due[index].ids.len().min(self.most()) as u32;
                match cx.allowance(most, now) {
                    Ok(count) => {
                        return Choice::Send(Job::Batch(self.cut_due(index, count as usize)))
                    }
                    Err(at) => later(at),
                }
            } else {
                later(self.due[index].not_before);
            }
        }
        let left = cx.left(self.owed());
        let batches = if alone && !self.fresh.rest().is_empty() { 1 } else { cx.concurrency };
        let ahead = u64::from(self.size) * u64::from(batches);
        if let Some(source) = &mut self.source {
            if self.fresh.rest().len() as u64 + source.coming() < left.min(ahead) {
                match source.next(now) {
                    Some(Choice::At(at)) => later(at),
                    Some(choice) => return choice,
                    None => {}
                }
            }
        }
        // A batch that is not full waits for the list that may fill it.
        let more = self.source.as_ref().is_some_and(Source::busy);
        let ready = if alone { !crowded } else { self.fresh.rest().len() >= self.most() || !more };
        if left > 0 && !self.fresh.rest().is_empty() && ready {
            let most = (self.most() as u64).min(left) as usize;
            let fits = self.fitting(cx).min(most);
            match cx.allowance(fits as u32, now) {
                Ok(count) => {
                    let ids = self.fresh.take(count as usize);
                    self.flying += ids.len() as u64;
                    return Choice::Send(Job::Batch(Batch { ids, ..Batch::default() }));
                }
                Err(at) => later(at),
            }
        }
        if let Some(at) = soonest {
            return Choice::At(at);
        }
        let busy = self.source.as_ref().is_some_and(Source::busy);
        if self.owed() > 0 || busy {
            return Choice::Idle;
        }
        if left == 0 && (self.source.is_some() || !self.fresh.rest().is_empty()) {
            return Choice::End(End::Reason(Reason::Limit));
        }
        if let Some(source) = &mut self.source {
            if source.again() {
                return self.next(cx, now);
            }
            if source.shows_done() {
                source.close();
                return Choice::End(End::Reason(Reason::Remaining));
            }
        }
        Choice::End(End::Reason(Reason::Complete))
    }

    /// Ids a request at most.
    fn most(&self) -> usize {
        self.cap.map_or(self.size, |cap| cap.min(self.size)).max(1) as usize
    }

    /// How many of the fresh ids make a URL that servers take.
    fn fitting(&self, cx: &Context) -> usize {
        let options = &cx.plan.options.request;
        let fixed: usize = options
            .query
            .iter()
            .map(|(name, value)| encode_component(name).len() + encode_component(value).len() + 2)
            .sum();
        let mut room = URL_MAX.saturating_sub(cx.plan.origin.len() + PATH_MAX + fixed);
        let mut fits = 0;
        for id in self.fresh.rest().iter().take(self.most()) {
            let length = encode_component(id).len() + "&dlqIds=".len();
            if length > room {
                break;
            }
            room -= length;
            fits += 1;
        }
        fits.max(1)
    }

    /// Takes the first `count` ids of a batch that is due.
    fn cut_due(&mut self, index: usize, count: usize) -> Batch {
        let batch = &mut self.due[index];
        let batch = if count >= batch.ids.len() {
            self.due.remove(index)
        } else {
            let rest = batch.ids.split_off(count);
            let ids = core::mem::replace(&mut batch.ids, rest);
            Batch { ids, ..*batch }
        };
        self.flying += batch.ids.len() as u64;
        batch
    }

    /// The ids of a batch, or the one that is looked up.
    pub fn ids<'a>(&'a self, job: &'a Job) -> &'a [String] {
        match job {
            Job::Batch(batch) => &batch.ids,
            Job::Fetch { check, index } => match self.checks.iter().find(|c| c.key == *check) {
                Some(check) => &check.batch.ids[*index..*index + 1],
                None => &[],
            },
            _ => &[],
        }
    }

    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    pub fn source_mut(&mut self) -> Option<&mut Source> {
        self.source.as_mut()
    }

    pub fn attempt(&self, job: &Job) -> u32 {
        match job {
            Job::Batch(batch) => batch.failed + 1,
            Job::Fetch { check, .. } => {
                self.checks.iter().find(|c| c.key == *check).map_or(1, |check| check.failed + 1)
            }
            _ => self.source.as_ref().map_or(1, |source| source.attempt(job)),
        }
    }

    /// The service never took up the job: it is due again.
    pub fn put_back(&mut self, job: Job) {
        match job {
            Job::Batch(batch) => {
                self.flying -= batch.ids.len() as u64;
                self.due.push(batch);
            }
            Job::Fetch { check, index } => self.mark(check, index, Seen::Unasked),
            job => {
                if let Some(source) = &mut self.source {
                    source.put_back(&job);
                }
            }
        }
    }

    /// The job's answer will never be known.
    pub fn give_up(&mut self, job: Job, cx: &Context) {
        match job {
            Job::Batch(batch) if cx.plan.operation.acts() => {
                self.flying -= batch.ids.len() as u64;
                self.look_up(batch, Cause::Lost);
            }
            job => self.put_back(job),
        }
    }

    pub fn answered(
        &mut self,
        job: Job,
        answer: Answer,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        match job {
            Job::Batch(batch) => {
                self.flying -= batch.ids.len() as u64;
                match answer {
                    Answer::Page(page) => self.taken(batch, page, cx),
                    Answer::Refused(refusal) => self.refused(batch, refusal, cx, now),
                }
            }
            Job::Fetch { check, index } => self.fetched(check, index, answer, cx, now),
            Job::Look => {
                let source = self.source.as_mut()?;
                source.looked(answer, cx, now)
            }
            Job::List(window) => {
                let source = self.source.as_mut()?;
                source.listed(window, answer, &mut self.known, &mut self.fresh, cx, now)
            }
            Job::Page { .. } | Job::Trial => None,
        }
    }
}

/// The longest path of a bulk request, and its question mark.
const PATH_MAX: usize = 32;
/// Answers that take nothing and give no reason, until an entry counts as refused; halving a batch
/// of a thousand takes ten of them.
const FRUITLESS_MAX: u32 = 12;
