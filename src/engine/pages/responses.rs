//! What the response to a page, to a sample or to a list of one entry means for the walk.

use super::{Pages, Phase};
use crate::engine::action::Action;
use crate::engine::context::Context;
use crate::engine::ledger::EntryOutcome;
use crate::engine::retry::Backoff;
use crate::engine::scan::{Found, Refused};
use crate::engine::seen::hash;
use crate::engine::{End, Reason};
use crate::time::Timestamp;
use crate::wire::refusal::{Fate, Kind};
use crate::wire::response::DELETED_UNSAID;
use crate::wire::{Answer, Page, Refusal};

impl Pages {
    /// The answer to an action.
    pub fn handle_answer(
        &mut self,
        action: &Action,
        answer: Answer,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        match (action, answer) {
            (Action::Page { lane, count }, Answer::Page(page)) if page.size != DELETED_UNSAID => {
                self.page(*lane, *count, page, cx, now)
            }
            (Action::Page { count, .. }, Answer::Page(_)) => {
                // A deletion without a number says that something was deleted, not how much.
                self.lost(*count, cx);
                let refusal = Refusal::new(Kind::ResponseFormat, "response_format", Fate::Unknown);
                self.refuse(action, refusal, cx, now)
            }
            (Action::Sample(sample), answer) => self.lanes.handle_sample(sample, answer),
            (_, Answer::Page(page)) => self.probed(page, cx, now),
            (_, Answer::Refused(refusal)) => {
                if let (Action::Page { count, .. }, Fate::Unknown) = (action, refusal.fate) {
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
        now: Timestamp,
    ) -> Option<End> {
        let acts = cx.plan.operation.acts();
        let before = self.cutoff.at();
        self.accepted = true;
        cx.add(EntryOutcome::Done, u64::from(page.taken()));
        cx.report_runs(&page.runs);
        self.round += u64::from(page.size);
        let found = match page.size {
            size if !acts => Found::Listed { entries: size, first: first(&page) },
            0 => Found::Nothing,
            _ => Found::New,
        };
        if let Some(end) = self.lanes.list[index].scan.advance(page.cursor, found, cx, now) {
            return Some(end);
        }
        self.lanes.passed(index, page.size);
        if self.cutoff.awaits_run()
            && page.size > 0
            && self.cutoff.verify(page.first_created, cx, now)
        {
            self.lanes.end_at(self.cutoff.at(), before);
        }
        self.divide(index, cx);
        // Against a limit nothing more is risked with a service that gives more than was asked for.
        let overshot = page.size > count && cx.plan.options.limit.is_some();
        (overshot && acts).then_some(End::Reason(Reason::Limit))
    }

    /// The answer to a list of one entry.
    fn probed(&mut self, mut page: Page, cx: &mut Context, now: Timestamp) -> Option<End> {
        let none = page.size == 0;
        let more = page.cursor.is_some();
        if let Some(end) = self.probe.advance(page.cursor.take(), Found::Nothing, cx, now) {
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
                self.cutoff.freeze(&page, cx, now);
                self.restart(cx);
                self.lanes.opened(&page.dates(), more);
                self.divide(0, cx);
                self.phase = Phase::Paging;
                return None;
            }
            Phase::Doubting => {
                let reason = match self.cutoff.passed_over(&page, cx, now) {
                    true => Reason::Remaining,
                    false => Reason::Complete,
                };
                return Some(End::Reason(reason));
            }
            _ if none => return self.end(cx),
            _ if self.round == 0 && self.looks_again(cx) => {
                // The service may list an entry for a moment after its run is there.
                self.looked_again = true;
                // Whoever continues waits for the rest of it.
                cx.lost_at = now;
                let end = self.look(Phase::Closing, cx);
                self.probe.delay_until(now + Backoff::grace_period_ms(1));
                return end;
            }
            _ if self.round == 0 => return self.nothing_taken(cx),
            _ => {}
        }
        self.looked_again = false;
        self.phase = Phase::Paging;
        self.restart(cx);
        None
    }

    /// Whether what is listed at the end may be what was taken, and is to be looked at once more.
    fn looks_again(&self, cx: &Context) -> bool {
        self.missing.is_none() && cx.counts.taken() > 0 && !self.looked_again
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
        now: Timestamp,
    ) -> Option<End> {
        let acts = matches!(action, Action::Page { .. }) && cx.plan.operation.acts();
        let accepted = self.accepted;
        if matches!(action, Action::Probe) {
            // It may have been too much to come through.
            self.probe_size = (self.probe_size / 2).max(1);
        }
        let scan = self.scan_mut(action);
        let refusal = match scan.refuse(refusal, acts, cx, now) {
            Refused::Dropped { fresh } => {
                self.refused_cursors += u32::from(fresh && acts);
                if self.refused_cursors > 1 {
                    // Not for their age: ids need no cursor.
                    self.phase = Phase::Abandoned;
                }
                return None;
            }
            Refused::Later => return None,
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
    pub(super) fn lost(&mut self, count: u32, cx: &mut Context) {
        if cx.plan.operation.acts() {
            cx.add(EntryOutcome::Unconfirmed, u64::from(count));
            self.round += u64::from(count);
        }
    }
}

/// What tells a page of a list from others.
fn first(page: &Page) -> u64 {
    page.first_id.as_ref().map_or(0, |id| hash(id.as_str()))
}
