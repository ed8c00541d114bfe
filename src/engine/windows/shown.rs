//! What responses show of the entries in windows.

use super::{date, Cuts, Sample, Walks, Windows};
use crate::engine::scan::Range;
use crate::engine::sight::Sight;
use crate::engine::End;
use crate::time::Timestamp;
use crate::wire::refusal::Fate;
use crate::wire::Answer;
use alloc::vec::Vec;

impl Windows {
    /// The list that comes before all others shows `dates`, in the service's order; `more`: and not
    /// the last.
    pub fn opened(&mut self, dates: &[Timestamp], more: bool) {
        if dates.len() < 2 {
            self.cuts = Cuts::InParts(dates.first().copied());
            return;
        }
        self.cuts = Cuts::BySight;
        self.sighted(0, dates, more);
        if self.walks == Walks::Lists {
            self.list[0].shown = self.positions(dates).last().copied();
            self.skip_shown(0);
        }
    }

    /// A list of window `index`, which is handled now, shows `dates`. `more`: and not the last;
    /// `news`: entries that no list has shown before are among them.
    pub fn listed(&mut self, index: usize, dates: &[Timestamp], more: bool, news: bool) {
        let first_list = !core::mem::replace(&mut self.list[index].begun, true);
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
            self.passed(index, 0);
            return;
        };
        if let Cuts::InParts(hint) = &mut self.cuts {
            // What came first is not the oldest.
            *hint = hint.filter(|hint| dates.iter().all(|at| at >= hint));
            if first == last {
                return;
            }
            self.cuts = Cuts::BySight;
        }
        self.notice_order(dates);
        let positions = self.positions(dates);
        let Some((begin, end)) = self.span(index).filter(|_| news) else {
            // Cuts where nothing new is shown would never end.
            self.list[index].sight = None;
            return;
        };
        if positions.iter().any(|at| *at > end) {
            // It was narrowed while the list was in flight, which shows all of it.
            self.list[index].scan.end();
            return;
        }
        let positions: Vec<i64> = positions.iter().map(|at| (*at).max(begin)).collect();
        let window = &mut self.list[index];
        let sight = Sight::walked(&positions, more, end, window.sight.as_ref());
        let follows = !first_list || sight.follows(begin, positions[0]);
        window.sight = Some(if follows { sight } else { sight.starting_at(positions[0]) });
        window.shown = positions.last().copied();
        if !follows {
            // Nothing is between the entries of the window before and the first of this one.
            self.end_before(begin);
        }
        if more && self.list[index].scan.cursor().is_none() {
            self.skip_shown(index);
        }
    }

    /// A window that begins at the top again continues with the last entry that it has shown.
    pub(super) fn skip_shown(&mut self, index: usize) {
        let window = &self.list[index];
        let Some((at, (begin, end))) = window.shown.zip(self.span(index)) else {
            return;
        };
        let at = at.clamp(begin, end);
        let whole = window.scan.range;
        self.list[index].scan.narrow(match self.newest_first {
            Some(true) => Range { to: date(-at), ..whole },
            _ if at > begin => Range { from: date(at), ..whole },
            _ => whole,
        });
    }

    /// The order of the service shows for the first time in `dates`.
    fn notice_order(&mut self, dates: &[Timestamp]) {
        if let (None, Some(first), Some(last)) = (self.newest_first, dates.first(), dates.last()) {
            self.newest_first = (first != last).then_some(first > last);
            if self.newest_first == Some(true) {
                // Positions are other numbers now.
                self.list.iter_mut().for_each(|window| {
                    window.sight = None;
                    window.shown = None;
                });
            }
        }
    }

    /// A list of window `index` shows the next `dates` of it; `more`: and not the last.
    fn sighted(&mut self, index: usize, dates: &[Timestamp], more: bool) {
        self.notice_order(dates);
        let Some((begin, end)) = self.span(index) else {
            return;
        };
        // The dates shown need not be those that a range is compared with.
        let positions: Vec<i64> =
            self.positions(dates).iter().map(|at| (*at).clamp(begin, end)).collect();
        let window = &mut self.list[index];
        window.sight = Some(Sight::of(&positions, more, end, window.sight.as_ref()));
    }

    /// The walk of window `index` was answered with so many entries.
    pub fn passed(&mut self, index: usize, entries: u32) {
        let window = &mut self.list[index];
        window.begun = true;
        if let Some(sight) = &mut window.sight {
            sight.passed += u64::from(entries);
        }
        if entries > 0 || !window.scan.is_ended() {
            return;
        }
        // Nothing was in it.
        if let Some((begin, _)) = self.span(index) {
            self.end_before(begin);
        }
    }

    /// The entries of the window before `begin` end somewhere before it.
    fn end_before(&mut self, begin: i64) {
        let before = (0..self.list.len())
            .find(|other| self.span(*other).is_some_and(|(_, end)| end == begin - 1));
        if let Some(sight) = before.and_then(|before| self.list[before].sight.as_mut()) {
            sight.end_before(begin);
        }
    }

    /// What came of a sample: nothing but where to cut.
    pub fn handle_sample(&mut self, sample: &Sample, answer: Answer) -> Option<End> {
        match answer {
            Answer::Page(page) => {
                self.sampled(sample, &page.dates(), page.cursor.is_some());
                None
            }
            Answer::Refused(refusal) => {
                self.forget(sample);
                // Cuts are made without.
                self.cuts = Cuts::WithoutSamples;
                (refusal.fate == Fate::Refused).then_some(End::Failed(refusal))
            }
        }
    }

    /// A sample brought no answer, or its answer is dealt with. The window that it looked at.
    pub fn forget(&mut self, sample: &Sample) -> Option<usize> {
        self.in_flight -= 1;
        let index = self.list.iter().position(|window| match sample.at {
            Some(at) => window.samples.contains(&at),
            None => window.looked_at && window.scan.range == sample.range,
        })?;
        let window = &mut self.list[index];
        match sample.at {
            Some(at) => window.samples.retain(|other| *other != at),
            None => window.looked_at = false,
        }
        Some(index)
    }

    /// The answer to a sample: the first `dates` of its range, and whether there are more.
    fn sampled(&mut self, sample: &Sample, dates: &[Timestamp], more: bool) {
        let window = self.forget(sample);
        let Some(at) = sample.at else {
            if let Some(index) = window {
                self.list[index].sight = None;
                self.sighted(index, dates, more);
            }
            return;
        };
        let positions = self.positions(dates);
        let Some(first) = positions.first().map(|first| (*first).max(at)) else {
            // There are none from here to the end of its range.
            let (_, until) = self.ends(&sample.range);
            for index in 0..self.list.len() {
                let begins = self.span(index).map(|(begin, _)| begin);
                if let Some(begin) = begins.filter(|begin| *begin <= until) {
                    if let Some(sight) = &mut self.list[index].sight {
                        sight.end_before(at.max(begin + 1));
                    }
                }
            }
            return;
        };
        let index = (0..self.list.len()).find(|index| {
            self.span(*index).is_some_and(|(begin, end)| begin < first && first <= end)
        });
        let Some(index) = index.filter(|index| !self.list[*index].scan.is_ended()) else {
            return;
        };
        let Some((_, end)) = self.span(index) else {
            return;
        };
        let positions: Vec<i64> = positions.iter().map(|at| (*at).clamp(first, end)).collect();
        let sight = self.list[index].sight.as_mut();
        let sight = sight.map(|sight| sight.continued(at, &positions, more, end));
        self.split(index, first, sight);
    }
}
