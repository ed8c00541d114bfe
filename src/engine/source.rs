//! Lists that run ahead of the batches: the frozen selection from the top, page by page, in several
//! stretches of time at once where requests may be, and again while the last round brought anything
//! new.

use super::action::{Action, Decision};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::cutoff::Cutoff;
use super::retry::Backoff;
use super::scan::{Found, Range, Refused, Scan};
use super::seen::{Seen, Status};
use super::windows::RETENTION_MS;
use super::{End, Reason};
use crate::id::DlqId;
use crate::time::Timestamp;
use crate::wire::{Answer, Page, Refusal};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

#[derive(Debug)]
pub struct Source {
    phase: Phase,
    cutoff: Cutoff,
    /// The date of the oldest entry, as far as it is known.
    oldest: Option<Timestamp>,
    /// The lists of one entry.
    probe: Scan,
    windows: Vec<Scan>,
    /// Lists in flight, at most.
    lanes: usize,
    /// Entries a list: halved where answers don't come through.
    size: u32,
    /// New ids of this round.
    found: u64,
    /// Rounds that are over.
    rounds: u32,
    /// This round began because the last one showed nothing but entries that were done.
    looked_again: bool,
    /// Whether this round showed an entry that was done.
    shows_done: bool,
    /// The drive has ended with entries remaining: who goes on looks whether they still do, and
    /// sends none of them again.
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// A list of one entry comes first: it dates the frozen cutoff.
    Opening,
    Listing,
    /// Nothing is left before the cutoff, which may be too early: one list without it.
    Doubting,
}

impl Source {
    pub fn new(cx: &Context) -> Self {
        let mut source = Source {
            phase: if cx.plan.options.freeze { Phase::Opening } else { Phase::Listing },
            cutoff: Cutoff::new(cx),
            oldest: None,
            probe: Scan::default(),
            windows: Vec::new(),
            lanes: (cx.concurrency as usize).div_ceil(2),
            size: cx.plan.list_size(),
            found: 0,
            rounds: 0,
            looked_again: false,
            shows_done: false,
            closed: false,
        };
        source.begin(cx);
        source
    }

    pub fn cutoff(&self) -> &Cutoff {
        &self.cutoff
    }

    /// The cutoff is known: no opening list is needed.
    pub fn freeze(&mut self, cutoff: Cutoff, cx: &Context) {
        self.phase = Phase::Listing;
        self.cutoff = cutoff;
        self.begin(cx);
    }

    /// The first new runs, of which the earliest began at `created`: the cutoff may move, and what
    /// is listed with it.
    pub fn verify_cutoff(&mut self, created: Option<Timestamp>, cx: &Context, now: Timestamp) {
        if !self.cutoff.verify(created, cx, now) {
            return;
        }
        let to = self.cutoff.at();
        for window in &mut self.windows {
            if window.range.to > to {
                window.narrow(Range { to, ..window.range });
            } else {
                *window = Scan::over(Range { to, ..window.range });
            }
        }
    }

    /// Begins at the top.
    fn begin(&mut self, cx: &Context) {
        self.probe = Scan::over(Range { from: cx.filter.from, to: cx.filter.to });
        self.windows.clear();
        self.windows.push(Scan::over(Range { from: cx.filter.from, to: self.cutoff.at() }));
        self.found = 0;
        self.shows_done = false;
    }

    pub fn busy(&self) -> bool {
        self.probe.is_in_flight() || self.windows.iter().any(Scan::is_in_flight)
    }

    /// Entries that the lists in flight may bring.
    pub fn coming(&self) -> u64 {
        let busy = self.windows.iter().filter(|window| window.is_in_flight()).count();
        busy as u64 * u64::from(self.size)
    }

    pub fn shows_done(&self) -> bool {
        self.shows_done
    }

    /// The walk of an action, and the entries that it asks for.
    pub fn scan(&self, action: &Action) -> (&Scan, u32) {
        match action {
            Action::List(window) => (&self.windows[*window], self.size),
            _ => (&self.probe, 1),
        }
    }

    fn scan_mut(&mut self, action: &Action) -> &mut Scan {
        match action {
            Action::List(window) => &mut self.windows[*window],
            _ => &mut self.probe,
        }
    }

    /// Lists are too large to come through, or to be held: they are asked for in smaller pieces.
    pub fn shrink_page(&mut self) {
        self.size = (self.size / 2).max(1);
    }

    /// What the list of one entry wants; `None` where none is due.
    pub fn probe(&mut self, now: Timestamp) -> Option<Decision> {
        (self.phase != Phase::Listing).then(|| self.probe.next(0, Action::Probe, now))
    }

    /// The next list; `None` where there is none to send.
    pub fn next(&mut self, now: Timestamp) -> Option<Decision> {
        let ready = self.windows.iter().enumerate().filter(|(_, window)| window.is_ready());
        let (index, _) = ready.min_by_key(|(_, window)| window.not_before())?;
        Some(self.windows[index].next(0, Action::List(index), now))
    }

    /// Begins another round, where the last one found anything. Where it only showed what was taken,
    /// once more after the grace period: the service may list an entry for a moment after its run
    /// is there.
    pub fn again(&mut self, cx: &mut Context, now: Timestamp) -> bool {
        let found = self.found > 0;
        if !found && (!self.shows_done || self.looked_again || self.closed) {
            return false;
        }
        self.begin(cx);
        self.rounds += 1;
        self.looked_again = !found;
        if !found {
            // Whoever continues waits for the rest of it.
            cx.lost_at = now;
            self.windows[0].delay_until(now + Backoff::grace_period_ms(1));
        }
        true
    }

    /// Whether a list without the cutoff is due before the drive is complete.
    pub fn doubts(&mut self, cx: &Context) -> bool {
        let doubts = self.cutoff.is_in_doubt(cx);
        if doubts {
            self.begin(cx);
            self.phase = Phase::Doubting;
        }
        doubts
    }

    /// The drive ends with entries remaining.
    pub fn close(&mut self, cx: &Context) {
        self.begin(cx);
        self.closed = true;
    }

    pub fn requeue(&mut self, action: &Action) {
        self.scan_mut(action).requeue();
    }

    /// The answer to the list of one entry.
    pub fn handle_probe(
        &mut self,
        answer: Answer,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        let mut page = match answer {
            Answer::Page(page) => page,
            Answer::Refused(refusal) => return self.refuse(&Action::Probe, refusal, cx, now),
        };
        let more = page.cursor.is_some();
        if let Some(end) = self.probe.advance(page.cursor.take(), Found::Nothing, cx, now) {
            return Some(end);
        }
        if page.size == 0 && more {
            return None;
        }
        if self.phase == Phase::Doubting {
            let reason = match self.cutoff.passed_over(&page, cx, now) {
                true => Reason::Remaining,
                false => Reason::Complete,
            };
            return Some(End::Reason(reason));
        }
        self.phase = Phase::Listing;
        self.oldest = page.first_created;
        self.cutoff.freeze(&page, cx, now);
        self.begin(cx);
        (page.size == 0).then_some(End::Reason(Reason::Complete))
    }

    /// The answer to a list: new ids are appended to `fresh`.
    pub fn listed(
        &mut self,
        index: usize,
        answer: Answer,
        seen: &mut Seen,
        unsent: &mut VecDeque<DlqId>,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        let Page { cursor, listed, .. } = match answer {
            Answer::Page(page) => page,
            Answer::Refused(refusal) => {
                return self.refuse(&Action::List(index), refusal, cx, now);
            }
        };
        let found = self.found;
        for entry in listed {
            // What failed again after the start is not resumed again, whichever date the service
            // compares with.
            let newer = matches!((entry.run_created, self.cutoff.at()), (Some(at), Some(cutoff)) if at > cutoff);
            if !entry.chosen || (newer && cx.plan.options.freeze) {
                continue;
            }
            // Older than the one that was listed first: that one tells nothing of where to cut.
            self.oldest =
                self.oldest.filter(|oldest| entry.run_created.is_none_or(|at| at >= *oldest));
            match seen.get(&entry.id) {
                Some(Status::Done) => self.shows_done = true,
                Some(_) => {}
                // It may be one that was handled and forgotten: a service that lists what it took
                // shows some of what is remembered first.
                None if self.closed || (self.shows_done && seen.forgets() && self.rounds > 0) => {
                    self.shows_done = true;
                }
                None => {
                    seen.add(&entry.id);
                    unsent.push_back(entry.id);
                    self.found += 1;
                }
            }
        }
        let found = if self.found > found { Found::New } else { Found::Nothing };
        let window = &mut self.windows[index];
        if let Some(end) = window.advance(cursor, found, cx, now) {
            return Some(end);
        }
        if window.not_before() <= now {
            self.divide(index);
        }
        None
    }

    /// Cuts a window that has more to give into as many as there are lanes to spare. Its cursor is
    /// dropped, so that what it passed is listed again, unless a batch has taken it by then: a few
    /// lists, which is why half of the lanes have to be idle.
    fn divide(&mut self, index: usize) {
        let open = self.windows.iter().filter(|window| !window.is_ended()).count();
        let spare = self.lanes.saturating_sub(open);
        let window = &self.windows[index];
        let cut = window.is_ready() && spare > 0 && spare * 2 >= self.lanes;
        let Some(to) = window.range.to.filter(|_| cut) else {
            return;
        };
        let pieces = spare as i64 + 1;
        let from = window.range.from.or(self.oldest.filter(|oldest| *oldest < to));
        let step = (to - from.unwrap_or((to - RETENTION_MS).max(Timestamp::EPOCH))) / pieces;
        if step < 1 {
            return;
        }
        let mut end = to;
        for _ in 1..pieces {
            let piece = Scan::over(Range { from: Some(end - step + 1), to: Some(end) });
            // A window that has ended leaves its place, so that their number stays bounded.
            match self.windows.iter_mut().find(|window| window.is_ended()) {
                Some(place) => *place = piece,
                None => self.windows.push(piece),
            }
            end = end - step;
        }
        let window = &mut self.windows[index];
        window.narrow(Range { to: Some(end), ..window.range });
    }

    fn refuse(
        &mut self,
        action: &Action,
        refusal: Refusal,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        match self.scan_mut(action).refuse(refusal, false, cx, now) {
            Refused::Later | Refused::Dropped { .. } => None,
            Refused::Cursor(refusal) | Refused::Failed(refusal) => Some(End::Failed(refusal)),
        }
    }

    pub fn write(&self, out: &mut Writer) {
        out.number(self.phase as u64);
        self.cutoff.write(out);
        out.maybe_timestamp(self.oldest);
        self.probe.write(out);
        let open = || self.windows.iter().filter(|window| !window.is_ended());
        out.number(open().count() as u64);
        open().for_each(|window| window.write(out));
        out.number(self.found);
        out.flag(self.shows_done);
        // Whoever continues does not know what was taken, and looks once more.
        out.flag(self.closed || self.looked_again);
    }

    pub fn read(&mut self, input: &mut Reader) {
        self.phase = input.pick(&[Phase::Opening, Phase::Listing, Phase::Doubting]);
        self.cutoff = Cutoff::read(input);
        self.oldest = input.maybe_timestamp();
        self.probe = Scan::read(input);
        self.windows.clear();
        for _ in 0..input.length() {
            self.windows.push(Scan::read(input));
        }
        self.found = input.count();
        self.shows_done = input.flag();
        self.closed = input.flag();
    }
}
