//! The strategy `pages`: the filter is sent, the service chooses the entries and its cursor leads
//! on. Knows how many were taken, not which.
//!
//! ```text
//!  Opening ──> Paging ──> Closing ──> Doubting ──> complete
//!                ^  │        │ one is     │ entries were passed over
//!                │  │        │ listed     └──> remaining
//!                └──│────────┴──> remaining, if the last round took none
//!                   └──> Abandoned: pages are refused, ids are sent instead
//! ```
//!
//! *Opening* lists one entry, or several where requests may be concurrent: token, URL and filter are
//! proved before anything is touched, and the service's clock is read. *Paging* takes pages, in one
//! lane, or in lanes that each have a range of time to themselves ([`Windows`]). *Closing* lists one entry again: a cursor
//! that ended is not proof that nothing is left. *Doubting* does the same without the cutoff, where
//! the service's clock never showed.

mod responses;

use super::action::{Action, Decision};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::cutoff::Cutoff;
use super::scan::{Range, Scan};
use super::windows::{Cut, Walks, Windows};
use super::{End, Reason};
use crate::time::Timestamp;
use crate::wire::Refusal;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Opening,
    Paging,
    Closing,
    Doubting,
    /// Pages are refused: ids have to be sent, once nothing is in flight.
    Abandoned,
}

#[derive(Clone, Debug)]
pub struct Pages {
    phase: Phase,
    cutoff: Cutoff,
    lanes: Windows,
    /// Entries taken, or perhaps taken, since the lanes last began at the top.
    round: u64,
    /// A page was taken, so that filter and overrides are good ones.
    accepted: bool,
    /// Cursors that were refused although they were given in this process.
    refused_cursors: u32,
    /// A 404 that ended a lane: reported if nothing comes of the round.
    missing: Option<Refusal>,
    /// The last round took nothing of what is listed, and the list is asked for once more.
    looked_again: bool,
    /// The lists before and after, and the entries that they ask for: one, or as many as show where
    /// to cut.
    probe: Scan,
    probe_size: u32,
}

impl Pages {
    pub fn new(cx: &Context) -> Self {
        let mut pages = Pages {
            phase: if cx.plan.has_opening_list() { Phase::Opening } else { Phase::Paging },
            cutoff: Cutoff::new(cx),
            lanes: Windows::new(Walks::Acting, cx.plan.options.page_size, cx.concurrency),
            round: 0,
            accepted: false,
            refused_cursors: 0,
            missing: None,
            looked_again: false,
            probe: Scan::default(),
            probe_size: 1,
        };
        if cx.concurrency > 1 && cx.plan.operation.acts() {
            pages.probe_size = cx.plan.list_size();
        }
        pages.restart(cx);
        if cx.plan.previewed.is_some() && pages.phase == Phase::Paging {
            pages.lanes.keep_whole();
        }
        pages
    }

    /// The frozen cutoff, once it is known.
    pub fn cutoff(&self) -> &Cutoff {
        &self.cutoff
    }

    /// Whether the dates of new runs are wanted: they correct the cutoff. Reading a hundred dates
    /// costs as much as all the rest of a page, and later runs are no earlier.
    pub fn want_created(&self) -> bool {
        self.cutoff.awaits_run()
    }

    /// Whether the service does not let itself be paged through; once nothing is in flight.
    pub fn needs_ids(&self) -> bool {
        let waits = self.lanes.is_in_flight() || self.lanes.is_sampling();
        self.phase == Phase::Abandoned && !waits
    }

    /// What to do next.
    pub fn next(&mut self, cx: &mut Context, now: Timestamp) -> Decision {
        match self.phase {
            Phase::Paging => self.next_page(cx, now),
            Phase::Abandoned => Decision::AwaitAnswer,
            _ => self.probe.next(0, Action::Probe, now),
        }
    }

    fn next_page(&mut self, cx: &mut Context, now: Timestamp) -> Decision {
        let in_flight = self.in_flight();
        let left = cx.left(in_flight);
        if left == 0 && in_flight == 0 {
            return Decision::End(End::Reason(Reason::Limit));
        }
        let alone = in_flight > 0 && self.cutoff.awaits_run();
        let ready = self.lanes.first_ready().filter(|_| left > 0 && !alone);
        let index = match ready {
            Some(index) => Some(index),
            None => match self.cut(left, alone, cx) {
                Some(Cut::Sample(sample)) => return Decision::Send(Action::Sample(sample)),
                Some(Cut::Window(index)) => Some(index),
                None => None,
            },
        };
        let Some(index) = index else {
            if in_flight > 0 {
                return Decision::AwaitAnswer;
            }
            let end = match cx.plan.operation.acts() {
                true => self.look(Phase::Closing, cx),
                false => self.end(cx),
            };
            return end.map_or_else(|| self.next(cx, now), Decision::End);
        };
        let lane = &self.lanes.list[index].scan;
        if lane.not_before() > now {
            return Decision::WaitUntil(lane.not_before());
        }
        let plan = &cx.plan;
        let size = if plan.operation.acts() { plan.options.page_size } else { plan.list_size() };
        // Of a list's messages only those that meet the condition count against the limit.
        let wanted = match plan.options.condition {
            Some(_) => size,
            None => u64::from(size).min(left) as u32,
        };
        let count = match cx.allowance(wanted, now) {
            Ok(count) => count,
            Err(at) => return Decision::WaitUntil(at),
        };
        self.lanes.list[index].scan.send(count);
        Decision::Send(Action::Page { lane: index, count })
    }

    /// Cuts a lane's range, where there is more to give than one lane takes.
    fn cut(&mut self, left: u64, alone: bool, cx: &Context) -> Option<Cut> {
        let spare = self.lanes.lanes() < cx.concurrency as usize;
        let worth = left > 2 * u64::from(cx.plan.options.page_size);
        let acts = cx.plan.operation.acts();
        (acts && spare && worth).then(|| self.lanes.cut(alone)).flatten()
    }

    /// Nothing is left before the cutoff.
    fn end(&mut self, cx: &Context) -> Option<End> {
        match self.cutoff.is_in_doubt(cx) {
            true => self.look(Phase::Doubting, cx),
            false => Some(End::Reason(Reason::Complete)),
        }
    }

    /// Lists one entry next, of what is before the cutoff or of all that was selected.
    fn look(&mut self, phase: Phase, cx: &Context) -> Option<End> {
        self.phase = phase;
        self.probe_size = 1;
        let to = if phase == Phase::Closing { self.cutoff.at() } else { cx.filter.to };
        self.probe = Scan::over(Range { from: cx.filter.from, to });
        None
    }

    /// Entries that requests in flight ask for.
    pub fn in_flight(&self) -> u64 {
        self.lanes.list.iter().map(|lane| u64::from(lane.scan.asked())).sum()
    }

    /// The walk of an action, and the entries that it asks for.
    pub fn scan(&self, action: &Action) -> (&Scan, u32) {
        match action {
            Action::Page { lane, count } => (&self.lanes.list[*lane].scan, *count),
            _ => (&self.probe, self.probe_size),
        }
    }

    fn scan_mut(&mut self, action: &Action) -> &mut Scan {
        match action {
            Action::Page { lane, .. } => &mut self.lanes.list[*lane].scan,
            _ => &mut self.probe,
        }
    }

    /// The service never took up the action: it is due again.
    pub fn requeue(&mut self, action: &Action) {
        match action {
            // What it would have shown is no longer of use.
            Action::Sample(sample) => {
                self.lanes.forget(sample);
            }
            action => self.scan_mut(action).requeue(),
        }
    }

    /// The action's answer will never be known.
    pub fn mark_lost(&mut self, action: &Action, cx: &mut Context) {
        if let Action::Page { count, .. } = action {
            self.lost(*count, cx);
        }
        self.requeue(action);
    }

    /// Begins at the top.
    fn restart(&mut self, cx: &Context) {
        self.round = 0;
        self.missing = None;
        self.probe = Scan::over(Range { from: cx.filter.from, to: cx.filter.to });
        self.lanes.begin(Range { from: cx.filter.from, to: self.cutoff.at() });
        self.divide(0, cx);
    }

    fn divide(&mut self, index: usize, cx: &Context) {
        if cx.plan.operation.acts() && !self.cutoff.awaits_run() {
            self.lanes.divide(index, cx.concurrency as usize);
        }
    }

    /// Writes it as if the answers in flight were lost; `risked`: the entries that they may take.
    pub fn write(&self, risked: u64, out: &mut Writer) {
        out.number(self.phase as u64);
        self.cutoff.write(out);
        out.number(self.round + risked);
        out.flag(self.accepted);
        out.flag(self.looked_again);
        self.probe.write(out);
        self.lanes.write(out);
    }

    pub fn read(input: &mut Reader, cx: &Context) -> Self {
        let mut pages = Pages::new(cx);
        pages.phase = input.pick(&[
            Phase::Opening,
            Phase::Paging,
            Phase::Closing,
            Phase::Doubting,
            Phase::Abandoned,
        ]);
        pages.cutoff = Cutoff::read(input);
        pages.round = input.count();
        pages.accepted = input.flag();
        pages.looked_again = input.flag();
        pages.probe = Scan::read(input);
        pages.lanes.read(input);
        if pages.phase != Phase::Opening {
            pages.probe_size = 1;
        }
        pages
    }
}
