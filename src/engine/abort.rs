//! The abort of a drive: what happens to the requests in flight.

use super::drive::Drive;
use super::{End, Reason};
use crate::time::Timestamp;

impl Drive {
    /// Ends the drive at `now`: it sends no further request. Requests in flight that only read are dropped. For the
    /// responses to requests that act it waits for the request timeout, at most ten seconds; a second call counts
    /// them as lost.
    pub fn abort(&mut self, now: Timestamp) {
        let now = self.tick(now);
        match self.abort_until {
            Some(_) => self.mark_all_lost(),
            None => {
                let grace = self.cx.plan.timeout.min(ABORT_GRACE_MS);
                self.abort_until = Some(now + i64::from(grace));
                self.give_up_reads();
            }
        }
        if !matches!(self.ending, Some(End::Failed(_))) {
            self.ending = Some(End::Reason(Reason::Aborted));
        }
    }

    /// Drops requests in flight that only read: a drive that continues from the checkpoint sends them again.
    fn give_up_reads(&mut self) {
        for flight in core::mem::take(&mut self.in_flight) {
            if self.operation_of(&flight.action).acts() {
                self.in_flight.push(flight);
            } else {
                self.requeue(flight.action);
            }
        }
        self.assert_invariants();
    }

    /// Counts the requests in flight as lost, which all act.
    pub(super) fn mark_all_lost(&mut self) {
        self.cx.lost_at = self.lost_at();
        for flight in core::mem::take(&mut self.in_flight) {
            self.strategy.mark_lost(flight.action, &mut self.cx);
        }
        self.assert_invariants();
    }
}

/// Maximum time that an abort waits for responses in flight, in milliseconds.
const ABORT_GRACE_MS: u32 = 10_000;
