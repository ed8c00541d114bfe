//! Parameters of `client.logs`, as the query that the SDK would send.

use super::filter::{places, read_values, FIELDS};
use super::issue::{Issues, Place};
use super::selection::read_count;
use crate::decimal::decimal;
use crate::id::RunId;
use crate::time::Timestamp;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// The identity of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunName {
    /// The run's id.
    pub id: RunId,
    /// When the run was created, if known; distinguishes runs with the same id.
    pub created: Option<Timestamp>,
}

/// The query of a logs request without `groupBy`: names and values in the order in which they are sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogsQuery(pub Vec<(&'static str, String)>);

impl LogsQuery {
    /// Reads `{ cursor, count, filter }` and the SDK's deprecated top-level filters. If a field is in both places,
    /// `filter` wins, as in the SDK.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::{Issues, LogsQuery, Place};
    /// use upstash_workflow_dlq::value::Value;
    ///
    /// let mut issues = Issues::new();
    /// let value = Value::Map(vec![("count".into(), Value::Number(5.0))]);
    /// let query = LogsQuery::read(&mut issues, &Place::root("parameters", &value));
    /// assert_eq!(query.0, [("count", "5".to_string())]);
    /// ```
    pub fn read(issues: &mut Issues, place: &Place) -> Self {
        let entries = issues.object(place, KEYS).unwrap_or_default();
        let filter = &place.field("filter");
        let filters = issues.object(filter, FILTER_KEYS).unwrap_or_default();
        let mut query = LogsQuery::default();
        for (key, _) in entries.iter().filter(|(key, _)| DEPRECATED.contains(&key.as_str())) {
            // The SDK merges the two by JavaScript's spread, which keeps the position of an overwritten key.
            let from = if has(filters, key) { filter } else { place };
            query.field(issues, &from.field(key), key);
        }
        for key in ["cursor", "count"] {
            query.field(issues, &place.field(key), key);
        }
        for (key, value) in filters {
            if !has(entries, key) {
                query.field(issues, &filter.entry(key, value), key);
            }
        }
        query
    }

    fn field(&mut self, issues: &mut Issues, place: &Place, key: &str) {
        if place.is_undefined() {
            return;
        }
        if key == "count" {
            let count = read_count(issues, place);
            self.push("count", count.map(decimal));
        } else if let Some((name, field)) = FIELDS.iter().find(|(name, _)| *name == key) {
            let values = read_values(issues, *field, place);
            values.into_iter().for_each(|value| self.push(name, Some(value)));
        } else if let Some(name) = OWN_KEYS.iter().find(|name| **name == key) {
            for place in places(issues, place, SEVERAL.contains(name)) {
                self.push(name, issues.string(&place));
            }
        }
    }

    fn push(&mut self, name: &'static str, value: Option<String>) {
        if let Some(value) = value {
            self.0.push((name, value));
        }
    }
}

fn has(fields: &[(String, Value)], key: &str) -> bool {
    fields.iter().any(|(name, _)| name == key)
}

pub(super) const KEYS: &[&str] = &[
    "cursor",
    "count",
    "filter",
    "workflowRunId",
    "state",
    "workflowUrl",
    "label",
    "workflowCreatedAt",
];
/// Filters that the SDK also accepts at the top level.
const DEPRECATED: &[&str] =
    &["workflowRunId", "state", "workflowUrl", "label", "workflowCreatedAt"];
pub(super) const FILTER_KEYS: &[&str] = &[
    "fromDate",
    "toDate",
    "workflowUrl",
    "workflowRunId",
    "workflowCreatedAt",
    "label",
    "callerIp",
    "flowControlKey",
    "host",
    "path",
    "state",
    "messageId",
];
/// Fields that do not exist in filters of the DLQ.
const OWN_KEYS: &[&str] = &["host", "path", "state", "messageId", "cursor"];
/// Fields of `OWN_KEYS` that accept several values.
const SEVERAL: &[&str] = &["host", "path"];
