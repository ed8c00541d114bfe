//! The lists that provide ids for batches: the frozen selection from the top, page by page, in several ranges of
//! time if requests may be concurrent ([`Windows`]). Rounds repeat until one contains no new entry.

use super::action::{Action, Decision};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::cutoff::Cutoff;
use super::retry::Backoff;
use super::scan::{Found, Range, Refused, Scan};
use super::seen::{Seen, Status};
use super::windows::{Cut, Sample, Walks, Windows};
use super::{End, Reason};
use crate::id::DlqId;
use crate::time::Timestamp;
use crate::wire::{Listed, Refusal, Response};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

#[derive(Debug)]
pub struct Source {
    phase: Phase,
    cutoff: Cutoff,
    /// The lists before and after, and the entries that they ask for: one, or as many as the others.
    probe: Scan,
    probe_size: u32,
    windows: Windows,
    /// Maximum number of windows: the concurrency.
    lanes: usize,
    /// Maximum number of entries per list.
    size: u32,
    /// Number of new ids in this round.
    found: u64,
    /// Number of completed rounds.
    rounds: u32,
    /// This round started because the last one contained only processed entries.
    looked_again: bool,
    /// No list of this round is sent before. Of all its windows: a sample of an earlier round whose response comes late
    /// may still cut one.
    wait_until: Timestamp,
    /// Whether this round contained a processed entry.
    shows_done: bool,
    /// The drive has ended with remaining entries: a drive that continues from the checkpoint lists whether they
    /// still remain, and sends none of them again.
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// A list without the cutoff comes first: it dates the cutoff. Where requests may be concurrent, it
    /// asks for as many entries as the others, which are the first to be sent.
    Opening,
    Listing,
    /// No entry is left before the cutoff, which may be too early: one list without it.
    Doubting,
}

impl Source {
    pub fn new(cx: &Context) -> Self {
        let mut source = Source {
            phase: if cx.plan.has_opening_list() { Phase::Opening } else { Phase::Listing },
            cutoff: Cutoff::new(cx),
            probe: Scan::default(),
            probe_size: if cx.concurrency > 1 { cx.plan.list_size() } else { 1 },
            windows: Windows::new(Walks::Lists, cx.plan.list_size(), cx.concurrency),
            lanes: cx.concurrency as usize,
            size: cx.plan.list_size(),
            found: 0,
            rounds: 0,
            looked_again: false,
            wait_until: Timestamp::EPOCH,
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
        if self.cutoff.verify(created, cx, now) {
            self.windows.end_at(self.cutoff.at());
        }
    }

    /// Starts at the top.
    fn begin(&mut self, cx: &Context) {
        self.probe = Scan::over(Range { from: cx.filter.from, to: cx.filter.to });
        self.windows.begin(Range { from: cx.filter.from, to: self.cutoff.at() });
        self.found = 0;
        self.shows_done = false;
    }

    pub fn busy(&self) -> bool {
        self.probe.is_in_flight() || self.windows.is_in_flight()
    }

    /// Maximum number of entries in the lists in flight.
    pub fn coming(&self, cx: &Context) -> u64 {
        let windows = self.windows.list.iter();
        let busy = windows.filter(|window| window.scan.is_in_flight()).count();
        busy as u64 * u64::from(cx.list_size())
    }

    pub fn shows_done(&self) -> bool {
        self.shows_done
    }

    /// The walk of an action, and its maximum number of entries.
    pub fn scan(&self, action: &Action) -> (&Scan, u32) {
        match action {
            Action::List(window) => (&self.windows.list[*window].scan, self.size),
            _ => (&self.probe, self.probe_size),
        }
    }

    fn scan_mut(&mut self, action: &Action) -> &mut Scan {
        match action {
            Action::List(window) => &mut self.windows.list[*window].scan,
            _ => &mut self.probe,
        }
    }

    /// The next step of the list before or after the others; `None` if none is due.
    pub fn probe(&mut self, now: Timestamp) -> Option<Decision> {
        (self.phase != Phase::Listing).then(|| self.probe.next(0, Action::Probe, now))
    }

    /// The next list; `None` if there is none to send.
    pub fn next(&mut self, now: Timestamp) -> Option<Decision> {
        if now < self.wait_until {
            return Some(Decision::WaitUntil(self.wait_until));
        }
        let index = match self.windows.first_ready() {
            Some(index) => index,
            // All lists are in flight, fewer than there are lanes.
            None => match self.windows.cut(false)? {
                Cut::Window(index) => index,
                Cut::Sample(sample) => return Some(Decision::Send(Action::Sample(sample))),
            },
        };
        Some(self.windows.list[index].scan.next(0, Action::List(index), now))
    }

    /// A sample to find where to cut a window, while only one request that acts may be in flight.
    pub fn look(&mut self) -> Option<Decision> {
        let spare = self.windows.lanes() < self.lanes;
        match spare.then(|| self.windows.cut(true)).flatten()? {
            Cut::Sample(sample) => Some(Decision::Send(Action::Sample(sample))),
            Cut::Window(_) => None,
        }
    }

    /// Handles the response to a sample, which only affects where windows are cut.
    pub fn sampled(&mut self, sample: &Sample, response: Response) -> Option<End> {
        self.windows.handle_sample(sample, response)
    }

    /// Drops a sample without a response.
    pub fn forget(&mut self, sample: &Sample) {
        self.windows.forget(sample);
    }

    /// Starts another round if the last one found new entries. If it only contained processed ones, starts one more
    /// after the grace period: the service may still list an entry shortly after its run was created.
    pub fn again(&mut self, cx: &mut Context, now: Timestamp) -> bool {
        let found = self.found > 0;
        if !found && (!self.shows_done || self.looked_again || self.closed) {
            return false;
        }
        self.begin(cx);
        self.rounds += 1;
        self.looked_again = !found;
        if !found {
            // A drive that continues from a checkpoint waits for the rest of the grace period.
            cx.lost_at = now;
            self.wait_until = now + Backoff::grace_period_ms(1);
        }
        true
    }

    /// Whether a list without the cutoff is due before the drive is complete.
    pub fn doubts(&mut self, cx: &Context) -> bool {
        let doubts = self.cutoff.is_in_doubt(cx);
        if doubts {
            self.begin(cx);
            self.probe_size = 1;
            self.phase = Phase::Doubting;
        }
        doubts
    }

    /// Records that the drive ends with remaining entries.
    pub fn close(&mut self, cx: &Context) {
        self.begin(cx);
        self.closed = true;
    }

    pub fn requeue(&mut self, action: &Action) {
        self.scan_mut(action).requeue();
    }

    /// The response to the list before or after the others: ids of the opening list are appended to
    /// `unsent`.
    pub fn handle_probe(
        &mut self,
        response: Response,
        seen: &mut Seen,
        unsent: &mut VecDeque<DlqId>,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        let mut page = match response {
            Response::Page(page) => page,
            Response::Refused(refusal) => return self.refuse(&Action::Probe, refusal, cx, now),
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
        self.cutoff.freeze(&page, cx, now);
        self.begin(cx);
        if page.size == 0 {
            return Some(End::Reason(Reason::Complete));
        }
        self.windows.opened(&page.dates(), more);
        if self.probe_size > 1 {
            self.add(page.listed, seen, unsent, cx);
        }
        None
    }

    /// Handles the response to a list and appends new ids to `fresh`.
    pub fn listed(
        &mut self,
        index: usize,
        response: Response,
        seen: &mut Seen,
        unsent: &mut VecDeque<DlqId>,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        let page = match response {
            Response::Page(page) => page,
            Response::Refused(refusal) => {
                return self.refuse(&Action::List(index), refusal, cx, now);
            }
        };
        let (dates, more) = (page.dates(), page.cursor.is_some());
        let news = self.add(page.listed, seen, unsent, cx);
        let found = if news { Found::New } else { Found::Nothing };
        if let Some(end) = self.windows.list[index].scan.advance(page.cursor, found, cx, now) {
            return Some(end);
        }
        self.windows.listed(index, &dates, more, news);
        // Where no dates tell where the entries are. What a cut window has passed is listed again, unless
        // a batch has sent it by then: a few lists, which is why half of the lanes have to be idle.
        let lanes = self.lanes.div_ceil(2);
        if self.windows.lanes() * 2 <= lanes {
            self.windows.divide(index, lanes);
        }
        None
    }

    /// Appends the new listed ids that meet the condition to `unsent`; returns whether there are any.
    fn add(
        &mut self,
        listed: Vec<Listed>,
        seen: &mut Seen,
        unsent: &mut VecDeque<DlqId>,
        cx: &Context,
    ) -> bool {
        let found = self.found;
        for entry in listed {
            // Entries that failed again after the start are left out, whichever date the service compares.
            let newer = matches!((entry.run_created, self.cutoff.at()), (Some(at), Some(cutoff)) if at > cutoff);
            if !entry.chosen || (newer && cx.plan.options.freeze) {
                continue;
            }
            match seen.get(&entry.id) {
                Some(Status::Done) => self.shows_done = true,
                Some(_) => {}
                // It may be a handled id that was dropped: a service that lists processed entries lists some
                // known ones first.
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
        self.found > found
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
        self.probe.write(out);
        self.windows.write(out);
        out.number(self.found);
        out.flag(self.shows_done);
        // A drive that continues from the checkpoint does not know the processed ids, and lists once more.
        out.flag(self.closed || self.looked_again);
    }

    pub fn read(&mut self, input: &mut Reader) {
        self.phase = input.pick(&[Phase::Opening, Phase::Listing, Phase::Doubting]);
        self.cutoff = Cutoff::read(input);
        self.probe = Scan::read(input);
        self.windows.read(input);
        self.found = input.count();
        self.shows_done = input.flag();
        self.closed = input.flag();
    }
}
