//! The known positions of entries in a window, and where to cut the window by them.

/// What is known of the entries in a window. Positions are milliseconds that grow in the order of the service's
/// lists.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Start of the entries that follow each other without a gap.
    start: i64,
    /// Position of an entry.
    seen: i64,
    /// Number of entries that the walk has passed since `seen`.
    pub passed: u64,
    /// Average distance between entries; zero if all known ones have the same position.
    step: f64,
    /// Position of the last known entry.
    reach: i64,
    /// No entry is at or beyond this position.
    edge: i64,
    /// If all known entries have the same position: a sample behind it was requested.
    pub asked_behind: bool,
}

/// How a window is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SplitMethod {
    /// At this position, without a sample.
    Halve(i64),
    /// At the first entry from this position on, which a sample shows.
    LookAhead(i64),
    /// Only after another sample at its beginning.
    LookAgain,
}

impl Extent {
    /// The extent of a window that ends at `end` and whose next entries are at `positions`. `more`: further entries
    /// follow. `before`: what was known of the window.
    pub fn of(positions: &[i64], more: bool, end: i64, before: Option<&Extent>) -> Self {
        let (Some(first), Some(last)) = (positions.first(), positions.last()) else {
            // There is no entry, so nothing to cut.
            return Extent::at(end, end);
        };
        let edge = before.map_or(end, |before| before.edge.max(*last));
        Extent {
            start: before.map_or(*first, |before| before.start.min(*first)),
            step: step(positions).or(before.map(|before| before.step)).unwrap_or_default(),
            reach: before.map_or(*last, |before| before.reach.max(*last)),
            edge: if more { edge } else { *last },
            ..Extent::at(*first, end)
        }
    }

    fn at(seen: i64, edge: i64) -> Self {
        Extent { start: seen, seen, passed: 0, step: 0.0, reach: seen, edge, asked_behind: false }
    }

    /// Records that no entry is at `at` or beyond.
    pub fn end_before(&mut self, at: i64) {
        self.end_at(at - 1);
    }

    /// Records that no entry is beyond `at`.
    pub fn end_at(&mut self, at: i64) {
        self.edge = self.edge.min(at);
    }

    /// The extent of a window whose walk has reached the last of `positions`, which are not empty.
    pub fn walked(positions: &[i64], more: bool, end: i64, before: Option<&Extent>) -> Self {
        let extent = Extent::of(positions, more, end, before);
        Extent { seen: positions.last().copied().unwrap_or(end), ..extent }
    }

    /// Sets the start of the entries that follow each other without a gap.
    pub fn starting_at(self, start: i64) -> Self {
        Extent { start, ..self }
    }

    /// Whether there is no gap between two positions.
    pub fn follows(&self, before: i64, behind: i64) -> bool {
        (behind - before) as f64 <= GAP * self.step
    }

    /// Cuts at `at`; returns what is known of the part behind.
    pub fn halve(&mut self, at: i64) -> Self {
        let behind = Extent { seen: at, passed: 0, asked_behind: true, ..*self };
        self.edge = self.edge.min(at - 1);
        self.reach = self.reach.min(self.edge);
        behind
    }

    /// Cuts at `at`, from which a list contains `positions`; returns what is known of the part behind.
    pub fn continued(&mut self, at: i64, positions: &[i64], more: bool, end: i64) -> Self {
        let mut behind = Extent::of(positions, more, end, None);
        if more {
            behind.edge = self.edge.max(behind.reach);
        }
        let gap = (behind.seen - at) as f64;
        if gap <= GAP * self.step.max(behind.step) {
            // There is no gap between the two parts.
            behind.start = self.start;
            behind.reach = behind.reach.max(self.reach);
            self.edge = self.edge.min(behind.seen - 1);
            self.reach = self.edge;
        } else {
            self.end_before(at);
            self.reach = self.reach.min(self.edge);
        }
        behind
    }

    /// The best cut of a window and its value in pages. Pages have `page` entries, and `samples` are the positions of
    /// samples in flight. `alone`: a single page is in flight and has shown no entries yet.
    pub fn best_split(
        &self,
        page: f64,
        samples: &[i64],
        alone: bool,
    ) -> Option<(f64, SplitMethod)> {
        if self.step <= 0.0 {
            let behind = !self.asked_behind && self.edge > self.reach;
            return behind.then_some((0.0, SplitMethod::LookAhead(self.reach + 1)));
        }
        let a_page = self.step * page;
        let here = self.seen as f64 + self.step * self.passed as f64;
        let edge = self.edge as f64;
        let left = (edge - here) / a_page;
        if left <= 0.0 {
            // The walk is past the estimated end.
            let promised = (edge - self.seen as f64) / a_page;
            let late = !alone && -left >= 1.0 + promised * LATE;
            return late.then_some((LATE_WORTH, SplitMethod::LookAgain));
        }
        if left < PAGES_MIN {
            // Few entries if the density is the same everywhere; one sample at the other end verifies it.
            let behind = (self.edge - self.reach) as f64 / FAR_STEP;
            let look = alone && samples.is_empty() && self.edge > self.reach;
            return look.then(|| (0.0, SplitMethod::LookAhead(self.edge - behind as i64)));
        }
        // The value of an implausibly large number of pages grows only logarithmically.
        let worth = if left < FAR { left } else { FAR + f64::from((left as u64).ilog2()) };
        let near = (self.reach as f64).max(here) - self.start as f64 + a_page;
        let far = edge - self.start as f64;
        if far > near * GALLOP && left > PAGES_FEW {
            // The last entry is somewhere in between.
            let at = self.start + widest_gap(near, far, samples.iter().map(|at| at - self.start))?;
            return Some((worth, SplitMethod::LookAhead(at)));
        }
        if alone {
            // Few entries at this end; there may be more at the other.
            let asked = samples.len() as i32;
            let behind = (edge - self.seen as f64) / FAR_STEP.powi(asked + 1);
            let at = self.edge - behind as i64;
            return (!samples.contains(&at)).then_some((worth, SplitMethod::LookAhead(at)));
        }
        Some((worth, SplitMethod::Halve(((here + edge) / 2.0) as i64)))
    }
}

/// The geometric mean of the widest interval between `near` and `far` that contains none of `samples`.
fn widest_gap(near: f64, far: f64, samples: impl Iterator<Item = i64>) -> Option<i64> {
    let mut steps = alloc::vec![near, far];
    steps.extend(samples.map(|at| at as f64));
    steps.sort_unstable_by(f64::total_cmp);
    let steps = steps.windows(2).map(|pair| (pair[0].max(1.0), pair[1].max(1.0)));
    let (low, high) = steps.max_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)))?;
    (high > 2.0 * low).then(|| (low * high).sqrt() as i64)
}

/// Average distance between entries.
fn step(positions: &[i64]) -> Option<f64> {
    let (first, last) = (positions.first()?, positions.last()?);
    (positions.len() > 1).then(|| (last - first) as f64 / (positions.len() - 1) as f64)
}

/// Minimum length of a gap, in average distances between entries.
const GAP: f64 = 10.0;
/// Minimum number of remaining pages for a cut.
const PAGES_MIN: f64 = 2.0;
/// Up to this number of pages a window is halved, whatever is known of its end.
const PAGES_FEW: f64 = 12.0;
const FAR: f64 = 50.0;
/// An end that is known within this ratio needs no sample.
const GALLOP: f64 = 5.0;
/// Share of the estimated pages by which a walk may exceed the estimate, beyond one page.
const LATE: f64 = 0.2;
const LATE_WORTH: f64 = 4.0;
/// Factor by which each sample at the far end is nearer to it than the one before.
const FAR_STEP: f64 = 8.0;
