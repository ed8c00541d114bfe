//! The entries that a call acts on: ids, a filter or, explicitly, all. An empty array, an empty filter and a
//! filter of `undefined` values are refused, since the service takes each of them for all entries.

use super::condition::Narrowing;
use super::filter::Filter;
use super::issue::{Issues, Place};
use crate::id::{Cursor, DlqId};
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// The entries that a call acts on.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// Exactly these entries; empty only if the caller passed a bare `[]`, which is a no-op.
    Ids(Vec<DlqId>),
    /// The entries that match a filter of the service.
    Filter(Filter),
    /// All entries (`{ all: true }`).
    All,
}

/// The form in which a single call returns its result; it depends on the form of the argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ResultForm {
    /// The page, as `{ workflowRuns, cursor }`.
    Page,
    /// For the SDK's older `{ dlqId: "…" }`: the run alone.
    Run,
    /// For the SDK's older `{ dlqId: […] }`: the array of runs.
    Runs,
}

/// The selection of a single call.
#[derive(Clone, Debug, PartialEq)]
pub struct SingleSelection {
    /// The entries.
    pub selection: Selection,
    /// Maximum number of entries: from 1, default [`COUNT_DEFAULT`]; `None` with ids, and for a list without one.
    pub count: Option<u32>,
    /// The position to continue from; `None` for the first page.
    pub cursor: Option<Cursor>,
    /// The form of the result.
    pub form: ResultForm,
}

/// The `count` that the SDK sends if the caller passes none.
pub const COUNT_DEFAULT: u32 = 100;

impl SingleSelection {
    /// Reads the selection of a single call; `None`, with an issue, if it is invalid. `legacy`: accept the SDK's
    /// older `{ dlqId, … }` too; [`Overrides::read_legacy`](super::Overrides::read_legacy) reads its overrides.
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
        // With ids the SDK sends the cursor and drops the count.
        let count = read_count(issues, &place.field("count")).unwrap_or(COUNT_DEFAULT);
        let cursor = issues.string(&place.field("cursor")).map(Cursor::from);
        let count = (!matches!(selection, Selection::Ids(_))).then_some(count);
        Some(SingleSelection { selection, count, cursor, form: ResultForm::Page })
    }
}

impl Selection {
    /// Reads the selection of a drive, without `count` and `cursor`, and its narrowing; the selection is `None`,
    /// with an issue, if it is invalid.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::{Issues, Place, Selection};
    /// use upstash_workflow_dlq::value::Value;
    ///
    /// let mut issues = Issues::new();
    /// let value = Value::Map(vec![("all".into(), Value::Bool(true))]);
    /// let (selection, _) = Selection::read(&mut issues, &Place::root("selection", &value));
    /// assert_eq!(selection, Some(Selection::All));
    ///
    /// // An empty filter is refused instead of acting on all entries.
    /// let value = Value::Map(vec![("filter".into(), Value::Map(vec![]))]);
    /// Selection::read(&mut issues, &Place::root("selection", &value));
    /// assert_eq!(issues.into_result(Some(())).unwrap_err()[0].code, "empty_filter");
    /// ```
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
            // A look-up after a lost response sends the id in the path of a URL.
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

    /// Whether this is a bare `[]`, a no-op.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Selection::Ids(ids) if ids.is_empty())
    }

    /// The filter; empty for [`Selection::All`] and [`Selection::Ids`].
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

/// Reads the parameters of a list: `{ cursor, count, filter }`, each optional, as is the object; `None`, with an
/// issue, if it or the filter is not an object. The service documents a maximum `count` of 100.
pub fn read_list(issues: &mut Issues, place: &Place) -> Option<SingleSelection> {
    issues.object(place, LIST_KEYS)?;
    let count = issues.small(&place.field("count"), 1.0, 100.0, "a whole number from 1 to 100");
    let cursor = issues.string(&place.field("cursor")).map(Cursor::from);
    let filter = Filter::read(issues, &place.field("filter"), true)?;
    let selection = Selection::Filter(filter);
    Some(SingleSelection { selection, count, cursor, form: ResultForm::Page })
}

/// Reads an id for the path of a URL, where `.` and `..` would name another endpoint; `None`, with an issue, if it
/// is invalid.
pub fn read_path_id(issues: &mut Issues, place: &Place) -> Option<DlqId> {
    let id = read_id(issues, place)?;
    if is_dots(&id) {
        issues.add(place, "bad_id");
        return None;
    }
    Some(id)
}

/// Whether a URL parser would remove the id as a dot segment.
fn is_dots(id: &DlqId) -> bool {
    *id == "." || *id == ".."
}

fn read_legacy(issues: &mut Issues, place: &Place) -> Option<SingleSelection> {
    issues.object(place, LEGACY_KEYS);
    let ids = &place.field("dlqId");
    let form = if matches!(ids.value, Value::List(_)) { ResultForm::Runs } else { ResultForm::Run };
    let selection = Selection::Ids(match ids.value {
        Value::List(_) => read_named_ids(issues, ids)?,
        _ => Vec::from([read_id(issues, ids)?]),
    });
    Some(SingleSelection { selection, count: None, cursor: None, form })
}

/// An id, or an array of at least one.
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

/// An id, or an array of ids.
fn read_ids(issues: &mut Issues, place: &Place) -> Option<Vec<DlqId>> {
    let Value::List(list) = place.value else {
        return read_id(issues, place).map(|id| Vec::from([id]));
    };
    let mut ids = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        if let Some(id) = read_id(issues, &place.item(index, item)) {
            ids.push(id);
        }
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

pub(super) const SELECTION_KEYS: &[&str] =
    &["dlqIds", "filter", "all", "where", "limit", "count", "cursor"];
pub(super) const LIST_KEYS: &[&str] = &["cursor", "count", "filter"];
pub(super) const LEGACY_KEYS: &[&str] = &["dlqId", "retries", "flowControl"];
const SELECTION_EXPECTED: &str = "an id, an array of ids, { dlqIds }, { filter } or { all: true }";
const COUNT_MAX: f64 = 2_147_483_647.0;
