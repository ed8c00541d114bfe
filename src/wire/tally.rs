//! What a selection comes to: entries counted, dated and grouped.

use super::body::Body;
use super::entry::{error, failed_at, step, texts, ERROR_MAX};
use super::fingerprint::fingerprint;
use crate::params::issue::prefix;
use crate::params::Field;
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;

/// Counts entries as they come. Memory is bounded, however many entries and distinct values there are.
#[derive(Debug, Default)]
pub struct Tally {
    /// Entries that were added.
    pub count: u64,
    /// When the earliest of them failed.
    pub first: Option<Timestamp>,
    /// When the latest of them failed.
    pub last: Option<Timestamp>,
    groups: [Counts; GROUPS.len()],
}

/// How often each value of a group occurs.
#[derive(Debug, Default)]
struct Counts {
    /// In ascending order of the values.
    values: Vec<(String, u64)>,
    others: u64,
}

/// The values of a group, the most frequent first.
pub struct Group {
    /// Values and how many entries have them.
    pub values: Vec<(String, u64)>,
    /// Entries with other values.
    pub others: u64,
}

/// The groups, by the names that a preview gives them.
pub const GROUPS: [&str; 7] =
    ["workflow", "label", STATUS, "error", "failureFunctionState", "step", "fingerprint"];
/// The group whose values are numbers.
pub const STATUS: &str = "status";

impl Tally {
    /// Adds an entry.
    pub fn add<B: Body>(&mut self, entry: &B) {
        self.count += 1;
        if let Some(date) = failed_at(entry) {
            self.first = Some(self.first.map_or(date, |first| first.min(date)));
            self.last = self.last.max(Some(date));
        }
        let first = |field| texts(entry, field).into_iter().next();
        let message = error(entry);
        let [workflow, label, status, errors, state, steps, like] = &mut self.groups;
        workflow.add(first(Field::WorkflowUrl));
        texts(entry, Field::Label).into_iter().for_each(|one| label.add(Some(one)));
        status.add(first(Field::ResponseStatus));
        state.add(first(Field::FailureFunctionState));
        steps.add(step(entry));
        like.add(Some(fingerprint(&message)));
        errors.add(Some(message));
    }

    /// The groups in the order of [`GROUPS`].
    pub fn groups(&self) -> impl Iterator<Item = (&'static str, Group)> + '_ {
        GROUPS.into_iter().zip(self.groups.iter().map(Counts::shown))
    }
}

impl Counts {
    fn add(&mut self, value: Option<String>) {
        let Some(mut value) = value else {
            return;
        };
        value.truncate(prefix(&value, ERROR_MAX).len());
        match self.values.binary_search_by(|(other, _)| other.cmp(&value)) {
            Ok(at) => self.values[at].1 += 1,
            Err(at) if self.values.len() < VALUES_MAX => self.values.insert(at, (value, 1)),
            Err(_) => self.others += 1,
        }
    }

    fn shown(&self) -> Group {
        let mut values: Vec<(String, u64)> = Vec::new();
        for (value, count) in &self.values {
            // Before those that are rarer. Only so many are kept, so that this is no sort.
            let at = values.iter().position(|(_, other)| other < count).unwrap_or(values.len());
            if at < SHOWN_MAX {
                values.insert(at, (value.clone(), *count));
                values.truncate(SHOWN_MAX);
            }
        }
        let all: u64 = self.values.iter().map(|(_, count)| count).sum();
        let shown: u64 = values.iter().map(|(_, count)| count).sum();
        Group { values, others: self.others + all - shown }
    }
}

/// Distinct values of a group that are counted one by one.
const VALUES_MAX: usize = 1_000;
/// Values of a group that are shown.
const SHOWN_MAX: usize = 20;
