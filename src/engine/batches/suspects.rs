//! Ids that a 404 may or may not have been about, and what is recorded of ids whose fate is known.

use super::Batches;
use crate::engine::context::Context;
use crate::engine::ledger::EntryOutcome;
use crate::id::DlqId;
use crate::params::RunName;
use alloc::vec::Vec;

/// Ids that were gone after a 404, behind one that was still there. If that one can be taken, the
/// service had not come as far as them, and they are not found; if the service refuses it, it may
/// have stepped over it and taken them.
#[derive(Debug)]
pub struct Suspects {
    pub(super) witness: DlqId,
    pub(super) ids: Vec<DlqId>,
}

impl Batches {
    pub(super) fn suspected(&self) -> u64 {
        self.suspects.iter().map(|suspects| suspects.ids.len() as u64).sum()
    }

    /// Ids whose fate is known now, and their lines in the report.
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
            // Only one id's answer says which run it became.
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
