//! The canary: resumes a few entries first, follows their runs, and lets the drive continue only once
//! enough of them have finished.

use super::checkpoint::{Reader, Writer};
use super::follow::{Follow, FollowDecision};
use super::{End, Reason};
use crate::params::drive::Canary as Options;
use crate::params::{FollowedRun, Following, Overrides};
use crate::time::Timestamp;

/// A canary that has not passed yet.
#[derive(Debug)]
pub struct Canary {
    options: Options,
    /// The runs of the first entries.
    follow: Follow,
    /// Time that all retries of a run take, in milliseconds; `None` if unknown.
    retry_time: Option<i64>,
}

/// The state of the canary.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Its entries are being processed.
    Collecting,
    /// Its runs are being followed.
    Waiting(FollowDecision),
    /// The drive may continue.
    Passed,
    Ended(End),
}

impl Canary {
    /// Creates a canary. No run was created before `floor`.
    pub fn new(
        options: Options,
        overrides: Option<&Overrides>,
        floor: Timestamp,
        seed: u64,
    ) -> Self {
        let retry_time = options.retry_time.map(i64::from).or_else(|| retry_time(overrides));
        let following = Following { timeout: options.wait, ..Following::default() };
        let follow = Follow::new(following, false, Some(floor), seed).closely();
        Canary { options, follow, retry_time }
    }

    /// Whether its entries are still being processed, so that new runs belong to it.
    pub fn is_collecting(&self) -> bool {
        !self.follow.is_begun()
    }

    /// Number of its entries.
    pub fn entries(&self) -> u64 {
        u64::from(self.options.entries)
    }

    pub fn runs(&self) -> &Follow {
        &self.follow
    }

    pub fn runs_mut(&mut self) -> &mut Follow {
        &mut self.follow
    }

    /// Adds a new run.
    pub fn add_run(&mut self, run: &FollowedRun) {
        self.follow.add(run);
    }

    /// Starts to follow the runs after all entries are processed.
    pub fn wait(&mut self, now: Timestamp) {
        self.follow.begin(now);
    }

    /// Whether some of its runs have not ended.
    pub fn is_open(&self) -> bool {
        self.follow.outcome().open() > 0
    }

    /// Decides whether the drive stops, continues, or waits.
    pub fn verdict(&mut self, now: Timestamp) -> Verdict {
        if self.is_collecting() {
            return Verdict::Collecting;
        }
        let outcome = self.follow.outcome();
        let allowed = u64::from(self.options.max_failed_again);
        let retrying = if self.options.retrying_fails { outcome.retrying } else { 0 };
        if outcome.failed_again + retrying > allowed {
            return Verdict::Ended(End::Reason(Reason::Canary));
        }
        // A canceled run does not tell whether the others would finish.
        let counted = outcome.runs() - outcome.canceled;
        if outcome.succeeded >= counted.saturating_sub(allowed).max(1) {
            return Verdict::Passed;
        }
        let undecided = Verdict::Ended(End::Reason(Reason::Undecided));
        if !self.follow.has_logs() && !self.waits_for_retries() {
            return undecided;
        }
        match self.follow.next(now) {
            FollowDecision::Ended if self.passes_unseen() => Verdict::Passed,
            FollowDecision::Ended => undecided,
            decision => Verdict::Waiting(decision),
        }
    }

    /// Whether `wait` covers all retries: without logs, a failure shows in the DLQ only after the last one.
    fn waits_for_retries(&self) -> bool {
        self.retry_time.is_some_and(|ms| i64::from(self.options.wait) >= ms)
    }

    /// Without logs: whether the DLQ was listed to its end and lacks some of the runs.
    fn passes_unseen(&self) -> bool {
        !self.follow.has_logs() && self.follow.has_walked() && self.is_open()
    }

    pub fn write(&self, set_back: i64, out: &mut Writer) {
        out.number(u64::from(self.options.entries));
        out.number(u64::from(self.options.max_failed_again));
        out.flag(self.options.retrying_fails);
        out.maybe(self.retry_time.map(|ms| ms as u64));
        self.follow.write(set_back, out);
    }

    pub fn read(input: &mut Reader, now: Timestamp, seed: u64) -> Self {
        let entries = input.small();
        let max_failed_again = input.small();
        let retrying_fails = input.flag();
        let retry_time = input.maybe().map(|ms| ms as i64);
        let follow = Follow::read(input, false, now, seed);
        let wait = follow.timeout();
        let options = Options { entries, wait, max_failed_again, retrying_fails, retry_time: None };
        Canary { options, follow, retry_time }
    }
}

/// Time in milliseconds that all retries of a step take with the service's default delays; `None` if the
/// overrides replace the delays by an expression.
fn retry_time(overrides: Option<&Overrides>) -> Option<i64> {
    let header = |name| overrides.and_then(|overrides| overrides.get(name));
    if header("Upstash-Retry-Delay").is_some() {
        return None;
    }
    let retries = header("Upstash-Retries").and_then(|text| text.parse::<i64>().ok());
    let delays = (1..=retries.unwrap_or(RETRIES)).map(|retry| {
        let delay = DELAYS_MS.get(retry as usize - 1);
        delay.copied().unwrap_or(DELAY_MAX_MS)
    });
    Some(delays.take(RETRIES_COUNTED).sum())
}

/// The service's default number of retries.
const RETRIES: i64 = 3;
/// The service's default delays in milliseconds: `e^(2.5 n)` seconds before the nth retry, at most a day.
const DELAYS_MS: &[i64] = &[12_183, 148_414, 1_808_043, 22_026_466];
const DELAY_MAX_MS: i64 = 86_400_000;
/// Maximum number of retries that are added up: further ones exceed any `wait`.
const RETRIES_COUNTED: usize = 40;
