//! Aggregation of entries for a preview: number, range of dates and groups.

use super::body::Body;
use super::entry::{cut, error, failed_at, step, texts};
use super::fingerprint::fingerprint;
use crate::params::Field;
use crate::time::Timestamp;
use alloc::string::String;
use alloc::vec::Vec;

/// Counts entries incrementally. Memory is bounded: for each group the first 1,000 distinct values are counted one
/// by one, and the entries with other values together.
#[derive(Debug, Default)]
pub struct Tally {
    /// Number of entries.
    pub count: u64,
    /// When the earliest entry failed; `None` if no entry has a date.
    pub first: Option<Timestamp>,
    /// When the latest entry failed; `None` if no entry has a date.
    pub last: Option<Timestamp>,
    groups: [Counts; GROUPS.len()],
}

/// The frequency of each value in a group.
#[derive(Debug, Default)]
struct Counts {
    /// In ascending order of the values.
    values: Vec<(String, u64)>,
    others: u64,
}

/// The most frequent values of a group.
pub struct Group {
    /// At most 20 values with their numbers of entries, in descending order of the number.
    pub values: Vec<(String, u64)>,
    /// Number of entries with other values.
    pub others: u64,
}

/// Names of the groups in a preview.
pub const GROUPS: [&str; 7] =
    ["workflow", "label", STATUS, "error", "failureFunctionState", "step", "fingerprint"];
/// The group of HTTP statuses, whose values are numbers.
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
        let labels = texts(entry, Field::Label);
        let labels = &labels[..labels.len().min(LABELS_MAX)];
        for (at, one) in labels.iter().enumerate() {
            if !labels[..at].contains(one) {
                label.add(Some(one.clone()));
            }
        }
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
        let Some(value) = value.map(cut) else {
            return;
        };
        match self.values.binary_search_by(|(other, _)| other.cmp(&value)) {
            Ok(at) => self.values[at].1 += 1,
            Err(at) if self.values.len() < VALUES_MAX => self.values.insert(at, (value, 1)),
            Err(_) => self.others += 1,
        }
    }

    fn shown(&self) -> Group {
        let mut values: Vec<(String, u64)> = Vec::new();
        for (value, count) in &self.values {
            // Insertion into at most `SHOWN_MAX` values costs less than a sort of all.
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

/// Maximum number of distinct values in a group that are counted one by one.
const VALUES_MAX: usize = 1_000;
/// Maximum number of an entry's labels that are counted: whoever fills the queue chooses how many there are.
const LABELS_MAX: usize = 100;
/// Maximum number of values in a group that are shown.
const SHOWN_MAX: usize = 20;
