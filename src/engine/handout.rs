//! Pages that wait until the caller takes them, and the state of the drive before each: what only
//! lists is as of the last page that was handed out, so that who goes on misses none. What acts has
//! acted, whoever takes note of it.

use super::action::InFlight;
use super::batches::Batch;
use super::drive::Drive;
use super::strategy::StrategyState;
use super::Ticket;
use crate::wire::Page;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A page that waits.
#[derive(Debug)]
pub struct Handout {
    pub ticket: Ticket,
    /// Positions of the messages that are meant; `None` where all are.
    pub chosen: Option<Vec<u32>>,
    before: Before,
}

/// What the drive is to go on from if the page is never taken.
#[derive(Debug)]
enum Before {
    /// From where it is.
    Acted,
    Batch(Batch),
    /// From the walk before the page, of which so many entries are meant.
    Walk {
        state: Box<StrategyState>,
        entries: u32,
    },
}

impl Drive {
    /// The page of an answer that is about to be dealt with.
    pub(super) fn handout(&self, flight: &InFlight, page: &Page) -> Handout {
        let before = match (self.operation().acts(), &self.strategy, flight.action.batch()) {
            (false, _, Some(batch)) => Before::Batch(batch.clone()),
            (false, StrategyState::Pages(pages), None) => {
                let state = Box::new(StrategyState::Pages(pages.clone()));
                Before::Walk { state, entries: page.taken() }
            }
            _ => Before::Acted,
        };
        Handout { ticket: flight.ticket, chosen: page.chosen.clone(), before }
    }

    /// Entries of the pages that wait, which are not done before they are taken.
    pub(super) fn entries_waiting(&self) -> u64 {
        let entries = |page: &Handout| match &page.before {
            Before::Acted => 0,
            Before::Batch(batch) => batch.len() as u64,
            Before::Walk { entries, .. } => u64::from(*entries),
        };
        self.pages.iter().map(entries).sum()
    }

    /// Batches of the pages that wait: due again for who goes on.
    pub(super) fn batches_waiting(&self) -> impl Iterator<Item = &Batch> {
        self.pages.iter().filter_map(|page| match &page.before {
            Before::Batch(batch) => Some(batch),
            _ => None,
        })
    }

    /// The strategy as it was when the last page was handed out.
    pub(super) fn strategy_handed_out(&self) -> &StrategyState {
        match self.pages.front().map(|page| &page.before) {
            Some(Before::Walk { state, .. }) => state,
            _ => &self.strategy,
        }
    }
}
