//! Consecutive 429s: how long to wait for each, and when to end the drive instead.

use super::context::WAIT_MAX_MS;
use super::retry::Backoff;
use super::Ticket;
use crate::time::Timestamp;
use crate::wire::rate_limit::RateLimit;

/// Consecutive 429s. Requests that were in flight together count once.
#[derive(Debug, Default)]
pub struct RateLimits {
    /// When the first of them arrived.
    since: Option<Timestamp>,
    waves: u32,
    /// The newest request of the current wave.
    newest: Ticket,
}

/// What to do about a 429.
#[derive(Debug, PartialEq)]
pub enum Wait {
    Until {
        at: Timestamp,
        /// True for the first 429 of the requests that were in flight together.
        first_of_burst: bool,
    },
    /// Nothing: a 429 without a reset, whose burst already determines the wait.
    Known,
    GiveUp,
}

impl RateLimits {
    /// Records a 429. `newest` is the last request that was sent, `attempts` the caller's maximum number of
    /// consecutive 429s.
    pub fn refused(
        &mut self,
        ticket: Ticket,
        newest: Ticket,
        limit: &RateLimit,
        attempts: Option<u32>,
        backoff: &mut Backoff,
        now: Timestamp,
    ) -> Wait {
        let first_of_burst = ticket > self.newest;
        if first_of_burst {
            self.newest = newest;
            self.waves += 1;
        }
        let since = *self.since.get_or_insert(now);
        let at = match limit.reset_at {
            Some(at) => at,
            None if !first_of_burst => return Wait::Known,
            None => now + backoff.delay(self.waves).max(1),
        };
        let spent = attempts.is_some_and(|attempts| self.waves >= attempts);
        if spent || at - now > WAIT_MAX_MS || now - since >= WAIT_MAX_MS {
            return Wait::GiveUp;
        }
        Wait::Until { at, first_of_burst }
    }

    /// Records a response other than a 429.
    pub fn is_over(&mut self) {
        self.since = None;
        self.waves = 0;
    }
}
