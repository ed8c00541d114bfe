//! How the response to a batch determines the outcomes of its ids.

use super::lookup::Cause;
use super::{Batch, Batches};
use crate::engine::context::Context;
use crate::engine::ledger::EntryOutcome;
use crate::engine::End;
use crate::time::Timestamp;
use crate::wire::refusal::Fate;
use crate::wire::response::UNKNOWN_COUNT;
use crate::wire::{Operation, Page, Refusal};

impl Batches {
    /// Handles a successful response to a batch.
    pub(super) fn succeeded(
        &mut self,
        mut batch: Batch,
        mut page: Page,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        let asked = batch.ids.len() as u32;
        if page.size == UNKNOWN_COUNT && asked > 1 {
            // Some of the ids may not have existed.
            page.size = 0;
            batch.uncertain = true;
        }
        if page.size > 0 {
            self.refused_first = None;
            let source = self.source.as_mut();
            if let Some(source) = source.filter(|source| source.cutoff().awaits_run()) {
                source.verify_cutoff(page.first_created, cx, now);
            }
        }
        let deletes = cx.plan.operation == Operation::Delete;
        if deletes && asked == 1 && page.size == 0 && !batch.uncertain {
            cx.add(EntryOutcome::NotFound, 1);
            self.record(&batch.ids, EntryOutcome::NotFound, &[], cx);
            return None;
        }
        if page.size >= asked || !cx.plan.operation.acts() {
            self.size.succeeded(asked);
            cx.add(EntryOutcome::Done, u64::from(asked));
            self.record(&batch.ids, EntryOutcome::Done, &page.runs, cx);
            return None;
        }
        cx.add(EntryOutcome::Done, u64::from(page.size));
        self.look_up(Batch { failed: 0, ..batch }, Cause::Short { runs: page.size, rounds: 0 });
        None
    }

    pub(super) fn refused(
        &mut self,
        mut batch: Batch,
        refusal: Refusal,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        if refusal.fate != Fate::Refused {
            let unknown = refusal.fate == Fate::Unknown && cx.plan.operation.acts();
            let at = cx.retry_at(&mut batch.failed, &refusal, now, unknown);
            batch.not_before = at.unwrap_or(now);
            if unknown {
                self.look_up(batch, Cause::Lost);
            } else {
                self.requeued.push(batch);
            }
            return at.is_none().then_some(End::Failed(refusal));
        }
        let alone = batch.ids.len() == 1;
        match refusal.status {
            // One id may be the cause; halving the batch finds it. Some servers use these statuses for a URL that is
            // too long.
            Some(400 | 413 | 414 | 422) if !alone => {
                self.size.refused(batch.ids.len() as u32);
                let rest = batch.ids.split_off(batch.ids.len() / 2);
                // Depth first: a fault that does not depend on the ids shows after a few requests.
                self.requeued.insert(0, Batch { ids: rest, ..batch });
                self.requeued.insert(0, batch);
                None
            }
            // The response to a read of a malformed id.
            Some(400) if !cx.plan.operation.acts() => {
                cx.add(EntryOutcome::NotFound, 1);
                self.record(&batch.ids, EntryOutcome::NotFound, &[], cx);
                None
            }
            Some(400 | 422) => {
                cx.add(EntryOutcome::Failed, 1);
                self.record(&batch.ids, EntryOutcome::Failed, &[], cx);
                self.refused_first = self.refused_first.map(|entries| entries + 1);
                // After this number of refusals and no success, the entries are not the cause.
                let hopeless = self.refused_first.is_some_and(|max| max >= REFUSED_FIRST_MAX);
                hopeless.then_some(End::Failed(refusal))
            }
            // An id that was listed or looked up a moment ago can get a 404 too, so this is only for the first
            // attempt with the caller's ids.
            Some(404) if alone && batch.ineffective == 0 && self.source.is_none() => {
                let fate = if batch.uncertain {
                    EntryOutcome::Unconfirmed
                } else {
                    EntryOutcome::NotFound
                };
                cx.add(fate, 1);
                self.record(&batch.ids, fate, &[], cx);
                None
            }
            Some(404) => {
                self.look_up(batch, Cause::Missing);
                None
            }
            _ => {
                self.requeued.push(batch);
                Some(End::Failed(refusal))
            }
        }
    }
}

/// Maximum number of single-id refusals before the first success. Otherwise an invalid override would be reported as
/// ten thousand failed entries.
const REFUSED_FIRST_MAX: u32 = 10;
