//! Checkpoints: the state of a drive as text, and a drive that continues from it.

mod codec;
mod header;

use super::canary::Trial;
use super::drive::Drive;
use super::strategy::Course;
use super::{Expected, Plan};
use crate::params::Report;
use alloc::string::String;
pub use codec::{Fault, Reader, Writer};
use header::Head;
pub use header::Ids;

impl Drive {
    /// A drive that goes on from a checkpoint: what it was to do comes from there, what it may
    /// spend from `plan`, with which it has to agree as `expected` says.
    pub fn resume_from(
        text: &str,
        mut plan: Plan,
        expected: Expected,
        now: i64,
        seed: u64,
    ) -> Result<Self, Fault> {
        let mut input = Reader::open(text)?;
        let head = Head::read(&mut input);
        input.check()?;
        let operation = expected == Expected::Anything || head.operation == plan.operation;
        let selection = expected != Expected::Selection
            || (head.is_of(&plan.selection) && head.overrides == plan.overrides);
        if head.origin != plan.origin || !operation || !selection {
            return Err(Fault::Mismatch);
        }
        plan.operation = head.operation;
        plan.selection = head.selection;
        plan.overrides = head.overrides;
        plan.options.strategy = Some(head.strategy);
        plan.options.condition = head.condition;
        plan.options.limit = head.limit;
        plan.options.freeze = head.freeze;
        plan.options.report = if head.lines { Report::Entries } else { Report::Summary };
        plan.options.request.query = head.query;
        let mut drive = Drive::new(plan, now, seed);
        drive.cx.counts = head.counts;
        drive.cx.ids = head.ids;
        drive.ending = None;
        drive.done_before = head.counts.done;
        drive.elapsed_before = head.counts.elapsed_ms;
        drive.course = Course::read(&mut input, &drive.cx);
        drive.trial = input.flag().then(|| Trial::read(&mut input, now));
        // Another machine's clock may be behind.
        drive.cx.lost_at = (input.count() as i64).min(now);
        input.finish()?;
        Ok(drive)
    }

    /// Everything that is needed to go on. What is in flight is recorded as perhaps done.
    pub fn checkpoint(&self) -> String {
        let mut counts = self.settled_counts();
        counts.unconfirmed += self.course.risked(&self.cx);
        let mut out = Writer::new();
        Head::write(&self.cx, &counts, &mut out);
        self.course.write(&self.flights, &self.cx, &mut out);
        out.flag(self.trial.is_some());
        if let Some(trial) = &self.trial {
            trial.write(&mut out);
        }
        out.number((self.lost_at() - self.set_back).max(0) as u64);
        out.finish()
    }
}
