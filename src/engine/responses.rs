//! How a response changes the state of a drive.

use super::action::{Action, InFlight};
use super::canary::Canary;
use super::context::Context;
use super::drive::Drive;
use super::rate_limits::Wait;
use super::{End, Ticket};
use crate::params::FollowedRun;
use crate::time::Timestamp;
use crate::wire::body::Body;
use crate::wire::rate_limit;
use crate::wire::refusal::{Fate, Kind};
use crate::wire::response::{interpret, Outcome};
use crate::wire::{Operation, Page, Refusal, Response};
use alloc::string::String;

impl Drive {
    /// Handles the outcome of a request that ended at `now`. Ignores a ticket that is not in flight.
    pub fn handle_response<B: Body>(
        &mut self,
        ticket: Ticket,
        outcome: &Outcome<B>,
        now: Timestamp,
    ) {
        let now = self.tick(now);
        let Some(at) = self.in_flight.iter().position(|flight| flight.ticket == ticket) else {
            return;
        };
        let flight = self.in_flight.swap_remove(at);
        let operation = self.operation_of(&flight.action);
        self.cx.service_now = match outcome {
            Outcome::Response { headers, .. } if matches!(flight.action, Action::Probe) => {
                rate_limit::service_now(*headers, now)
            }
            _ => None,
        };
        let response = interpret(operation, outcome, self.want(&flight.action), now);
        if operation == Operation::Scan {
            match (&response, outcome) {
                (Response::Refused(refusal), _)
                    if flight.count > 1 && may_be_too_large(refusal) =>
                {
                    self.cx.shrink_lists(flight.count)
                }
                (Response::Page(_), Outcome::Response { length, .. }) => {
                    self.cx.listed(flight.count, *length)
                }
                _ => {}
            }
        }
        let entries = self.entries_of(&flight.action);
        let not_done =
            matches!(&response, Response::Refused(refusal) if refusal.fate == Fate::NotDone);
        self.cx.pacing.finished(entries, !not_done, now);
        self.record_response(flight, response, now);
        self.assert_invariants();
    }

    /// Handles a request that was not sent, because the caller's `onCheckpoint` rejected or the drive was already
    /// ending. The drive ends; `why` is the message of its error.
    pub fn handle_not_sent(&mut self, ticket: Ticket, why: String, now: Timestamp) {
        self.tick(now);
        if let Some(at) = self.in_flight.iter().position(|flight| flight.ticket == ticket) {
            let flight = self.in_flight.swap_remove(at);
            self.requeue(flight.action);
            self.cx.counts.requests -= 1;
            let refusal = Refusal {
                detail: Some(why),
                ..Refusal::new(Kind::Checkpoint, "checkpoint_hook", Fate::Refused)
            };
            self.ending.get_or_insert(End::Failed(refusal));
        }
    }

    fn record_response(&mut self, flight: InFlight, response: Response, now: Timestamp) {
        let end = match response {
            Response::Refused(refusal) if refusal.kind == Kind::RateLimit => {
                self.requeue(flight.action);
                self.outage.is_over();
                self.cx.counts.retries += 1;
                self.rate_limited(flight.ticket, refusal, now)
            }
            Response::Refused(refusal)
                if refusal.fate == Fate::Refused && refusal.is_too_large() && flight.count > 1 =>
            {
                // With fewer entries it is another request, so this is no failed attempt.
                self.requeue(flight.action);
                self.outage.is_over();
                self.rate_limits.is_over();
                self.cx.counts.retries += 1;
                None
            }
            mut response => {
                match &response {
                    Response::Refused(refusal) if refusal.fate != Fate::Refused => {
                        let Context { backoff, .. } = &mut self.cx;
                        self.outage.failed(flight.ticket, self.tickets, backoff, now);
                    }
                    _ => {
                        self.outage.is_over();
                        self.rate_limits.is_over();
                    }
                }
                if let Response::Page(page) = &mut response {
                    self.cx.pacing.succeeded();
                    self.cx.bucket.refund();
                    if matches!(flight.action, Action::Page { .. }) && !self.operation().acts() {
                        page.keep_at_most(self.cx.left(0));
                    }
                    if self.paged && matches!(flight.action, Action::Page { .. } | Action::Batch(_))
                    {
                        self.pages.push(self.handout(&flight, page));
                    }
                }
                self.dispatch(flight.action, response, now)
            }
        };
        match (&self.ending, end) {
            // An error takes precedence over the reason for which the drive was about to end.
            (None | Some(End::Reason(_)), Some(End::Failed(refusal))) => {
                self.ending = Some(End::Failed(refusal))
            }
            (None, Some(end)) => self.ending = Some(end),
            _ => {}
        }
    }

    /// Passes a response to the part of the drive that requested it.
    fn dispatch(&mut self, action: Action, response: Response, now: Timestamp) -> Option<End> {
        let runs = match (&action, &mut self.canary, &mut self.follow) {
            (Action::Canary(request), canary, _) => {
                Some((*request, canary.as_deref_mut().map(Canary::runs_mut)))
            }
            (Action::Follow(request), _, follow) => Some((*request, follow.as_deref_mut())),
            _ => None,
        };
        if let Some((request, runs)) = runs {
            // A canary that has passed needs no further responses.
            return runs?.handle_response(request, response, &mut self.cx, now);
        }
        if let (Response::Page(page), Action::Page { .. } | Action::Batch(_)) = (&response, &action)
        {
            self.note_runs(&action, page);
        }
        self.strategy.handle_response(action, response, &mut self.cx, now)
    }

    /// Adds new runs to the canary and the follow.
    fn note_runs(&mut self, action: &Action, page: &Page) {
        let entry = match self.strategy.ids(action) {
            // Only the response to a single id identifies its run.
            [id] if page.runs.len() == 1 => Some(id.clone()),
            _ => None,
        };
        let mut canary = self.canary.as_mut().filter(|canary| canary.is_collecting());
        for name in page.runs.iter().filter(|name| !name.id.as_str().is_empty()) {
            let run = FollowedRun { name: name.clone(), entry: entry.clone() };
            if let Some(follow) = &mut self.follow {
                follow.add(&run);
            }
            if let Some(canary) = &mut canary {
                canary.add_run(&run);
            }
        }
    }

    fn rate_limited(&mut self, ticket: Ticket, refusal: Refusal, now: Timestamp) -> Option<End> {
        let attempts = self.cx.plan.retry.rate_limited_attempts;
        let backoff = &mut self.cx.backoff;
        let limit = &refusal.limit;
        match self.rate_limits.refused(ticket, self.tickets, limit, attempts, backoff, now) {
            Wait::Until { at, first_of_burst } => {
                self.cx.pacing.limited(limit, at, first_of_burst);
                None
            }
            Wait::Known => None,
            Wait::GiveUp => Some(End::Failed(refusal)),
        }
    }
}

/// Whether the size of a list may be the reason that it was refused or lost.
fn may_be_too_large(refusal: &Refusal) -> bool {
    let lost = refusal.fate == Fate::Unknown
        && matches!(refusal.kind, Kind::Timeout | Kind::Network | Kind::ResponseFormat);
    lost || refusal.is_too_large()
}
