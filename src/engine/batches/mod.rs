//! The strategies that send ids: `batches`, and `each`, which is `batches` of one.
//!
//! Ids come from the caller, or from lists that run ahead of the batches. If a response does not determine the
//! outcome of each id, the ids are looked up one by one before any is sent again:
//!
//! | response | id still in the DLQ | id not in the DLQ |
//! |---|---|---|
//! | lost | sent again | unconfirmed |
//! | 404 | sent again | not found if an id before it is still there and can be processed, else unconfirmed |
//! | fewer runs than ids | sent again | done, up to the number of runs; the rest unconfirmed, or for a deletion not found |

mod codec;
mod lookup;
mod responses;
mod size;
mod suspects;

use super::action::{Action, Decision};
use super::checkpoint::OwedIds;
use super::context::Context;
use super::cutoff::Cutoff;
use super::scan::Scan;
use super::seen::Seen;
use super::source::Source;
use super::{End, Reason};
use crate::id::DlqId;
use crate::params::{Selection, Strategy};
use crate::time::Timestamp;
use crate::wire::call::URL_MAX;
use crate::wire::{encode_component, Response};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::cell::OnceCell;
use lookup::{Cause, Check, Presence};
use size::BatchSize;
use suspects::Suspects;

/// The ids of one request.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    ids: Vec<DlqId>,
    not_before: Timestamp,
    /// Number of failed attempts with these ids.
    failed: u32,
    /// Number of responses that processed none of them without a reason.
    ineffective: u32,
    /// An earlier attempt may have been carried out, so a missing id may have been processed.
    uncertain: bool,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.ids.len()
    }
}

#[derive(Debug)]
pub struct Batches {
    /// The lists that provide the ids; `None` for the caller's ids.
    source: Option<Source>,
    /// Ids to send, in this order.
    unsent: VecDeque<DlqId>,
    /// The caller's ids as they were at the first checkpoint, encoded. Lists provide few ids ahead, which are not
    /// worth it.
    owed: OnceCell<OwedIds>,
    requeued: Vec<Batch>,
    checks: Vec<Check>,
    suspects: Vec<Suspects>,
    /// Ids that lists may contain again.
    seen: Seen,
    /// Number of ids in flight.
    in_flight: u64,
    size: BatchSize,
    /// Number of single-id 400s before the first success; `None` after it.
    refused_first: Option<u32>,
    keys: u32,
}

impl Batches {
    pub fn new(cx: &Context) -> Self {
        let named = matches!(cx.plan.selection, Selection::Ids(_));
        let size = match cx.plan.strategy() {
            Strategy::Each => 1,
            _ if !cx.plan.operation.acts() => 1,
            _ => cx.plan.options.page_size,
        };
        Batches {
            source: (!named).then(|| Source::new(cx)),
            unsent: VecDeque::new(),
            owed: OnceCell::new(),
            requeued: Vec::new(),
            checks: Vec::new(),
            suspects: Vec::new(),
            seen: Seen::default(),
            in_flight: 0,
            size: BatchSize::new(size, cx.plan.operation),
            refused_first: Some(0),
            keys: 0,
        }
    }

    /// Adds the caller's ids.
    pub fn add_ids(&mut self, ids: Vec<DlqId>) {
        self.unsent = ids.into();
    }

    /// A new state with the cutoff of an earlier strategy.
    pub fn frozen_at(cutoff: Cutoff, cx: &Context) -> Self {
        let mut batches = Batches::new(cx);
        if let Some(source) = &mut batches.source {
            source.freeze(cutoff, cx);
        }
        batches
    }

    pub fn cutoff(&self) -> Option<Timestamp> {
        self.source.as_ref().and_then(|source| source.cutoff().at())
    }

    /// Number of ids that may have been processed and are not yet looked up.
    pub fn uncertain(&self) -> u64 {
        let requeued = self.requeued.iter().filter(|batch| batch.uncertain);
        let requeued = requeued.map(|batch| batch.len() as u64).sum::<u64>();
        self.checked() + requeued + self.suspected() - self.counted_short()
    }

    /// Number of ids that are being looked up.
    fn checked(&self) -> u64 {
        self.checks.iter().map(|check| check.batch.len() as u64).sum()
    }

    /// Number of ids without an outcome that may have been processed, in flight or not.
    fn outstanding(&self) -> u64 {
        let requeued = self.requeued.iter().map(|batch| batch.len() as u64).sum::<u64>();
        self.in_flight + self.checked() + requeued + self.suspected() - self.counted_short()
    }

    pub fn unfinished_ids(&self) -> u64 {
        self.unsent.len() as u64 + self.outstanding()
    }

    pub fn next(&mut self, cx: &mut Context, now: Timestamp) -> Decision {
        if let Some(source) = &mut self.source {
            if let Some(decision) = source.probe(now) {
                return decision;
            }
        }
        let mut soonest: Option<Timestamp> = None;
        let mut later =
            |at: Timestamp| soonest = Some(soonest.map_or(at, |soonest| soonest.min(at)));
        for check in &mut self.checks {
            match check.next(now) {
                Some(Ok(index)) => {
                    return Decision::Send(Action::LookUp { check: check.key, index })
                }
                Some(Err(at)) => later(at),
                None => {}
            }
        }
        // Until the dates of the first new runs are known, only one batch is in flight.
        let cutoff_unverified = self.source.as_ref().filter(|source| source.cutoff().awaits_run());
        let (alone, crowded) =
            (cutoff_unverified.is_some(), cutoff_unverified.is_some_and(Source::busy));
        if alone && self.in_flight > 0 {
            let left = cx.left(self.outstanding());
            let look = self.source.as_mut().filter(|_| left > 0);
            let wait = || soonest.map_or(Decision::AwaitResponse, Decision::WaitUntil);
            return look.and_then(Source::look).unwrap_or_else(wait);
        }
        for index in 0..self.requeued.len() {
            if crowded {
                break;
            }
            if self.requeued[index].not_before <= now {
                let max = self.requeued[index].ids.len().min(self.max_size()) as u32;
                match cx.allowance(max, now) {
                    Ok(count) => {
                        return Decision::Send(Action::Batch(
                            self.cut_requeued(index, count as usize),
                        ))
                    }
                    Err(at) => later(at),
                }
            } else {
                later(self.requeued[index].not_before);
            }
        }
        let left = cx.left(self.outstanding());
        let batches = if alone && !self.unsent.is_empty() { 1 } else { cx.concurrency };
        let max_size = self.max_size();
        let ahead = max_size as u64 * u64::from(batches);
        if let Some(source) = &mut self.source {
            // If no batch is full, a list is the best request.
            let ahead = if self.unsent.len() < max_size { u64::MAX } else { ahead };
            if self.unsent.len() as u64 + source.coming(cx) < left.min(ahead) {
                match source.next(now) {
                    Some(Decision::WaitUntil(at)) => later(at),
                    Some(decision) => return decision,
                    None => {}
                }
            }
        }
        // A batch that is not full waits for the lists in flight.
        let more = self.source.as_ref().is_some_and(Source::busy);
        let ready = if alone { !crowded } else { self.unsent.len() >= self.max_size() || !more };
        if left > 0 && !self.unsent.is_empty() && ready {
            let max = (self.max_size() as u64).min(left) as usize;
            let fits = self.fitting(cx).min(max);
            match cx.allowance(fits as u32, now) {
                Ok(count) => {
                    let unsent = core::iter::from_fn(|| self.unsent.pop_front());
                    let ids = unsent.take(count as usize).collect::<Vec<_>>();
                    self.in_flight += ids.len() as u64;
                    return Decision::Send(Action::Batch(Batch { ids, ..Batch::default() }));
                }
                Err(at) => later(at),
            }
        }
        if let Some(at) = soonest {
            return Decision::WaitUntil(at);
        }
        let busy = self.source.as_ref().is_some_and(Source::busy);
        if self.outstanding() > 0 || busy {
            return Decision::AwaitResponse;
        }
        if left == 0 && (self.source.is_some() || !self.unsent.is_empty()) {
            return Decision::End(End::Reason(Reason::Limit));
        }
        if let Some(source) = &mut self.source {
            if source.again(cx, now) {
                return self.next(cx, now);
            }
            if source.shows_done() {
                source.close(cx);
                return Decision::End(End::Reason(Reason::Remaining));
            }
            if source.doubts(cx) {
                return self.next(cx, now);
            }
        }
        Decision::End(End::Reason(Reason::Complete))
    }

    /// Maximum number of ids in the next batch.
    fn max_size(&self) -> usize {
        self.size.get() as usize
    }

    /// The number of unsent ids that fit into a URL.
    fn fitting(&self, cx: &Context) -> usize {
        let options = &cx.plan.options.request;
        let fixed: usize = options
            .query
            .iter()
            .map(|(name, value)| encode_component(name).len() + encode_component(value).len() + 2)
            .sum();
        let mut space = URL_MAX.saturating_sub(cx.plan.origin.len() + PATH_MAX + fixed);
        let mut fits = 0;
        for id in self.unsent.iter().take(self.max_size()) {
            let length = encode_component(id.as_str()).len() + "&dlqIds=".len();
            if length > space {
                break;
            }
            space -= length;
            fits += 1;
        }
        fits.max(1)
    }

    /// Removes the first `count` ids of a queued batch.
    fn cut_requeued(&mut self, index: usize, count: usize) -> Batch {
        let batch = &mut self.requeued[index];
        let batch = if count >= batch.ids.len() {
            self.requeued.remove(index)
        } else {
            let rest = batch.ids.split_off(count);
            let ids = core::mem::replace(&mut batch.ids, rest);
            Batch { ids, ..*batch }
        };
        self.in_flight += batch.ids.len() as u64;
        batch
    }

    /// The ids of a batch, or the id of a look-up.
    pub fn ids<'a>(&'a self, action: &'a Action) -> &'a [DlqId] {
        match action {
            Action::Batch(batch) => &batch.ids,
            Action::LookUp { check, index } => match self.checks.iter().find(|c| c.key == *check) {
                Some(check) => &check.batch.ids[*index..*index + 1],
                None => &[],
            },
            _ => &[],
        }
    }

    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// The walk of a list, and its maximum number of entries.
    pub fn scan(&self, action: &Action) -> Option<(&Scan, u32)> {
        self.source.as_ref().map(|source| source.scan(action))
    }

    pub fn attempt(&self, action: &Action) -> u32 {
        match action {
            Action::Batch(batch) => batch.failed + 1,
            Action::LookUp { check, index } => {
                let check = self.checks.iter().find(|c| c.key == *check);
                check.map_or(1, |check| check.look_ups[*index].failed + 1)
            }
            _ => self.scan(action).map_or(1, |(scan, _)| scan.attempt()),
        }
    }

    /// Queues an action again that the service did not receive.
    pub fn requeue(&mut self, action: Action) {
        match action {
            Action::Batch(batch) => {
                self.in_flight -= batch.ids.len() as u64;
                self.requeued.push(batch);
            }
            Action::LookUp { check, index } => {
                if let Some(look_up) = self.look_up_mut(check, index) {
                    look_up.presence = Presence::Unasked;
                }
            }
            // Its response would be outdated.
            Action::Sample(sample) => {
                if let Some(source) = &mut self.source {
                    source.forget(&sample);
                }
            }
            action => {
                if let Some(source) = &mut self.source {
                    source.requeue(&action);
                }
            }
        }
    }

    /// Handles the loss of a response for good.
    pub fn mark_lost(&mut self, action: Action) {
        if let Action::Batch(batch) = action {
            self.in_flight -= batch.ids.len() as u64;
            self.look_up(batch, Cause::Lost);
        }
    }

    pub fn handle_response(
        &mut self,
        action: Action,
        response: Response,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        match action {
            Action::Batch(batch) => {
                self.in_flight -= batch.ids.len() as u64;
                match response {
                    Response::Page(page) => self.succeeded(batch, page, cx, now),
                    Response::Refused(refusal) => self.refused(batch, refusal, cx, now),
                }
            }
            Action::LookUp { check, index } => self.fetched(check, index, response, cx, now),
            Action::Probe => {
                let source = self.source.as_mut()?;
                source.handle_probe(response, &mut self.seen, &mut self.unsent, cx, now)
            }
            Action::Sample(sample) => {
                let source = self.source.as_mut()?;
                source.sampled(&sample, response)
            }
            Action::List(window) => {
                let source = self.source.as_mut()?;
                source.listed(window, response, &mut self.seen, &mut self.unsent, cx, now)
            }
            Action::Page { .. } | Action::Canary(_) | Action::Follow(_) => None,
        }
    }
}

/// Maximum length in bytes of the path of a bulk request, with the question mark.
const PATH_MAX: usize = 32;
/// Maximum number of responses that process nothing without a reason, before an entry counts as refused. Halving a
/// batch of a thousand ids needs ten.
const FRUITLESS_MAX: u32 = 12;
