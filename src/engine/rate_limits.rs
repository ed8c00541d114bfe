//! 429s in a row: how long each is waited out, and when a drive ends instead.

use super::context::WAIT_MAX_MS;
use super::retry::Backoff;
use super::Ticket;
use crate::time::Timestamp;
use crate::wire::rate_limit::RateLimit;

/// 429s since the last other answer. Those whose requests were in flight together count once.
#[derive(Debug, Default)]
pub struct RateLimits {
    /// When the first of them came.
    since: Option<Timestamp>,
    waves: u32,
    /// The newest request of the present wave.
    newest: Ticket,
}

/// What to do about a 429.
#[derive(Debug, PartialEq)]
pub enum Wait {
    Until {
        at: Timestamp,
        /// Whether it is the first of those that were in flight together.
        first_of_burst: bool,
    },
    /// One that names no reset, of a burst whose wait is known.
    Known,
    GiveUp,
}

impl RateLimits {
    /// A request was answered with 429; `newest` is the last that was sent, `attempts` the most
    /// 429s in a row that the caller allows.
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

    /// The service answered with something else.
    pub fn is_over(&mut self) {
        self.since = None;
        self.waves = 0;
    }
}
