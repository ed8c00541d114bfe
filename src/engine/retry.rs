//! Whether and when to retry. Back-off is exponential with full jitter; a token bucket limits retries, so that a
//! service that is down does not get several times its usual load.

use crate::params::RetryOptions;
use crate::time::Timestamp;
use crate::wire::refusal::{Fate, Kind};
use crate::wire::Refusal;

/// The delays between attempts, with jitter from a seed.
#[derive(Clone, Debug)]
pub struct Backoff {
    options: RetryOptions,
    random: Random,
}

impl Backoff {
    /// Delays by `options`; equal seeds lead to equal delays.
    pub fn new(options: RetryOptions, seed: u64) -> Self {
        Backoff { options, random: Random::new(seed) }
    }

    /// Restarts the jitter with `seed`.
    pub fn set_seed(&mut self, seed: u64) {
        self.random = Random::new(seed);
    }

    /// Maximum number of attempts, the first included.
    pub fn attempts(&self) -> u32 {
        self.options.attempts
    }

    /// The delay in milliseconds after `failed` failed attempts, of which there is at least one.
    ///
    /// ```
    /// use upstash_workflow_dlq::engine::retry::Backoff;
    /// use upstash_workflow_dlq::params::RetryOptions;
    ///
    /// let mut backoff = Backoff::new(RetryOptions::default(), 7);
    /// assert!((0..=200).contains(&backoff.delay(1)));
    /// assert!((0..=20_000).contains(&backoff.delay(30)));
    /// ```
    pub fn delay(&mut self, failed: u32) -> i64 {
        if let Some(ms) = self.options.table.get(failed as usize - 1) {
            return i64::from(*ms);
        }
        let doubled = i64::from(self.options.initial_delay) << (failed - 1).min(20);
        self.random.up_to(doubled.min(i64::from(self.options.max_delay)))
    }

    /// The time in milliseconds for which a request may still be executing after its response was lost. Look-ups
    /// and retries wait for it. 0 if the request is certainly not executing.
    pub fn grace_period(failed: u32, refusal: &Refusal) -> i64 {
        let gateway_gave_up = matches!(refusal.status, Some(408 | 504));
        let lost = refusal.status.is_none() && refusal.fate == Fate::Unknown;
        if gateway_gave_up || lost {
            Self::grace_period_ms(failed)
        } else {
            0
        }
    }

    /// [`Backoff::grace_period`] after `failed` failures, of which there is at least one.
    pub fn grace_period_ms(failed: u32) -> i64 {
        GRACE_PERIOD_MS << (failed - 1).min(5)
    }
}

/// A token bucket for retries: a retry takes tokens, a successful response returns one. 429s take none, since
/// they announce when to retry. The capacity is proportional to the concurrency, since requests that are in flight
/// together can all fail for one reason.
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

    /// Takes the tokens for a retry after `refusal`; `false` if there are too few.
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

    /// Returns a token after a successful response.
    pub fn refund(&mut self) {
        self.tokens = (self.tokens + 1).min(self.capacity);
    }
}

/// The generator xorshift64*: good enough for jitter, and reproducible. A crate for random numbers would add code
/// to the wasm for no benefit here.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator; equal seeds lead to equal numbers.
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

/// What to do after an attempt of a single call failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Retry {
    /// Retry after this number of milliseconds.
    After(i64),
    /// Return the error to the caller.
    GiveUp,
}

/// Decides whether to retry a single call at `now`, after `failed` failed attempts. A request that acts is
/// retried only if it was certainly not carried out; a request that reads is also retried if its response was
/// lost.
///
/// ```
/// use upstash_workflow_dlq::engine::retry::{single, Backoff, Retry};
/// use upstash_workflow_dlq::params::RetryOptions;
/// use upstash_workflow_dlq::time::Timestamp;
/// use upstash_workflow_dlq::wire::{refusal::Loss, Refusal};
///
/// let mut backoff = Backoff::new(RetryOptions::default(), 7);
/// let timeout = Refusal::of_loss(Loss::Timeout);
/// let mut retry = |acts| single(&mut backoff, 1, acts, &timeout, Timestamp::EPOCH);
/// assert!(matches!(retry(false), Retry::After(_)));
/// assert_eq!(retry(true), Retry::GiveUp);
/// ```
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

/// Grace period for requests that may still be executing after their connection was lost, in milliseconds; doubled
/// for each further failure.
const GRACE_PERIOD_MS: i64 = 2_000;
/// Tokens per unit of concurrency: twenty retries, or ten after timeouts, without a successful response before a
/// drive ends with a checkpoint.
const BUCKET_TOKENS: u32 = 100;
const RETRY_COST: u32 = 5;
const TIMEOUT_COST: u32 = 10;
/// Maximum time that a single call waits for a rate limit to reset, in milliseconds. Beyond it the call fails with
/// the time of the reset, since its caller is waiting.
const SINGLE_WAIT_MAX_MS: i64 = 60_000;
