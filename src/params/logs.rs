//! Parameters of `client.logs`, read into the query that the SDK would send.

use super::filter::{read_values, FIELDS};
use super::issue::{Issues, Place};
use super::selection::read_count;
use crate::id::RunId;
use crate::time::Timestamp;
use crate::value::Value;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What identifies a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunName {
    pub id: RunId,
    /// When it was created; distinguishes runs with the same id.
    pub created: Option<Timestamp>,
}

/// The query of a logs request, `groupBy` left out: names and values in the order they are sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogsQuery(pub Vec<(&'static str, String)>);

impl LogsQuery {
    /// Reads `{ cursor, count, filter }` and the SDK's deprecated filters beside them. A field that
    /// stands in both places is the one in `filter`, as in the SDK.
    pub fn read(issues: &mut Issues, place: &Place) -> Self {
        let entries = issues.object(place, KEYS).unwrap_or_default();
        let filter = &place.field("filter");
        let filters = issues.object(filter, FILTER_KEYS).unwrap_or_default();
        let mut query = LogsQuery::default();
        for (key, _) in entries.iter().filter(|(key, _)| DEPRECATED.contains(&key.as_str())) {
            // JavaScript's spread keeps the place of a key that is overwritten.
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
            self.0.extend(count.map(|count| ("count", count.to_string())));
        } else if let Some((name, field)) = FIELDS.iter().find(|(name, _)| *name == key) {
            let values = read_values(issues, *field, place);
            self.0.extend(values.into_iter().map(|value| (*name, value)));
        } else if let Some(name) = OWN_KEYS.iter().find(|name| **name == key) {
            match place.value {
                Value::List(items) if SEVERAL.contains(name) => {
                    if items.is_empty() {
                        issues.add(place, "empty_array");
                    }
                    for (index, item) in items.iter().enumerate() {
                        let value = issues.string(&place.item(index, item));
                        self.0.extend(value.map(|value| (*name, value)));
                    }
                }
                _ => self.0.extend(issues.string(place).map(|value| (*name, value))),
            }
        }
    }
}

fn has(fields: &[(String, Value)], key: &str) -> bool {
    fields.iter().any(|(name, _)| name == key)
}

const KEYS: &[&str] = &[
    "cursor",
    "count",
    "filter",
    "workflowRunId",
    "state",
    "workflowUrl",
    "label",
    "workflowCreatedAt",
];
/// What the SDK takes beside `filter` as well.
const DEPRECATED: &[&str] =
    &["workflowRunId", "state", "workflowUrl", "label", "workflowCreatedAt"];
const FILTER_KEYS: &[&str] = &[
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
/// Fields that the filters of the DLQ do not have.
const OWN_KEYS: &[&str] = &["host", "path", "state", "messageId", "cursor"];
/// Those of them that take several values.
const SEVERAL: &[&str] = &["host", "path"];
