//! May it be tried again, and after how long? Back-off is exponential with full jitter; a bucket of
//! tokens keeps a service that is down from being asked five times as often as one that is up.

use crate::params::RetryOptions;
use crate::time::Timestamp;
use crate::wire::refusal::{Fate, Kind};
use crate::wire::Refusal;

/// The delays between attempts, from a seed.
#[derive(Clone, Debug)]
pub struct Backoff {
    options: RetryOptions,
    random: Random,
}

impl Backoff {
    pub fn new(options: RetryOptions, seed: u64) -> Self {
        Backoff { options, random: Random::new(seed) }
    }

    /// Starts anew from `seed`.
    pub fn set_seed(&mut self, seed: u64) {
        self.random = Random::new(seed);
    }

    /// Attempts in all; the first counts.
    pub fn attempts(&self) -> u32 {
        self.options.attempts
    }

    /// Milliseconds to wait after the `failed`th attempt (from 1) came to nothing.
    pub fn delay(&mut self, failed: u32) -> i64 {
        if let Some(ms) = self.options.table.get(failed as usize - 1) {
            return i64::from(*ms);
        }
        let doubled = i64::from(self.options.initial_delay) << (failed - 1).min(20);
        self.random.up_to(doubled.min(i64::from(self.options.max_delay)))
    }

    /// Milliseconds in which a request whose answer was lost may still be at work: nothing is
    /// looked up or sent again before. Zero where it certainly is not.
    pub fn grace_period(failed: u32, refusal: &Refusal) -> i64 {
        let gateway_gave_up = matches!(refusal.status, Some(408 | 504));
        let lost = refusal.status.is_none() && refusal.fate == Fate::Unknown;
        if gateway_gave_up || lost {
            Self::grace_period_ms(failed)
        } else {
            0
        }
    }

    /// The same after the `failed`th time that something was not as it has to be.
    pub fn grace_period_ms(failed: u32) -> i64 {
        GRACE_PERIOD_MS << (failed - 1).min(5)
    }
}

/// Tokens for retries: a retry takes some, a good answer gives one back. 429s take none: they ask
/// for a wait. There are as many for each request that may be in flight, since those that are in
/// flight together are lost together.
#[derive(Clone, Debug)]
pub struct Bucket {
    tokens: u32,
    capacity: u32,
}

impl Bucket {
    /// A full bucket for `concurrency` requests in flight.
    pub fn new(concurrency: u32) -> Self {
        let capacity = BUCKET_TOKENS * concurrency;
        Bucket { tokens: capacity, capacity }
    }

    /// Takes what a repeat after `refusal` costs; `false` where it can't be afforded.
    pub fn take(&mut self, refusal: &Refusal) -> bool {
        let cost = match refusal.kind {
            Kind::Timeout => TIMEOUT_COST,
            _ => RETRY_COST,
        };
        let enough = self.tokens >= cost;
        if enough {
            self.tokens -= cost;
        }
        enough
    }

    pub fn refund(&mut self) {
        self.tokens = (self.tokens + 1).min(self.capacity);
    }
}

/// xorshift64*: enough to spread waits, and the same on every machine for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        // A state of zero would stay zero.
        Random(seed ^ 0x9e37_79b9_7f4a_7c15 | 1)
    }

    /// A number from 0 to `max`, both included.
    pub fn up_to(&mut self, max: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        (high % (max.max(0) as u64 + 1)) as i64
    }
}

/// What to do after a single call came to nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Retry {
    /// Send it again after so many milliseconds.
    After(i64),
    GiveUp,
}

/// Decides for a single call. A read may be repeated whatever happened; what acts is repeated only
/// where it certainly did not.
pub fn single(
    backoff: &mut Backoff,
    failed: u32,
    acts: bool,
    refusal: &Refusal,
    now: Timestamp,
) -> Retry {
    let may = match refusal.fate {
        Fate::NotDone => true,
        Fate::Unknown => !acts && refusal.kind != Kind::ResponseFormat,
        Fate::Refused => false,
    };
    if !may || failed >= backoff.attempts() {
        return Retry::GiveUp;
    }
    let asked = refusal.limit.reset_at.map_or(0, |at| at - now);
    if asked > SINGLE_WAIT_MAX_MS {
        return Retry::GiveUp;
    }
    Retry::After(backoff.delay(failed).max(asked))
}

/// Two seconds see off most requests that outlive their connection.
const GRACE_PERIOD_MS: i64 = 2_000;
/// Twenty retries, or ten timeouts, in a row for each request that may be in flight, before a drive
/// ends with a checkpoint.
const BUCKET_TOKENS: u32 = 100;
const RETRY_COST: u32 = 5;
const TIMEOUT_COST: u32 = 10;
/// A single call that would have to wait longer fails with the reset: its caller is waiting too.
const SINGLE_WAIT_MAX_MS: i64 = 60_000;
