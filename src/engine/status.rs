//! What a drive reports about itself.

use super::action::Action;
use super::drive::Drive;
use super::ledger::{Counts, ReportEntry};
use super::scan::Scan;
use super::{Progress, Ticket};
use crate::params::{Report, Strategy};
use crate::wire::Operation;

impl Drive {
    /// Whether nothing more is to be sent.
    pub fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether the answer of this ticket waits to be handed out.
    pub fn has_page(&self, ticket: Ticket) -> bool {
        self.pages.iter().any(|page| page.ticket == ticket)
    }

    /// Positions of the messages that are meant in the page that was handed out last; `None` where all are.
    pub fn chosen(&self) -> Option<&[u32]> {
        self.chosen.as_deref()
    }

    /// Milliseconds an attempt may take.
    pub fn timeout(&self) -> u32 {
        self.cx.plan.timeout
    }

    /// Which attempt, from 1, the request in flight is.
    pub fn attempt(&self, ticket: Ticket) -> u32 {
        let flight = self.in_flight.iter().find(|flight| flight.ticket == ticket);
        flight.map_or(1, |flight| match (&flight.action, &self.canary) {
            (Action::CanaryList, Some(canary)) => canary.scan().map_or(1, Scan::attempt),
            (action, _) => self.strategy.attempt(action),
        })
    }

    /// Whether anything was done, or may have been.
    pub fn may_have_acted(&self) -> bool {
        self.operation().acts() && self.counts().taken() > 0
    }

    pub fn operation(&self) -> Operation {
        self.cx.plan.operation
    }

    /// How it goes about it now: pages that the service refuses go on as batches.
    pub fn strategy(&self) -> Strategy {
        self.cx.plan.strategy()
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        let mut counts = self.recorded_counts();
        if self.ending.is_some() && self.in_flight.is_empty() {
            // Their fate is open; who goes on from the checkpoint finds it out.
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

    /// The lines of this invocation, where the report has them.
    pub fn report_entries(&self) -> Option<&[ReportEntry]> {
        (self.cx.plan.options.report == Report::Entries).then_some(&self.cx.report[..])
    }

    /// The frozen cutoff, once it is known.
    pub fn cutoff(&self) -> Option<i64> {
        self.strategy.cutoff()
    }

    pub fn progress(&self) -> Progress {
        let counts = self.counts();
        let here = counts.done - self.done_before;
        let seconds = (self.clock - self.started).max(1) as f64 / 1000.0;
        let per_second = here as f64 / seconds;
        let limit = self.cx.plan.options.limit;
        let of = match self.cx.ids {
            Some(ids) => Some(limit.map_or(ids.count, |limit| limit.min(ids.count))),
            None => limit,
        };
        let eta_ms = of.filter(|_| here > 0).map(|of| {
            (of.saturating_sub(counts.taken() + counts.not_found + counts.failed) as f64
                / per_second
                * 1000.0) as u64
        });
        Progress { counts, of, in_flight: self.in_flight.len() as u32, per_second, eta_ms }
    }
}
