//! Updates of windows from the dates of entries in responses.

use super::{date, Cuts, Sample, Walks, Windows};
use crate::engine::extent::Extent;
use crate::engine::scan::Range;
use crate::engine::End;
use crate::time::Timestamp;
use crate::wire::refusal::Fate;
use crate::wire::Response;
use alloc::vec::Vec;

impl Windows {
    /// Handles the opening list with `dates` in the service's order. `more`: further entries follow.
    pub fn opened(&mut self, dates: &[Timestamp], more: bool) {
        if dates.len() < 2 {
            self.cuts = Cuts::InParts(dates.first().copied());
            return;
        }
        self.cuts = Cuts::ByExtent;
        self.notice_entries(0, dates, more);
        if self.walks == Walks::Lists {
            self.list[0].shown = self.positions(dates).last().copied();
            self.skip_shown(0);
        }
    }

    /// Handles a list of window `index` with `dates`. `more`: further entries follow. `news`: the list contains
    /// entries that no list has contained before.
    pub fn listed(&mut self, index: usize, dates: &[Timestamp], more: bool, news: bool) {
        let first_list = !core::mem::replace(&mut self.list[index].begun, true);
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
            self.passed(index, 0);
            return;
        };
        if let Cuts::InParts(hint) = &mut self.cuts {
            // The first entry is not the oldest.
            *hint = hint.filter(|hint| dates.iter().all(|at| at >= hint));
            if first == last {
                return;
            }
            self.cuts = Cuts::ByExtent;
        }
        self.notice_order(dates);
        let mut positions = self.positions(dates);
        let Some((begin, end)) = self.span(index).filter(|_| news) else {
            // Without new entries, cuts would never end.
            self.list[index].extent = None;
            return;
        };
        if positions.iter().any(|at| *at > end) {
            // The window was narrowed while the list was in flight, and the list covers all of it.
            self.list[index].scan.end();
            return;
        }
        for at in &mut positions {
            *at = (*at).max(begin);
        }
        let window = &mut self.list[index];
        let extent = Extent::walked(&positions, more, end, window.extent.as_ref());
        let follows = !first_list || extent.follows(begin, positions[0]);
        window.extent = Some(if follows { extent } else { extent.starting_at(positions[0]) });
        window.shown = positions.last().copied();
        if more && self.list[index].scan.cursor().is_none() {
            self.skip_shown(index);
        }
    }

    /// Continues a window that starts at the top again from its last known entry.
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

    /// Determines the order of the service's lists from `dates`.
    fn notice_order(&mut self, dates: &[Timestamp]) {
        if let (None, Some(first), Some(last)) = (self.newest_first, dates.first(), dates.last()) {
            self.newest_first = (first != last).then_some(first > last);
            if self.newest_first == Some(true) {
                // Positions so far are in the other order.
                self.list.iter_mut().for_each(|window| {
                    window.extent = None;
                    window.shown = None;
                });
            }
        }
    }

    /// Updates the known entries of window `index` by the next `dates`. `more`: further entries follow.
    fn notice_entries(&mut self, index: usize, dates: &[Timestamp], more: bool) {
        self.notice_order(dates);
        let Some((begin, end)) = self.span(index) else {
            return;
        };
        // The dates in a response are not necessarily those that the service compares with a range.
        let mut positions = self.positions(dates);
        for at in &mut positions {
            *at = (*at).clamp(begin, end);
        }
        let window = &mut self.list[index];
        window.extent = Some(Extent::of(&positions, more, end, window.extent.as_ref()));
    }

    /// Records that the walk of window `index` has passed this number of entries.
    pub fn passed(&mut self, index: usize, entries: u32) {
        let window = &mut self.list[index];
        window.begun = true;
        if let Some(extent) = &mut window.extent {
            extent.passed += u64::from(entries);
        }
    }

    /// Handles the response to a sample, which only affects where windows are cut.
    pub fn handle_sample(&mut self, sample: &Sample, response: Response) -> Option<End> {
        match response {
            Response::Page(page) => {
                self.sampled(sample, &page.dates(), page.cursor.is_some());
                None
            }
            Response::Refused(refusal) => {
                self.forget(sample);
                // From now on windows are cut without samples.
                self.cuts = Cuts::WithoutSamples;
                let lists_fail = refusal.fate == Fate::Refused && !refusal.is_too_large();
                lists_fail.then_some(End::Failed(refusal))
            }
        }
    }

    /// Removes a sample without a response, or after its response. Returns its window.
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

    /// Cuts a window by a sample: the first `dates` of its range, and whether more follow.
    fn sampled(&mut self, sample: &Sample, dates: &[Timestamp], more: bool) {
        let window = self.forget(sample);
        let Some(at) = sample.at else {
            if let Some(index) = window {
                self.list[index].extent = None;
                self.notice_entries(index, dates, more);
            }
            return;
        };
        let positions = self.positions(dates);
        let Some(first) = positions.first().map(|first| (*first).max(at)) else {
            // No entry is from here to the end of its range.
            let Some((_, until)) = self.ends(&sample.range) else {
                return;
            };
            for index in 0..self.list.len() {
                let begins = self.span(index).map(|(begin, _)| begin);
                if let Some(begin) = begins.filter(|begin| *begin <= until) {
                    if let Some(extent) = &mut self.list[index].extent {
                        extent.end_before(at.max(begin));
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
        let extent = self.list[index].extent.as_mut();
        let extent = extent.map(|extent| extent.continued(at, &positions, more, end));
        self.split(index, first, extent);
    }
}
