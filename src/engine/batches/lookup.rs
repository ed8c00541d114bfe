//! Look-ups: after an incomplete or lost response, each id is requested to find its outcome.

use super::suspects::Suspects;
use super::{Batch, Batches, FRUITLESS_MAX};
use crate::engine::context::Context;
use crate::engine::ledger::EntryOutcome;
use crate::engine::retry::Backoff;
use crate::engine::End;
use crate::time::Timestamp;
use crate::wire::refusal::Fate;
use crate::wire::{Operation, Response};
use alloc::vec::Vec;

/// A batch whose ids are being looked up.
#[derive(Debug)]
pub struct Check {
    pub(super) key: u32,
    pub(super) batch: Batch,
    /// One for each id of the batch.
    pub(super) look_ups: Vec<LookUp>,
    pub(super) cause: Cause,
}

/// The look-up of one id.
#[derive(Clone, Debug, Default)]
pub struct LookUp {
    pub(super) presence: Presence,
    /// Number of consecutive failed attempts.
    pub(super) failed: u32,
    not_before: Timestamp,
}

/// Whether an id is still in the DLQ.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Presence {
    #[default]
    Unasked,
    Asked,
    There,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    Lost,
    Missing,
    /// A response with fewer runs than ids: the number of runs, and of completed look-up rounds.
    Short {
        runs: u32,
        rounds: u32,
    },
}

impl Check {
    /// The next look-up to send, or the time of the next one; `None` if all are in flight or have a response.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Result<usize, Timestamp>> {
        let unasked = |look_up: &LookUp| look_up.presence == Presence::Unasked;
        let waiting = self.look_ups.iter().enumerate().filter(|(_, look_up)| unasked(look_up));
        let (index, at) = waiting
            .map(|(index, look_up)| (index, look_up.not_before))
            .min_by_key(|(_, not_before)| (*not_before).max(now))?;
        let at = at.max(self.batch.not_before);
        if at > now {
            return Some(Err(at));
        }
        self.look_ups[index].presence = Presence::Asked;
        Some(Ok(index))
    }
}

impl Batches {
    pub(super) fn look_up(&mut self, batch: Batch, cause: Cause) -> &mut Check {
        self.keys += 1;
        let look_ups = alloc::vec![LookUp::default(); batch.ids.len()];
        let place = self.checks.len();
        self.checks.push(Check { key: self.keys, batch, look_ups, cause });
        &mut self.checks[place]
    }

    pub(super) fn look_up_mut(&mut self, key: u32, index: usize) -> Option<&mut LookUp> {
        let check = self.checks.iter_mut().find(|check| check.key == key)?;
        check.look_ups.get_mut(index)
    }

    /// Handles the response to a look-up.
    pub(super) fn fetched(
        &mut self,
        key: u32,
        index: usize,
        response: Response,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        let at = self.checks.iter().position(|check| check.key == key)?;
        let check = &mut self.checks[at];
        let look_up = &mut check.look_ups[index];
        match response {
            Response::Page(_) => look_up.presence = Presence::There,
            // An entry that is too large to be read is there.
            Response::Refused(refusal) if refusal.is_too_large() => {
                look_up.presence = Presence::There;
            }
            // A 400 means that the id is malformed: the service documents both statuses for an id that does not
            // exist.
            Response::Refused(refusal) if matches!(refusal.status, Some(400 | 404)) => {
                look_up.presence = Presence::Gone;
            }
            Response::Refused(refusal) => {
                look_up.presence = Presence::Unasked;
                let retry = refusal.fate != Fate::Refused;
                let at = retry.then(|| cx.retry_at(&mut look_up.failed, &refusal, now, false));
                match at.flatten() {
                    Some(at) => look_up.not_before = at,
                    None => return Some(End::Failed(refusal)),
                }
            }
        }
        let has_response =
            |look_up: &LookUp| matches!(look_up.presence, Presence::There | Presence::Gone);
        if check.look_ups.iter().all(has_response) {
            let check = self.checks.remove(at);
            self.resolve(check, cx, now);
        }
        None
    }

    /// Records the outcomes after all ids of a check were looked up.
    fn resolve(&mut self, check: Check, cx: &mut Context, now: Timestamp) {
        let Check { mut batch, look_ups, cause, .. } = check;
        if let (Cause::Missing, [look_up]) = (&cause, &look_ups[..]) {
            let fate = match look_up.presence {
                Presence::There => EntryOutcome::Failed,
                Presence::Gone if !batch.uncertain && batch.ineffective == 0 => {
                    EntryOutcome::NotFound
                }
                _ => EntryOutcome::Unconfirmed,
            };
            cx.add(fate, 1);
            self.record(&batch.ids, fate, &[], cx);
            return;
        }
        let total = batch.ids.len() as u32;
        let mut there = Vec::new();
        let mut gone = Vec::new();
        // Ids that are gone, behind one that is still there.
        let mut behind = Vec::new();
        for (id, look_up) in core::mem::take(&mut batch.ids).into_iter().zip(&look_ups) {
            if look_up.presence == Presence::There {
                there.push(id);
                continue;
            }
            gone.push(id);
            behind.push(!there.is_empty());
        }
        let ineffective = match cause {
            Cause::Lost => false,
            Cause::Missing => gone.is_empty(),
            Cause::Short { runs, .. } => runs == 0,
        };
        if let Cause::Short { runs, rounds } = cause {
            let gone_count = gone.len() as u32;
            if gone_count < runs && rounds < SHORT_ROUNDS {
                // An entry may leave the DLQ shortly after its run was created.
                there.append(&mut gone);
                batch.ids = there;
                batch.not_before = now + Backoff::grace_period_ms(rounds + 1);
                self.look_up(batch, Cause::Short { runs, rounds: rounds + 1 });
                return;
            }
            if gone_count == runs && runs > 0 && !there.is_empty() {
                self.size.cut(runs);
            }
            let rest = if gone_count < runs {
                // More runs than missing entries: sending any of these again could create a second run.
                self.record(&core::mem::take(&mut there), EntryOutcome::Unconfirmed, &[], cx);
                total - runs
            } else {
                gone_count - runs
            };
            // An id that a response does not count as deleted did not exist, unless an earlier response was lost.
            let missing = cx.plan.operation == Operation::Delete && gone_count >= runs;
            let rest_is = if missing && !batch.uncertain {
                EntryOutcome::NotFound
            } else {
                EntryOutcome::Unconfirmed
            };
            cx.add(rest_is, u64::from(rest));
            let fate = match (rest, runs) {
                (0, _) => EntryOutcome::Done,
                (_, 0) => rest_is,
                // Unknown which of them were processed.
                _ => EntryOutcome::Unconfirmed,
            };
            self.record(&gone, fate, &[], cx);
        } else {
            let suspect = cause == Cause::Missing && !batch.uncertain;
            batch.uncertain |= cause == Cause::Lost;
            let mut suspects = Vec::new();
            for (id, behind) in gone.into_iter().zip(behind) {
                if suspect && behind {
                    suspects.push(id);
                } else {
                    cx.add(EntryOutcome::Unconfirmed, 1);
                    self.record(&[id], EntryOutcome::Unconfirmed, &[], cx);
                }
            }
            if let (Some(witness), false) = (there.first(), suspects.is_empty()) {
                self.suspects.push(Suspects { witness: witness.clone(), ids: suspects });
            }
        }
        if ineffective {
            batch.ineffective += 1;
            batch.not_before = now + cx.backoff.delay(batch.ineffective);
            if there.len() > 1 {
                // In a request of its own, an id is either processed or refused.
                let rest = there.split_off(there.len() / 2);
                self.requeued.push(Batch { ids: rest, ..batch });
            } else if batch.ineffective >= FRUITLESS_MAX {
                cx.add(EntryOutcome::Failed, there.len() as u64);
                self.record(&core::mem::take(&mut there), EntryOutcome::Failed, &[], cx);
            }
        }
        if !there.is_empty() {
            self.requeued.push(Batch { ids: there, ..batch });
        }
    }

    /// Number of runs of incomplete responses, which were counted when they arrived.
    pub(super) fn counted_short(&self) -> u64 {
        let runs = |check: &Check| match check.cause {
            Cause::Short { runs, .. } => u64::from(runs),
            _ => 0,
        };
        self.checks.iter().map(runs).sum()
    }
}

/// Maximum number of look-up rounds for a response with more runs than missing entries.
pub const SHORT_ROUNDS: u32 = 3;
