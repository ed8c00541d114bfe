//! Parameters of a follow: the runs, or the checkpoint of an earlier follow, and the options.

use super::drive::DriveOptions;
use super::issue::{Issues, Place, Received};
use super::logs::RunName;
use super::{date, duration};
use crate::id::DlqId;
use crate::time::Timestamp;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// How runs are followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Following {
    /// Maximum time to wait for the runs, in milliseconds. Default [`FOLLOW_TIMEOUT_MS`].
    pub timeout: u32,
    /// Minimum time between two rounds of requests, in milliseconds. Default 1,000.
    pub interval: u32,
    /// Number of runs to select at random; all runs if absent.
    pub sample: Option<u32>,
}

impl Default for Following {
    fn default() -> Self {
        Following { timeout: FOLLOW_TIMEOUT_MS, interval: INTERVAL_MS, sample: None }
    }
}

/// A run to follow.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowedRun {
    /// The run's id and creation date.
    pub name: RunName,
    /// The DLQ entry that was resumed, if known.
    pub entry: Option<DlqId>,
}

/// What to follow.
#[derive(Clone, Debug, PartialEq)]
pub enum Followable {
    /// These runs.
    Runs(Vec<FollowedRun>),
    /// The runs in a checkpoint of an earlier follow or drive.
    Checkpoint(String),
}

impl Following {
    /// Reads the option `follow` of a drive: `true`, or `{ timeout, interval, sample }`; `None` if the value is
    /// absent, `false` or, with an issue, something else.
    pub fn read(issues: &mut Issues, place: &Place) -> Option<Self> {
        match place.value {
            Value::Undefined | Value::Bool(false) => return None,
            Value::Bool(true) => return Some(Following::default()),
            _ => {}
        }
        issues.object(place, FOLLOWING_KEYS)?;
        Some(Self::read_fields(issues, place))
    }

    /// Reads the fields from an object whose keys were checked already.
    fn read_fields(issues: &mut Issues, place: &Place) -> Self {
        let expected = "milliseconds as a whole number from 0, or a text such as \"40m\"";
        let timeout = duration::read_ms(issues, &place.field("timeout"), 0.0, LONGEST_MS, expected);
        let expected = "milliseconds as a whole number from 1, or a text such as \"2s\"";
        let interval =
            duration::read_ms(issues, &place.field("interval"), 1.0, LONGEST_MS, expected);
        let sample = issues.small(&place.field("sample"), 1.0, LONGEST_MS, "a whole number from 1");
        Following {
            timeout: timeout.map_or(FOLLOW_TIMEOUT_MS, |ms| ms as u32),
            interval: interval.map_or(INTERVAL_MS, |ms| ms as u32),
            sample,
        }
    }
}

/// Reads the options of `client.dlq.follow`. Its `timeout` is that of the follow; an attempt has the client's
/// timeout. `concurrency` is 4 by default.
pub fn read_options(issues: &mut Issues, place: &Place) -> DriveOptions {
    issues.object(place, OPTION_KEYS);
    let mut options = DriveOptions::read_fields(issues, place);
    options.concurrency = options.concurrency.or(Some(CONCURRENCY));
    options.follow = Some(Following::read_fields(issues, place));
    options
}

impl Followable {
    /// Reads runs, a response or summary that contains them, or a checkpoint; `None`, with an issue, for anything
    /// else.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::{Followable, Issues, Place};
    /// use upstash_workflow_dlq::value::Value;
    ///
    /// let mut issues = Issues::new();
    /// let run = Value::Map(vec![("workflowRunId".into(), Value::String("wfr_1".into()))]);
    /// let value = Value::List(vec![run]);
    /// let Some(Followable::Runs(runs)) = Followable::read(&mut issues, &Place::root("runs", &value))
    /// else {
    ///     panic!("not runs");
    /// };
    /// assert_eq!(runs[0].name.id, "wfr_1");
    /// ```
    pub fn read(issues: &mut Issues, place: &Place) -> Option<Self> {
        let list = match place.value {
            Value::String(_) => return issues.string(place).map(Followable::Checkpoint),
            Value::List(_) => return Some(Followable::Runs(read_runs(issues, place))),
            Value::Map(_) => {
                let checkpoint = place.value.field("outcome").field("checkpoint");
                if let Value::String(text) = checkpoint {
                    return Some(Followable::Checkpoint(text.clone()));
                }
                ["workflowRuns", "entries"].into_iter().find(|key| !place.field(key).is_undefined())
            }
            Value::Undefined => {
                issues.add_hidden(place, "required").expected = Some(EXPECTED);
                return None;
            }
            _ => {
                issues.wrong_type(place, EXPECTED);
                return None;
            }
        };
        let list = list.map(|key| place.field(key));
        let runs = list.as_ref().map(|list| read_runs(issues, list)).unwrap_or_default();
        // The report of a drive by batches does not name its runs.
        let empty =
            list.is_some_and(|list| matches!(list.value, Value::List(items) if items.is_empty()));
        if runs.is_empty() && !empty && issues.is_empty() {
            issues.add_hidden(place, "no_runs");
        }
        Some(Followable::Runs(runs))
    }
}

/// Reads the runs of a list. Report entries without a run are skipped.
fn read_runs(issues: &mut Issues, place: &Place) -> Vec<FollowedRun> {
    let Value::List(items) = place.value else {
        issues.wrong_type(place, "an array of runs");
        return Vec::new();
    };
    let mut runs = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let run = &place.item(index, item);
        if !matches!(run.value, Value::Map(_)) {
            issues.wrong_type(run, "an object with workflowRunId");
            continue;
        }
        let id = &run.field("workflowRunId");
        if id.is_undefined() {
            if run.field("outcome").is_undefined() {
                issues.add_hidden(id, "required").expected = Some("the id of a run");
            }
            continue;
        }
        let entry = issues.string(&run.field("dlqId")).map(DlqId::from);
        if let Some(id) = issues.string(id) {
            let created = created(issues, &run.field("workflowCreatedAt"));
            runs.push(FollowedRun { name: RunName { id: id.into(), created }, entry });
        }
    }
    runs
}

/// When a run was created: a number, or a string of digits, as the service sent it. Microseconds and nanoseconds are
/// refused: no run would be found. Anything else is ignored: the date only narrows the request.
fn created(issues: &mut Issues, place: &Place) -> Option<Timestamp> {
    let ms = match place.value {
        Value::Number(ms) | Value::Date(ms) if ms.trunc() == *ms => *ms as i64,
        Value::String(digits) => digits.parse().ok()?,
        _ => return None,
    };
    if date::is_too_fine(ms as f64) {
        issues.add(place, "date_too_fine").received = Received::Number(ms as f64);
        return None;
    }
    (ms > 0).then_some(Timestamp::from_ms(ms))
}

const EXPECTED: &str = "an array of runs, a response with workflowRuns, a summary or a checkpoint";
/// Default time to wait for runs, in milliseconds: 40 minutes. With the service's default of three retries, a run
/// fails after 33 minutes.
pub const FOLLOW_TIMEOUT_MS: u32 = 40 * 60_000;
/// The largest delay of a JavaScript timer.
const LONGEST_MS: f64 = 2_147_483_647.0;
const INTERVAL_MS: u32 = 1_000;
/// Default number of requests in flight.
const CONCURRENCY: u32 = 4;
pub(super) const FOLLOWING_KEYS: &[&str] = &["timeout", "interval", "sample"];
pub(super) const OPTION_KEYS: &[&str] = &[
    "timeout",
    "interval",
    "sample",
    "concurrency",
    "maxRequests",
    "timeBudget",
    "report",
    "signal",
    "onProgress",
    "onCheckpoint",
    "query",
    "headers",
];
