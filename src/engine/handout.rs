//! Pages queued for the caller, and the state of the drive before each. A checkpoint of a drive that only lists is
//! as of the last page that was handed out, so that a drive that continues from it skips none. A page of a drive
//! that acts is in the checkpoint at once, since the entries are already processed.

use super::action::InFlight;
use super::batches::Batch;
use super::drive::Drive;
use super::strategy::StrategyState;
use super::Ticket;
use crate::acts::ACTS;
use crate::wire::Page;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A queued page.
#[derive(Debug)]
pub struct Handout {
    pub ticket: Ticket,
    /// Indices of the messages that meet the condition; `None` if all do.
    pub chosen: Option<Vec<u32>>,
    before: Before,
}

/// The state to continue from if the page is never handed out.
#[derive(Debug)]
enum Before {
    /// The current state.
    Acted,
    Batch(Batch),
    /// The walk before the page, and the number of its entries that meet the condition.
    Walk {
        state: Box<StrategyState>,
        entries: u32,
    },
}

impl Drive {
    /// The queued page of a response, before the response changes the state.
    pub(super) fn handout(&self, flight: &InFlight, page: &Page) -> Handout {
        let before = match (self.operation().acts(), &self.strategy, flight.action.batch()) {
            (false, _, Some(batch)) => Before::Batch(batch.clone()),
            (false, StrategyState::Pages(pages), None) if ACTS => {
                let state = Box::new(StrategyState::Pages(pages.clone()));
                Before::Walk { state, entries: page.entries() }
            }
            _ => Before::Acted,
        };
        Handout { ticket: flight.ticket, chosen: page.chosen.clone(), before }
    }

    /// Number of entries in the queued pages, which do not count as done before they are handed out.
    pub(super) fn entries_waiting(&self) -> u64 {
        let entries = |page: &Handout| match &page.before {
            Before::Acted => 0,
            Before::Batch(batch) => batch.len() as u64,
            Before::Walk { entries, .. } => u64::from(*entries),
        };
        self.pages.iter().map(entries).sum()
    }

    /// The batches of the queued pages, which a drive that continues from a checkpoint sends again.
    pub(super) fn batches_waiting(&self) -> impl Iterator<Item = &Batch> {
        self.pages.iter().filter_map(|page| match &page.before {
            Before::Batch(batch) => Some(batch),
            _ => None,
        })
    }

    /// The strategy as it was when the last page was handed out.
    pub(super) fn strategy_handed_out(&self) -> &StrategyState {
        match self.pages.first().map(|page| &page.before) {
            Some(Before::Walk { state, .. }) => state,
            _ => &self.strategy,
        }
    }
}
