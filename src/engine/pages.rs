//! The strategy `pages`: the filter is sent, the service chooses the entries and its cursor leads
//! on. Knows how many were taken, not which.
//!
//! ```text
//!  Open ──> Run ──> Close ──> complete
//!            ^        │ one is still listed
//!            └────────┴──> remaining, if the last round took none
//! ```
//!
//! *Open* lists one entry: token, URL and filter are proved before anything is touched, and the
//! service's clock is read. *Run* takes pages, in one lane, or, where requests may be concurrent,
//! in lanes that each have a range of time to themselves. *Close* lists one entry again: a cursor
//! that ended is not proof that nothing is left.

use super::action::{Action, Decision};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::ledger::EntryOutcome;
use super::{End, Reason};
use crate::wire::response::{self, Kind, DELETED_UNSAID};
use crate::wire::{Answer, Page, Refusal};
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Open,
    Run,
    Close,
}

/// A range of time with a cursor of its own.
#[derive(Debug, Default)]
struct Lane {
    from: Option<i64>,
    to: Option<i64>,
    cursor: Option<String>,
    state: State,
    not_before: i64,
    /// Attempts at the present request that came to nothing.
    failed: u32,
    /// Answers in a row without a run that named the cursor just sent.
    stuck: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Ready,
    /// In flight, for so many entries.
    Busy(u32),
    Ended,
}

#[derive(Debug)]
pub struct Pages {
    phase: Phase,
    /// The frozen `toDate`.
    cutoff: Option<i64>,
    /// The date of an entry that a list showed: where ranges are cut first.
    hint: Option<i64>,
    lanes: Vec<Lane>,
    /// Entries taken, or perhaps taken, since the lanes last began at the top.
    round: u64,
    /// Pages in a row without a run.
    empty: u32,
    /// A cursor was refused once, and dropped.
    dropped: bool,
    /// No new run has shown yet whether the cutoff is right: until then one request goes at a time,
    /// over the whole range. Another would take what failed again, if the cutoff is too late.
    cutoff_unverified: bool,
    /// A page was taken, so that filter and overrides are good ones.
    accepted: bool,
    /// Pages are refused all the same: ids have to be sent.
    needs_ids: bool,
    /// A 404 that ended a lane: reported if nothing comes of the round.
    missing: Option<Refusal>,
    /// The lane of the lists of one entry.
    probe: Lane,
}

impl Pages {
    pub fn new(cx: &Context) -> Self {
        let mut pages = Pages {
            phase: if cx.plan.options.freeze { Phase::Open } else { Phase::Run },
            cutoff: cx.filter.to,
            hint: None,
            lanes: Vec::new(),
            round: 0,
            empty: 0,
            dropped: false,
            cutoff_unverified: cx.can_fail_again(),
            accepted: false,
            needs_ids: false,
            missing: None,
            probe: Lane::default(),
        };
        pages.restart(cx);
        pages
    }

    /// The frozen cutoff, once it is known.
    pub fn cutoff(&self) -> Option<i64> {
        self.cutoff
    }

    /// Whether the dates of new runs are wanted: they correct the cutoff. Reading a hundred dates
    /// costs as much as all the rest of a page, and later runs are no earlier.
    pub fn want_created(&self) -> bool {
        self.cutoff_unverified
    }

    /// Whether the service does not let itself be paged through; once nothing is in flight.
    pub fn needs_ids(&self) -> bool {
        self.needs_ids && !self.lanes.iter().any(|lane| matches!(lane.state, State::Busy(_)))
    }

    /// What to do next.
    pub fn next(&mut self, cx: &mut Context, now: i64) -> Decision {
        if self.phase != Phase::Run {
            return match self.probe.state {
                State::Busy(_) => Decision::AwaitAnswer,
                _ if self.probe.not_before > now => Decision::WaitUntil(self.probe.not_before),
                _ => {
                    self.probe.state = State::Busy(0);
                    Decision::Send(Action::Probe)
                }
            };
        }
        let in_flight = self.in_flight();
        let left = cx.left(in_flight);
        if self.needs_ids {
            return Decision::AwaitAnswer;
        }
        if in_flight > 0 && (left == 0 || self.cutoff_unverified) {
            return Decision::AwaitAnswer;
        }
        if left == 0 {
            return Decision::End(End::Reason(Reason::Limit));
        }
        let open = || self.lanes.iter().enumerate().filter(|(_, lane)| lane.state == State::Ready);
        let Some((index, lane)) = open().min_by_key(|(_, lane)| lane.not_before) else {
            if in_flight > 0 {
                return Decision::AwaitAnswer;
            }
            if !cx.plan.operation.acts() {
                return Decision::End(End::Reason(Reason::Complete));
            }
            self.phase = Phase::Close;
            self.probe = Lane { from: cx.filter.from, ..Lane::default() };
            return self.next(cx, now);
        };
        if lane.not_before > now {
            return Decision::WaitUntil(lane.not_before);
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
        self.lanes[index].state = State::Busy(count);
        Decision::Send(Action::Page { lane: index, count })
    }

    /// Entries that requests in flight ask for.
    pub fn in_flight(&self) -> u64 {
        self.lanes.iter().map(|lane| u64::from(lane.asked())).sum()
    }

    /// Bounds, count and cursor of an action's request.
    pub fn request(&self, action: &Action) -> ((Option<i64>, Option<i64>), u32, Option<&str>) {
        match action {
            Action::Page { lane, count } => {
                let lane = &self.lanes[*lane];
                ((lane.from, lane.to), *count, lane.cursor.as_deref())
            }
            _ => ((self.probe.from, self.cutoff), 1, self.probe.cursor.as_deref()),
        }
    }

    /// Which attempt, from 1, an action's request is.
    pub fn attempt(&self, action: &Action) -> u32 {
        let lane = match action {
            Action::Page { lane, .. } => &self.lanes[*lane],
            _ => &self.probe,
        };
        lane.failed + 1
    }

    /// The service never took up the action: it is due again.
    pub fn requeue(&mut self, action: &Action) {
        self.lane(action).state = State::Ready;
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
        self.requeue(action);
        match (action, answer) {
            (Action::Page { lane, count }, Answer::Page(page)) if page.size != DELETED_UNSAID => {
                self.page(*lane, *count, page, cx, now)
            }
            (Action::Page { count, .. }, Answer::Page(_)) => {
                // A deletion without a number says that something was deleted, not how much.
                self.lost(*count, cx);
                let refusal =
                    Refusal::new(Kind::ResponseFormat, "response_format", response::Fate::Unknown);
                self.again(action, refusal, cx, now)
            }
            (_, Answer::Page(page)) => self.handle_probe(&page, cx, now),
            (_, Answer::Refused(refusal)) => self.refused(action, refusal, cx, now),
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
        self.accepted = true;
        cx.add(EntryOutcome::Done, u64::from(page.taken()));
        cx.report_runs(&page.runs);
        self.round += u64::from(page.size);
        self.empty = if page.size > 0 { 0 } else { self.empty + 1 };
        let lane = &mut self.lanes[index];
        lane.failed = 0;
        let same = page.cursor.is_some() && page.cursor == lane.cursor;
        lane.stuck = if same && page.size == 0 { lane.stuck + 1 } else { 0 };
        if lane.stuck > STUCK_MAX || self.empty >= EMPTY_MAX {
            return Some(stuck());
        }
        if lane.stuck > 0 {
            lane.not_before = now + cx.backoff.delay(lane.stuck).max(1);
        }
        if page.cursor.is_none() {
            lane.state = State::Ended;
        }
        lane.cursor = page.cursor;
        if self.cutoff_unverified && page.size > 0 {
            self.cutoff_unverified = false;
            if let Some(created) = page.first_created.filter(|at| self.cutoff >= Some(*at)) {
                self.set_cutoff(created - 1);
            }
        }
        self.divide(index, cx);
        // Against a limit nothing more is risked with a service that gives more than was asked for.
        let overshot = page.size > count && cx.plan.options.limit.is_some();
        (overshot && cx.plan.operation.acts()).then_some(End::Reason(Reason::Limit))
    }

    /// The answer to a list of one entry, at the beginning or the end.
    fn handle_probe(&mut self, page: &Page, cx: &mut Context, now: i64) -> Option<End> {
        self.probe.failed = 0;
        if page.size == 0 && page.cursor.is_some() {
            self.empty += 1;
            let probe = &mut self.probe;
            probe.stuck = if page.cursor == probe.cursor { probe.stuck + 1 } else { 0 };
            if probe.stuck > STUCK_MAX || self.empty >= EMPTY_MAX {
                return Some(stuck());
            }
            if probe.stuck > 0 {
                probe.not_before = now + cx.backoff.delay(probe.stuck).max(1);
            }
            probe.cursor = page.cursor.clone();
            return None;
        }
        let none = page.size == 0;
        if self.phase == Phase::Open {
            if none && cx.plan.operation.acts() {
                return Some(End::Reason(Reason::Complete));
            }
            self.hint = page.first_created;
            self.set_cutoff(cx.frozen_cutoff(self.cutoff, now));
        } else if none {
            return Some(End::Reason(Reason::Complete));
        } else if self.round == 0 {
            return match self.missing.take() {
                // Refused although there is something, after others were taken: perhaps for the
                // sake of one entry.
                Some(_) if self.accepted && cx.plan.operation.acts() => {
                    self.needs_ids = true;
                    None
                }
                Some(refusal) => Some(End::Failed(refusal)),
                None => Some(End::Reason(Reason::Remaining)),
            };
        }
        self.phase = Phase::Run;
        self.restart(cx);
        None
    }

    fn refused(
        &mut self,
        action: &Action,
        refusal: Refusal,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        if let (Action::Page { count, .. }, response::Fate::Unknown) = (action, refusal.fate) {
            self.lost(*count, cx);
        }
        if refusal.fate != response::Fate::Refused {
            return self.again(action, refusal, cx, now);
        }
        let acts = matches!(action, Action::Page { .. }) && cx.plan.operation.acts();
        let (accepted, dropped) = (self.accepted, self.dropped);
        let lane = self.lane(action);
        match refusal.status {
            // A cursor may have grown too old; what was done has left the DLQ, so the same
            // selection can be begun again.
            Some(400) if lane.cursor.is_some() && !dropped => {
                lane.cursor = None;
                self.dropped = true;
                None
            }
            // Refused again, with a filter and overrides that were accepted: for the sake of the
            // cursor, or of an entry. Ids need no cursor, and single out the entry.
            Some(400) if acts && accepted => {
                self.needs_ids = true;
                None
            }
            Some(404) if acts => {
                lane.state = State::Ended;
                self.missing = Some(refusal);
                None
            }
            _ => Some(End::Failed(refusal)),
        }
    }

    fn again(
        &mut self,
        action: &Action,
        refusal: Refusal,
        cx: &mut Context,
        now: i64,
    ) -> Option<End> {
        let acts = matches!(action, Action::Page { .. }) && cx.plan.operation.acts();
        let lane = self.lane(action);
        match cx.retry_at(&mut lane.failed, &refusal, now, acts) {
            Some(at) => {
                lane.not_before = at;
                None
            }
            None => Some(End::Failed(refusal)),
        }
    }

    /// A page whose answer was lost may have taken all that it asked for.
    fn lost(&mut self, count: u32, cx: &mut Context) {
        if cx.plan.operation.acts() {
            cx.add(EntryOutcome::Unconfirmed, u64::from(count));
            self.round += u64::from(count);
        }
    }

    fn lane(&mut self, action: &Action) -> &mut Lane {
        match action {
            Action::Page { lane, .. } => &mut self.lanes[*lane],
            _ => &mut self.probe,
        }
    }

    /// Sets the frozen cutoff, with nothing in flight; the one lane loses its cursor, which belonged
    /// to the longer range.
    fn set_cutoff(&mut self, cutoff: i64) {
        self.cutoff = Some(cutoff);
        for lane in &mut self.lanes {
            lane.to = Some(cutoff);
            lane.cursor = None;
            if lane.from.is_some_and(|from| from > cutoff) {
                lane.state = State::Ended;
            }
        }
    }

    /// Begins at the top.
    fn restart(&mut self, cx: &Context) {
        self.round = 0;
        self.missing = None;
        self.probe = Lane { from: cx.filter.from, ..Lane::default() };
        let whole = Lane { from: cx.filter.from, to: self.cutoff, ..Lane::default() };
        self.lanes.clear();
        self.lanes.push(whole);
        self.divide(0, cx);
    }

    /// Cuts a lane's range, if it has more to give, into as many as there are lanes to spare. Its
    /// cursor is dropped: what it passed has left the DLQ.
    fn divide(&mut self, index: usize, cx: &Context) {
        let lane = &self.lanes[index];
        let acts = cx.plan.operation.acts();
        let Some(to) =
            lane.to.filter(|_| acts && !self.cutoff_unverified && lane.state == State::Ready)
        else {
            return;
        };
        let open = self.lanes.iter().filter(|lane| lane.state != State::Ended).count();
        let pieces = (cx.concurrency as usize + 1).saturating_sub(open);
        let from =
            lane.from.or(self.hint.filter(|hint| *hint < to)).unwrap_or((to - RETENTION_MS).max(0));
        let step = (to - from) / pieces.max(1) as i64;
        if pieces < 2 || step < 1 {
            return;
        }
        let mut end = to;
        for _ in 1..pieces {
            let piece = Lane { from: Some(end - step + 1), to: Some(end), ..Lane::default() };
            // A lane that has ended leaves its place, so that their number stays bounded.
            match self.lanes.iter_mut().find(|lane| lane.state == State::Ended) {
                Some(place) => *place = piece,
                None => self.lanes.push(piece),
            }
            end -= step;
        }
        let lane = &mut self.lanes[index];
        lane.to = Some(end);
        lane.cursor = None;
        lane.stuck = 0;
    }

    /// Writes it as if the answers in flight were lost; `risked`: the entries that they may take.
    pub fn write(&self, risked: u64, out: &mut Writer) {
        out.number(self.phase as u64);
        out.moment(self.cutoff);
        out.moment(self.hint);
        out.number(self.round + risked);
        out.flag(self.dropped);
        out.flag(self.accepted);
        out.flag(self.cutoff_unverified);
        out.maybe_text(self.probe.cursor.as_deref());
        let open = || self.lanes.iter().filter(|lane| lane.state != State::Ended);
        out.number(open().count() as u64);
        for lane in open() {
            out.moment(lane.from);
            out.moment(lane.to);
            out.maybe_text(lane.cursor.as_deref());
        }
    }

    pub fn read(input: &mut Reader, cx: &Context) -> Self {
        let mut pages = Pages::new(cx);
        pages.phase = input.pick(&[Phase::Open, Phase::Run, Phase::Close]);
        pages.cutoff = input.moment();
        pages.hint = input.moment();
        pages.round = input.count();
        pages.dropped = input.flag();
        pages.accepted = input.flag();
        pages.cutoff_unverified = input.flag();
        pages.probe.cursor = input.maybe_text();
        pages.lanes.clear();
        for _ in 0..input.length() {
            pages.lanes.push(Lane {
                from: input.moment(),
                to: input.moment(),
                cursor: input.maybe_text(),
                ..Lane::default()
            });
        }
        pages
    }
}

impl Lane {
    fn asked(&self) -> u32 {
        match self.state {
            State::Busy(count) => count,
            _ => 0,
        }
    }
}

/// The end of a drive whose cursor leads nowhere.
pub fn stuck() -> End {
    End::Failed(Refusal::new(Kind::Api, "cursor_stuck", response::Fate::Refused))
}

/// Answers without a run that may name the cursor just sent, each asked again after a back-off.
pub const STUCK_MAX: u32 = 8;
/// Pages in a row without a run; each with a new cursor, so the service may still be searching.
pub const EMPTY_MAX: u32 = 1_000;
/// The longest retention that the service offers is three months.
pub const RETENTION_MS: i64 = 92 * 86_400_000;
