//! What to act on: ids, a filter, or, said outright, all. "All" can't happen by accident: an empty
//! array, an empty filter or a filter of `undefined`s is refused, since the service takes each of
//! them for everything.

use super::condition::Narrowing;
use super::filter::Filter;
use super::issue::{Issues, Place};
use crate::id::{Cursor, DlqId};
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// What to act on.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// Exactly these entries; empty only where the caller gave a bare `[]`, which is a no-op.
    Ids(Vec<DlqId>),
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
    pub cursor: Option<Cursor>,
    pub answer: Answer,
}

/// The `count` that the SDK sends where the caller gives none.
pub const COUNT_DEFAULT: u32 = 100;

impl SingleSelection {
    /// Reads the selection of a single call. `legacy`: the SDK's older `{ dlqId, … }` is taken too;
    /// its overrides stand beside `dlqId` and are the caller's to read.
    pub fn read(issues: &mut Issues, place: &Place, legacy: bool) -> Option<Self> {
        if legacy && !place.field("dlqId").is_undefined() {
            return read_legacy(issues, place);
        }
        for key in ["where", "limit"] {
            let place = &place.field(key);
            if !place.is_undefined() {
                issues.add_hidden(place, "drive_only");
            }
        }
        let selection = Selection::read_form(issues, place)?;
        // Beside ids the SDK sends the cursor and drops the count.
        let count = read_count(issues, &place.field("count")).unwrap_or(COUNT_DEFAULT);
        let cursor = issues.string(&place.field("cursor")).map(Cursor::from);
        let count = (!matches!(selection, Selection::Ids(_))).then_some(count);
        Some(SingleSelection { selection, count, cursor, answer: Answer::Page })
    }
}

impl Selection {
    /// Reads the selection of a drive and what narrows it. It has no `count` and no `cursor`.
    pub fn read(issues: &mut Issues, place: &Place) -> (Option<Self>, Narrowing) {
        let ids = matches!(place.value, Value::List(_) | Value::String(_))
            || !place.field("dlqIds").is_undefined();
        let [count, cursor] = if ids {
            ["count_with_ids", "cursor_with_ids"]
        } else {
            ["count_in_drive", "cursor_in_drive"]
        };
        for (key, code) in [("count", count), ("cursor", cursor)] {
            let place = &place.field(key);
            if !place.is_undefined() {
                issues.add(place, code);
            }
        }
        let selection = Self::read_form(issues, place);
        if let Some(Selection::Ids(ids)) = &selection {
            // Ids may have to be looked up, one by one, by their path.
            for (index, id) in ids.iter().enumerate().filter(|(_, id)| is_dots(id)) {
                issues.add(&place.item(index, &Value::String(String::from(id.as_str()))), "bad_id");
            }
        }
        let narrowing = match place.value {
            Value::Map(_) => Narrowing::read(issues, place),
            _ => Narrowing::default(),
        };
        (selection, narrowing)
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

    fn read_form(issues: &mut Issues, place: &Place) -> Option<Self> {
        match place.value {
            Value::String(_) | Value::List(_) => {
                return read_ids(issues, place).map(Selection::Ids);
            }
            Value::Map(_) => issues.object(place, SELECTION_KEYS)?,
            Value::Undefined => {
                issues.add(place, "selection_missing");
                return None;
            }
            _ => {
                issues.wrong_type(place, SELECTION_EXPECTED);
                return None;
            }
        };
        let forms @ [ids, filter, all] =
            &[place.field("dlqIds"), place.field("filter"), place.field("all")];
        let code = match forms.iter().filter(|form| !form.is_undefined()).count() {
            0 => "selection_missing",
            1 if !ids.is_undefined() => {
                return read_named_ids(issues, ids).map(Selection::Ids);
            }
            1 if !filter.is_undefined() => {
                return Filter::read(issues, filter, false).map(Selection::Filter);
            }
            1 if matches!(all.value, Value::Bool(true)) => return Some(Selection::All),
            1 => {
                issues.add(all, "all_not_true");
                return None;
            }
            _ => "selection_conflict",
        };
        issues.add(place, code);
        None
    }
}

/// The parameters of a list: `{ cursor, count, filter }`, each optional, as is the whole.
pub fn read_list(issues: &mut Issues, place: &Place) -> Option<SingleSelection> {
    issues.object(place, LIST_KEYS)?;
    let count = issues.small(&place.field("count"), 1.0, 100.0, "a whole number from 1 to 100");
    let cursor = issues.string(&place.field("cursor")).map(Cursor::from);
    let filter = Filter::read(issues, &place.field("filter"), true)?;
    let selection = Selection::Filter(filter);
    Some(SingleSelection { selection, count, cursor, answer: Answer::Page })
}

/// Reads an id that stands in the path of a URL, where `.` and `..` would name another endpoint.
pub fn read_path_id(issues: &mut Issues, place: &Place) -> Option<DlqId> {
    let id = read_id(issues, place)?;
    if is_dots(&id) {
        issues.add(place, "bad_id");
        return None;
    }
    Some(id)
}

/// Whether a URL would take it for a step in the path.
fn is_dots(id: &DlqId) -> bool {
    *id == "." || *id == ".."
}

fn read_legacy(issues: &mut Issues, place: &Place) -> Option<SingleSelection> {
    issues.object(place, LEGACY_KEYS);
    let ids = &place.field("dlqId");
    let answer = if matches!(ids.value, Value::List(_)) { Answer::Runs } else { Answer::Run };
    let selection = Selection::Ids(match ids.value {
        Value::List(_) => read_named_ids(issues, ids)?,
        _ => Vec::from([read_id(issues, ids)?]),
    });
    Some(SingleSelection { selection, count: None, cursor: None, answer })
}

/// An id, or ids of which there is at least one.
fn read_named_ids(issues: &mut Issues, place: &Place) -> Option<Vec<DlqId>> {
    match place.value {
        Value::List(list) if list.is_empty() => {
            issues.add(place, "empty_dlq_ids");
            None
        }
        Value::List(_) | Value::String(_) => read_ids(issues, place),
        _ => {
            issues.wrong_type(place, "an id or an array of ids");
            None
        }
    }
}

/// An id or an array of them.
fn read_ids(issues: &mut Issues, place: &Place) -> Option<Vec<DlqId>> {
    let Value::List(list) = place.value else {
        return read_id(issues, place).map(|id| Vec::from([id]));
    };
    let mut ids = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        ids.extend(read_id(issues, &place.item(index, item)));
    }
    (ids.len() == list.len()).then_some(ids)
}

fn read_id(issues: &mut Issues, place: &Place) -> Option<DlqId> {
    let code = match place.value {
        Value::String(id) if id.is_empty() => "empty_id",
        // The service splits a list of ids at commas.
        Value::String(id) if id.bytes().any(|byte| byte == b',') => "comma_in_value",
        Value::String(id) => return Some(DlqId::from(id.as_str())),
        _ => {
            issues.wrong_type(place, "a DLQ id as a string");
            return None;
        }
    };
    issues.add(place, code);
    None
}

pub(super) fn read_count(issues: &mut Issues, place: &Place) -> Option<u32> {
    issues.small(place, 1.0, COUNT_MAX, "a whole number from 1 to 2147483647")
}

const SELECTION_KEYS: &[&str] = &["dlqIds", "filter", "all", "where", "limit", "count", "cursor"];
const LIST_KEYS: &[&str] = &["cursor", "count", "filter"];
const LEGACY_KEYS: &[&str] = &["dlqId", "retries", "flowControl"];
const SELECTION_EXPECTED: &str = "an id, an array of ids, { dlqIds }, { filter } or { all: true }";
const COUNT_MAX: f64 = 2_147_483_647.0;
