//! Ranges of time that are walked at once, and where they are cut: led by the density of the
//! entries that were seen, since an incident is a burst and not spread over the calendar.
//!
//! The service lists the oldest first or the newest first, and which is not known: positions in
//! here grow in the order of its lists. A window knows where its walk is, about how far apart the
//! entries are, how far they were seen and beyond which point there are none. With a lane to spare,
//!
//! - a window whose end is known within a few times its length is cut in halves,
//! - one that may be a burst before a long gap is looked into by a short list (a [`Sample`]), in
//!   steps that grow (a gallop): what it shows is where the next window begins,
//! - one that has more than its density promised is looked at anew.
//!
//! Where the walks are lists, each response shows the dates of the next entries: a window is cut
//! without a sample, which would be a list of its own, and continues from the last date that it has shown.
//!
//! What is seen only decides where to cut. The windows are always the whole range that is still to be
//! walked, without gaps and overlaps, so that a wrong guess costs a request and never an entry.

mod shown;

use super::checkpoint::{Reader, Writer};
use super::scan::{Range, Scan};
use super::sight::{Sight, Way};
use crate::time::Timestamp;
use alloc::vec::Vec;

/// A range that is walked, and what is known of the entries in it.
#[derive(Clone, Debug, Default)]
pub struct Window {
    pub scan: Scan,
    sight: Option<Sight>,
    /// Positions that samples in flight begin at.
    samples: Vec<i64>,
    /// A sample in flight looks at its beginning.
    looked_at: bool,
    /// Its walk has been answered.
    begun: bool,
    /// The position of the last entry that lists have shown.
    shown: Option<i64>,
}

/// A short list that is only looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub range: Range,
    /// The position that it begins at; `None` at the beginning of a window.
    at: Option<i64>,
}

/// What to do with a lane to spare.
#[derive(Debug)]
pub enum Cut {
    /// The window of this index is new.
    Window(usize),
    Sample(Sample),
}

/// How windows are cut.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cuts {
    /// By the entries that are seen.
    BySight,
    /// The same, where samples are refused.
    WithoutSamples,
    /// In equal parts from this date on, if it is known: nothing tells where the entries are.
    InParts(Option<Timestamp>),
}

/// What the walks are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Walks {
    /// Requests that act; their responses show no dates of entries.
    Acting,
    /// Lists, which leave the entries where they are.
    Lists,
}

#[derive(Clone, Debug)]
pub struct Windows {
    pub list: Vec<Window>,
    walks: Walks,
    /// The service lists the newest first; `None` before two dates have shown it.
    newest_first: Option<bool>,
    /// Entries a page.
    page: f64,
    /// How the windows are cut.
    cuts: Cuts,
    /// Samples in flight.
    in_flight: usize,
    /// Samples at most, in flight and in all while nothing else may be sent.
    samples_max: usize,
    /// Samples so far, while nothing else may be sent.
    early: usize,
}

impl Windows {
    /// `page`: entries that a request of a walk asks for; `lanes`: requests in flight at most.
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

    /// Cuts nothing that was not seen: all entries are known to be few.
    pub fn keep_whole(&mut self) {
        self.cuts = Cuts::WithoutSamples;
    }

    /// Requests that the windows keep a lane busy with, now or soon.
    pub fn lanes(&self) -> usize {
        self.list.iter().filter(|window| !window.scan.is_ended()).count() + self.in_flight
    }

    pub fn is_in_flight(&self) -> bool {
        self.list.iter().any(|window| window.scan.is_in_flight())
    }

    /// Whether a list that shows where to cut is in flight.
    pub fn is_sampling(&self) -> bool {
        self.in_flight > 0
    }

    /// The ready window whose request may be sent first.
    pub fn first_ready(&self) -> Option<usize> {
        let ready = self.list.iter().enumerate().filter(|(_, window)| window.scan.is_ready());
        ready.min_by_key(|(_, window)| window.scan.not_before()).map(|(index, _)| index)
    }

    /// The last date of all has moved: what is before it is walked, and nothing else. Nothing that
    /// acts is in flight.
    pub fn end_at(&mut self, to: Option<Timestamp>, before: Option<Timestamp>) {
        for window in &mut self.list {
            let range = Range { to, ..window.scan.range };
            if window.scan.range.to > to {
                window.scan.narrow(range);
            } else if window.scan.range.to == before && to > before {
                // What is later was not walked yet.
                window.scan = Scan::over(range);
            }
        }
    }

    /// What to do with a lane to spare; while `alone`, nothing but lists may be sent.
    pub fn cut(&mut self, alone: bool) -> Option<Cut> {
        let ways = (0..self.list.len()).filter_map(|index| {
            let (worth, way) = self.way(index, alone)?;
            Some((worth, index, way))
        });
        let (_, index, way) = ways.max_by(|one, other| one.0.total_cmp(&other.0))?;
        match way {
            Way::LookAhead(at) if self.looks(alone) => {
                self.in_flight += 1;
                self.early += usize::from(alone);
                let range = self.from(index, at);
                let window = &mut self.list[index];
                window.samples.push(at);
                if let Some(sight) = &mut window.sight {
                    sight.asked_behind = true;
                }
                Some(Cut::Sample(Sample { range, at: Some(at) }))
            }
            Way::LookAgain => {
                self.in_flight += 1;
                self.early += usize::from(alone);
                let window = &mut self.list[index];
                window.looked_at = true;
                Some(Cut::Sample(Sample { range: window.scan.range, at: None }))
            }
            Way::Halve(at) | Way::LookAhead(at) => {
                let sight = self.list[index].sight.as_mut().map(|sight| sight.halve(at));
                Some(Cut::Window(self.split(index, at, sight)))
            }
        }
    }

    /// Whether a list shows where to cut before a window begins there.
    fn looks(&self, alone: bool) -> bool {
        self.cuts == Cuts::BySight && (alone || self.walks == Walks::Acting)
    }

    /// How window `index` is best cut, and how much that is worth.
    fn way(&self, index: usize, alone: bool) -> Option<(f64, Way)> {
        let window = &self.list[index];
        let (begin, end) = self.span(index)?;
        if window.scan.is_ended() || window.looked_at {
            return None;
        }
        let taken = if alone { self.in_flight.max(self.early) } else { self.in_flight };
        let may_look =
            self.looks(alone) && taken < if alone { self.samples_max } else { SAMPLES_MIN };
        let may_guess = !alone && !self.looks(alone);
        let Some(sight) = &window.sight else {
            return (may_look && window.begun).then_some((0.0, Way::LookAgain));
        };
        let (worth, way) = sight.way(self.page, &window.samples, alone)?;
        let fits = match way {
            Way::LookAhead(at) => (may_look || may_guess) && at > begin && at <= end,
            Way::Halve(at) => at > begin && at <= end,
            Way::LookAgain => may_look,
        };
        fits.then_some((worth, way))
    }

    /// Cuts a window in as many equal parts as there are lanes to spare, where nothing tells more.
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
        if pieces < 2 || step < 1 {
            return;
        }
        for piece in 1..pieces as i64 {
            self.split(index, (to - step * piece + 1).ms(), None);
        }
    }

    /// Cuts a window before position `at`. The index of what is behind.
    fn split(&mut self, index: usize, at: i64, sight: Option<Sight>) -> usize {
        let whole = self.list[index].scan.range;
        let (before, behind) = match self.newest_first {
            Some(true) => (Range { from: date(1 - at), ..whole }, Range { to: date(-at), ..whole }),
            _ => (Range { to: date(at - 1), ..whole }, Range { from: date(at), ..whole }),
        };
        let window = &mut self.list[index];
        // What looked at the whole of it does not look at its beginning any more.
        window.looked_at = false;
        window.scan.narrow(before);
        let (kept, moved) = window.samples.iter().partition(|sample| **sample < at);
        window.samples = kept;
        let new = Window { scan: Scan::over(behind), sight, samples: moved, ..Window::default() };
        self.skip_shown(index);
        // A window that has ended leaves its place, so that their number stays bounded.
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

    /// The first and the last position of a window; `None` where it has no last date.
    fn span(&self, index: usize) -> Option<(i64, i64)> {
        let range = self.list.get(index)?.scan.range;
        let ends = self.ends(&range);
        (range.to.is_some() && ends.0 <= ends.1).then_some(ends)
    }

    fn ends(&self, range: &Range) -> (i64, i64) {
        let to = range.to.map_or(i64::MAX / 2, Timestamp::ms);
        let from = range.from.map_or((to - RETENTION_MS).max(0), Timestamp::ms);
        match self.newest_first {
            Some(true) => (-to, -from),
            _ => (from, to),
        }
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

    /// Where the entries are is seen anew.
    pub fn read(&mut self, input: &mut Reader) {
        let in_parts = input.flag();
        let hint = input.maybe_timestamp();
        self.cuts = if in_parts { Cuts::InParts(hint) } else { Cuts::BySight };
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

/// Samples in flight, and in all while nothing else may be sent: for few lanes and for many.
const SAMPLES_MIN: usize = 3;
const SAMPLES_MAX: usize = 6;
/// Entries a sample.
pub const SAMPLE: u32 = 40;
/// The longest retention that the service offers is three months.
pub const RETENTION_MS: i64 = 92 * 86_400_000;
