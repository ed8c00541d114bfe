//! The state that all strategies share: plan, counts, pacing and retries.

use super::api::LIST_MAX;
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
    /// Maximum number of entries per list at present: fewer than the service lists at most while lists are too
    /// large.
    pub list_max: u32,
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
            list_max: LIST_MAX,
            service_now: None,
            lost_at: Timestamp::EPOCH,
            plan,
        }
    }

    /// Maximum number of entries in a list ahead of the batches, or in a page of a drive that lists.
    pub fn list_size(&self) -> u32 {
        self.plan.list_size().min(self.list_max)
    }

    /// Handles a list for `count` entries that was too large for the caller's bound, the connection or memory: the
    /// next ones are for a quarter as many.
    pub fn shrink_lists(&mut self, count: u32) {
        self.list_max = self.list_max.min((count / 4).max(1));
    }

    /// Handles a list for `count` entries of `length` characters.
    pub fn listed(&mut self, count: u32, length: u32) {
        if length > LIST_LENGTH_MAX {
            self.shrink_lists(count);
        } else if length < LIST_LENGTH_MAX / 2 && count == self.list_max {
            // Entries with large payloads may be few. Lists that were sent together count once.
            self.list_max = (count + count.div_ceil(4)).min(LIST_MAX);
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

/// In characters. After a longer list, the next ones are for fewer entries.
const LIST_LENGTH_MAX: u32 = 4_000_000;
