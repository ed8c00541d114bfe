//! What was seen of the entries of a window, and what that says of where to cut it.

use alloc::vec::Vec;

/// Positions are milliseconds that grow in the order of the service's lists.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Where the entries begin that follow each other without a gap.
    start: i64,
    /// Where an entry was, and how many the walk has passed since.
    seen: i64,
    pub passed: u64,
    /// From one entry to the next; zero where all that were seen are of one instant.
    step: f64,
    /// Entries were seen as far as here.
    reach: i64,
    /// There are none beyond.
    edge: i64,
    /// What lies behind the one instant was asked for.
    pub asked_behind: bool,
}

/// How a window is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// At this position, without looking.
    Halve(i64),
    /// At the first entry from this position on.
    LookAhead(i64),
    /// Not before it was looked at anew.
    LookAgain,
}

impl Sight {
    /// Of a window that ends at `end` and whose next entries are at `positions`; `more`: and not
    /// its last. `before`: what was known of it.
    pub fn of(positions: &[i64], more: bool, end: i64, before: Option<&Sight>) -> Self {
        let (Some(first), Some(last)) = (positions.first(), positions.last()) else {
            // Nothing to cut.
            return Sight::at(end, end);
        };
        let edge = before.map_or(end, |before| before.edge.max(*last));
        Sight {
            start: before.map_or(*first, |before| before.start.min(*first)),
            step: step(positions).or(before.map(|before| before.step)).unwrap_or_default(),
            reach: before.map_or(*last, |before| before.reach.max(*last)),
            edge: if more { edge } else { *last },
            ..Sight::at(*first, end)
        }
    }

    fn at(seen: i64, edge: i64) -> Self {
        Sight { start: seen, seen, passed: 0, step: 0.0, reach: seen, edge, asked_behind: false }
    }

    /// Nothing is at `at` or beyond.
    pub fn end_before(&mut self, at: i64) {
        self.edge = self.edge.min(at - 1);
    }

    /// Of a window whose walk has come as far as the last of `positions`, which are not empty.
    pub fn walked(positions: &[i64], more: bool, end: i64, before: Option<&Sight>) -> Self {
        let sight = Sight::of(positions, more, end, before);
        Sight { seen: positions.last().copied().unwrap_or(end), ..sight }
    }

    /// The entries that follow each other without a gap begin at `start`.
    pub fn starting_at(self, start: i64) -> Self {
        Sight { start, ..self }
    }

    /// Whether there is no gap between two positions.
    pub fn follows(&self, before: i64, behind: i64) -> bool {
        (behind - before) as f64 <= GAP * self.step
    }

    /// Cut at `at`: what is known of the part behind.
    pub fn halve(&mut self, at: i64) -> Self {
        let reach = self.reach.max(at);
        let behind = Sight { seen: at, passed: 0, reach, asked_behind: true, ..*self };
        self.edge = self.edge.min(at - 1);
        self.reach = self.reach.min(self.edge);
        behind
    }

    /// A list from `at` on shows `positions`, where it is cut: what is known of the part behind.
    pub fn continued(&mut self, at: i64, positions: &[i64], more: bool, end: i64) -> Self {
        let mut behind = Sight::of(positions, more, end, None);
        if behind.step == 0.0 && positions.len() < 2 {
            behind.step = self.step;
        }
        if more {
            behind.edge = self.edge.max(behind.reach);
        }
        let gap = (behind.seen - at) as f64;
        if gap <= GAP * self.step.max(behind.step) {
            // The entries go on from one to the other.
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

    /// How a window is best cut, and how much that is worth; pages are of `page` entries, and
    /// `samples` are the positions that are being looked at. `alone`: a page that is alone under
    /// way shows nothing yet.
    pub fn way(&self, page: f64, samples: &[i64], alone: bool) -> Option<(f64, Way)> {
        if self.step <= 0.0 {
            let behind = !self.asked_behind && self.edge > self.reach;
            return behind.then_some((0.0, Way::LookAhead(self.reach + 1)));
        }
        let a_page = self.step * page;
        let here = self.seen as f64 + self.step * self.passed as f64;
        let edge = self.edge as f64;
        let left = (edge - here) / a_page;
        if left <= 0.0 {
            // It should have ended, and has not.
            let promised = (edge - self.seen as f64) / a_page;
            let late = !alone && -left >= 1.0 + promised * LATE;
            return late.then_some((LATE_WORTH, Way::LookAgain));
        }
        if left < PAGES_MIN {
            // Few, if they are as far apart everywhere: one look at the other end shows it.
            let behind = (self.edge - self.reach) as f64 / FAR_STEP;
            let look = alone && samples.is_empty() && self.edge > self.reach;
            return look.then(|| (0.0, Way::LookAhead(self.edge - behind as i64)));
        }
        // What is far beyond any number of entries is worth little more than what is likely.
        let worth = if left < FAR { left } else { FAR + f64::from((left as u64).ilog2()) };
        let near = (self.reach as f64).max(here) - self.start as f64 + a_page;
        let far = edge - self.start as f64;
        if far > near * GALLOP && left > PAGES_FEW {
            // Somewhere in between the entries end.
            let at = self.start + widest_gap(near, far, samples.iter().map(|at| at - self.start))?;
            return Some((worth, Way::LookAhead(at)));
        }
        if alone {
            // Few at this end: whether there are more at the other.
            let asked = samples.len() as i32;
            let behind = (edge - self.seen as f64) / FAR_STEP.powi(asked + 1);
            let at = self.edge - behind as i64;
            return (!samples.contains(&at)).then_some((worth, Way::LookAhead(at)));
        }
        Some((worth, Way::Halve(((here + edge) / 2.0) as i64)))
    }
}

/// The middle, by ratio, of the widest step between `near` and `far` that `taken` leave.
fn widest_gap(near: f64, far: f64, taken: impl Iterator<Item = i64>) -> Option<i64> {
    let mut steps: Vec<f64> = taken.map(|at| at as f64).chain([near, far]).collect();
    steps.sort_by(f64::total_cmp);
    let steps = steps.windows(2).map(|pair| (pair[0].max(1.0), pair[1].max(1.0)));
    let (low, high) = steps.max_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)))?;
    (high > 2.0 * low).then(|| (low * high).sqrt() as i64)
}

/// From one entry to the next.
fn step(positions: &[i64]) -> Option<f64> {
    let (first, last) = (positions.first()?, positions.last()?);
    (positions.len() > 1).then(|| (last - first) as f64 / (positions.len() - 1) as f64)
}

/// So many steps without an entry are a gap.
const GAP: f64 = 10.0;
/// A window with fewer pages left is not worth a cut.
const PAGES_MIN: f64 = 2.0;
/// So few are cut in halves whatever is known of their end.
const PAGES_FEW: f64 = 12.0;
const FAR: f64 = 50.0;
/// An end that is known within this ratio needs no look.
const GALLOP: f64 = 5.0;
/// Part of the pages promised by which a walk may be late, beyond one.
const LATE: f64 = 0.2;
const LATE_WORTH: f64 = 4.0;
/// Looks at the far end are each so many times as near to it.
const FAR_STEP: f64 = 8.0;
