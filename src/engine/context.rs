//! The state that all strategies share: plan, counts, pacing and retries.

use super::checkpoint::Ids;
use super::ledger::{Counts, EntryOutcome, ReportEntry};
use super::pacing::Pacing;
use super::retry::{Backoff, Bucket};
use super::Plan;
use crate::id::DlqId;
use crate::params::{Filter, Report, RunName, Selection};
use crate::time::Timestamp;
use crate::wire::Refusal;
use alloc::vec::Vec;

/// The state that all strategies share.
pub struct Context {
    pub plan: Plan,
    pub filter: Filter,
    /// Number and hash of the caller's ids.
    pub ids: Option<Ids>,
    pub counts: Counts,
    pub report: Vec<ReportEntry>,
    pub pacing: Pacing,
    pub backoff: Backoff,
    pub bucket: Bucket,
    pub concurrency: u32,
    /// Maximum number of entries at present: the caller's limit or the canary's.
    pub max_entries: Option<u64>,
    /// The service's clock in the current response.
    pub service_now: Option<Timestamp>,
    /// When the response to a request that may still be executing was last lost, or a list last contained
    /// processed entries. A drive that continues from a checkpoint waits for the grace period from then on.
    pub lost_at: Timestamp,
}

impl Context {
    pub fn new(plan: Plan, seed: u64) -> Self {
        let concurrency = plan.concurrency();
        Context {
            filter: plan.selection.filter(),
            ids: match &plan.selection {
                Selection::Ids(ids) => Some(Ids::of(ids)),
                _ => None,
            },
            counts: Counts::default(),
            report: Vec::new(),
            pacing: Pacing::new(concurrency, plan.options.max_runs_per_second),
            backoff: Backoff::new(plan.retry.clone(), seed),
            bucket: Bucket::new(concurrency),
            concurrency,
            max_entries: plan.options.limit,
            service_now: None,
            lost_at: Timestamp::EPOCH,
            plan,
        }
    }

    /// Whether a processed entry can return as a new entry that must be left out.
    pub fn can_fail_again(&self) -> bool {
        self.plan.options.freeze && self.plan.operation.can_fail_again()
    }

    /// Number of entries that further requests may contain while `in_flight` entries are in flight.
    pub fn left(&self, in_flight: u64) -> u64 {
        match self.max_entries {
            Some(max) => max.saturating_sub(self.counts.possibly_done() + in_flight),
            None => u64::MAX,
        }
    }

    pub fn add(&mut self, fate: EntryOutcome, entries: u64) {
        self.counts.add(fate, entries);
    }

    pub fn report_entry(&mut self, id: Option<&DlqId>, run: Option<&RunName>, fate: EntryOutcome) {
        if self.plan.options.report == Report::Entries {
            self.report.push(ReportEntry { id: id.cloned(), run: run.cloned(), outcome: fate });
        }
    }

    /// The number of entries, at most `wanted`, that the pacing permits to send at `now`.
    ///
    /// # Errors
    ///
    /// When to try again, if it permits none.
    pub fn allowance(&mut self, wanted: u32, now: Timestamp) -> Result<u32, Timestamp> {
        if self.plan.operation.acts() {
            self.pacing.allowance(wanted, now)
        } else {
            Ok(wanted)
        }
    }

    pub fn report_runs(&mut self, runs: &[RunName]) {
        if self.plan.options.report == Report::Entries {
            for run in runs {
                let run = Some(run.clone());
                self.report.push(ReportEntry { id: None, run, outcome: EntryOutcome::Done });
            }
        }
    }

    /// When to retry a request after `failed` attempts and this one; `None` if it may not be retried. `acts`: the
    /// attempt may still be executing, so wait for the grace period too.
    pub fn retry_at(
        &mut self,
        failed: &mut u32,
        refusal: &Refusal,
        now: Timestamp,
        acts: bool,
    ) -> Option<Timestamp> {
        *failed += 1;
        let grace = if acts { Backoff::grace_period(*failed, refusal) } else { 0 };
        if grace > 0 {
            self.lost_at = now;
        }
        let asked = refusal.limit.reset_at.map_or(0, |at| at - now);
        if *failed >= self.backoff.attempts() || asked > WAIT_MAX_MS || !self.bucket.take(refusal) {
            return None;
        }
        self.counts.retries += 1;
        Some(now + self.backoff.delay(*failed).max(grace).max(asked))
    }
}

/// Maximum wait for a rate limit, in milliseconds, for one reset or for consecutive 429s. Beyond it the drive ends
/// with a checkpoint, since few processes live that long.
pub const WAIT_MAX_MS: i64 = 15 * 60_000;
