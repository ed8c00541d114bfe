//! What to act on: ids, a filter, or, said outright, all. "All" can't happen by accident: an empty
//! array, an empty filter or a filter of `undefined`s is refused, since the service takes each of
//! them for everything.

use super::filter::Filter;
use super::issue::Issues;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// What to act on.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// Exactly these entries; empty only where the caller gave a bare `[]`, which is a no-op.
    Ids(Vec<String>),
    Filter(Filter),
    All,
}

/// How the caller of a single call wants the answer, by the form of the argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// The page, as `{ workflowRuns, cursor }`.
    Page,
    /// The SDK's older `{ dlqId: "…" }`: the run alone.
    Run,
    /// The SDK's older `{ dlqId: […] }`: the array of runs.
    Runs,
}

/// The selection of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct SingleSelection {
    pub selection: Selection,
    /// `None` with ids.
    pub count: Option<u32>,
    pub cursor: Option<String>,
    pub answer: Answer,
}

/// The `count` that the SDK sends where the caller gives none.
pub const COUNT_DEFAULT: u32 = 100;

impl SingleSelection {
    /// Reads the selection of a single call. `legacy`: the SDK's older `{ dlqId, … }` is taken too;
    /// its overrides stand beside `dlqId` and are the caller's to read.
    pub fn read(issues: &mut Issues, value: &Value, legacy: bool) -> Option<Self> {
        if legacy && !value.field("dlqId").is_undefined() {
            return read_legacy(issues, value);
        }
        let selection = Selection::read_form(issues, value, SINGLE_KEYS)?;
        // Beside ids the SDK sends the cursor and drops the count.
        let count = issues
            .within("count", |issues| read_count(issues, value.field("count")))
            .unwrap_or(COUNT_DEFAULT);
        let cursor =
            issues.within("cursor", |issues| issues.text(value.field("cursor")).map(String::from));
        let count = (!matches!(selection, Selection::Ids(_))).then_some(count);
        Some(SingleSelection { selection, count, cursor, answer: Answer::Page })
    }
}

impl Selection {
    /// Reads the selection of a drive, which has no `count` and no `cursor` of its own.
    pub fn read(issues: &mut Issues, value: &Value) -> Option<Self> {
        let ids = matches!(value, Value::List(_) | Value::String(_))
            || !value.field("dlqIds").is_undefined();
        let [count, cursor] = if ids {
            ["count_with_ids", "cursor_with_ids"]
        } else {
            ["count_in_drive", "cursor_in_drive"]
        };
        for (key, code) in [("count", count), ("cursor", cursor)] {
            let field = value.field(key);
            if !field.is_undefined() {
                issues.within(key, |issues| {
                    issues.add(code, field);
                });
            }
        }
        let selection = Self::read_form(issues, value, SINGLE_KEYS);
        if let Some(Selection::Ids(ids)) = &selection {
            // Ids may have to be looked up, one by one, by their path.
            for (index, id) in ids.iter().enumerate().filter(|(_, id)| is_dots(id)) {
                issues.at(index, |issues| {
                    issues.add("bad_id", &Value::String(id.clone()));
                });
            }
        }
        selection
    }

    /// Whether this is the no-op of a bare `[]`.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Selection::Ids(ids) if ids.is_empty())
    }

    /// The filter; an empty one for "all" and for ids.
    pub fn filter(&self) -> Filter {
        match self {
            Selection::Filter(filter) => filter.clone(),
            _ => Filter::default(),
        }
    }

    fn read_form(issues: &mut Issues, value: &Value, known: &[&'static str]) -> Option<Self> {
        match value {
            Value::String(_) => {
                return read_id(issues, value).map(|id| Selection::Ids(Vec::from([id])))
            }
            Value::List(ids) => return read_ids(issues, ids).map(Selection::Ids),
            Value::Map(entries) => issues.unknown_keys(entries, known),
            Value::Undefined => {
                issues.add("selection_missing", value);
                return None;
            }
            other => {
                issues.wrong_type(other, SELECTION_EXPECTED);
                return None;
            }
        }
        let (ids, filter, all) = (value.field("dlqIds"), value.field("filter"), value.field("all"));
        match [ids, filter, all].iter().filter(|form| !form.is_undefined()).count() {
            0 => {
                issues.add("selection_missing", value);
                return None;
            }
            1 => {}
            _ => {
                issues.add("selection_conflict", value);
                return None;
            }
        }
        if !ids.is_undefined() {
            return issues.within("dlqIds", |issues| match ids {
                Value::List(list) if list.is_empty() => {
                    issues.add("empty_dlq_ids", ids);
                    None
                }
                Value::List(list) => read_ids(issues, list).map(Selection::Ids),
                Value::String(_) => read_id(issues, ids).map(|id| Selection::Ids(Vec::from([id]))),
                other => {
                    issues.wrong_type(other, "an id or an array of ids");
                    None
                }
            });
        }
        if !filter.is_undefined() {
            return issues
                .within("filter", |issues| Filter::read(issues, filter, false))
                .map(Selection::Filter);
        }
        if *all != Value::Bool(true) {
            issues.within("all", |issues| {
                issues.add("all_not_true", all);
            });
            return None;
        }
        Some(Selection::All)
    }
}

/// The parameters of a list: `{ cursor, count, filter }`, each optional, as is the whole.
pub fn read_list(issues: &mut Issues, value: &Value) -> Option<SingleSelection> {
    issues.object(value, LIST_KEYS)?;
    let count = issues.within("count", |issues| read_count(issues, value.field("count")));
    let cursor =
        issues.within("cursor", |issues| issues.text(value.field("cursor")).map(String::from));
    let filter =
        issues.within("filter", |issues| Filter::read(issues, value.field("filter"), true))?;
    let selection = Selection::Filter(filter);
    Some(SingleSelection { selection, count, cursor, answer: Answer::Page })
}

/// Reads an id that stands in the path of a URL, where `.` and `..` would name another endpoint.
pub fn read_path_id(issues: &mut Issues, value: &Value) -> Option<String> {
    let id = read_id(issues, value)?;
    if is_dots(&id) {
        issues.add("bad_id", value);
        return None;
    }
    Some(id)
}

/// Whether a URL would take it for a step in the path.
fn is_dots(id: &str) -> bool {
    id == "." || id == ".."
}

fn read_legacy(issues: &mut Issues, value: &Value) -> Option<SingleSelection> {
    if let Value::Map(entries) = value {
        issues.unknown_keys(entries, LEGACY_KEYS);
    }
    let dlq_id = value.field("dlqId");
    issues.within("dlqId", |issues| {
        let (ids, answer) = match dlq_id {
            Value::List(list) if list.is_empty() => {
                issues.add("empty_dlq_ids", dlq_id);
                return None;
            }
            Value::List(list) => (read_ids(issues, list)?, Answer::Runs),
            other => (Vec::from([read_id(issues, other)?]), Answer::Run),
        };
        Some(SingleSelection { selection: Selection::Ids(ids), count: None, cursor: None, answer })
    })
}

fn read_ids(issues: &mut Issues, list: &[Value]) -> Option<Vec<String>> {
    let mut ids = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        // One path is built for a fault, not one for each of thousands of good ids.
        match item {
            Value::String(id) if !id.is_empty() && !id.contains(',') => ids.push(id.clone()),
            other => {
                issues.at(index, |issues| read_id(issues, other));
            }
        }
    }
    (ids.len() == list.len()).then_some(ids)
}

fn read_id(issues: &mut Issues, value: &Value) -> Option<String> {
    match value {
        Value::String(id) if id.is_empty() => {
            issues.add("empty_id", value);
            None
        }
        // The service splits a list of ids at commas.
        Value::String(id) if id.contains(',') => {
            issues.add("comma_in_value", value);
            None
        }
        Value::String(id) => Some(id.clone()),
        other => {
            issues.wrong_type(other, "a DLQ id as a string");
            None
        }
    }
}

fn read_count(issues: &mut Issues, value: &Value) -> Option<u32> {
    issues.whole(value, 1.0, COUNT_MAX, "a whole number from 1 to 2147483647").map(|n| n as u32)
}

const SINGLE_KEYS: &[&str] = &["dlqIds", "filter", "all", "count", "cursor"];
const LIST_KEYS: &[&str] = &["cursor", "count", "filter"];
const LEGACY_KEYS: &[&str] = &["dlqId", "retries", "flowControl"];
const SELECTION_EXPECTED: &str = "an id, an array of ids, { dlqIds }, { filter } or { all: true }";
const COUNT_MAX: f64 = 2_147_483_647.0;
