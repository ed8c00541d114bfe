//! Counts of entries by outcome. They never decrease.

use crate::id::DlqId;
use crate::params::RunName;

/// The outcome of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EntryOutcome {
    /// Resumed, restarted or deleted, depending on the operation.
    Done,
    /// The service has no such entry.
    NotFound,
    /// The response was lost, so the operation may or may not have been carried out.
    Unconfirmed,
    /// The service refused the entry.
    Failed,
}

impl EntryOutcome {
    /// The name in the caller's report; `done` is the name of [`EntryOutcome::Done`].
    ///
    /// ```
    /// use upstash_workflow_dlq::engine::ledger::EntryOutcome;
    ///
    /// assert_eq!(EntryOutcome::Done.name("resumed"), "resumed");
    /// assert_eq!(EntryOutcome::NotFound.name("resumed"), "notFound");
    /// ```
    pub fn name(self, done: &'static str) -> &'static str {
        match self {
            EntryOutcome::Done => done,
            EntryOutcome::NotFound => "notFound",
            EntryOutcome::Unconfirmed => "unconfirmed",
            EntryOutcome::Failed => "failed",
        }
    }
}

/// The outcome of one entry in the report.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportEntry {
    /// The entry; `None` for pages, whose responses do not contain it.
    pub id: Option<DlqId>,
    /// The new run; `None` if the response is for several entries.
    pub run: Option<RunName>,
    /// The outcome.
    pub outcome: EntryOutcome,
}

/// The counts of a drive, over all its invocations.
///
/// Invariant `each_entry_once`: an entry with a known id is counted in exactly one of the first four fields.
/// With pages, the true number of processed entries is between `done` and `done + unconfirmed`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Number of entries with the outcome [`EntryOutcome::Done`].
    pub done: u64,
    /// Number of entries with the outcome [`EntryOutcome::NotFound`].
    pub not_found: u64,
    /// Number of entries with the outcome [`EntryOutcome::Unconfirmed`].
    pub unconfirmed: u64,
    /// Number of entries with the outcome [`EntryOutcome::Failed`].
    pub failed: u64,
    /// Number of requests, retries included.
    pub requests: u64,
    /// Number of retries.
    pub retries: u64,
    /// Time without a request in flight, in milliseconds.
    pub waited_ms: u64,
    /// Total time, in milliseconds.
    pub elapsed_ms: u64,
}

impl Counts {
    /// Number of entries that count towards a limit: processed ones and unconfirmed ones.
    ///
    /// ```
    /// use upstash_workflow_dlq::engine::ledger::{Counts, EntryOutcome};
    ///
    /// let mut counts = Counts::default();
    /// counts.add(EntryOutcome::Done, 8);
    /// counts.add(EntryOutcome::Unconfirmed, 2);
    /// counts.add(EntryOutcome::NotFound, 1);
    /// assert_eq!((counts.possibly_done(), counts.total()), (10, 11));
    /// ```
    pub fn possibly_done(&self) -> u64 {
        self.done + self.unconfirmed
    }

    /// Number of entries with any outcome.
    pub fn total(&self) -> u64 {
        self.possibly_done() + self.not_found + self.failed
    }

    /// Adds a number of entries with the same outcome.
    pub fn add(&mut self, fate: EntryOutcome, entries: u64) {
        *match fate {
            EntryOutcome::Done => &mut self.done,
            EntryOutcome::NotFound => &mut self.not_found,
            EntryOutcome::Unconfirmed => &mut self.unconfirmed,
            EntryOutcome::Failed => &mut self.failed,
        } += entries;
    }
}
