//! The parameters of `client.logs`, as the query they become: the SDK's, in the SDK's order.

use super::filter::{read_values, FIELDS};
use super::issue::{Issues, Place};
use super::selection::read_count;
use crate::value::Value;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A run by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct RunName {
    pub id: String,
    /// When it was created, in milliseconds since 1970: tells runs of the same id apart.
    pub created: Option<i64>,
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
        let in_filter = |key: &str| filters.iter().any(|(name, _)| name == key);
        let mut overridden = Vec::new();
        for (key, value) in entries {
            match (key.as_str(), in_filter(key)) {
                ("cursor" | "count" | "filter", _) => {}
                // JavaScript's spread keeps the place of a key that is overwritten.
                (_, true) => {
                    overridden.push(key);
                    query.field(issues, &filter.field(key), key);
                }
                _ => query.field(issues, &place.entry(key, value), key),
            }
        }
        query.0.extend(issues.string(&place.field("cursor")).map(|cursor| ("cursor", cursor)));
        let count = read_count(issues, &place.field("count"));
        query.0.extend(count.map(|count| ("count", count.to_string())));
        for (key, value) in filters.iter().filter(|(key, _)| !overridden.contains(&key)) {
            query.field(issues, &filter.entry(key, value), key);
        }
        query
    }

    fn field(&mut self, issues: &mut Issues, place: &Place, key: &str) {
        if place.is_undefined() {
            return;
        }
        if let Some((name, field)) = FIELDS.iter().find(|(name, _)| *name == key) {
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
const OWN_KEYS: &[&str] = &["host", "path", "state", "messageId"];
/// Those of them that take several values.
const SEVERAL: &[&str] = &["host", "path"];
