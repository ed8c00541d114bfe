//! The auditor: what has to hold, by the service's own books. Of the engine it knows what the caller
//! is told.

use super::scenario::{Canary, Scenario};
use super::service::{Id, Service, Unresumable};
use crate::fates::{Ending, Fate};
use std::collections::{BTreeMap, HashSet};
use upstash_workflow_dlq::engine::follow::Outcome;
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
    /// By the service's clock.
    pub now: i64,
    /// Every response to what acts has arrived.
    pub clean: bool,
    /// The clock was not set, and the process not begun anew.
    pub steady: bool,
    /// The local clock jumped, and waits with it.
    pub jumped: bool,
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
        // Whoever continues does not know what was taken, and sends it again where lists show it.
        let listed = self.service.semantics.listed_after > 0;
        // What was gone before can hide among what is gone after a response that is short, or that
        // has no number.
        let exact = self.scenario.gone_before == 0
            && self.service.semantics.unresumable != Unresumable::Skipped
            && self.service.semantics.says_deleted;
        // Where a cursor leads nowhere the drive ends in the midst of look-ups.
        let whole = !matches!(end, End::Failed(refusal) if refusal.code == "cursor_stuck");
        if self.clean && exact && whole && !listed && counts.unconfirmed > 0 {
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
        if complete && self.counts.total() == 0 && there > 0 && self.scenario.status.is_none() {
            return Err(format!("complete, with none of {there} entries met"));
        }
        let stuck = self.before.values().any(|resumable| !resumable);
        // Nothing tells the service's clock: what is later than ours may have been passed over.
        let semantics = &self.service.semantics;
        let unknown = !semantics.has_date || semantics.date_skew < 0;
        // What is listed for longer than the grace period may pass for what remains.
        let grace = if self.jumped { 0 } else { 2_000 };
        let haunted = semantics.listed_after > grace;
        // A run that failed again has a date within the cutoff, if the response that would have corrected
        // the cutoff was lost. It is listed, and rightly not taken.
        let renewed =
            self.service.entries.iter().any(|(id, entry)| {
                !self.before.contains_key(id) && self.service.date(entry) <= bound
            });
        let stuck = stuck && self.scenario.by_pages;
        if *end == End::Reason(Reason::Remaining) && !(unknown || stuck || haunted || renewed) {
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

    /// Runs of a kind by now.
    fn runs(&self, what: impl Fn(&Fate) -> bool) -> u64 {
        self.service.fates.values().filter(|fate| what(fate)).count() as u64
    }

    /// Runs that have ended in a way by a moment.
    fn ended(&self, ending: Ending, by: i64) -> u64 {
        self.runs(|fate| fate.ending == ending && fate.ends_at <= by)
    }

    /// Whether the client was told the name of each new run.
    fn knows_all(&self) -> bool {
        self.clean && self.service.not_found_responses == 0
    }

    /// Whether the logs show each run, if perhaps late.
    fn logs_show_all(&self) -> bool {
        let logs = &self.service.semantics.logs;
        self.service.semantics.hidden == 0
            && logs.retention > self.now
            && (logs.logs || logs.events)
    }

    /// When the last entries were asked for.
    fn last_act(&self) -> i64 {
        self.service.asked.last().map_or(self.now, |(at, _)| *at)
    }

    /// How many of a canary's runs have to finish.
    fn needed(&self, canary: &Canary) -> u64 {
        let counted = self.runs(|_| true) - self.ended(Ending::Canceled, self.now);
        counted.saturating_sub(canary.max).max(1)
    }

    /// A canary that stops a drive has its reason, and stops it once, before more is taken.
    pub fn canary_stop(&self, before: bool) -> Result<(), String> {
        let Some(canary) = &self.scenario.canary else {
            return Err("stopped by a canary that nobody asked for".into());
        };
        if before {
            return Err("stopped by the canary twice".into());
        }
        let erred = |fate: &Fate| canary.retrying_fails && fate.fails_at <= self.now;
        let failed =
            |fate: &Fate| fate.ending == Ending::Failure && fate.ends_at <= self.now || erred(fate);
        if self.runs(failed) <= canary.max {
            return Err("stopped by a canary that fared well".into());
        }
        if self.truth() > canary.entries {
            return Err(format!("{} taken before the canary was seen", self.truth()));
        }
        Ok(())
    }

    /// A canary is undecided only when its time is up, and not enough has finished by then.
    pub fn canary_undecided(&self) -> Result<(), String> {
        let Some(canary) = &self.scenario.canary else {
            return Err("undecided without a canary".into());
        };
        let certain = self.knows_all() && self.logs_show_all() && self.steady;
        let waited = self.now - self.last_act();
        // There may be nothing left to wait for.
        let over = self.runs(|fate| fate.ends_at > self.now) == 0;
        if certain && !over && waited < canary.wait {
            return Err(format!("undecided after {waited} of {} ms", canary.wait));
        }
        let by = self.last_act() + canary.wait - self.service.semantics.logs.delay;
        let finished = self.ended(Ending::Success, by);
        if certain && finished >= self.needed(canary) {
            return Err(format!("undecided, though {finished} had finished"));
        }
        Ok(())
    }

    /// The drive continues after its canary: enough had finished. Without logs it waited, from a
    /// moment on and for so long, and too few runs were in the DLQ again.
    pub fn canary_passed(&self, (from, waited): (i64, i64)) -> Result<(), String> {
        let Some(canary) = &self.scenario.canary else {
            return Ok(());
        };
        let logs = &self.service.semantics.logs;
        if logs.logs || logs.events {
            let finished = self.ended(Ending::Success, self.now - logs.delay);
            // Some of the runs may have begun after the canary.
            let begun = self.runs(|fate| fate.created <= from);
            let canceled = self.ended(Ending::Canceled, self.now);
            let needed = begun.saturating_sub(canceled + canary.max).max(1);
            if finished < if self.knows_all() { needed } else { 1 } {
                return Err(format!("passed with {finished} finished, {needed} needed"));
            }
        } else if self.steady {
            if waited < canary.wait || canary.wait < 1_968_640 {
                return Err(format!("passed unseen after {waited} ms"));
            }
            let failed = self.ended(Ending::Failure, from + canary.wait);
            if self.knows_all() && failed > canary.max {
                return Err(format!("passed with {failed} in the DLQ again"));
            }
        }
        Ok(())
    }

    /// What is said of the new runs, at any end: never better, or worse, than it is.
    pub fn outcome(&self, outcome: &Outcome) -> Result<(), String> {
        let total = self.runs(|_| true);
        let ended = [Ending::Success, Ending::Failure, Ending::Canceled]
            .map(|ending| self.ended(ending, self.now));
        let said = [outcome.succeeded, outcome.failed_again, outcome.canceled];
        if said.iter().zip(ended).any(|(said, truth)| *said > truth) || outcome.runs() > total {
            return Err(format!("{outcome:?}, and of {total} {ended:?} have ended"));
        }
        Ok(())
    }

    /// The same once the follow has ended.
    pub fn outcome_at_the_end(&self, outcome: &Outcome) -> Result<(), String> {
        if !self.knows_all() {
            return Ok(());
        }
        let total = self.runs(|_| true);
        if outcome.runs() != total {
            return Err(format!("{} of {total} runs followed", outcome.runs()));
        }
        let waited = self.now - self.last_act();
        let early = outcome.open() > 0 && self.scenario.follow.is_some_and(|ms| waited < ms);
        if early && self.steady {
            return Err(format!("the time was up after {waited} ms"));
        }
        // Each was asked for after the last entries were taken.
        let by = self.last_act() - self.service.semantics.logs.delay;
        let seen = self.ended(Ending::Success, by);
        if self.logs_show_all() && outcome.succeeded < seen {
            return Err(format!("{} of {seen} that had finished were seen", outcome.succeeded));
        }
        Ok(())
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
