//! The strategy `pages`: requests contain the filter; the service selects the entries and returns a cursor. The
//! drive knows the number of processed entries, not which ones.
//!
//! ```text
//!  Opening ──> Paging ──> Closing ──> Doubting ──> complete
//!                ^  │        │ one is     │ entries were missed
//!                │  │        │ listed     └──> remaining
//!                └──│────────┴──> remaining, if the last round processed none
//!                   └──> Abandoned: pages are refused, ids are sent instead
//! ```
//!
//! *Opening* lists one entry, or several if requests may be concurrent: it verifies token, URL and filter before
//! anything is changed, and reads the service's clock. *Paging* requests pages, in one lane or in several, each with
//! its own range of time ([`Windows`]). *Closing* lists one entry again, since the last page is no proof that no
//! entry is left. *Doubting* does the same without the cutoff if no response showed the service's clock.

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
    /// The service refuses pages: the drive sends ids instead, once no request is in flight.
    Abandoned,
}

#[derive(Clone, Debug)]
pub struct Pages {
    phase: Phase,
    cutoff: Cutoff,
    lanes: Windows,
    /// Number of entries that were processed, or possibly processed, since the lanes last started at the top.
    round: u64,
    /// The service has accepted a page, so the filter and the overrides are valid.
    accepted: bool,
    /// Number of refused cursors that were received in this process.
    refused_cursors: u32,
    /// A 404 that ended a lane: the error of the drive if the round processes nothing.
    missing: Option<Refusal>,
    /// The last round processed none of the listed entries, and the list is requested once more.
    looked_again: bool,
    /// The lists before and after the pages.
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

    /// Whether to read the dates of new runs, which correct the cutoff. Only the first are needed, and reading a
    /// hundred dates costs as much as the rest of a page.
    pub fn want_created(&self) -> bool {
        self.cutoff.awaits_run()
    }

    /// Whether the service refuses pages and no request is in flight.
    pub fn needs_ids(&self) -> bool {
        let waits = self.lanes.is_in_flight() || self.lanes.is_sampling();
        self.phase == Phase::Abandoned && !waits
    }

    /// What to do next.
    pub fn next(&mut self, cx: &mut Context, now: Timestamp) -> Decision {
        match self.phase {
            Phase::Paging => self.next_page(cx, now),
            Phase::Abandoned => Decision::AwaitResponse,
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
                return Decision::AwaitResponse;
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
        let size = if plan.operation.acts() { plan.options.page_size } else { cx.list_size() };
        // Only the messages that meet the condition count towards the limit.
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

    /// Divides the range of a lane if another lane is idle.
    fn cut(&mut self, left: u64, alone: bool, cx: &Context) -> Option<Cut> {
        let spare = self.lanes.lanes() < cx.concurrency as usize;
        let worth = left > 2 * u64::from(cx.plan.options.page_size);
        let acts = cx.plan.operation.acts();
        (acts && spare && worth).then(|| self.lanes.cut(alone)).flatten()
    }

    /// The end of the drive when no entry is left before the cutoff.
    fn end(&mut self, cx: &Context) -> Option<End> {
        match self.cutoff.is_in_doubt(cx) {
            true => self.look(Phase::Doubting, cx),
            false => Some(End::Reason(Reason::Complete)),
        }
    }

    /// Starts to list one entry, before the cutoff or of the whole selection.
    fn look(&mut self, phase: Phase, cx: &Context) -> Option<End> {
        self.phase = phase;
        self.probe_size = 1;
        let to = if phase == Phase::Closing { self.cutoff.at() } else { cx.filter.to };
        self.probe = Scan::over(Range { from: cx.filter.from, to });
        None
    }

    /// Number of entries in flight.
    pub fn in_flight(&self) -> u64 {
        self.lanes.list.iter().map(|lane| u64::from(lane.scan.asked())).sum()
    }

    /// The walk of an action, and its maximum number of entries.
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

    /// Queues an action again that the service did not receive.
    pub fn requeue(&mut self, action: &Action) {
        match action {
            // Its response would be outdated.
            Action::Sample(sample) => {
                self.lanes.forget(sample);
            }
            action => self.scan_mut(action).requeue(),
        }
    }

    /// Handles the loss of a response for good.
    pub fn mark_lost(&mut self, action: &Action, cx: &mut Context) {
        if let Action::Page { count, .. } = action {
            self.lost(*count, cx);
        }
        self.requeue(action);
    }

    /// Starts again at the top.
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

    /// Writes the state as if the responses in flight were lost. `risked`: maximum number of entries that these
    /// requests can process.
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
