//! The cutoff date of a frozen selection: later entries are left out. By the service's clock, it has to be before
//! the first new run, which may fail again, and after all entries that existed at the start.
//!
//! A `Date` header contains the service's time. Without one (browsers hide it), the local clock is used,
//! which may be fast or slow, until the first new run corrects it: a run that was created at or before the
//! cutoff moves the cutoff down, and one from the local clock's future moves it up by the difference.
//! Without such a run, the drive lists once more before it ends as complete ([`Cutoff::is_in_doubt`]).

use super::checkpoint::{Reader, Writer};
use super::context::Context;
use crate::time::Timestamp;
use crate::wire::{Listed, Page};

#[derive(Clone, Copy, Debug)]
pub struct Cutoff {
    /// The cutoff date; `None` for no cutoff.
    at: Option<Timestamp>,
    clock: Clock,
    /// No new run has verified it yet.
    awaits_run: bool,
}

/// The clock that the cutoff was read from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Clock {
    /// The service's clock, or the caller's `toDate`: no correction needed.
    Known,
    /// The local clock, which showed this date.
    Local(Timestamp),
    /// A clock that can't be compared with the local one: that of an earlier process, or a gateway's.
    Elsewhere,
}

impl Cutoff {
    pub fn new(cx: &Context) -> Self {
        Cutoff { at: cx.filter.to, clock: Clock::Known, awaits_run: cx.can_fail_again() }
    }

    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Whether a new run has yet to verify it. Until then only one request that acts is in flight: if the cutoff is
    /// too late, another would process entries that failed again.
    pub fn awaits_run(&self) -> bool {
        self.awaits_run
    }

    /// Freezes the selection at `now`. `opening` is the response to the opening list.
    pub fn freeze(&mut self, opening: &Page, cx: &Context, now: Timestamp) {
        // A run that is created from now on has this millisecond as its earliest date.
        let began = cx.service_now.unwrap_or(now) - 1;
        self.at = Some(cx.filter.to.map_or(began, |to| to.min(began)));
        if self.at < Some(began) {
            self.clock = Clock::Known;
            return;
        }
        // Listed entries already existed: a clock that is behind their dates is slow. Entries without dates don't
        // tell.
        let shown = opening.listed.iter().filter_map(date).max();
        let untold = shown.is_none() && !opening.listed.is_empty();
        self.clock = match cx.service_now {
            None => Clock::Local(began),
            Some(now) if untold || shown > Some(now + CLOCK_SLACK_MS) => Clock::Elsewhere,
            Some(_) => Clock::Known,
        };
        self.raise(shown, cx);
    }

    /// Verifies the cutoff by the first new runs, of which the earliest was created at `created`. Returns whether
    /// the cutoff moved.
    pub fn verify(&mut self, created: Option<Timestamp>, cx: &Context, now: Timestamp) -> bool {
        let before = self.at;
        self.awaits_run = false;
        let Some(created) = created else {
            return false;
        };
        let slow_by = created - now;
        if before >= Some(created) {
            self.at = Some(created - 1);
            self.clock = Clock::Known;
        } else if slow_by <= CLOCK_SLACK_MS {
            self.clock = Clock::Known;
        } else if let Clock::Local(began) = self.clock {
            self.raise(Some(began + slow_by), cx);
            self.clock = Clock::Known;
        }
        self.at != before
    }

    fn raise(&mut self, to: Option<Timestamp>, cx: &Context) {
        if let Some(to) = to.map(|to| cx.filter.to.map_or(to, |own| own.min(to))) {
            self.at = self.at.max(Some(to));
        }
    }

    /// Whether entries later than the cutoff may have existed when the drive began: there was no entry, or no new
    /// run showed the service's clock.
    pub fn is_in_doubt(&self, cx: &Context) -> bool {
        let unknown = cx.plan.options.freeze && self.clock != Clock::Known;
        unknown && (cx.counts.total() == 0 || !self.awaits_run)
    }

    /// Whether `page`, a list without the cutoff, shows that the drive missed entries: one that is later than the
    /// local clock, or any entry if the drive found none.
    pub fn passed_over(&self, page: &Page, cx: &Context, now: Timestamp) -> bool {
        let later = |entry: &Listed| date(entry).is_some_and(|at| at > now + CLOCK_SLACK_MS);
        page.listed.iter().any(|entry| later(entry) || (entry.chosen && cx.counts.total() == 0))
    }

    pub fn write(&self, out: &mut Writer) {
        out.maybe_timestamp(self.at);
        out.flag(self.clock == Clock::Known);
        out.flag(self.awaits_run);
    }

    pub fn read(input: &mut Reader) -> Self {
        Cutoff {
            at: input.maybe_timestamp(),
            clock: if input.flag() { Clock::Known } else { Clock::Elsewhere },
            awaits_run: input.flag(),
        }
    }
}

/// The latest date of an entry: its run's, or that of its failure, which most ids begin with.
fn date(entry: &Listed) -> Option<Timestamp> {
    let failed = entry.id.as_str().split_once('-').and_then(|(ms, _)| ms.parse().ok());
    let failed = failed.map(Timestamp::from_ms);
    entry
        .run_created
        .map(|created| created.max(failed.filter(|at| *at <= created + DAY_MS).unwrap_or(created)))
}

/// Tolerance in milliseconds within which a clock does not count as slow.
const CLOCK_SLACK_MS: i64 = 1_000;
const DAY_MS: i64 = 86_400_000;
