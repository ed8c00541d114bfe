//! Checkpoints: the state of a drive as text, and a drive that continues from it.

mod encoding;
mod error;
mod header;
mod owed;
mod reader;
mod writer;

use super::api::LIST_MAX;
use super::batches::Batch;
use super::canary::Canary;
use super::drive::Drive;
use super::follow::Follow;
use super::strategy::StrategyState;
use super::{Expected, Plan, Reason};
use crate::acts::Acting;
use crate::params::Report;
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;
pub use error::{CheckpointError, Mismatch};
use header::Header;
pub use header::Ids;
pub use owed::OwedIds;
pub use reader::Reader;
pub use writer::Writer;

impl Drive {
    /// A drive that continues from the checkpoint `text` at `now`. Operation, selection, overrides and strategy
    /// come from the checkpoint, budgets and pacing from `plan`. `seed` is that of [`Drive::new`].
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Damaged`] and [`CheckpointError::Version`] if the text can't be read;
    /// [`CheckpointError::Mismatch`] if the checkpoint differs from `plan` in the base URL, in what `expected`
    /// names, or in overrides that `plan` contains.
    pub fn resume_from(
        text: &str,
        mut plan: Plan,
        expected: Expected,
        now: Timestamp,
        seed: u64,
    ) -> Result<Self, CheckpointError> {
        let mut input = Reader::open(text)?;
        let mut unsent = input.ids();
        unsent.reverse();
        let header = Header::read(&mut input);
        input.check()?;
        if let Some(what) = header.mismatch(&plan, expected) {
            return Err(CheckpointError::Mismatch(what));
        }
        plan.operation = header.operation;
        plan.selection = header.selection;
        plan.overrides = Some(header.overrides);
        plan.options.strategy = Some(header.strategy);
        plan.options.condition = header.condition;
        plan.options.limit = header.limit;
        plan.options.freeze = header.freeze;
        plan.options.report = if header.report_entries { Report::Entries } else { Report::Summary };
        plan.options.request.query = header.query;
        let mut drive = Drive::new(plan, now, seed);
        drive.cx.counts = header.counts;
        drive.cx.ids = header.ids;
        drive.ending = None;
        drive.done_before = header.counts.done;
        drive.elapsed_before = header.counts.elapsed_ms;
        drive.cx.pacing.read(&mut input, now);
        drive.following = input.pick(&[
            None,
            Some(Reason::Complete),
            Some(Reason::Limit),
            Some(Reason::Remaining),
        ]);
        drive.strategy = StrategyState::read(&mut input, unsent, &drive.cx);
        let canary =
            input.flag().then(|| Acting::new(|| Canary::read(&mut input, now, seed))).flatten();
        drive.canary = canary.filter(|_| !drive.cx.plan.options.skip_canary);
        let reports = header.report_entries;
        if input.flag() {
            let mut follow = Acting::new(|| Follow::read(&mut input, reports, now, seed));
            if let (Some(options), Some(follow)) = (drive.cx.plan.options.follow, &mut follow) {
                follow.set_times(options, now);
            }
            drive.follow = follow;
        } else if !drive.operation().can_fail_again() {
            drive.follow = None;
        }
        input.refuse(drive.following.is_some() && drive.follow.is_none());
        // This machine's clock may be behind that of the one that wrote the checkpoint.
        drive.cx.lost_at = input.timestamp().min(now);
        drive.cx.list_max = input.small().clamp(1, LIST_MAX);
        input.finish()?;
        if expected == Expected::Following && drive.following.is_none() {
            return Err(CheckpointError::Mismatch(Mismatch::Operation));
        }
        Ok(drive)
    }

    /// The state as text, from which [`Drive::resume_from`] continues, as of the last page that was handed out.
    /// Entries in flight count as unconfirmed. The text contains neither the token nor headers that the caller
    /// passed.
    pub fn checkpoint(&self) -> String {
        let mut counts = self.recorded_counts();
        counts.unconfirmed += self.strategy.risked(&self.cx);
        counts.done -= self.entries_waiting();
        let mut out = self.strategy.owed();
        Header::write(&self.cx, &counts, &mut out);
        self.cx.pacing.all_finished(self.clock).write(self.clock, self.set_back, &mut out);
        out.number(match self.following {
            None => 0,
            Some(Reason::Limit) => 2,
            Some(Reason::Remaining) => 3,
            Some(_) => 1,
        });
        let in_flight = self.in_flight.iter().filter_map(|flight| flight.action.batch());
        let batches: Vec<&Batch> = in_flight.chain(self.batches_waiting()).collect();
        self.strategy_handed_out().write(&batches, &self.cx, &mut out);
        let canary = self.canary.as_ref().filter(|_| !self.canary_told);
        out.flag(canary.is_some());
        if let Some(canary) = canary {
            canary.write(self.set_back, &mut out);
        }
        out.flag(self.follow.is_some());
        if let Some(follow) = &self.follow {
            follow.write(self.set_back, &mut out);
        }
        out.timestamp(self.lost_at() - self.set_back);
        out.number(u64::from(self.cx.list_max));
        out.finish()
    }
}
