//! Lists that run ahead of the batches: the frozen selection from the top, page by page, in several
//! stretches of time at once where requests may be, and again while the last round brought anything
//! new.

use super::action::{Action, Decision};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::pages::{stuck, EMPTY_MAX, RETENTION_MS, STUCK_MAX};
use super::queue::Queue;
use super::seen::{Seen, Status};
use super::{End, Reason};
use crate::wire::response;
use crate::wire::{Answer, Page, Refusal};
use alloc::string::String;
use alloc::vec::Vec;

/// A stretch of time, and how far its lists are.
#[derive(Debug, Default)]
struct Window {
    from: Option<i64>,
    to: Option<i64>,
    cursor: Option<String>,
    busy: bool,
    ended: bool,
    not_before: i64,
    failed: u32,
    stuck: u32,
}

#[derive(Debug)]
pub struct Source {
    /// A list of one entry comes first: it dates the frozen cutoff.
    opening: bool,
    from: Option<i64>,
    cutoff: Option<i64>,
    /// The date of the oldest entry, as far as it is known.
    oldest: Option<i64>,
    probe: Window,
    windows: Vec<Window>,
    /// Lists in flight, at most.
    lanes: usize,
    /// Entries a list: halved where answers don't come through.
    size: u32,
    empty: u32,
    /// A cursor was refused once, and dropped.
    dropped: bool,
    /// No new run has shown yet whether the cutoff is right: until then nothing runs beside a batch.
    cutoff_unverified: bool,
    /// New ids of this round.
    found: u64,
    /// Whether this round showed an entry that was done.
    shows_done: bool,
    /// The drive has ended with entries remaining: who goes on looks whether they still do, and
    /// sends none of them again.
    closed: bool,
}

impl Source {
    pub fn new(cx: &Context) -> Self {
        let mut source = Source {
            opening: cx.plan.options.freeze,
            from: cx.filter.from,
            cutoff: cx.filter.to,
            oldest: None,
            probe: Window::default(),
            windows: Vec::new(),
            lanes: (cx.concurrency as usize).div_ceil(2),
            size: cx.plan.list_size(),
            empty: 0,
            dropped: false,
            cutoff_unverified: cx.can_fail_again(),
            found: 0,
            shows_done: false,
            closed: false,
        };
        source.begin();
        source
    }

    pub fn cutoff(&self) -> Option<i64> {
        self.cutoff
    }

    /// The cutoff is known: no opening list is needed.
    pub fn freeze(&mut self, cutoff: i64) {
        self.opening = false;
        self.cutoff = Some(cutoff);
        self.begin();
    }

    pub fn cutoff_unverified(&self) -> bool {
        self.cutoff_unverified
    }

    /// The first new runs, of which the earliest began at `created`: if that is not after the
    /// cutoff, the cutoff is too late, and what failed again would pass for old.
    pub fn verify_cutoff(&mut self, created: Option<i64>) {
        self.cutoff_unverified = false;
        let Some(created) = created.filter(|at| self.cutoff >= Some(*at)) else {
            return;
        };
        self.cutoff = Some(created - 1);
        for window in &mut self.windows {
            if window.to >= Some(created) {
                window.to = self.cutoff;
                window.cursor = None;
                window.ended |= window.from > self.cutoff;
            }
        }
    }

    /// Begins at the top.
    fn begin(&mut self) {
        self.probe = Window { from: self.from, to: self.cutoff, ..Window::default() };
        self.windows.clear();
        self.windows.push(Window { from: self.from, to: self.cutoff, ..Window::default() });
        self.found = 0;
        self.shows_done = false;
    }

    pub fn busy(&self) -> bool {
        self.probe.busy || self.windows.iter().any(|window| window.busy)
    }

    /// Entries that the lists in flight may bring.
    pub fn coming(&self) -> u64 {
        let busy = self.windows.iter().filter(|window| window.busy).count();
        busy as u64 * u64::from(self.size)
    }

    pub fn shows_done(&self) -> bool {
        self.shows_done
    }

    fn window(&self, action: &Action) -> &Window {
        match action {
            Action::List(window) => &self.windows[*window],
            _ => &self.probe,
        }
    }

    fn window_mut(&mut self, action: &Action) -> &mut Window {
        match action {
            Action::List(window) => &mut self.windows[*window],
            _ => &mut self.probe,
        }
    }

    /// Lists are too large to come through, or to be held: they are asked for in smaller pieces.
    pub fn shrink_page(&mut self) {
        self.size = (self.size / 2).max(1);
    }

    pub fn attempt(&self, action: &Action) -> u32 {
        self.window(action).failed + 1
    }

    /// Bounds, size and cursor of a list.
    pub fn request(&self, action: &Action) -> ((Option<i64>, Option<i64>), u32, Option<&str>) {
        let size = if matches!(action, Action::Probe) { 1 } else { self.size };
        let window = self.window(action);
        ((window.from, window.to), size, window.cursor.as_deref())
    }

    /// What the opening list wants; `None` once it is done.
    pub fn open(&mut self, now: i64) -> Option<Decision> {
        if !self.opening {
            return None;
        }
        Some(match self.probe.busy {
            true => Decision::AwaitAnswer,
            false if self.probe.not_before > now => Decision::WaitUntil(self.probe.not_before),
            false => {
                self.probe.busy = true;
                Decision::Send(Action::Probe)
            }
        })
    }

    /// The next list; `None` where there is none to send.
    pub fn next(&mut self, now: i64) -> Option<Decision> {
        let ready = self.windows.iter().enumerate().filter(|(_, w)| !w.busy && !w.ended);
        let (index, at) = ready
            .map(|(index, w)| (index, w.not_before))
            .min_by_key(|(_, not_before)| *not_before)?;
        if at > now {
            return Some(Decision::WaitUntil(at));
        }
        self.windows[index].busy = true;
        Some(Decision::Send(Action::List(index)))
    }

    /// Begins another round, where the last one found anything.
    pub fn again(&mut self) -> bool {
        let worth = self.found > 0;
        if worth {
            self.begin();
        }
        worth
    }

    /// The drive ends with entries remaining.
    pub fn close(&mut self) {
        self.begin();
        self.closed = true;
    }

    pub fn requeue(&mut self, action: &Action) {
        self.window_mut(action).busy = false;
    }

    /// The answer to the opening list.
    pub fn handle_probe(&mut self, answer: Answer, cx: &mut Context, now: i64) -> Option<End> {
        self.probe.busy = false;
        let page = match answer {
            Answer::Page(page) => page,
            Answer::Refused(refusal) => return self.refused(&Action::Probe, refusal, cx, now),
        };
        self.probe.failed = 0;
        if page.size == 0 && page.cursor.is_some() {
            let probe = &mut self.probe;
            probe.stuck = if page.cursor == probe.cursor { probe.stuck + 1 } else { 0 };
            if probe.stuck > STUCK_MAX {
                return Some(stuck());
            }
            if probe.stuck > 0 {
                probe.not_before = now + cx.backoff.delay(probe.stuck).max(1);
            }
            probe.cursor = page.cursor;
            return self.nothing_in_a_row();
        }
        self.opening = false;
        self.empty = 0;
        self.oldest = page.first_created;
        self.cutoff = Some(cx.frozen_cutoff(self.cutoff, now));
        self.begin();
        (page.size == 0).then_some(End::Reason(Reason::Complete))
    }

    /// The answer to a list: new ids are appended to `unsent`.
    pub fn listed(
        &mut self,
        index: usize,
        answer: Answer,
        seen: &mut Seen,
        unsent: &mut Queue,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        self.windows[index].busy = false;
        let Page { size, cursor, listed, .. } = match answer {
            Answer::Page(page) => page,
            Answer::Refused(refusal) => {
                return self.refused(&Action::List(index), refusal, cx, now)
            }
        };
        let found = self.found;
        for entry in listed {
            // What failed again after the start is not resumed again, whichever date the service
            // compares with.
            let newer =
                matches!((entry.run_created, self.cutoff), (Some(at), Some(cutoff)) if at > cutoff);
            if !entry.chosen || (newer && cx.plan.options.freeze) {
                continue;
            }
            // Older than the one that was listed first: that one tells nothing of where to cut.
            self.oldest =
                self.oldest.filter(|oldest| entry.run_created.is_none_or(|at| at >= *oldest));
            match seen.get(&entry.id) {
                Some(Status::Done) => self.shows_done = true,
                Some(_) => {}
                None if self.closed => self.shows_done = true,
                None => {
                    seen.add(&entry.id);
                    unsent.push(entry.id);
                    self.found += 1;
                }
            }
        }
        let window = &mut self.windows[index];
        window.failed = 0;
        let same = cursor.is_some() && cursor == window.cursor && self.found == found;
        window.stuck = if same { window.stuck + 1 } else { 0 };
        window.ended = cursor.is_none();
        window.cursor = cursor;
        if window.stuck > STUCK_MAX {
            return Some(stuck());
        }
        if window.stuck > 0 {
            window.not_before = now + cx.backoff.delay(window.stuck).max(1);
        }
        if !window.ended && window.stuck == 0 {
            self.divide(index);
        }
        if size > 0 || self.windows[index].ended {
            self.empty = 0;
            return None;
        }
        self.nothing_in_a_row()
    }

    /// Cuts a window that has more to give into as many as there are lanes to spare. Its cursor is
    /// dropped, so that what it passed is listed again, unless a batch has taken it by then: a few
    /// lists, which is why half of the lanes have to be idle.
    fn divide(&mut self, index: usize) {
        let open = self.windows.iter().filter(|window| !window.ended).count();
        let spare = self.lanes.saturating_sub(open);
        let window = &self.windows[index];
        let Some(to) = window.to.filter(|_| spare > 0 && spare * 2 >= self.lanes) else {
            return;
        };
        let pieces = spare as i64 + 1;
        let from = window.from.or(self.oldest.filter(|oldest| *oldest < to));
        let step = to.saturating_sub(from.unwrap_or((to - RETENTION_MS).max(0))) / pieces;
        if step < 1 {
            return;
        }
        let mut end = to;
        for _ in 1..pieces {
            let piece = Window { from: Some(end - step + 1), to: Some(end), ..Window::default() };
            // A window that has ended leaves its place, so that their number stays bounded.
            match self.windows.iter_mut().find(|window| window.ended) {
                Some(place) => *place = piece,
                None => self.windows.push(piece),
            }
            end -= step;
        }
        let window = &mut self.windows[index];
        window.to = Some(end);
        window.cursor = None;
    }

    fn nothing_in_a_row(&mut self) -> Option<End> {
        self.empty += 1;
        (self.empty >= EMPTY_MAX).then(stuck)
    }

    fn refused(
        &mut self,
        action: &Action,
        refusal: Refusal,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        let dropped = self.dropped;
        if refusal.fate != response::Fate::Refused {
            let window = self.window_mut(action);
            return match cx.retry_at(&mut window.failed, &refusal, now, false) {
                Some(at) => {
                    window.not_before = at;
                    None
                }
                None => Some(End::Failed(refusal)),
            };
        }
        let window = self.window_mut(action);
        if refusal.status == Some(400) && window.cursor.is_some() && !dropped {
            window.cursor = None;
            self.dropped = true;
            return None;
        }
        Some(End::Failed(refusal))
    }

    pub fn write(&self, out: &mut Writer) {
        out.flag(self.opening);
        out.moment(self.cutoff);
        out.moment(self.oldest);
        out.maybe_text(self.probe.cursor.as_deref());
        let open = || self.windows.iter().filter(|window| !window.ended);
        out.number(open().count() as u64);
        for window in open() {
            out.moment(window.from);
            out.moment(window.to);
            out.maybe_text(window.cursor.as_deref());
        }
        out.number(self.found);
        out.flag(self.shows_done);
        out.flag(self.dropped);
        out.flag(self.cutoff_unverified);
        out.flag(self.closed);
    }

    pub fn read(&mut self, input: &mut Reader) {
        self.opening = input.flag();
        self.cutoff = input.moment();
        self.oldest = input.moment();
        self.begin();
        self.probe.cursor = input.maybe_text();
        self.windows.clear();
        for _ in 0..input.length() {
            self.windows.push(Window {
                from: input.moment(),
                to: input.moment(),
                cursor: input.maybe_text(),
                ..Window::default()
            });
        }
        self.found = input.count();
        self.shows_done = input.flag();
        self.dropped = input.flag();
        self.cutoff_unverified = input.flag();
        self.closed = input.flag();
    }
}
