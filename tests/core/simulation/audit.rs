//! The auditor: what has to hold, by the service's own books. Of the engine it knows what the caller
//! is told.

use super::scenario::Scenario;
use super::service::{Id, Service, Unresumable};
use std::collections::{BTreeMap, HashSet};
use upstash_workflow_dlq::engine::ledger::Counts;
use upstash_workflow_dlq::engine::{End, Reason};

pub struct Books<'a> {
    pub scenario: &'a Scenario,
    pub service: &'a Service,
    /// What was meant, and whether it could be taken.
    pub before: &'a BTreeMap<Id, bool>,
    pub counts: Counts,
    /// The date at which the selection was frozen.
    pub bound: Option<i64>,
    /// Every answer to what acts has arrived.
    pub clean: bool,
    /// What failed again can't have been taken once more.
    pub early: bool,
}

impl Books<'_> {
    fn truth(&self) -> u64 {
        self.service.taken.len() as u64
    }

    /// At any end: what was done lies within what the counts say, and nothing was done twice.
    pub fn bounds(&self) -> Result<(), String> {
        if let Some((id, times)) = self.service.taken.iter().find(|(_, times)| **times > 1) {
            return Err(format!("{id:?} was taken {times} times"));
        }
        let low = self.counts.done;
        let high = low + self.counts.unconfirmed;
        let truth = self.truth();
        if truth < low || truth > high {
            return Err(format!("taken {truth}, reported {low} to {high}"));
        }
        if let Some(limit) = self.scenario.limit.filter(|limit| truth > *limit) {
            return Err(format!("limit {limit}, taken {truth}"));
        }
        Ok(())
    }

    /// At the end of it all.
    pub fn end(&self, end: &End) -> Result<(), String> {
        let counts = self.counts;
        let taken = &self.service.taken;
        if let Some(id) = taken.keys().find(|id| self.early && !self.before.contains_key(id)) {
            return Err(format!("{id:?} was not there at the start, or not meant, and was taken"));
        }
        // What was gone before can hide among what is gone after an answer that is short, or that
        // has no number.
        let exact = self.scenario.gone_before == 0
            && self.service.semantics.unresumable != Unresumable::Skipped
            && self.service.semantics.says_deleted;
        if self.clean && exact && counts.unconfirmed > 0 {
            return Err(format!("nothing was lost, and {} are unconfirmed", counts.unconfirmed));
        }
        let complete = *end == End::Reason(Reason::Complete);
        let bound = self.bound.unwrap_or(i64::MAX);
        let left = |(id, resumable): &(&Id, &bool)| {
            let entry = self.service.entries.get(id).filter(|_| **resumable);
            entry.is_some_and(|entry| self.service.date(entry) <= bound)
        };
        let left = self.before.iter().filter(left).count();
        if complete && left > 0 {
            return Err(format!("complete, with {left} left"));
        }
        if let (true, Some(ids)) = (complete, &self.scenario.ids) {
            let sum = counts.done + counts.not_found + counts.unconfirmed + counts.failed;
            let named = ids.len() + self.scenario.gone_before;
            if sum != named as u64 {
                return Err(format!("{named} ids, {sum} accounted for: {counts:?}"));
            }
        }
        let there = self.before.keys().filter(|id| self.service.entries.contains_key(id)).count();
        if complete && self.counts.met() == 0 && there > 0 && self.scenario.status.is_none() {
            return Err(format!("complete, with none of {there} entries met"));
        }
        let stuck = self.before.values().any(|resumable| !resumable);
        // Nothing tells the service's clock: what is later than ours may have been passed over.
        let semantics = &self.service.semantics;
        let unknown = !semantics.has_date || semantics.date_skew < 0;
        let reason = unknown || (stuck && self.scenario.by_pages);
        if *end == End::Reason(Reason::Remaining) && !reason {
            return Err("remaining, with nothing that can't be taken".into());
        }
        Ok(())
    }

    /// No second saw more than `maxRunsPerSecond`.
    pub fn pace(&self) -> Result<(), String> {
        let Some(most) = self.scenario.per_second else {
            return Ok(());
        };
        let asked = &self.service.asked;
        for (index, (begin, _)) in asked.iter().enumerate() {
            let second = asked[index..].iter().filter(|(at, _)| at - begin < 1_000);
            let sum: u64 = second.map(|(_, entries)| entries).sum();
            if sum > most {
                return Err(format!("{sum} in a second, {most} allowed"));
            }
        }
        Ok(())
    }

    /// A canary that stops a drive has its reason, and stops it once, before more is taken.
    pub fn canary_stop(&self, before: bool) -> Result<(), String> {
        let Some((entries, most)) = self.scenario.canary else {
            return Err("stopped by a canary that nobody asked for".into());
        };
        if before {
            return Err("stopped by the canary twice".into());
        }
        if u64::from(self.service.failed_again) <= most {
            return Err("stopped by a canary that fared well".into());
        }
        if self.truth() > entries {
            return Err(format!("{} taken before the canary of {entries} was seen", self.truth()));
        }
        Ok(())
    }

    /// Whether a canary was passed, which it can't be where all fail again.
    pub fn canary_passed(&self, stopped: bool) -> Result<bool, String> {
        let Some((entries, most)) = self.scenario.canary else {
            return Ok(false);
        };
        let passed = self.truth() > entries && !stopped;
        let certain = self.clean
            && self.scenario.gone_before == 0
            && self.before.values().all(|resumable| *resumable)
            && self.service.semantics.fail_again == 1000
            && entries > most;
        if passed && certain {
            return Err(format!("{} taken, and the canary of {entries} passed", self.truth()));
        }
        Ok(passed)
    }
}

/// No entry has two lines, over all invocations, and there are no more lines than entries.
pub fn unique(lines: &[Option<String>], entries: usize) -> Result<(), String> {
    let mut seen = HashSet::new();
    for id in lines.iter().flatten() {
        if !seen.insert(id) {
            return Err(format!("{id} is in the report twice"));
        }
    }
    if lines.len() > entries {
        return Err(format!("{} lines for {entries} entries", lines.len()));
    }
    Ok(())
}
