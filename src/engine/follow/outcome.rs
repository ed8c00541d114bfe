//! The outcome of runs: counts, errors, report entries and estimates.

use super::runs::Run;
use crate::engine::checkpoint::{Reader, Writer};
use crate::id::{DlqId, RunId};
use crate::wire::logs::{Cause, RunState};
use alloc::vec::Vec;

/// Number of runs in each state. The sum is the number of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Completed.
    pub succeeded: u64,
    /// Failed after the last retry.
    pub failed_again: u64,
    /// Canceled.
    pub canceled: u64,
    /// In progress, without an error in the current step.
    pub running: u64,
    /// In progress, and the current step has failed at least once.
    pub retrying: u64,
    /// Not seen in the logs.
    pub unknown: u64,
}

impl Outcome {
    /// Number of runs.
    pub fn runs(&self) -> u64 {
        self.succeeded + self.failed_again + self.canceled + self.open()
    }

    /// Number of runs that have not ended, as far as is known.
    ///
    /// ```
    /// use upstash_workflow_dlq::engine::follow::Outcome;
    ///
    /// let outcome = Outcome { succeeded: 7, running: 2, unknown: 1, ..Outcome::default() };
    /// assert_eq!((outcome.runs(), outcome.open()), (10, 3));
    /// ```
    pub fn open(&self) -> u64 {
        self.running + self.retrying + self.unknown
    }

    /// The count of a state.
    pub fn of(&mut self, state: RunState) -> &mut u64 {
        match state {
            RunState::Unknown => &mut self.unknown,
            RunState::Running => &mut self.running,
            RunState::Retrying => &mut self.retrying,
            RunState::Succeeded => &mut self.succeeded,
            RunState::Failed => &mut self.failed_again,
            RunState::Canceled => &mut self.canceled,
        }
    }
}

/// The name of a state in the caller's report, in camel case.
pub fn state_name(state: RunState) -> &'static str {
    match state {
        RunState::Unknown => "unknown",
        RunState::Running => "running",
        RunState::Retrying => "retrying",
        RunState::Succeeded => "succeeded",
        RunState::Failed => "failedAgain",
        RunState::Canceled => "canceled",
    }
}

/// The outcome of one run in the report.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomeLine {
    /// The run's id.
    pub run: RunId,
    /// The DLQ entry that was resumed or restarted as this run, if known.
    pub entry: Option<DlqId>,
    /// The run's own DLQ entry, if it failed again.
    pub new_entry: Option<DlqId>,
    /// Its last known state.
    pub state: RunState,
    /// Its last error, if it failed again or is being retried.
    pub cause: Cause,
}

impl OutcomeLine {
    /// The report entry of a run in its present state.
    pub fn of(run: &Run, new_entry: Option<DlqId>) -> Self {
        OutcomeLine {
            run: run.name.id.clone(),
            entry: run.entry.clone(),
            new_entry,
            state: run.state,
            cause: run.cause.clone(),
        }
    }
}

/// Distinct errors of runs that failed again, each with its number of runs, in descending order. At
/// most 50.
#[derive(Debug, Default)]
pub struct Errors(Vec<(Cause, u64)>);

impl Errors {
    /// Counts an error. Beyond 50 distinct errors, further ones are ignored.
    pub fn add(&mut self, cause: &Cause) {
        match self.0.iter().position(|(known, _)| known == cause) {
            Some(at) => {
                self.0[at].1 += 1;
                let count = self.0[at].1;
                let place = self.0.iter().position(|(_, other)| *other < count);
                self.0.swap(place.unwrap_or(at).min(at), at);
            }
            None if self.0.len() < ERRORS_KEPT => self.0.push((cause.clone(), 1)),
            None => {}
        }
    }

    /// The most frequent errors, at most 20, in descending order.
    pub fn shown(&self) -> &[(Cause, u64)] {
        &self.0[..self.0.len().min(ERRORS_SHOWN)]
    }

    /// Writes the errors to a checkpoint: the most frequent ones whose texts fit into 20,000 bytes. Whoever
    /// makes runs fail chooses the texts, and a checkpoint has to fit into a message or a row.
    pub fn write(&self, out: &mut Writer) {
        let mut left = STORED_MAX;
        let stored: Vec<&(Cause, u64)> = self
            .0
            .iter()
            .filter(|(cause, _)| {
                let texts = [&cause.step, &cause.error].into_iter().flatten();
                let rest = left.checked_sub(texts.map(String::len).sum());
                left = rest.unwrap_or(left);
                rest.is_some()
            })
            .collect();
        out.number(stored.len() as u64);
        for (cause, count) in stored {
            out.maybe_text(cause.step.as_deref());
            out.maybe(cause.status.map(u64::from));
            out.maybe_text(cause.error.as_deref());
            out.number(*count);
        }
    }

    /// Adds the errors from a checkpoint.
    pub fn read(&mut self, input: &mut Reader) {
        for _ in 0..input.length() {
            let step = input.maybe_text();
            let status = input.maybe().map(|status| status as u32);
            let cause = Cause { step, status, error: input.maybe_text() };
            self.0.push((cause, input.count()));
        }
    }
}

/// Estimated numbers among all runs: 95 % confidence intervals, bounds included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Total number of runs.
    pub of: u64,
    /// Number of runs that succeed: lower and upper bound.
    pub succeeded: (u64, u64),
    /// Number of runs that fail again: lower and upper bound.
    pub failed_again: (u64, u64),
}

/// The 95 % confidence interval of the number of runs, out of `of`, with a property that `low` to `high` runs of
/// a random sample of size `sample` have: Wilson's score interval with finite population correction, exact if the
/// sample contains all runs.
pub fn interval(low: u64, high: u64, sample: u64, of: u64) -> (u64, u64) {
    if sample == 0 {
        return (0, of);
    }
    if sample >= of {
        return (low, high);
    }
    let all = of as f64;
    // Finite population correction: a sample that is a large part of all runs is more exact.
    let size = sample as f64 * (all - 1.0) / (all - sample as f64);
    let bound = |count: u64, sign: f64| {
        let share = count as f64 / sample as f64;
        let spread = (share * (1.0 - share) / size + Z * Z / (4.0 * size * size)).sqrt();
        let center = share + Z * Z / (2.0 * size);
        ((center + sign * Z * spread) / (1.0 + Z * Z / size) * all).clamp(0.0, all)
    };
    // The runs of the sample are known.
    let floor = bound(low, -1.0).floor().max(low as f64);
    let ceiling = bound(high, 1.0).ceil().min(all - (sample - high) as f64);
    (floor as u64, ceiling as u64)
}

/// The quantile of the normal distribution for 95 %.
const Z: f64 = 1.96;
/// Maximum number of distinct errors that are counted, and that are shown.
const ERRORS_KEPT: usize = 50;
const ERRORS_SHOWN: usize = 20;
/// Maximum length of the errors in a checkpoint, in bytes: as many as are shown, with 1,000 letters each.
const STORED_MAX: usize = 20_000;
