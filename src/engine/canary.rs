//! A few first: so many entries are taken, their runs are left some time, and the drive goes on
//! only if not too many of them are in the DLQ again.

use super::checkpoint::{Fault, Reader, Writer};
use super::known::hash;
use super::{Choice, Context, End, Job, Reason};
use crate::params::drive::Canary;
use crate::wire::response::Fate;
use crate::wire::{Answer, Page};
use alloc::string::String;
use alloc::vec::Vec;

/// A canary that is not through yet.
#[derive(Clone, Debug)]
pub struct Trial {
    options: Canary,
    phase: Phase,
    /// The runs that came of the first entries, as hashes, which a checkpoint has room for.
    runs: Vec<u64>,
    /// When the earliest of them began, by the service's clock.
    since: Option<i64>,
}

#[derive(Clone, Debug)]
enum Phase {
    Taking,
    Waiting { until: i64 },
    Looking(Look),
}

/// A list of the entries that are newer than the first runs.
#[derive(Clone, Debug, Default)]
struct Look {
    cursor: Option<String>,
    busy: bool,
    not_before: i64,
    failed: u32,
    /// Runs of ours that were seen.
    failed_again: u32,
    pages: u32,
}

/// What a look came to.
pub enum Verdict {
    Open,
    /// The drive may go on.
    Passed,
    Ended(End),
}

impl Trial {
    pub fn new(options: Canary) -> Self {
        Trial { options, phase: Phase::Taking, runs: Vec::new(), since: None }
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
    pub fn next(&mut self, now: i64) -> Option<Choice> {
        if let Phase::Waiting { until } = self.phase {
            if now < until {
                return Some(Choice::At(until));
            }
            self.phase = Phase::Looking(Look::default());
        }
        let Phase::Looking(look) = &mut self.phase else {
            return None;
        };
        Some(if look.busy {
            Choice::Idle
        } else if look.not_before > now {
            Choice::At(look.not_before)
        } else {
            look.busy = true;
            Choice::Send(Job::Trial)
        })
    }

    /// From when on entries are listed, and the cursor.
    pub fn request(&self) -> (Option<i64>, Option<&str>) {
        let cursor = match &self.phase {
            Phase::Looking(look) => look.cursor.as_deref(),
            _ => None,
        };
        (self.since, cursor)
    }

    pub fn attempt(&self) -> u32 {
        match &self.phase {
            Phase::Looking(look) => look.failed + 1,
            _ => 1,
        }
    }

    pub fn put_back(&mut self) {
        if let Phase::Looking(look) = &mut self.phase {
            look.busy = false;
        }
    }

    /// The answer to a list.
    pub fn answered(&mut self, answer: Answer, cx: &mut Context, now: i64) -> Verdict {
        let Phase::Looking(look) = &mut self.phase else {
            return Verdict::Open;
        };
        look.busy = false;
        let page = match answer {
            Answer::Page(page) => page,
            Answer::Refused(refusal) => {
                if refusal.fate != Fate::Refused {
                    if let Some(at) = cx.retry_at(&mut look.failed, &refusal, now, false) {
                        look.not_before = at;
                        return Verdict::Open;
                    }
                }
                return Verdict::Ended(End::Failed(refusal));
            }
        };
        look.failed = 0;
        look.pages += 1;
        let ours = page.runs.iter().filter(|run| self.runs.contains(&hash(run.as_bytes())));
        look.failed_again += ours.count() as u32;
        if look.failed_again > self.options.max_failed_again {
            return Verdict::Ended(End::Reason(Reason::Canary));
        }
        let moves_on = page.cursor.is_some() && page.cursor != look.cursor;
        if moves_on && look.pages < PAGES_MAX {
            look.cursor = page.cursor;
            return Verdict::Open;
        }
        Verdict::Passed
    }

    pub fn write(&self, out: &mut Writer) {
        out.number(u64::from(self.options.entries));
        out.number(u64::from(self.options.wait));
        out.number(u64::from(self.options.max_failed_again));
        // A look that was begun begins anew.
        out.maybe(match &self.phase {
            Phase::Taking => None,
            Phase::Waiting { until } => Some(*until as u64),
            Phase::Looking(_) => Some(0),
        });
        out.maybe(self.since.map(|ms| ms as u64));
        out.number(self.runs.len() as u64);
        self.runs.iter().for_each(|run| out.hash(*run));
    }

    pub fn read(input: &mut Reader) -> Result<Self, Fault> {
        let options = Canary {
            entries: input.number()? as u32,
            wait: input.number()? as u32,
            max_failed_again: input.number()? as u32,
        };
        let phase = match input.moment()? {
            None => Phase::Taking,
            Some(until) => Phase::Waiting { until },
        };
        let since = input.moment()?;
        let mut runs = Vec::new();
        for _ in 0..input.length()? {
            runs.push(input.hash()?);
        }
        Ok(Trial { options, phase, runs, since })
    }
}

/// Entries a list.
pub const PAGE: u32 = 100;
/// More new entries than this are not ours.
const PAGES_MAX: u32 = 1_000;
