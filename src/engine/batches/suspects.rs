//! Ids whose outcome after a 404 is not yet known, and the recording of known outcomes.

use super::Batches;
use crate::engine::context::Context;
use crate::engine::ledger::EntryOutcome;
use crate::id::DlqId;
use crate::params::RunName;
use alloc::vec::Vec;

/// Ids that were gone after a 404, behind a *witness*, an id that was still there. If the witness can be processed,
/// the service had stopped before it, so the ids behind it are not found. If the service refuses the witness, it may
/// have skipped it and processed them.
#[derive(Debug)]
pub struct Suspects {
    pub(super) witness: DlqId,
    pub(super) ids: Vec<DlqId>,
}

impl Batches {
    pub(super) fn suspected(&self) -> u64 {
        self.suspects.iter().map(|suspects| suspects.ids.len() as u64).sum()
    }

    /// Records the outcome of ids, with their report entries.
    pub(super) fn record(
        &mut self,
        ids: &[DlqId],
        fate: EntryOutcome,
        runs: &[RunName],
        cx: &mut Context,
    ) {
        if self.source.is_some() {
            match fate {
                EntryOutcome::Failed => self.seen.refused(ids),
                _ => self.seen.done(ids),
            }
        }
        for id in ids {
            // Only the response to a single id identifies its run.
            let run = if ids.len() == 1 { runs.first() } else { None };
            cx.report_entry(Some(id), run, fate);
        }
        while let Some(at) = self.suspects.iter().position(|s| ids.contains(&s.witness)) {
            let suspects = self.suspects.swap_remove(at);
            let fate = if fate == EntryOutcome::Done {
                EntryOutcome::NotFound
            } else {
                EntryOutcome::Unconfirmed
            };
            cx.add(fate, suspects.ids.len() as u64);
            self.record(&suspects.ids, fate, &[], cx);
        }
    }
}
