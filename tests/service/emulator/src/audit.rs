//! What was really done to entries and runs, for tests to compare with a client's report.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeBounds;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{json, Map, Value};

use crate::dlq::Key;
use crate::overrides::Overrides;

/// An action on an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A new run from the failed step.
    Resume,
    /// A new run from the first step.
    Restart,
    /// No new run.
    Delete,
}

/// Origin of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// Triggered by a client.
    #[default]
    Trigger,
    /// Invoked by another run.
    Invoke,
    /// Created from an entry.
    Dlq(Act, Key),
    /// Seeded by the control API.
    Seed,
}

/// State of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum RunState {
    /// In progress.
    #[default]
    #[serde(rename = "RUN_STARTED")]
    Started,
    /// Finished.
    #[serde(rename = "RUN_SUCCESS")]
    Success,
    /// Failed, with an entry in the queue.
    #[serde(rename = "RUN_FAILED")]
    Failed,
    /// Canceled.
    #[serde(rename = "RUN_CANCELED")]
    Canceled,
}

impl RunState {
    /// The service's name of the state.
    pub fn name(self) -> &'static str {
        match self {
            RunState::Started => "RUN_STARTED",
            RunState::Success => "RUN_SUCCESS",
            RunState::Failed => "RUN_FAILED",
            RunState::Canceled => "RUN_CANCELED",
        }
    }
}

/// The record of a run.
#[derive(Debug, Default)]
pub struct Record {
    /// Run id.
    pub id: Arc<str>,
    /// Creation, in Unix milliseconds.
    pub created_at: i64,
    /// URL of its workflow.
    pub workflow_url: Arc<str>,
    /// Origin.
    pub origin: Origin,
    /// The failed run that it continues, or the run that invoked it.
    pub parent: Option<Arc<str>>,
    /// Overrides of the resume or restart.
    pub overrides: Option<Arc<Overrides>>,
    /// State.
    pub state: RunState,
    /// End, in Unix milliseconds.
    pub ended_at: Option<i64>,
    /// Its own entry, if it failed.
    pub failed_as: Option<Key>,
}

#[derive(Debug, Default)]
struct Acts {
    resumed: u32,
    restarted: u32,
    deleted: u32,
    runs: Vec<u32>,
}

/// Counts of a step.
#[derive(Debug, Default, Clone)]
pub struct StepCount {
    /// Deliveries whose last step it was.
    pub delivered: u32,
    /// Results that arrived.
    pub completed: u32,
    /// Results copied from the failed run by a resume.
    pub copied: u32,
}

/// All records.
#[derive(Debug, Default)]
pub struct Audit {
    runs: Vec<Record>,
    by_id: HashMap<Arc<str>, u32>,
    by_time: BTreeSet<(i64, u32)>,
    entries: HashMap<Key, Acts>,
    steps: HashMap<Arc<str>, BTreeMap<String, StepCount>>,
    resumed: u64,
    restarted: u64,
    deleted: u64,
    failed_again: u64,
    duplicate_steps: u64,
}

impl Audit {
    /// Records a new run.
    pub fn run(&mut self, record: Record) {
        let index = self.runs.len() as u32;
        if let Origin::Dlq(_, key) = record.origin {
            self.entries.entry(key).or_default().runs.push(index);
        }
        self.by_id.insert(record.id.clone(), index);
        self.by_time.insert((record.created_at, index));
        self.runs.push(record);
    }

    /// Records a new state of a run at `now`, in Unix milliseconds.
    pub fn set_state(&mut self, run: &str, state: RunState, now: i64) {
        if let Some(index) = self.by_id.get(run) {
            let record = &mut self.runs[*index as usize];
            record.state = state;
            record.ended_at = (state != RunState::Started).then_some(now);
        }
    }

    /// Records the entry of a failed run. The run ends at the time of its entry, which is that of its last attempt:
    /// logs of any moment show both or neither.
    pub fn fail(&mut self, run: &str, key: Key) {
        self.set_state(run, RunState::Failed, key.ms);
        if let Some(index) = self.by_id.get(run) {
            self.runs[*index as usize].failed_as = Some(key);
        }
    }

    /// The records by time of creation, each with its ordering key.
    pub fn by_time(
        &self,
        range: impl RangeBounds<(i64, u32)>,
    ) -> impl DoubleEndedIterator<Item = (Key, &Record)> {
        let one = |&(ms, index): &(i64, u32)| (Key { ms, seq: index }, &self.runs[index as usize]);
        self.by_time.range(range).map(one)
    }

    /// Records an action on an entry.
    pub fn act(&mut self, act: Act, key: Key) {
        let acts = self.entries.entry(key).or_default();
        let (one, all) = match act {
            Act::Resume => (&mut acts.resumed, &mut self.resumed),
            Act::Restart => (&mut acts.restarted, &mut self.restarted),
            Act::Delete => (&mut acts.deleted, &mut self.deleted),
        };
        *one += 1;
        *all += 1;
    }

    /// Counts a seeded entry's run that failed again, if it came from a resume or restart.
    pub fn fail_again(&mut self, run: &str) {
        let again = self.record(run).is_some_and(|run| matches!(run.origin, Origin::Dlq(..)));
        self.failed_again += u64::from(again);
    }

    /// The counts of a step of a run.
    pub fn step(&mut self, run: &Arc<str>, name: &str) -> &mut StepCount {
        self.steps.entry(run.clone()).or_default().entry(name.to_owned()).or_default()
    }

    /// Counts a duplicate result of a step.
    pub fn duplicate_step(&mut self) {
        self.duplicate_steps += 1;
    }

    /// All records, oldest first.
    pub fn runs(&self) -> &[Record] {
        &self.runs
    }

    /// The record of a run.
    pub fn record(&self, run: &str) -> Option<&Record> {
        self.by_id.get(run).map(|index| &self.runs[*index as usize])
    }

    /// A record with its ordering key.
    pub fn find(&self, run: &str) -> Option<(Key, &Record)> {
        let index = *self.by_id.get(run)?;
        let record = &self.runs[index as usize];
        Some((Key { ms: record.created_at, seq: index }, record))
    }

    /// The counts, and the violations: entries that were resumed twice, or taken twice by any action.
    pub fn summary(&self) -> Map<String, Value> {
        let more_than_once = |times: fn(&Acts) -> u32| {
            let mut keys: Vec<Key> = self
                .entries
                .iter()
                .filter(|(_, acts)| times(acts) > 1)
                .map(|(key, _)| *key)
                .collect();
            keys.sort_unstable();
            keys.iter().map(Key::to_string).collect::<Vec<_>>()
        };
        let mut states: BTreeMap<&str, u64> = BTreeMap::new();
        for run in &self.runs {
            *states.entry(run.state.name()).or_default() += 1;
        }
        let summary = json!({
            "taken": self.entries.len(),
            "resumed": self.resumed,
            "restarted": self.restarted,
            "deleted": self.deleted,
            "resumedTwice": more_than_once(|acts| acts.resumed),
            "takenTwice": more_than_once(|acts| acts.resumed + acts.restarted + acts.deleted),
            "runs": self.runs.len(),
            "runStates": states,
            "failedAgain": self.failed_again,
            "duplicateSteps": self.duplicate_steps,
        });
        match summary {
            Value::Object(summary) => summary,
            _ => Map::new(),
        }
    }

    /// The actions on each entry.
    pub fn by_entry(&self) -> Value {
        let mut keys: Vec<&Key> = self.entries.keys().collect();
        keys.sort_unstable();
        let one = |key: &Key| (key.to_string(), self.entry(&self.entries[key]));
        keys.into_iter().map(one).collect::<Map<_, _>>().into()
    }

    /// The counts of each step, by run.
    pub fn by_run(&self) -> Value {
        let one = |(run, steps): (&Arc<str>, &_)| (run.to_string(), steps_json(steps));
        self.steps.iter().map(one).collect::<Map<_, _>>().into()
    }

    /// The counts of each step, by workflow.
    pub fn by_workflow(&self) -> Value {
        let mut sums: BTreeMap<&str, BTreeMap<String, StepCount>> = BTreeMap::new();
        for (run, steps) in &self.steps {
            let Some(record) = self.record(run) else {
                continue;
            };
            let sum = sums.entry(&record.workflow_url).or_default();
            for (name, count) in steps {
                let total = sum.entry(name.clone()).or_default();
                total.delivered += count.delivered;
                total.completed += count.completed;
                total.copied += count.copied;
            }
        }
        sums.into_iter()
            .map(|(url, steps)| (url.to_owned(), steps_json(&steps)))
            .collect::<Map<_, _>>()
            .into()
    }

    fn entry(&self, acts: &Acts) -> Value {
        let runs: Vec<&str> = acts.runs.iter().map(|at| &*self.runs[*at as usize].id).collect();
        json!({"resumed": acts.resumed, "restarted": acts.restarted, "deleted": acts.deleted, "workflowRunIds": runs})
    }
}

fn steps_json(steps: &BTreeMap<String, StepCount>) -> Value {
    let one = |(name, count): (&String, &StepCount)| {
        let value = json!({"delivered": count.delivered, "completed": count.completed, "copied": count.copied});
        (name.clone(), value)
    };
    steps.iter().map(one).collect::<Map<_, _>>().into()
}

impl Record {
    /// The run as the control API shows it.
    pub fn to_json(&self) -> Value {
        let (origin, dlq_id) = match self.origin {
            Origin::Trigger => ("trigger", None),
            Origin::Invoke => ("invoke", None),
            Origin::Dlq(Act::Restart, key) => ("restart", Some(key.to_string())),
            Origin::Dlq(_, key) => ("resume", Some(key.to_string())),
            Origin::Seed => ("seed", None),
        };
        json!({
            "workflowRunId": &*self.id,
            "workflowCreatedAt": self.created_at,
            "workflowUrl": &*self.workflow_url,
            "state": self.state.name(),
            "origin": origin,
            "dlqId": dlq_id,
            "endedAt": self.ended_at,
            "failedAs": self.failed_as.map(|key| key.to_string()),
            "parentRunId": self.parent.as_deref(),
            "overrides": self.overrides.as_ref().map_or(Value::Null, |overrides| overrides.to_json()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_at_the_time_of_its_entry() {
        let mut audit = Audit::default();
        audit.run(Record { id: "wfr_1".into(), ..Record::default() });
        audit.set_state("wfr_1", RunState::Failed, 1_003);
        audit.fail("wfr_1", Key { ms: 1_000, seq: 0 });
        assert_eq!(audit.record("wfr_1").and_then(|run| run.ended_at), Some(1_000));
    }
}
