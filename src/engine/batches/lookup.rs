//! Look-ups: ids whose fate an answer left open are asked for one by one.

use super::suspects::Suspects;
use super::{Batch, Batches, FRUITLESS_MAX};
use crate::engine::context::Context;
use crate::engine::ledger::EntryOutcome;
use crate::engine::retry::Backoff;
use crate::engine::End;
use crate::wire::{response, Answer, Operation};
use alloc::vec::Vec;

/// Ids whose fate is being looked up.
#[derive(Debug)]
pub struct Check {
    pub(super) key: u32,
    pub(super) batch: Batch,
    pub(super) presence: Vec<Presence>,
    pub(super) cause: Cause,
    /// Look-ups in a row that came to nothing.
    pub(super) failed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Presence {
    Unasked,
    Asked,
    There,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    Lost,
    Missing,
    /// So many runs for more ids; how often the ids were looked up.
    Short {
        runs: u32,
        rounds: u32,
    },
}

impl Batches {
    pub(super) fn look_up(&mut self, batch: Batch, cause: Cause) -> &mut Check {
        self.keys += 1;
        let presence = alloc::vec![Presence::Unasked; batch.ids.len()];
        let place = self.checks.len();
        self.checks.push(Check { key: self.keys, batch, presence, cause, failed: 0 });
        &mut self.checks[place]
    }

    pub(super) fn mark(&mut self, key: u32, index: usize, presence: Presence) {
        if let Some(check) = self.checks.iter_mut().find(|check| check.key == key) {
            check.presence[index] = presence;
        }
    }

    /// The answer to a look-up.
    pub(super) fn fetched(
        &mut self,
        key: u32,
        index: usize,
        answer: Answer,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        let at = self.checks.iter().position(|check| check.key == key)?;
        let check = &mut self.checks[at];
        match answer {
            Answer::Page(_) => {
                check.failed = 0;
                check.presence[index] = Presence::There;
            }
            Answer::Refused(refusal) if refusal.status == Some(404) => {
                check.failed = 0;
                check.presence[index] = Presence::Gone;
            }
            Answer::Refused(refusal) => {
                check.presence[index] = Presence::Unasked;
                let end = Some(End::Failed(refusal.clone()));
                if refusal.fate == response::Fate::Refused {
                    return end;
                }
                match cx.retry_at(&mut check.failed, &refusal, now, false) {
                    Some(at) => check.batch.not_before = at,
                    None => return end,
                }
            }
        }
        if check
            .presence
            .iter()
            .all(|presence| matches!(presence, Presence::There | Presence::Gone))
        {
            let check = self.checks.remove(at);
            self.resolve(check, cx, now);
        }
        None
    }

    /// All of a check's ids were looked up.
    fn resolve(&mut self, check: Check, cx: &mut Context, now: i64) {
        let Check { mut batch, presence, cause, .. } = check;
        if let (Cause::Missing, [presence]) = (&cause, &presence[..]) {
            let fate = match presence {
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
        // Whether an id before it is still there.
        let mut behind = Vec::new();
        for (id, presence) in core::mem::take(&mut batch.ids).into_iter().zip(&presence) {
            if *presence == Presence::There {
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
                // Entries may leave the DLQ a moment after their run is there.
                there.append(&mut gone);
                batch.ids = there;
                batch.not_before = now + Backoff::grace_period_ms(rounds + 1);
                self.look_up(batch, Cause::Short { runs, rounds: rounds + 1 });
                return;
            }
            if gone_count == runs && runs > 0 && !there.is_empty() {
                self.learned_max = Some(runs);
            }
            let rest = if gone_count < runs {
                // More runs than entries gone: sending any of them again might double it.
                self.record(&core::mem::take(&mut there), EntryOutcome::Unconfirmed, &[], cx);
                total - runs
            } else {
                gone_count - runs
            };
            // What an answer does not count as deleted was not there, unless an earlier one was lost.
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
                // Which of them, nothing tells.
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
                // Alone each must be taken, or be refused.
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

    /// Runs of short answers were counted when they arrived.
    pub(super) fn counted_short(&self) -> u64 {
        let runs = |check: &Check| match check.cause {
            Cause::Short { runs, .. } => u64::from(runs),
            _ => 0,
        };
        self.checks.iter().map(runs).sum()
    }
}

/// How often the ids of an answer with more runs than entries gone are looked up again.
pub const SHORT_ROUNDS: u32 = 3;
