//! Where each entry stands, as counts. What was done is never taken back.

use crate::id::DlqId;
use crate::params::RunName;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EntryOutcome {
    /// Resumed, restarted or deleted, as the drive does.
    Done,
    NotFound,
    Unconfirmed,
    Failed,
}

impl EntryOutcome {
    pub fn name(self, done: &'static str) -> &'static str {
        match self {
            EntryOutcome::Done => done,
            EntryOutcome::NotFound => "notFound",
            EntryOutcome::Unconfirmed => "unconfirmed",
            EntryOutcome::Failed => "failed",
        }
    }
}

/// A line of the report, where one is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportEntry {
    /// Unknown in `pages`: the service's answer does not name it.
    pub id: Option<DlqId>,
    /// Unknown where one answer was for several entries.
    pub run: Option<RunName>,
    pub outcome: EntryOutcome,
}

/// The counts of a drive, over all its invocations.
///
/// Invariant `each_entry_once`: an entry of known id is counted in exactly one of the first four.
/// Where pages are taken by filter, `done` ≤ truth ≤ `done + unconfirmed`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    pub done: u64,
    pub not_found: u64,
    pub unconfirmed: u64,
    pub failed: u64,
    pub requests: u64,
    pub retries: u64,
    pub waited_ms: u64,
    pub elapsed_ms: u64,
}

impl Counts {
    /// What counts against a limit: whatever was done, and whatever may have been.
    pub fn taken(&self) -> u64 {
        self.done + self.unconfirmed
    }

    /// Entries that the drive has dealt with, whatever became of them.
    pub fn met(&self) -> u64 {
        self.taken() + self.not_found + self.failed
    }

    /// Adds entries of one fate.
    pub fn add(&mut self, fate: EntryOutcome, entries: u64) {
        *match fate {
            EntryOutcome::Done => &mut self.done,
            EntryOutcome::NotFound => &mut self.not_found,
            EntryOutcome::Unconfirmed => &mut self.unconfirmed,
            EntryOutcome::Failed => &mut self.failed,
        } += entries;
    }
}
