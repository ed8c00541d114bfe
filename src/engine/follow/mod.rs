//! Follows runs until each has ended or the follow times out.
//!
//! ```text
//!  Collecting ──> Watching ──> Closing ──> Ended
//!                     └── each run has ended ──^
//! ```
//!
//! *Watching* works in rounds with growing intervals. A round lists the DLQ, where one page shows a
//! hundred failed runs, then requests logs, ten runs at a time. The log of a run in progress has to be
//! read again later, so a round sends more than a few requests only while most of the requested runs
//! have ended. Ten thousand runs therefore cost little more than the thousand requests that are
//! needed to see each once. *Closing* starts at the timeout: each run that has not ended is
//! requested once more.
//!
//! A run counts as succeeded only if its own log says so. A run that the logs do not contain (not
//! yet, not any more, or not for this token) is `unknown`.

mod codec;
mod decision;
mod outcome;
mod responses;
mod round;
mod runs;
mod walk;

use super::retry::Random;
use crate::params::{FollowedRun, Following};
use crate::time::Timestamp;
use crate::wire::logs::{LogsPath, RunSeen, RunState};
use alloc::vec::Vec;
pub use decision::FollowDecision;
use outcome::interval;
pub use outcome::{state_name, Errors, Estimate, Outcome, OutcomeLine};
use round::{Batch, Round};
use runs::{key_of, Key, Pool, Runs};
use walk::Walk;
pub use walk::PAGE;

/// A request of a follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FollowRequest {
    /// A page of the DLQ's list.
    Entries,
    /// The logs of the runs of the batch at this index.
    Logs(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Collecting,
    Watching,
    Closing,
    Ended,
}

/// Whether the service's logs are available.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Logs {
    Untried,
    Available,
    Unavailable,
}

/// A set of runs that is followed.
#[derive(Debug)]
pub struct Follow {
    options: Following,
    /// The longest interval between two rounds.
    interval_max: i64,
    /// Whether the report has an entry for each run.
    reports: bool,
    phase: Phase,
    runs: Runs,
    outcome: Outcome,
    errors: Errors,
    lines: Vec<OutcomeLine>,
    /// Distinct runs that were added. With a sample, more than are followed.
    added: u64,
    random: Random,
    /// Lower bound of creation dates, for runs that have none.
    floor: Option<Timestamp>,
    began: Timestamp,
    until: Timestamp,
    logs: Logs,
    path: LogsPath,
    /// Whether `workflowRuns`, the list of runs, works.
    by_list: bool,
    round: Round,
    walk: Walk,
    /// Those without runs are free.
    batches: Vec<Batch>,
}

impl Follow {
    /// Creates a follow without runs. `reports`: collect report entries. `floor`: no run was created before this
    /// time, by the service's clock. `seed` determines the sample.
    pub fn new(options: Following, reports: bool, floor: Option<Timestamp>, seed: u64) -> Self {
        Follow {
            options,
            interval_max: INTERVAL_MAX_MS.max(i64::from(options.interval)),
            reports,
            phase: Phase::Collecting,
            runs: Runs::default(),
            outcome: Outcome::default(),
            errors: Errors::default(),
            lines: Vec::new(),
            added: 0,
            random: Random::new(seed),
            floor,
            began: Timestamp::EPOCH,
            until: Timestamp::EPOCH,
            logs: Logs::Untried,
            path: LogsPath::Logs,
            by_list: true,
            round: Round::default(),
            walk: Walk::default(),
            batches: Vec::new(),
        }
    }

    /// Shortens the intervals between rounds, for the few runs of a canary.
    pub fn closely(mut self) -> Self {
        self.interval_max = CLOSE_INTERVAL_MAX_MS.max(i64::from(self.options.interval));
        self
    }

    /// Adds a run. Once the sample is full, a run replaces another at random (reservoir sampling), so
    /// that each run is equally likely to be followed.
    pub fn add(&mut self, run: &FollowedRun) {
        self.added += 1;
        let full = self.options.sample.is_some_and(|size| self.outcome.runs() >= u64::from(size));
        if !full {
            let new = self.runs.add(run, Pool::Fresh, RunState::Unknown);
            self.outcome.unknown += u64::from(new);
            self.added -= u64::from(!new);
            return;
        }
        let index = self.random.up_to(self.added as i64 - 1) as u64;
        if index < self.outcome.runs() && self.runs.get(key_of(&run.name.id)).is_none() {
            self.runs.replace(index as usize, run);
        }
    }

    /// Starts to follow the runs that were added.
    pub fn begin(&mut self, now: Timestamp) {
        self.phase = Phase::Watching;
        self.began = now;
        self.until = now + i64::from(self.options.timeout);
        self.round = Round { number: 1, due: self.next_round(now), ..Round::default() };
    }

    /// Sets timeout and interval of a follow that continues from a checkpoint. The timeout starts at `now`.
    pub fn set_times(&mut self, options: Following, now: Timestamp) {
        self.options = Following { sample: self.options.sample, ..options };
        self.interval_max = self.interval_max.max(i64::from(options.interval));
        self.until = now + i64::from(options.timeout);
    }

    /// Shifts stored points in time by `by` milliseconds, before the first response, and restarts the sample with
    /// `seed`.
    pub fn set_clock(&mut self, by: i64, seed: u64) {
        self.random = Random::new(seed);
        self.floor = self.floor.map(|floor| floor + by);
        if self.is_begun() {
            self.began = self.began + by;
            self.until = self.until + by;
            self.round.due = self.round.due + by;
            self.walk.due = self.walk.due + by;
        }
    }

    /// Whether [`Follow::begin`] was called.
    pub fn is_begun(&self) -> bool {
        self.phase != Phase::Collecting
    }

    /// Whether the follow has ended.
    pub fn is_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Whether the follow ended by its timeout.
    pub fn is_timed_out(&self) -> bool {
        self.is_ended() && self.outcome.open() > 0
    }

    /// Maximum time to wait for the runs, in milliseconds.
    pub fn timeout(&self) -> u32 {
        self.options.timeout
    }

    /// Number of runs in each state.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Distinct runs that were added. With a sample, more than are followed.
    pub fn added(&self) -> u64 {
        self.added
    }

    /// Estimates for all runs, from the sample; `None` without a sample.
    pub fn estimate(&self) -> Option<Estimate> {
        self.options.sample?;
        let Outcome { succeeded, failed_again, .. } = self.outcome;
        let (open, sample) = (self.outcome.open(), self.outcome.runs());
        // A run that has not ended may still end either way.
        let of = |count| interval(count, count + open, sample, self.added);
        let (succeeded, failed_again) = (of(succeeded), of(failed_again));
        Some(Estimate { of: self.added, succeeded, failed_again })
    }

    /// `false` once the service has refused the logs on both paths.
    pub fn has_logs(&self) -> bool {
        self.logs != Logs::Unavailable
    }

    /// The errors of the runs that failed again.
    pub fn errors(&self) -> &Errors {
        &self.errors
    }

    /// Whether the follow collects report entries.
    pub fn reports(&self) -> bool {
        self.reports
    }

    /// The report entries of runs that ended in this invocation, in the order in which they were seen to.
    pub fn ended_lines(&self) -> &[OutcomeLine] {
        &self.lines
    }

    /// The report entries: runs that ended in this invocation, then runs that have not ended.
    pub fn lines(&self) -> Vec<OutcomeLine> {
        let mut lines = self.lines.clone();
        for run in self.runs.iter() {
            lines.push(OutcomeLine::of(run, None));
        }
        lines
    }

    /// Whether the last list of the DLQ was read to its end.
    pub fn has_walked(&self) -> bool {
        self.walk.complete
    }

    /// Whether the last request was the first of its round.
    pub fn starts_round(&self) -> bool {
        self.round.requests == 1
    }

    /// When the next round is due: the intervals grow with the time since [`Follow::begin`].
    fn next_round(&self, now: Timestamp) -> Timestamp {
        let interval = i64::from(self.options.interval);
        now + ((now - self.began) / 5).clamp(interval, self.interval_max)
    }

    fn next_round_at(&mut self, due: Timestamp) {
        let number = self.round.number + 1;
        self.round = Round { number, due, ..Round::default() };
    }

    /// Whether the counts agree with the states of the runs; an invariant.
    pub fn sums_hold(&self) -> bool {
        let mut open = Outcome::default();
        self.runs.iter().for_each(|run| *open.of(run.state) += 1);
        let Outcome { running, retrying, unknown, .. } = self.outcome;
        open == Outcome { running, retrying, unknown, ..Outcome::default() }
    }

    /// Records the state of a run from a response. `false` if the run is not followed; a run with the same id and
    /// another date is a different one.
    fn observe(&mut self, seen: &RunSeen) -> bool {
        let key = key_of(&seen.name.id);
        let Some(run) = self.runs.get_mut(key) else {
            return false;
        };
        if let (Some(ours), Some(theirs)) = (run.name.created, seen.name.created) {
            if ours != theirs {
                return false;
            }
        }
        *self.outcome.of(run.state) -= 1;
        *self.outcome.of(seen.state) += 1;
        run.state = seen.state;
        run.cause = seen.cause.clone();
        if seen.state == RunState::Failed {
            self.errors.add(&seen.cause);
        }
        if seen.state.is_final() {
            if self.reports {
                self.lines.push(OutcomeLine::of(run, seen.dlq_id.clone()));
            }
            self.runs.remove(key);
        }
        true
    }
}

const INTERVAL_MAX_MS: i64 = 120_000;
const CLOSE_INTERVAL_MAX_MS: i64 = 10_000;
const WALK_INTERVAL_MAX_MS: i64 = 300_000;
