//! The date that ends a frozen selection: what fails from then on is not taken. It has to be early
//! enough for what fails again, and late enough for all that was there, by the service's clock.
//!
//! A `Date` header tells that clock. Where there is none (a browser does not show it), the local
//! clock stands in, which may be fast or slow, until the first new run shows the service's: a run
//! that began at or before the cutoff moves it down, and one from the local clock's future moves it
//! up by as much as the local clock is slow. Where no run shows it, the drive looks once more before
//! it claims to be complete ([`Cutoff::is_in_doubt`]).

use super::checkpoint::{Reader, Writer};
use super::context::Context;
use crate::time::Timestamp;
use crate::wire::{Listed, Page};

#[derive(Clone, Copy, Debug)]
pub struct Cutoff {
    /// `None`: all that is there.
    at: Option<Timestamp>,
    clock: Clock,
    /// No new run has shown yet whether it is right.
    awaits_run: bool,
}

/// Whose clock it was taken from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Clock {
    /// The service's, or the caller's own `toDate`: nothing to correct.
    Known,
    /// Ours, which showed this date.
    Local(Timestamp),
    /// One that can't be compared with ours: of the process which began, or a gateway's.
    Elsewhere,
}

impl Cutoff {
    pub fn new(cx: &Context) -> Self {
        Cutoff { at: cx.filter.to, clock: Clock::Known, awaits_run: cx.can_fail_again() }
    }

    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Whether a new run has yet to show that it is right. Until then one request that acts goes at
    /// a time: another would take what failed again, if the cutoff is too late.
    pub fn awaits_run(&self) -> bool {
        self.awaits_run
    }

    /// Freezes the selection at this moment. `opening` is the answer to the list that began it.
    pub fn freeze(&mut self, opening: &Page, cx: &Context, now: Timestamp) {
        // A run that is taken from now on begins in this millisecond at the earliest.
        let began = cx.service_now.unwrap_or(now) - 1;
        self.at = Some(cx.filter.to.map_or(began, |to| to.min(began)));
        if self.at < Some(began) {
            self.clock = Clock::Known;
            return;
        }
        // What is listed was there before: a clock that is behind it is slow, whosever it is.
        let shown = opening.listed.iter().filter_map(date).max();
        self.clock = match cx.service_now {
            None => Clock::Local(began),
            Some(now) if shown > Some(now + CLOCK_SLACK_MS) => Clock::Elsewhere,
            Some(_) => Clock::Known,
        };
        self.raise(shown, cx);
    }

    /// The first new runs, of which the earliest began at `created`. Whether the cutoff moved.
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
            self.raise(Some((began + slow_by).min(created - 1)), cx);
            self.clock = Clock::Known;
        }
        self.at != before
    }

    fn raise(&mut self, to: Option<Timestamp>, cx: &Context) {
        if let Some(to) = to.map(|to| cx.filter.to.map_or(to, |own| own.min(to))) {
            self.at = self.at.max(Some(to));
        }
    }

    /// Whether entries later than it may have been there when the drive began, and no entry tells:
    /// none was met, or none of those that were taken shows the service's clock.
    pub fn is_in_doubt(&self, cx: &Context) -> bool {
        let unknown = cx.plan.options.freeze && self.clock != Clock::Known;
        unknown && (cx.counts.met() == 0 || !self.awaits_run)
    }

    /// Whether `page`, a list without the cutoff, shows that entries were passed over: one that is
    /// later than the local clock, or anything at all where none was met.
    pub fn passed_over(&self, page: &Page, cx: &Context, now: Timestamp) -> bool {
        let later = |entry: &Listed| date(entry).is_some_and(|at| at > now + CLOCK_SLACK_MS);
        page.listed.iter().any(|entry| later(entry) || (entry.chosen && cx.counts.met() == 0))
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

/// What a clock may be behind without being slow.
const CLOCK_SLACK_MS: i64 = 1_000;
const DAY_MS: i64 = 86_400_000;
