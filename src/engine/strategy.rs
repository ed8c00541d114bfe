//! The strategy of a drive: pages of entries that the service selects, or batches of ids.

use super::action::{Action, Decision};
use super::batches::{Batch, Batches};
use super::checkpoint::{Reader, Writer};
use super::context::Context;
use super::pages::Pages;
use super::scan::Scan;
use super::End;
use crate::acts::Acting;
use crate::id::DlqId;
use crate::params::{Selection, Strategy};
use crate::time::Timestamp;
use crate::wire::Response;
use alloc::vec::Vec;

// In a build that only reads, one variant is all there is.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub enum StrategyState {
    Pages(Pages),
    Batches(Acting<Batches>),
}

impl StrategyState {
    pub fn new(cx: &Context) -> Self {
        let ids = matches!(cx.plan.selection, Selection::Ids(_));
        if !ids && (cx.plan.strategy() == Strategy::Pages || !cx.plan.operation.acts()) {
            return StrategyState::Pages(Pages::new(cx));
        }
        Acting::new(|| Batches::new(cx))
            .map_or_else(|| StrategyState::Pages(Pages::new(cx)), StrategyState::Batches)
    }

    /// Adds the caller's ids.
    pub fn add_ids(&mut self, ids: Vec<DlqId>) {
        if let StrategyState::Batches(batches) = self {
            batches.add_ids(ids);
        }
    }

    pub fn cutoff(&self) -> Option<Timestamp> {
        match self {
            StrategyState::Pages(pages) => pages.cutoff().at(),
            StrategyState::Batches(batches) => batches.cutoff(),
        }
    }

    pub fn next(&mut self, cx: &mut Context, now: Timestamp) -> Decision {
        if let StrategyState::Pages(pages) = self {
            if pages.needs_ids() {
                let cutoff = *pages.cutoff();
                cx.plan.options.strategy = Some(Strategy::Batches);
                if let Some(batches) = Acting::new(|| Batches::frozen_at(cutoff, cx)) {
                    *self = StrategyState::Batches(batches);
                }
            }
        }
        match self {
            StrategyState::Pages(pages) => pages.next(cx, now),
            StrategyState::Batches(batches) => batches.next(cx, now),
        }
    }

    /// The ids of an action; none for a page or a list.
    pub fn ids<'a>(&'a self, action: &'a Action) -> &'a [DlqId] {
        match self {
            StrategyState::Pages(_) => &[],
            StrategyState::Batches(batches) => batches.ids(action),
        }
    }

    /// The walk of a page or list, and its maximum number of entries; `None` for an action with ids.
    pub fn scan(&self, action: &Action) -> Option<(&Scan, u32)> {
        match self {
            StrategyState::Pages(pages) => Some(pages.scan(action)),
            StrategyState::Batches(batches) => batches.scan(action),
        }
    }

    pub fn attempt(&self, action: &Action) -> u32 {
        match self {
            StrategyState::Pages(pages) => pages.scan(action).0.attempt(),
            StrategyState::Batches(batches) => batches.attempt(action),
        }
    }

    /// Whether to read the dates of new runs.
    pub fn want_created(&self) -> bool {
        match self {
            StrategyState::Pages(pages) => pages.want_created(),
            StrategyState::Batches(batches) => {
                batches.source().is_some_and(|source| source.cutoff().awaits_run())
            }
        }
    }

    pub fn requeue(&mut self, action: Action) {
        match self {
            StrategyState::Pages(pages) => pages.requeue(&action),
            StrategyState::Batches(batches) => batches.requeue(action),
        }
    }

    pub fn mark_lost(&mut self, action: Action, cx: &mut Context) {
        match self {
            StrategyState::Pages(pages) => pages.mark_lost(&action, cx),
            StrategyState::Batches(batches) => batches.mark_lost(action),
        }
    }

    pub fn handle_response(
        &mut self,
        action: Action,
        response: Response,
        cx: &mut Context,
        now: Timestamp,
    ) -> Option<End> {
        match self {
            StrategyState::Pages(pages) => pages.handle_response(&action, response, cx, now),
            StrategyState::Batches(batches) => batches.handle_response(action, response, cx, now),
        }
    }

    /// Number of ids without a recorded outcome.
    pub fn unfinished_ids(&self) -> u64 {
        match self {
            StrategyState::Pages(_) => 0,
            StrategyState::Batches(batches) => batches.unfinished_ids(),
        }
    }

    /// Number of entries that may have been processed and are not yet looked up.
    pub fn uncertain(&self) -> u64 {
        match self {
            StrategyState::Pages(_) => 0,
            StrategyState::Batches(batches) => batches.uncertain(),
        }
    }

    /// Number of entries of pages in flight, which are unconfirmed if the responses are lost.
    pub fn risked(&self, cx: &Context) -> u64 {
        match self {
            StrategyState::Pages(pages) if cx.plan.operation.acts() => pages.in_flight(),
            _ => 0,
        }
    }

    /// A writer with the ids that are not yet sent, the last first.
    pub fn owed(&self) -> Writer {
        match self {
            StrategyState::Pages(_) => {
                let mut out = Writer::new();
                out.ids(&[]);
                out
            }
            StrategyState::Batches(batches) => batches.owed(),
        }
    }

    /// Writes the state as if the responses in flight were lost.
    pub fn write(&self, in_flight: &[&Batch], cx: &Context, out: &mut Writer) {
        match self {
            StrategyState::Pages(pages) => pages.write(self.risked(cx), out),
            StrategyState::Batches(batches) => batches.write(in_flight, cx, out),
        }
    }

    /// Reads the state; `unsent`: the ids that are not yet sent.
    pub fn read(input: &mut Reader, unsent: Vec<DlqId>, cx: &Context) -> Self {
        match StrategyState::new(cx) {
            StrategyState::Pages(_) => {
                input.refuse(!unsent.is_empty());
                StrategyState::Pages(Pages::read(input, cx))
            }
            StrategyState::Batches(mut batches) => {
                *batches = Batches::read(input, unsent, cx);
                StrategyState::Batches(batches)
            }
        }
    }
}
