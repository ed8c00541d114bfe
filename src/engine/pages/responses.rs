//! How the response to a page, a sample or a list of one entry changes the walk.

use super::{Pages, Phase};
use crate::engine::action::Action;
use crate::engine::context::Context;
use crate::engine::hash::hash;
use crate::engine::ledger::EntryOutcome;
use crate::engine::retry::Backoff;
use crate::engine::scan::{Found, Refused};
use crate::engine::{End, Reason};
use crate::time::Timestamp;
use crate::wire::refusal::{Fate, Kind};
use crate::wire::response::UNKNOWN_COUNT;
use crate::wire::{Page, Refusal, Response};

impl Pages {
    /// Handles the response to an action.
    pub fn handle_response(
        &mut self,
        action: &Action,
        response: Response,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        match (action, response) {
            (Action::Page { lane, count }, Response::Page(page)) if page.size != UNKNOWN_COUNT => {
                self.page(*lane, *count, page, cx, now)
            }
            (Action::Page { count, .. }, Response::Page(_)) => {
                // A deletion without a count may have deleted any number of entries.
                self.lost(*count, cx);
                let refusal = Refusal::new(Kind::ResponseFormat, "response_format", Fate::Unknown);
                self.refuse(action, refusal, cx, now)
            }
            (Action::Sample(sample), response) => self.lanes.handle_sample(sample, response),
            (_, Response::Page(page)) => self.probed(page, cx, now),
            (_, Response::Refused(refusal)) => {
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
        self.accepted = true;
        cx.add(EntryOutcome::Done, u64::from(page.entries()));
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
            self.lanes.end_at(self.cutoff.at());
        }
        self.divide(index, cx);
        // With a limit, stop if the service processes more entries than `count`.
        let overshot = page.size > count && cx.plan.options.limit.is_some();
        (overshot && acts).then_some(End::Reason(Reason::Limit))
    }

    /// Handles the response to a list of one entry.
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
                // The service may still list an entry shortly after its run was created.
                self.looked_again = true;
                // A drive that continues from a checkpoint waits for the rest of the grace period.
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

    /// Whether to list once more at the end, since the listed entries may be processed ones.
    fn looks_again(&self, cx: &Context) -> bool {
        self.missing.is_none() && cx.counts.possibly_done() > 0 && !self.looked_again
    }

    /// Handles a list with an entry after a round that processed none.
    fn nothing_taken(&mut self, cx: &Context) -> Option<End> {
        match self.missing.take() {
            // Refused although entries are left and earlier pages were accepted: one entry may be the cause.
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
        let scan = self.scan_mut(action);
        let refusal = match scan.refuse(refusal, acts, cx, now) {
            Refused::Dropped { fresh } => {
                self.refused_cursors += u32::from(fresh && acts);
                if self.refused_cursors > 1 {
                    // These cursors can't have expired, so send ids, which need no cursor.
                    self.phase = Phase::Abandoned;
                }
                return None;
            }
            Refused::Later => return None,
            Refused::Cursor(refusal) | Refused::Failed(refusal) => refusal,
        };
        match refusal.status {
            // Refused again, with a filter and overrides that were accepted before: because of the cursor or of an
            // entry. Ids need no cursor, and identify the entry.
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

    /// Records a page whose response was lost: it may have processed up to `count` entries.
    pub(super) fn lost(&mut self, count: u32, cx: &mut Context) {
        if cx.plan.operation.acts() {
            cx.add(EntryOutcome::Unconfirmed, u64::from(count));
            self.round += u64::from(count);
        }
    }
}

/// The hash that identifies a page of a list.
fn first(page: &Page) -> u64 {
    page.first_id.as_ref().map_or(0, |id| hash(id.as_str()))
}
