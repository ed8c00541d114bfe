//! The next request of a follow.

use super::round::{Batch, Sending};
use super::runs::{Pool, Run};
use super::{Follow, FollowRequest, Logs, Phase, WALK_INTERVAL_MAX_MS};
use crate::time::Timestamp;
use crate::wire::logs::RunState;

/// What [`Follow::next`] decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FollowDecision {
    /// Send this request.
    Send(FollowRequest),
    /// Nothing to send before this time.
    WaitUntil(Timestamp),
    /// Nothing to send before a response arrives.
    AwaitResponse,
    /// The follow has ended.
    Ended,
}

impl Follow {
    /// Decides what to do at `now`. Call it after [`Follow::begin`] only.
    pub fn next(&mut self, now: Timestamp) -> FollowDecision {
        let decision = self.decide(now);
        self.round.requests += u32::from(matches!(decision, FollowDecision::Send(_)));
        decision
    }

    fn decide(&mut self, now: Timestamp) -> FollowDecision {
        if self.runs.len() == 0 && !self.walk.sending.in_flight && !self.is_busy() {
            self.phase = Phase::Ended;
        }
        if self.phase == Phase::Ended {
            return FollowDecision::Ended;
        }
        if self.phase == Phase::Watching && now >= self.until {
            self.phase = Phase::Closing;
            // A list that began before may have missed later failures.
            self.walk.active = false;
            self.walk.due = now;
            self.next_round_at(now);
        }
        if self.round.due <= now {
            if let Some(decision) = self.next_entries(now).or_else(|| self.next_logs(now)) {
                return decision;
            }
            if self.phase == Phase::Closing {
                self.phase = Phase::Ended;
                return FollowDecision::Ended;
            }
            self.next_round_at(self.next_round(now));
        }
        FollowDecision::WaitUntil(self.round.due.min(self.until))
    }

    /// The next request of this round's list of the DLQ; `None` if it is finished or not needed.
    fn next_entries(&mut self, now: Timestamp) -> Option<FollowDecision> {
        if self.walk.sending.in_flight {
            return Some(FollowDecision::AwaitResponse);
        }
        if !self.walk.active && !self.round.walked && self.walk.due <= now && self.needs_walk() {
            let first = self.runs.first_created();
            let due = now + ((now - self.began) / 5).clamp(0, WALK_INTERVAL_MAX_MS);
            self.walk.begin(first.or(self.floor), due);
        }
        self.round.walked = true;
        if !self.walk.active {
            None
        } else if self.walk.sending.not_before > now {
            Some(FollowDecision::WaitUntil(self.walk.sending.not_before))
        } else {
            self.walk.sending.in_flight = true;
            Some(FollowDecision::Send(FollowRequest::Entries))
        }
    }

    /// Whether listing the DLQ shows failures that the logs do not, or shows them in fewer requests.
    fn needs_walk(&self) -> bool {
        let unseen = |run: &Run| run.round > 0 && run.state == RunState::Unknown;
        self.logs != Logs::Available || self.runs.len() > FEW || self.runs.iter().any(unseen)
    }

    /// The next request for logs in this round; `None` if there is none left.
    fn next_logs(&mut self, now: Timestamp) -> Option<FollowDecision> {
        if self.logs == Logs::Unavailable {
            return None;
        }
        let busy = self.is_busy();
        if busy && self.logs == Logs::Untried {
            // The first response tells on which path the logs are.
            return Some(FollowDecision::AwaitResponse);
        }
        let mut due = Timestamp::MAX;
        for (slot, Batch { keys, sending, .. }) in self.batches.iter_mut().enumerate() {
            if keys.is_empty() || sending.in_flight {
                continue;
            }
            if sending.not_before <= now {
                sending.in_flight = true;
                return Some(FollowDecision::Send(FollowRequest::Logs(slot)));
            }
            due = due.min(sending.not_before);
        }
        if due < Timestamp::MAX && !busy {
            return Some(FollowDecision::WaitUntil(due));
        }
        match self.batch() {
            Some(slot) => Some(FollowDecision::Send(FollowRequest::Logs(slot))),
            None => busy.then_some(FollowDecision::AwaitResponse),
        }
    }

    /// Whether a request for logs is in flight.
    fn is_busy(&self) -> bool {
        self.batches.iter().any(|batch| batch.sending.in_flight)
    }

    /// Forms a batch of runs that are worth a request; returns its index.
    fn batch(&mut self) -> Option<usize> {
        if self.round.stopped {
            return None;
        }
        let all = self.phase == Phase::Closing || self.runs.len() <= FEW;
        let size = if self.by_list { crate::wire::logs::RUNS_MAX } else { 1 };
        for pool in [Pool::Fresh, Pool::Asked] {
            let yields = &mut self.round.yields[pool as usize];
            if !all && !yields.is_worth_more() {
                continue;
            }
            let keys = self.runs.take(pool, size, self.round.number);
            if keys.is_empty() {
                continue;
            }
            yields.batches += 1;
            let free = self.batches.iter().position(|batch| batch.keys.is_empty());
            let slot = free.unwrap_or(self.batches.len());
            if free.is_none() {
                self.batches.push(Batch::default());
            }
            let sending = Sending { in_flight: true, ..Sending::default() };
            self.batches[slot] = Batch { keys, pool, sending };
            return Some(slot);
        }
        None
    }
}

/// Up to this number of runs, each round requests all of them.
const FEW: usize = 50;
