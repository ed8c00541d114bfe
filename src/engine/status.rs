//! The getters of a drive.

use super::action::Action;
use super::canary::Canary;
use super::drive::Drive;
use super::follow::Follow;
use super::ledger::{Counts, ReportEntry};
use super::{Progress, Ticket};
use crate::params::{Report, Strategy};
use crate::time::Timestamp;
use crate::wire::Operation;

impl Drive {
    /// Whether the drive sends no further request.
    pub fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether the response of this ticket is queued for [`Next::Page`](super::Next::Page).
    pub fn has_page(&self, ticket: Ticket) -> bool {
        self.pages.iter().any(|page| page.ticket == ticket)
    }

    /// Indices of the messages that meet the condition in the page that was handed out last; `None` if all do.
    pub fn chosen(&self) -> Option<&[u32]> {
        self.chosen.as_deref()
    }

    /// Timeout of an attempt, in milliseconds.
    pub fn timeout(&self) -> u32 {
        self.cx.plan.timeout
    }

    /// The number of the attempt in flight, from 1.
    pub fn attempt(&self, ticket: Ticket) -> u32 {
        let flight = self.in_flight.iter().find(|flight| flight.ticket == ticket);
        flight.map_or(1, |flight| match (&flight.action, &self.canary, &self.follow) {
            (Action::Canary(request), Some(canary), _) => canary.runs().attempt(*request),
            (Action::Follow(request), _, Some(follow)) => follow.attempt(*request),
            (Action::Canary(_) | Action::Follow(_), ..) => 1,
            (action, ..) => self.strategy.attempt(action),
        })
    }

    /// Whether an entry was changed, or may have been.
    pub fn may_have_acted(&self) -> bool {
        self.operation().acts() && self.counts().possibly_done() > 0
    }

    /// The operation.
    pub fn operation(&self) -> Operation {
        self.cx.plan.operation
    }

    /// The present strategy: if the service refuses a page, the drive continues with batches.
    pub fn strategy(&self) -> Strategy {
        self.cx.plan.strategy()
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        let mut counts = self.recorded_counts();
        if self.ending.is_some() && self.in_flight.is_empty() {
            // Unknown for now; a drive that continues from the checkpoint looks these entries up.
            counts.unconfirmed += self.strategy.uncertain();
        }
        counts
    }

    pub(super) fn recorded_counts(&self) -> Counts {
        Counts {
            elapsed_ms: self.elapsed_before + (self.clock - self.started) as u64,
            ..self.cx.counts
        }
    }

    /// The report entries of this invocation; `None` unless the caller asked for them.
    pub fn report_entries(&self) -> Option<&[ReportEntry]> {
        (self.cx.plan.options.report == Report::Entries).then_some(&self.cx.report[..])
    }

    /// The cutoff date of a frozen selection; `None` until it is known.
    pub fn cutoff(&self) -> Option<Timestamp> {
        self.strategy.cutoff()
    }

    /// Whether to store a checkpoint before the request is sent: it acts, or it is the first of a round of
    /// requests for the state of runs.
    pub fn wants_checkpoint(&self, ticket: Ticket) -> bool {
        let flight = self.in_flight.iter().find(|flight| flight.ticket == ticket);
        flight.is_some_and(|flight| match &flight.action {
            Action::Canary(_) | Action::Follow(_) => {
                self.followed().is_some_and(Follow::starts_round)
            }
            action => self.operation_of(action).acts(),
        })
    }

    /// The canary's runs, once they are followed.
    pub fn canary_runs(&self) -> Option<&Follow> {
        self.canary.as_deref().map(Canary::runs).filter(|runs| runs.is_begun())
    }

    /// The new runs, if they are followed.
    pub fn new_runs(&self) -> Option<&Follow> {
        self.follow.as_deref()
    }

    /// The runs that are followed now: the canary's, or all new ones.
    pub fn followed(&self) -> Option<&Follow> {
        self.canary_runs().or(self.new_runs())
    }

    /// Whether the drive has only runs left to follow.
    pub fn is_following(&self) -> bool {
        self.following.is_some()
    }

    /// The progress so far.
    pub fn progress(&self) -> Progress {
        let mut counts = self.counts();
        let in_flight = self.in_flight.len() as u32;
        if let (Operation::Logs, Some(runs)) = (self.operation(), &self.follow) {
            let outcome = runs.outcome();
            counts.done = outcome.runs() - outcome.open();
            let of = Some(outcome.runs());
            return Progress { counts, of, in_flight, ..Progress::default() };
        }
        let here = counts.done - self.done_before;
        let seconds = (self.clock - self.started).max(1) as f64 / 1000.0;
        let per_second = here as f64 / seconds;
        let limit = self.cx.plan.options.limit;
        let of = match self.cx.ids {
            Some(ids) => Some(limit.map_or(ids.count, |limit| limit.min(ids.count))),
            None => limit,
        };
        let eta_ms = of.filter(|_| here > 0).map(|of| {
            (of.saturating_sub(counts.possibly_done() + counts.not_found + counts.failed) as f64
                / per_second
                * 1000.0) as u64
        });
        Progress { counts, of, in_flight, per_second, eta_ms }
    }
}
