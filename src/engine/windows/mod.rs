//! Ranges of time that are walked concurrently, and where they are cut: by the density of the known entries, since
//! the entries of an incident are a burst and not evenly distributed.
//!
//! The service lists the oldest or the newest entries first, and does not document which: positions here grow in the
//! order of its lists. A window knows the position of its walk, the average distance between entries, the last known
//! entry and the position beyond which there is none. If a lane is idle,
//!
//! - a window whose end is known within a small factor of its length is halved,
//! - one that may be a burst before a long gap is sampled by a short list (a [`Sample`]), in growing steps
//!   (galloping search): the first entry in it is the start of the next window,
//! - one with more entries than its density suggests is sampled again.
//!
//! Where the walks are lists, each response shows the dates of the next entries: a window is cut
//! without a sample, which would be a list of its own, and continues from the last date that it has shown.
//!
//! Estimates only affect where windows are cut. The windows always cover the whole remaining range, without gaps and
//! overlaps, so that a wrong estimate costs a request and never an entry.

mod shown;

use super::checkpoint::{Reader, Writer};
use super::extent::{Extent, SplitMethod};
use super::scan::{Range, Scan};
use crate::time::Timestamp;
use alloc::vec::Vec;

/// A range with its walk, and what is known of the entries in it.
#[derive(Clone, Debug, Default)]
pub struct Window {
    pub scan: Scan,
    extent: Option<Extent>,
    /// Start positions of the samples in flight.
    samples: Vec<i64>,
    /// A sample at the start of the window is in flight.
    looked_at: bool,
    /// Its walk has received a response.
    begun: bool,
    /// Position of the last entry in the lists so far.
    shown: Option<i64>,
}

/// A short list that only shows positions of entries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub range: Range,
    /// Its start position; `None` for the start of a window.
    at: Option<i64>,
}

/// What to do with an idle lane.
#[derive(Debug)]
pub enum Cut {
    /// Walk the new window of this index.
    Window(usize),
    Sample(Sample),
}

/// How windows are cut.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cuts {
    /// By the known entries.
    ByExtent,
    /// The same, without samples, which the service refuses.
    WithoutSamples,
    /// In equal parts from this date on, if known: responses do not show dates of entries.
    InParts(Option<Timestamp>),
}

/// What the walks are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Walks {
    /// Requests that act; their responses show no dates of entries.
    Acting,
    /// Lists, which do not change entries.
    Lists,
}

#[derive(Clone, Debug)]
pub struct Windows {
    pub list: Vec<Window>,
    walks: Walks,
    /// Whether the service lists the newest entries first; `None` until two dates show it.
    newest_first: Option<bool>,
    /// Number of entries per page.
    page: f64,
    /// How the windows are cut.
    cuts: Cuts,
    /// Number of samples in flight.
    in_flight: usize,
    /// Maximum number of samples in flight, and in total while no other request may be sent.
    samples_max: usize,
    /// Number of samples so far, while no other request may be sent.
    early: usize,
}

impl Windows {
    /// `page`: number of entries in a request of a walk. `lanes`: maximum number of requests in flight.
    pub fn new(walks: Walks, page: u32, lanes: u32) -> Self {
        Windows {
            list: Vec::new(),
            walks,
            newest_first: None,
            page: f64::from(page),
            cuts: Cuts::InParts(None),
            in_flight: 0,
            samples_max: (lanes as usize / 2).clamp(SAMPLES_MIN, SAMPLES_MAX),
            early: 0,
        }
    }

    /// One window over the whole range, walked from its top.
    pub fn begin(&mut self, range: Range) {
        self.list.clear();
        self.list.push(Window { scan: Scan::over(range), ..Window::default() });
    }

    /// Disables cuts by estimates: the number of entries is known to be small.
    pub fn keep_whole(&mut self) {
        self.cuts = Cuts::WithoutSamples;
    }

    /// Number of lanes that the windows use, now or soon.
    pub fn lanes(&self) -> usize {
        self.list.iter().filter(|window| !window.scan.is_ended()).count() + self.in_flight
    }

    pub fn is_in_flight(&self) -> bool {
        self.list.iter().any(|window| window.scan.is_in_flight())
    }

    /// Whether a sample is in flight.
    pub fn is_sampling(&self) -> bool {
        self.in_flight > 0
    }

    /// The ready window with the earliest time for its next request.
    pub fn first_ready(&self) -> Option<usize> {
        let ready = self.list.iter().enumerate().filter(|(_, window)| window.scan.is_ready());
        ready.min_by_key(|(_, window)| window.scan.not_before()).map(|(index, _)| index)
    }

    /// Ends all windows at `to` at the latest. No request that acts is in flight. If `to` is later than their end, the
    /// list after the walks finds the entries between, and another round takes them.
    pub fn end_at(&mut self, to: Option<Timestamp>) {
        for index in 0..self.list.len() {
            let window = &mut self.list[index];
            if window.scan.range.to > to {
                window.scan.narrow(Range { to, ..window.scan.range });
                let end = self.span(index).map(|(_, end)| end);
                if let (Some(end), Some(extent)) = (end, &mut self.list[index].extent) {
                    extent.end_at(end);
                }
            }
        }
    }

    /// What to do with an idle lane. `alone`: only lists may be sent.
    pub fn cut(&mut self, alone: bool) -> Option<Cut> {
        let methods = (0..self.list.len()).filter_map(|index| {
            let (worth, method) = self.best_split(index, alone)?;
            Some((worth, index, method))
        });
        let (_, index, method) = methods.max_by(|one, other| one.0.total_cmp(&other.0))?;
        match method {
            SplitMethod::LookAhead(at) if self.looks(alone) => {
                self.in_flight += 1;
                self.early += usize::from(alone);
                let range = self.from(index, at);
                let window = &mut self.list[index];
                window.samples.push(at);
                if let Some(extent) = &mut window.extent {
                    extent.asked_behind = true;
                }
                Some(Cut::Sample(Sample { range, at: Some(at) }))
            }
            SplitMethod::LookAgain => {
                self.in_flight += 1;
                self.early += usize::from(alone);
                let window = &mut self.list[index];
                window.looked_at = true;
                Some(Cut::Sample(Sample { range: window.scan.range, at: None }))
            }
            SplitMethod::Halve(at) | SplitMethod::LookAhead(at) => {
                let extent = self.list[index].extent.as_mut().map(|extent| extent.halve(at));
                Some(Cut::Window(self.split(index, at, extent)))
            }
        }
    }

    /// Whether samples are used to find where to cut.
    fn looks(&self, alone: bool) -> bool {
        self.cuts == Cuts::ByExtent && (alone || self.walks == Walks::Acting)
    }

    /// The best cut of window `index`, and its value in pages.
    fn best_split(&self, index: usize, alone: bool) -> Option<(f64, SplitMethod)> {
        let window = &self.list[index];
        let (begin, _) = self.span(index)?;
        if window.scan.is_ended() || window.looked_at {
            return None;
        }
        let sampling = if alone { self.in_flight.max(self.early) } else { self.in_flight };
        let may_look =
            self.looks(alone) && sampling < if alone { self.samples_max } else { SAMPLES_MIN };
        let may_guess = !alone && !self.looks(alone);
        let Some(extent) = &window.extent else {
            return (may_look && window.begun).then_some((0.0, SplitMethod::LookAgain));
        };
        let (worth, method) = extent.best_split(self.page, &window.samples, alone)?;
        let fits = match method {
            SplitMethod::LookAhead(at) => (may_look || may_guess) && at > begin,
            SplitMethod::Halve(at) => at > begin,
            SplitMethod::LookAgain => may_look,
        };
        fits.then_some((worth, method))
    }

    /// Cuts a window into equal parts for the idle lanes, if nothing is known of its entries.
    pub fn divide(&mut self, index: usize, lanes: usize) {
        let (Cuts::InParts(hint), scan) = (self.cuts, &self.list[index].scan) else {
            return;
        };
        let Some(to) = scan.range.to.filter(|_| scan.is_ready()) else {
            return;
        };
        let pieces = (lanes + 1).saturating_sub(self.lanes());
        let from = scan.range.from.or(hint.filter(|hint| *hint < to));
        let from = from.unwrap_or((to - RETENTION_MS).max(Timestamp::EPOCH));
        let step = (to - from) / pieces.max(1) as i64;
        if step < 1 {
            return;
        }
        for piece in 1..pieces as i64 {
            self.split(index, (to - step * piece + 1).ms(), None);
        }
    }

    /// Cuts a window before position `at`. Returns the index of the part behind.
    fn split(&mut self, index: usize, at: i64, extent: Option<Extent>) -> usize {
        debug_assert!(self.span(index).is_some_and(|(begin, end)| begin < at && at <= end));
        let whole = self.list[index].scan.range;
        let (before, behind) = match self.newest_first {
            Some(true) => (Range { from: date(1 - at), ..whole }, Range { to: date(-at), ..whole }),
            _ => (Range { to: date(at - 1), ..whole }, Range { from: date(at), ..whole }),
        };
        let window = &mut self.list[index];
        // A sample of the whole window is no sample of its start after the cut.
        window.looked_at = false;
        window.scan.narrow(before);
        let (kept, moved) = window.samples.iter().partition(|sample| **sample < at);
        window.samples = kept;
        let new = Window { scan: Scan::over(behind), extent, samples: moved, ..Window::default() };
        self.skip_shown(index);
        // Reuses the place of a window that has ended, so that the number of windows is bounded.
        match self.list.iter().position(|window| window.scan.is_ended()) {
            Some(place) => {
                self.list[place] = new;
                place
            }
            None => {
                self.list.push(new);
                self.list.len() - 1
            }
        }
    }

    /// The first and the last position of a window; `None` if it has no last date.
    fn span(&self, index: usize) -> Option<(i64, i64)> {
        let ends = self.ends(&self.list.get(index)?.scan.range)?;
        (ends.0 <= ends.1).then_some(ends)
    }

    fn ends(&self, range: &Range) -> Option<(i64, i64)> {
        let to = range.to?.ms();
        let from = range.from.map_or((to - RETENTION_MS).max(0), Timestamp::ms);
        Some(match self.newest_first {
            Some(true) => (-to, -from),
            _ => (from, to),
        })
    }

    /// The range of window `index` from position `at` on.
    fn from(&self, index: usize, at: i64) -> Range {
        let whole = self.list[index].scan.range;
        match self.newest_first {
            Some(true) => Range { to: date(-at), ..whole },
            _ => Range { from: date(at), ..whole },
        }
    }

    fn positions(&self, dates: &[Timestamp]) -> Vec<i64> {
        let sign = if self.newest_first == Some(true) { -1 } else { 1 };
        dates.iter().map(|date| sign * date.ms()).collect()
    }

    pub fn write(&self, out: &mut Writer) {
        let hint = match self.cuts {
            Cuts::InParts(hint) => Some(hint),
            _ => None,
        };
        out.flag(hint.is_some());
        out.maybe_timestamp(hint.flatten());
        out.maybe(self.newest_first.map(u64::from));
        let open = || self.list.iter().filter(|window| !window.scan.is_ended());
        out.number(open().count() as u64);
        open().for_each(|window| window.scan.write(out));
    }

    /// Reads the ranges and walks; positions of entries are not stored and are found again.
    pub fn read(&mut self, input: &mut Reader) {
        let in_parts = input.flag();
        let hint = input.maybe_timestamp();
        self.cuts = if in_parts { Cuts::InParts(hint) } else { Cuts::ByExtent };
        self.newest_first = input.maybe().map(|newest| newest != 0);
        self.list.clear();
        for _ in 0..input.length() {
            self.list.push(Window { scan: Scan::read(input), ..Window::default() });
        }
    }
}

/// The date at a position.
fn date(ms: i64) -> Option<Timestamp> {
    Some(Timestamp::from_ms(ms))
}

/// Range of the maximum number of samples, for few lanes and for many.
const SAMPLES_MIN: usize = 3;
const SAMPLES_MAX: usize = 6;
/// Number of entries in a sample.
pub const SAMPLE: u32 = 40;
/// The longest retention that the service offers is three months.
pub const RETENTION_MS: i64 = 92 * 86_400_000;
