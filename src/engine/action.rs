//! The actions of strategies, and the request of each.

use super::batches::Batch;
use super::canary::Canary;
use super::drive::Drive;
use super::follow::{self, FollowRequest};
use super::scan::{Range, Scan};
use super::windows::{Sample, SAMPLE};
use super::{End, Ticket};
use crate::acts::ACTS;
use crate::params::{Filter, Overrides, Report};
use crate::time::Timestamp;
use crate::wire::response::Want;
use crate::wire::{Operation, Request};

/// A request that a strategy needs.
#[derive(Debug)]
pub enum Action {
    /// The list before or after all others.
    Probe,
    /// A page of entries that the service selects.
    Page {
        lane: usize,
        count: u32,
    },
    /// A list ahead of the batches, in the window of this index.
    List(usize),
    /// A short list that shows where to cut a window.
    Sample(Sample),
    Batch(Batch),
    /// A look-up of one id of a check.
    LookUp {
        check: u32,
        index: usize,
    },
    /// A request for the state of the canary's runs.
    Canary(FollowRequest),
    /// A request for the state of the new runs.
    Follow(FollowRequest),
}

impl Action {
    pub fn batch(&self) -> Option<&Batch> {
        match self {
            Action::Batch(batch) => Some(batch),
            _ => None,
        }
    }
}

/// What to do next.
pub enum Decision {
    Send(Action),
    /// Wait until this time.
    WaitUntil(Timestamp),
    /// Wait for a response.
    AwaitResponse,
    End(End),
}

#[derive(Debug)]
pub struct InFlight {
    pub ticket: Ticket,
    pub action: Action,
    /// Maximum number of entries that the service selects; 0 for an action with ids.
    pub count: u32,
}

impl Drive {
    /// Maximum number of entries that an action can change.
    pub(super) fn entries_of(&self, action: &Action) -> u32 {
        match action {
            _ if !self.operation_of(action).acts() => 0,
            Action::Page { count, .. } => *count,
            action => self.strategy.ids(action).len() as u32,
        }
    }

    pub(super) fn operation_of(&self, action: &Action) -> Operation {
        match action {
            Action::Probe
            | Action::List(_)
            | Action::Sample(_)
            | Action::Canary(FollowRequest::Entries)
            | Action::Follow(FollowRequest::Entries) => Operation::Scan,
            Action::Canary(FollowRequest::Logs(_)) | Action::Follow(FollowRequest::Logs(_)) => {
                Operation::Logs
            }
            Action::LookUp { .. } => Operation::Get,
            // A drive that lists ids gets each entry.
            Action::Batch(_) if !self.operation().acts() => Operation::Get,
            Action::Page { .. } | Action::Batch(_) => self.cx.plan.operation,
        }
    }

    /// Maximum number of entries that the service may select for an action; 0 for an action with ids.
    pub(super) fn count_of(&self, action: &Action) -> u32 {
        let count = match action {
            Action::Page { count, .. } => return *count,
            Action::Sample(_) => SAMPLE.min(self.cx.plan.list_size()),
            Action::Canary(FollowRequest::Entries) | Action::Follow(FollowRequest::Entries) => {
                follow::PAGE
            }
            Action::Probe | Action::List(_) => {
                self.strategy.scan(action).map_or(0, |(_, count)| count)
            }
            _ => 0,
        };
        count.min(self.cx.list_max)
    }

    /// The HTTP request, for at most `count` entries if the service selects them.
    pub(super) fn request(&self, action: &Action, count: u32) -> Request {
        let plan = &self.cx.plan;
        let operation = self.operation_of(action);
        let options = &plan.options.request;
        let none = Overrides::default();
        let overrides = plan.overrides.as_ref().filter(|_| operation.acts()).unwrap_or(&none);
        match (action, &self.canary, &self.follow) {
            (Action::Canary(request), Some(canary), _) => {
                return canary.runs().request(*request, count, options)
            }
            (Action::Follow(request), _, Some(follow)) => {
                return follow.request(*request, count, options)
            }
            _ => {}
        }
        let ids = self.strategy.ids(action);
        let page = |filter: &Filter, scan: Option<&Scan>, overrides: &Overrides| {
            let Range { from, to } = scan.map_or(Range::default(), |scan| scan.range);
            let cursor = scan.and_then(Scan::cursor);
            Request::page(operation, filter, (from, to), count, cursor, overrides, options)
        };
        if let Action::Sample(sample) = action {
            return page(&self.cx.filter, Some(&Scan::over(sample.range)), &none);
        }
        match (operation, ids.first()) {
            (Operation::Get, Some(id)) => Request::of_entry(operation, id, options),
            (_, Some(_)) => Request::batch(operation, ids, overrides, options),
            (_, None) => {
                let scan = self.strategy.scan(action).map(|(scan, _)| scan);
                page(&self.cx.filter, scan, overrides)
            }
        }
    }

    /// Which parts of the response to an action to read.
    pub(super) fn want(&self, action: &Action) -> Want<'_> {
        let acts = self.operation_of(action).acts();
        let canary = acts && self.canary.as_deref().is_some_and(Canary::is_collecting);
        let reported = acts && self.cx.plan.options.report == Report::Entries;
        let dated = acts && self.strategy.want_created();
        Want {
            first_created: dated,
            states: ACTS && matches!(action, Action::Canary(_) | Action::Follow(_)),
            runs: reported || canary || acts && self.follow.is_some(),
            first_id: !acts && matches!(action, Action::Page { .. }),
            // The opening list too: if the service ignores the filter, a page would act on all entries.
            listed: matches!(action, Action::Probe | Action::List(_) | Action::Sample(_))
                .then_some((&self.cx.filter, self.cx.plan.options.condition.as_ref())),
            chosen: match action {
                Action::Page { .. } if !acts => self.cx.plan.options.condition.as_ref(),
                _ => None,
            },
        }
    }
}
