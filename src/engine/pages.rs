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
//! *Opening* lists one entry: token, URL and filter are proved before anything is touched, and the
//! service's clock is read. *Paging* takes pages, in one lane, or, where requests may be concurrent,
//! in lanes that each have a range of time to themselves. *Closing* lists one entry again: a cursor
//! that ended is not proof that nothing is left. *Doubting* does the same without the cutoff, where
//! the service's clock never showed.

use super::action::{Action, Decision};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::cutoff::Cutoff;
use super::ledger::EntryOutcome;
use super::scan::{Found, Range, Refused, Scan};
use super::seen::hash;
use super::{End, Reason};
use crate::wire::response::{self, Kind, DELETED_UNSAID};
use crate::wire::{Answer, Page, Refusal};
use alloc::vec::Vec;

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
    /// The date of an entry that a list showed: where ranges are cut first.
    hint: Option<i64>,
    lanes: Vec<Scan>,
    /// Entries taken, or perhaps taken, since the lanes last began at the top.
    round: u64,
    /// A page was taken, so that filter and overrides are good ones.
    accepted: bool,
    /// A 404 that ended a lane: reported if nothing comes of the round.
    missing: Option<Refusal>,
    /// The lists of one entry.
    probe: Scan,
}

impl Pages {
    pub fn new(cx: &Context) -> Self {
        let mut pages = Pages {
            phase: if cx.plan.options.freeze { Phase::Opening } else { Phase::Paging },
            cutoff: Cutoff::new(cx),
            hint: None,
            lanes: Vec::new(),
            round: 0,
            accepted: false,
            missing: None,
            probe: Scan::default(),
        };
        pages.restart(cx);
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
        self.phase == Phase::Abandoned && !self.lanes.iter().any(Scan::is_in_flight)
    }

    /// What to do next.
    pub fn next(&mut self, cx: &mut Context, now: i64) -> Decision {
        match self.phase {
            Phase::Paging => self.next_page(cx, now),
            Phase::Abandoned => Decision::AwaitAnswer,
            _ => self.probe.next(0, Action::Probe, now),
        }
    }

    fn next_page(&mut self, cx: &mut Context, now: i64) -> Decision {
        let in_flight = self.in_flight();
        let left = cx.left(in_flight);
        if in_flight > 0 && (left == 0 || self.cutoff.awaits_run()) {
            return Decision::AwaitAnswer;
        }
        if left == 0 {
            return Decision::End(End::Reason(Reason::Limit));
        }
        let ready = self.lanes.iter().enumerate().filter(|(_, lane)| lane.is_ready());
        let Some((index, lane)) = ready.min_by_key(|(_, lane)| lane.not_before()) else {
            if in_flight > 0 {
                return Decision::AwaitAnswer;
            }
            let end = match cx.plan.operation.acts() {
                true => self.look(Phase::Closing, cx),
                false => self.end(cx),
            };
            return end.map_or_else(|| self.next(cx, now), Decision::End);
        };
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
        self.lanes[index].send(count);
        Decision::Send(Action::Page { lane: index, count })
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
        let to = if phase == Phase::Closing { self.cutoff.at() } else { cx.filter.to };
        self.probe = Scan::over(Range { from: cx.filter.from, to });
        None
    }

    /// Entries that requests in flight ask for.
    pub fn in_flight(&self) -> u64 {
        self.lanes.iter().map(|lane| u64::from(lane.asked())).sum()
    }

    /// The walk of an action, and the entries that it asks for.
    pub fn scan(&self, action: &Action) -> (&Scan, u32) {
        match action {
            Action::Page { lane, count } => (&self.lanes[*lane], *count),
            _ => (&self.probe, 1),
        }
    }

    fn scan_mut(&mut self, action: &Action) -> &mut Scan {
        match action {
            Action::Page { lane, .. } => &mut self.lanes[*lane],
            _ => &mut self.probe,
        }
    }

    /// The service never took up the action: it is due again.
    pub fn requeue(&mut self, action: &Action) {
        self.scan_mut(action).requeue();
    }

    /// The action's answer will never be known.
    pub fn mark_lost(&mut self, action: &Action, cx: &mut Context) {
        if let Action::Page { count, .. } = action {
            self.lost(*count, cx);
        }
        self.requeue(action);
    }

    /// The answer to an action.
    pub fn handle_answer(
        &mut self,
        action: &Action,
        answer: Answer,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        match (action, answer) {
            (Action::Page { lane, count }, Answer::Page(page)) if page.size != DELETED_UNSAID => {
                self.page(*lane, *count, page, cx, now)
            }
            (Action::Page { count, .. }, Answer::Page(_)) => {
                // A deletion without a number says that something was deleted, not how much.
                self.lost(*count, cx);
                let refusal =
                    Refusal::new(Kind::ResponseFormat, "response_format", response::Fate::Unknown);
                self.refuse(action, refusal, cx, now)
            }
            (_, Answer::Page(page)) => self.probed(page, cx, now),
            (_, Answer::Refused(refusal)) => {
                if let (Action::Page { count, .. }, response::Fate::Unknown) =
                    (action, refusal.fate)
                {
                    self.lost(*count, cx);
                }
                self.refuse(action, refusal, cx, now)
            }
        }
    }

    fn page(
        &mut self,
        index: usize,
        count: u32,
        page: Page,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        let acts = cx.plan.operation.acts();
        self.accepted = true;
        cx.add(EntryOutcome::Done, u64::from(page.taken()));
        cx.report_runs(&page.runs);
        self.round += u64::from(page.size);
        let found = match page.size {
            size if !acts => Found::Listed { entries: size, first: first(&page) },
            0 => Found::Nothing,
            _ => Found::New,
        };
        if let Err(end) = self.lanes[index].advance(page.cursor, found, cx, now) {
            return Some(end);
        }
        if self.cutoff.awaits_run()
            && page.size > 0
            && self.cutoff.verify(page.first_created, cx, now)
        {
            self.end_at_cutoff();
        }
        self.divide(index, cx);
        // Against a limit nothing more is risked with a service that gives more than was asked for.
        let overshot = page.size > count && cx.plan.options.limit.is_some();
        (overshot && acts).then_some(End::Reason(Reason::Limit))
    }

    /// The answer to a list of one entry.
    fn probed(&mut self, mut page: Page, cx: &mut Context, now: i64) -> Option<End> {
        let none = page.size == 0;
        let more = page.cursor.is_some();
        if let Err(end) = self.probe.advance(page.cursor.take(), Found::Nothing, cx, now) {
            return Some(end);
        }
        if none && more {
            return None;
        }
        match self.phase {
            Phase::Opening if none && cx.plan.operation.acts() => {
                return Some(End::Reason(Reason::Complete));
            }
            Phase::Opening => {
                self.hint = page.first_created;
                self.cutoff.freeze(&page, cx, now);
            }
            Phase::Doubting => {
                let reason = match self.cutoff.passed_over(&page, cx, now) {
                    true => Reason::Remaining,
                    false => Reason::Complete,
                };
                return Some(End::Reason(reason));
            }
            _ if none => return self.end(cx),
            _ if self.round == 0 => return self.nothing_taken(cx),
            _ => {}
        }
        self.phase = Phase::Paging;
        self.restart(cx);
        None
    }

    /// A list shows an entry, and the round took none.
    fn nothing_taken(&mut self, cx: &Context) -> Option<End> {
        match self.missing.take() {
            // Refused although there is something, after others were taken: perhaps for the sake of
            // one entry.
            Some(_) if self.accepted && cx.plan.operation.acts() => {
                self.phase = Phase::Abandoned;
                None
            }
            Some(refusal) => Some(End::Failed(refusal)),
            None => Some(End::Reason(Reason::Remaining)),
        }
    }

    fn refuse(
        &mut self,
        action: &Action,
        refusal: Refusal,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        let acts = matches!(action, Action::Page { .. }) && cx.plan.operation.acts();
        let accepted = self.accepted;
        let scan = self.scan_mut(action);
        let refusal = match scan.refuse(refusal, acts, cx, now) {
            Refused::GoesOn => return None,
            Refused::Cursor(refusal) | Refused::Failed(refusal) => refusal,
        };
        match refusal.status {
            // Refused again, with a filter and overrides that were accepted: for the sake of the
            // cursor, or of an entry. Ids need no cursor, and single out the entry.
            Some(400) if acts && accepted => {
                self.phase = Phase::Abandoned;
                None
            }
            Some(404) if acts => {
                scan.end();
                self.missing = Some(refusal);
                None
            }
            _ => Some(End::Failed(refusal)),
        }
    }

    /// A page whose answer was lost may have taken all that it asked for.
    fn lost(&mut self, count: u32, cx: &mut Context) {
        if cx.plan.operation.acts() {
            cx.add(EntryOutcome::Unconfirmed, u64::from(count));
            self.round += u64::from(count);
        }
    }

    /// The cutoff has moved, with nothing in flight: a cursor belongs to the range before.
    fn end_at_cutoff(&mut self) {
        for lane in &mut self.lanes {
            let later = lane.range.to < self.cutoff.at();
            if later || !lane.is_ended() {
                *lane = Scan::over(Range { to: self.cutoff.at(), ..lane.range });
            }
        }
    }

    /// Begins at the top.
    fn restart(&mut self, cx: &Context) {
        self.round = 0;
        self.missing = None;
        self.probe = Scan::over(Range { from: cx.filter.from, to: cx.filter.to });
        self.lanes.clear();
        self.lanes.push(Scan::over(Range { from: cx.filter.from, to: self.cutoff.at() }));
        self.divide(0, cx);
    }

    /// Cuts a lane's range, if it has more to give, into as many as there are lanes to spare. Its
    /// cursor is dropped: what it passed has left the DLQ.
    fn divide(&mut self, index: usize, cx: &Context) {
        let lane = &self.lanes[index];
        let acts = cx.plan.operation.acts();
        let Some(to) =
            lane.range.to.filter(|_| acts && !self.cutoff.awaits_run() && lane.is_ready())
        else {
            return;
        };
        let open = self.lanes.iter().filter(|lane| !lane.is_ended()).count();
        let pieces = (cx.concurrency as usize + 1).saturating_sub(open);
        let from = lane.range.from.or(self.hint.filter(|hint| *hint < to));
        let from = from.unwrap_or((to - RETENTION_MS).max(0));
        let step = (to - from) / pieces.max(1) as i64;
        if pieces < 2 || step < 1 {
            return;
        }
        let mut end = to;
        for _ in 1..pieces {
            let piece = Scan::over(Range { from: Some(end - step + 1), to: Some(end) });
            // A lane that has ended leaves its place, so that their number stays bounded.
            match self.lanes.iter_mut().find(|lane| lane.is_ended()) {
                Some(place) => *place = piece,
                None => self.lanes.push(piece),
            }
            end -= step;
        }
        let lane = &mut self.lanes[index];
        lane.narrow(Range { to: Some(end), ..lane.range });
    }

    /// Writes it as if the answers in flight were lost; `risked`: the entries that they may take.
    pub fn write(&self, risked: u64, out: &mut Writer) {
        out.number(self.phase as u64);
        self.cutoff.write(out);
        out.moment(self.hint);
        out.number(self.round + risked);
        out.flag(self.accepted);
        self.probe.write(out);
        let open = || self.lanes.iter().filter(|lane| !lane.is_ended());
        out.number(open().count() as u64);
        open().for_each(|lane| lane.write(out));
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
        pages.hint = input.moment();
        pages.round = input.count();
        pages.accepted = input.flag();
        pages.probe = Scan::read(input);
        pages.lanes.clear();
        for _ in 0..input.length() {
            pages.lanes.push(Scan::read(input));
        }
        pages
    }
}

/// What tells a page of a list from others.
fn first(page: &Page) -> u64 {
    page.first_id.as_ref().map_or(0, |id| hash(id.as_bytes()))
}

/// The longest retention that the service offers is three months.
pub const RETENTION_MS: i64 = 92 * 86_400_000;
