//! The state machine of a drive.

use super::action::{Action, Decision, InFlight};
use super::canary::{Canary, Verdict};
use super::context::Context;
use super::follow::{Follow, FollowDecision};
use super::handout::Handout;
use super::ledger::Counts;
use super::outage::Outage;
use super::rate_limits::RateLimits;
use super::retry::Backoff;
use super::strategy::StrategyState;
use super::{End, Next, Plan, Reason, Ticket, WaitReason};
use crate::acts::Acting;
use crate::params::{Report, Selection};
use crate::time::Timestamp;
use crate::wire::Operation;
use alloc::vec::Vec;

/// A drive: the state of one bulk operation. See the [module](super) for its use.
pub struct Drive {
    pub(super) cx: Context,
    pub(super) strategy: StrategyState,
    /// The canary, until it has passed.
    pub(super) canary: Option<Acting<Canary>>,
    /// The canary has ended the drive. A checkpoint omits it, since its verdict is known.
    pub(super) canary_told: bool,
    /// The new runs, if they are to be followed.
    pub(super) follow: Option<Acting<Follow>>,
    /// The reason for which the strategy ended; since then the new runs are followed.
    pub(super) following: Option<Reason>,
    pub(super) in_flight: Vec<InFlight>,
    /// Responses to hand out, in this order; at most as many as requests may be in flight.
    pub(super) pages: Vec<Handout>,
    /// Indices of the messages that meet the condition in the page that was handed out last.
    pub(super) chosen: Option<Vec<u32>>,
    /// Whether the caller receives pages one by one.
    pub(super) paged: bool,
    pub(super) ending: Option<End>,
    /// After an abort: when requests in flight count as lost.
    pub(super) abort_until: Option<Timestamp>,
    pub(super) tickets: Ticket,
    pub(super) started: Timestamp,
    pub(super) clock: Timestamp,
    /// Milliseconds by which the host's clock was set back since the drive began.
    pub(super) set_back: i64,
    /// Number of requests in this invocation.
    pub(super) requests: u64,
    /// Number of entries that were processed before this invocation.
    pub(super) done_before: u64,
    pub(super) elapsed_before: u64,
    pub(super) rate_limits: RateLimits,
    pub(super) outage: Outage,
    /// Start of the current wait with no request in flight.
    pub(super) idle_since: Option<Timestamp>,
}

impl Drive {
    /// A new drive that starts at `now`. `seed` determines the jitter of back-offs and the sample of runs to
    /// follow; the same seed and the same responses lead to the same requests.
    pub fn new(plan: Plan, now: Timestamp, seed: u64) -> Self {
        let mut cx = Context::new(plan, seed);
        let nothing = cx.plan.selection.is_nothing();
        let mut strategy = StrategyState::new(&cx);
        if let Selection::Ids(ids) = &mut cx.plan.selection {
            // Moved, not copied: the list may be long.
            strategy.add_ids(core::mem::take(ids));
        }
        let floor = now - CLOCK_SLACK_MS;
        let canary = cx.plan.options.canary.and_then(|canary| {
            Acting::new(|| Canary::new(canary, cx.plan.overrides.as_ref(), floor, seed))
        });
        let reports = cx.plan.options.report == Report::Entries;
        // Runs that the caller passed may have been created at any time.
        let only = cx.plan.operation == Operation::Logs;
        let mut follow = cx.plan.options.follow.and_then(|options| {
            Acting::new(|| Follow::new(options, reports, (!only).then_some(floor), seed))
        });
        if let (true, Some(follow)) = (only, &mut follow) {
            for run in &core::mem::take(&mut cx.plan.runs) {
                follow.add(run);
            }
            follow.begin(now);
        }
        Drive {
            done_before: cx.counts.done,
            elapsed_before: cx.counts.elapsed_ms,
            cx,
            strategy,
            canary,
            canary_told: false,
            follow,
            following: only.then_some(Reason::Complete),
            in_flight: Vec::new(),
            pages: Vec::new(),
            chosen: None,
            paged: false,
            ending: nothing.then_some(End::Reason(Reason::Complete)),
            abort_until: None,
            tickets: 0,
            started: now,
            clock: now,
            set_back: 0,
            requests: 0,
            rate_limits: RateLimits::default(),
            outage: Outage::default(),
            idle_since: None,
        }
    }

    /// What the host has to do at `now`. After each command and each response, poll until the result is
    /// [`Next::Wait`] or [`Next::Done`].
    pub fn poll(&mut self, now: Timestamp) -> Next {
        let now = self.tick(now);
        loop {
            if let Some(end) = &self.ending {
                let end = end.clone();
                if self.abort_until.is_some_and(|until| until <= now) {
                    self.mark_all_lost();
                }
                if let Some(page) = self.take_page() {
                    return page;
                }
                if self.in_flight.is_empty() {
                    if self.follows_on(&end) {
                        self.begin_to_follow(&end, now);
                        continue;
                    }
                    if end == End::Reason(Reason::Remaining) {
                        // Continuing from the checkpoint tries the remaining entries again.
                        self.following = None;
                    }
                    self.canary_told = match (&end, &self.canary) {
                        (End::Reason(Reason::Canary), _) => true,
                        // No run of the canary is left to follow.
                        (End::Reason(Reason::Undecided), Some(canary)) => !canary.is_open(),
                        _ => false,
                    };
                    return Next::Done(end);
                }
                return self.wait(self.abort_until, WaitReason::Response);
            }
            let mut until = None;
            let mut why = WaitReason::Response;
            let ahead = self.in_flight.len() + self.pages.len();
            if ahead < self.concurrency() {
                let ready_at = self.cx.pacing.ready_at(now);
                if ready_at > now {
                    (until, why) = (Some(ready_at), WaitReason::RateLimit);
                } else {
                    let open_at = self.outage.ready_at();
                    match self.decide(now) {
                        Decision::Send(action) if open_at > now => {
                            self.requeue(action);
                            (until, why) = (Some(open_at), WaitReason::Pause);
                        }
                        Decision::Send(action) => match self.budget_spent(now) {
                            None => return self.send(action),
                            Some(reason) => {
                                self.requeue(action);
                                // A response in flight may still complete the drive.
                                if self.in_flight.is_empty() {
                                    self.ending = Some(End::Reason(reason));
                                    continue;
                                }
                            }
                        },
                        Decision::WaitUntil(at) => (until, why) = (Some(at), WaitReason::Pause),
                        Decision::AwaitResponse => {}
                        Decision::End(end) => {
                            self.ending = Some(end);
                            continue;
                        }
                    }
                }
            }
            if let Some(page) = self.take_page() {
                return page;
            }
            if self.in_flight.is_empty() {
                // A wait that would exceed the time budget does not start.
                if let (Some(at), Some(deadline)) = (until, self.deadline()) {
                    if at >= deadline {
                        self.ending = Some(End::Reason(Reason::Time));
                        continue;
                    }
                }
                self.idle_since = Some(now);
            } else if self.deadline().is_some_and(|deadline| until.is_some_and(|at| at >= deadline))
            {
                (until, why) = (None, WaitReason::Response);
            }
            return self.wait(until, why);
        }
    }

    /// Replaces the clock and the seed of [`Drive::new`] before the first response is handled. Until then the host
    /// may use an `estimated` time and any seed: some runtimes provide neither clock nor random numbers before the
    /// first request. Stored points in time are shifted, so that durations stay the same.
    pub fn set_clock(&mut self, estimated: Timestamp, now: Timestamp, seed: u64) {
        let by = now - self.tick(estimated);
        self.clock = self.clock + by;
        self.started = self.started + by;
        self.set_back = 0;
        self.abort_until = self.abort_until.map(|until| until + by);
        self.cx.backoff.set_seed(seed);
        for runs in [self.follow.as_deref_mut(), self.canary.as_deref_mut().map(Canary::runs_mut)] {
            runs.into_iter().for_each(|runs| runs.set_clock(by, seed));
        }
    }

    /// Maximum number of requests in flight at present.
    fn concurrency(&self) -> usize {
        if self.outage.is_open() {
            1
        } else {
            self.cx.pacing.concurrency() as usize
        }
    }

    /// The next response to hand out.
    fn take_page(&mut self) -> Option<Next> {
        if self.pages.is_empty() {
            return None;
        }
        let page = self.pages.remove(0);
        self.chosen = page.chosen;
        Some(Next::Page(page.ticket))
    }

    /// A wait, by the host's clock.
    fn wait(&self, until: Option<Timestamp>, why: WaitReason) -> Next {
        Next::Wait { until: until.map(|until| until - self.set_back), why }
    }

    /// Makes [`Drive::poll`] hand out pages as [`Next::Page`]. Requests are then sent only as the caller takes pages.
    pub fn hand_out_pages(&mut self) {
        self.paged = true;
    }

    /// When a response was last lost. Responses in flight count as lost now.
    pub(super) fn lost_at(&self) -> Timestamp {
        if self.in_flight.iter().any(|flight| self.entries_of(&flight.action) > 0) {
            self.clock
        } else {
            self.cx.lost_at
        }
    }

    /// Whether the drive follows the new runs after the end of its strategy.
    fn follows_on(&self, end: &End) -> bool {
        let through =
            matches!(end, End::Reason(Reason::Complete | Reason::Limit | Reason::Remaining));
        through && self.abort_until.is_none() && self.following.is_none() && self.follow.is_some()
    }

    fn begin_to_follow(&mut self, end: &End, now: Timestamp) {
        if let (End::Reason(reason), Some(follow)) = (end, &mut self.follow) {
            self.ending = None;
            self.following = Some(*reason);
            follow.begin(now);
        }
    }

    /// The next step of the canary, of the strategy or, after these, of the follow.
    fn decide(&mut self, now: Timestamp) -> Decision {
        if let (Some(reason), Some(follow)) = (self.following, &mut self.follow) {
            return match follow.next(now) {
                FollowDecision::Send(request) => Decision::Send(Action::Follow(request)),
                FollowDecision::WaitUntil(at) => Decision::WaitUntil(at),
                FollowDecision::AwaitResponse => Decision::AwaitResponse,
                FollowDecision::Ended => Decision::End(End::Reason(reason)),
            };
        }
        // A request whose response was lost before this invocation may still be executing.
        let grace_until = self.cx.lost_at + Backoff::grace_period_ms(1);
        if self.cx.lost_at <= self.started && now < grace_until {
            return Decision::WaitUntil(grace_until);
        }
        match self.canary.as_mut().map(|canary| canary.verdict(now)) {
            Some(Verdict::Waiting(FollowDecision::Send(request))) => {
                return Decision::Send(Action::Canary(request))
            }
            Some(Verdict::Waiting(FollowDecision::WaitUntil(at))) => {
                return Decision::WaitUntil(at)
            }
            Some(Verdict::Waiting(_)) => return Decision::AwaitResponse,
            Some(Verdict::Ended(end)) => return Decision::End(end),
            Some(Verdict::Passed) => self.canary = None,
            Some(Verdict::Collecting) | None => {}
        }
        self.cx.max_entries = match &self.canary {
            Some(canary) => {
                Some(canary.entries().min(self.cx.plan.options.limit.unwrap_or(u64::MAX)))
            }
            None => self.cx.plan.options.limit,
        };
        let decision = self.strategy.next(&mut self.cx, now);
        let limit = self.cx.plan.options.limit;
        let wanted = limit.is_none_or(|limit| self.cx.counts.possibly_done() < limit);
        match (decision, &mut self.canary) {
            (Decision::End(End::Reason(Reason::Limit)), Some(canary)) if wanted => {
                canary.wait(now);
                self.decide(now)
            }
            (decision, _) => decision,
        }
    }

    /// Queues an action again that the service did not receive.
    pub(super) fn requeue(&mut self, action: Action) {
        match action {
            Action::Canary(request) => {
                self.canary.iter_mut().for_each(|canary| canary.runs_mut().requeue(request));
            }
            Action::Follow(request) => {
                self.follow.iter_mut().for_each(|follow| follow.requeue(request))
            }
            action => self.strategy.requeue(action),
        }
    }

    fn send(&mut self, action: Action) -> Next {
        let count = self.count_of(&action);
        let request = self.request(&action, count);
        self.tickets += 1;
        self.requests += 1;
        self.cx.counts.requests += 1;
        self.cx.pacing.sent(self.entries_of(&action));
        self.in_flight.push(InFlight { ticket: self.tickets, action, count });
        self.assert_invariants();
        Next::Send(self.tickets, request)
    }

    pub(super) fn assert_invariants(&self) {
        debug_assert!(self.in_flight.len() <= self.cx.concurrency as usize);
        debug_assert!(self.cx.plan.options.max_requests.is_none_or(|max| self.requests <= max));
        debug_assert!(self.follow.as_deref().is_none_or(Follow::sums_hold));
        if let (true, Some(ids)) = (cfg!(debug_assertions), self.cx.ids) {
            let Counts { done, not_found, unconfirmed, failed, .. } = self.cx.counts;
            let recorded = done + not_found + unconfirmed + failed;
            debug_assert_eq!(recorded + self.strategy.unfinished_ids(), ids.count);
        }
    }

    /// The budget that is used up, if any: no further request may start.
    fn budget_spent(&self, now: Timestamp) -> Option<Reason> {
        if self.cx.plan.options.max_requests.is_some_and(|max| self.requests >= max) {
            return Some(Reason::Requests);
        }
        self.deadline().is_some_and(|deadline| deadline <= now).then_some(Reason::Time)
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.cx
            .plan
            .options
            .time_budget
            .map(|ms| self.started.saturating_add(ms.min(i64::MAX as u64) as i64))
    }

    /// Advances the drive's clock, which is monotonic: if the host's clock is set back, the difference is added
    /// from then on.
    pub(super) fn tick(&mut self, now: Timestamp) -> Timestamp {
        self.set_back = self.set_back.max(self.clock - now);
        self.clock = now + self.set_back;
        if let Some(since) = self.idle_since.take() {
            self.cx.counts.waited_ms += (self.clock - since) as u64;
        }
        self.clock
    }
}

/// Maximum difference between the local clock and the service's, in milliseconds.
const CLOCK_SLACK_MS: i64 = 600_000;
