//! A few first: so many entries are taken, their runs are left some time, and the drive goes on
//! only if not too many of them are in the DLQ again.

use super::action::{Action, Decision};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::scan::{Found, Range, Refused, Scan};
use super::seen::hash;
use super::{End, Reason};
use crate::params::drive::Canary as Options;
use crate::wire::{Answer, Page};
use alloc::vec::Vec;

/// A canary that is not through yet.
#[derive(Debug)]
pub struct Canary {
    options: Options,
    phase: Phase,
    /// The runs that came of the first entries, as hashes, which a checkpoint has room for.
    runs: Vec<u64>,
    /// When the earliest of them began, by the service's clock.
    since: Option<i64>,
    /// The drive's own beginning, for where no run says when it began.
    floor: i64,
}

#[derive(Debug)]
enum Phase {
    Taking,
    Waiting { until: i64 },
    Looking(Look),
}

/// A list of the entries that are newer than the first runs.
#[derive(Debug, Default)]
struct Look {
    scan: Scan,
    /// Runs of ours that were seen, each once.
    failed_again: Vec<u64>,
    pages: u32,
}

/// What a look came to.
pub enum Verdict {
    Open,
    /// The drive may go on.
    Passed,
    Ended(End),
}

impl Canary {
    pub fn new(options: Options, now: i64) -> Self {
        let floor = now - CLOCK_SLACK_MS;
        Canary { options, phase: Phase::Taking, runs: Vec::new(), since: None, floor }
    }

    /// Whether a look would tell anything at `now`: it is runs that it looks for.
    pub fn is_blind(&self, now: i64) -> bool {
        matches!(self.phase, Phase::Waiting { until } if until <= now) && self.runs.is_empty()
    }

    /// Whether new runs are to be noted.
    pub fn is_taking(&self) -> bool {
        matches!(self.phase, Phase::Taking)
    }

    /// Entries that may be taken before the look.
    pub fn entries(&self) -> u64 {
        u64::from(self.options.entries)
    }

    /// Takes note of new runs.
    pub fn taken(&mut self, page: &Page) {
        let named = page.runs.iter().filter(|run| !run.is_empty());
        self.runs.extend(named.map(|run| hash(run.as_bytes())));
        self.since = match (self.since, page.first_created) {
            (Some(since), Some(created)) => Some(since.min(created)),
            (since, created) => since.or(created),
        };
    }

    /// The first entries are taken.
    pub fn wait(&mut self, now: i64) {
        self.phase = Phase::Waiting { until: now + i64::from(self.options.wait) };
    }

    /// What to do next; `None` while the strategy is at work.
    pub fn next(&mut self, now: i64) -> Option<Decision> {
        if let Phase::Waiting { until } = self.phase {
            if now < until {
                return Some(Decision::WaitUntil(until));
            }
            // Runs are told by their ids: that a clock is off does no harm.
            let from = self.since.unwrap_or(self.floor);
            let scan = Scan::over(Range { from: Some(from), to: None });
            self.phase = Phase::Looking(Look { scan, ..Look::default() });
        }
        let Phase::Looking(look) = &mut self.phase else {
            return None;
        };
        Some(look.scan.next(0, Action::CanaryList, now))
    }

    /// The walk of the lists, while there is one.
    pub fn scan(&self) -> Option<&Scan> {
        match &self.phase {
            Phase::Looking(look) => Some(&look.scan),
            _ => None,
        }
    }

    pub fn requeue(&mut self) {
        if let Phase::Looking(look) = &mut self.phase {
            look.scan.requeue();
        }
    }

    /// The answer to a list.
    pub fn handle_answer(&mut self, answer: Answer, cx: &mut Context, now: i64) -> Verdict {
        let Phase::Looking(look) = &mut self.phase else {
            return Verdict::Open;
        };
        let page = match answer {
            Answer::Page(page) => page,
            Answer::Refused(refusal) => {
                return match look.scan.refuse(refusal, false, cx, now) {
                    Refused::Later | Refused::Dropped { .. } => Verdict::Open,
                    Refused::Cursor(refusal) | Refused::Failed(refusal) => {
                        Verdict::Ended(End::Failed(refusal))
                    }
                };
            }
        };
        look.pages += 1;
        for run in page.runs.iter().map(|run| hash(run.as_bytes())) {
            if self.runs.contains(&run) && !look.failed_again.contains(&run) {
                look.failed_again.push(run);
            }
        }
        if look.failed_again.len() > self.options.max_failed_again as usize {
            return Verdict::Ended(End::Reason(Reason::Canary));
        }
        if page.cursor.is_none() || look.pages >= PAGES_MAX {
            return Verdict::Passed;
        }
        match look.scan.advance(page.cursor, Found::Nothing, cx, now) {
            Ok(()) => Verdict::Open,
            Err(end) => Verdict::Ended(end),
        }
    }

    pub fn write(&self, out: &mut Writer) {
        out.number(u64::from(self.options.entries));
        out.number(u64::from(self.options.wait));
        out.number(u64::from(self.options.max_failed_again));
        match &self.phase {
            Phase::Taking => out.number(0),
            Phase::Waiting { until } => {
                out.number(1);
                out.number(*until as u64);
            }
            Phase::Looking(look) => {
                out.number(2);
                look.scan.write(out);
                out.number(u64::from(look.pages));
                out.hashes(&look.failed_again);
            }
        }
        out.moment(self.since);
        out.number(self.floor as u64);
        out.hashes(&self.runs);
    }

    pub fn read(input: &mut Reader, now: i64) -> Self {
        let options = Options {
            entries: input.small(),
            wait: input.small(),
            max_failed_again: input.small(),
        };
        let phase = match input.pick(&[0, 1, 2]) {
            0 => Phase::Taking,
            // Another machine's clock may be behind.
            1 => {
                Phase::Waiting { until: (input.count() as i64).min(now + i64::from(options.wait)) }
            }
            _ => Phase::Looking(Look {
                scan: Scan::read(input),
                pages: input.small(),
                failed_again: input.hashes(),
            }),
        };
        let since = input.moment();
        let floor = input.count() as i64;
        Canary { options, phase, runs: input.hashes(), since, floor }
    }
}

/// What a local clock may be ahead of the service's.
const CLOCK_SLACK_MS: i64 = 600_000;

/// Entries a list.
pub const PAGE: u32 = 100;
/// More new entries than this are not ours.
const PAGES_MAX: u32 = 1_000;
