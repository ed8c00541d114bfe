//! Everything that is wrong with the caller's input. The core reports codes and data; the sentence
//! that a person reads is made from them in one table of the package (`messages.js`).

use crate::value::{Value, UNREADABLE};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// One fault of the input.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// Where it is, as the caller would write it: `selection.filter.fromDate`.
    pub path: String,
    /// Which rule was broken; stable, documented.
    pub code: &'static str,
    /// What was found there.
    pub received: Received,
    /// Completes "must be …".
    pub expected: Option<&'static str>,
    /// Where in a text the fault is, in characters from 0.
    pub position: Option<u32>,
    /// The valid name that is nearest to the one written.
    pub hint: Option<&'static str>,
}

/// What was found, as far as an error may show it.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// A secret, or nothing at all.
    Hidden,
    Bool(bool),
    Number(f64),
    Text(String),
    /// Not a primitive: the word for it.
    Word(&'static str),
}

impl Received {
    fn of(value: &Value) -> Self {
        match value {
            Value::Bool(b) => Received::Bool(*b),
            Value::Number(n) => Received::Number(*n),
            Value::String(s) => Received::Text(shorten(s)),
            Value::Undefined => Received::Hidden,
            other => Received::Word(other.kind()),
        }
    }
}

/// Collects issues under a path that grows and shrinks as the reader descends.
#[derive(Default)]
pub struct Issues {
    list: Vec<Issue>,
    path: String,
}

impl Issues {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What was collected; `Err` where there is anything.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Vec<Issue>> {
        match value {
            Some(value) if self.list.is_empty() => Ok(value),
            _ => Err(self.list),
        }
    }

    /// Runs `read` with `key` added to the path.
    pub fn within<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.enter(key);
        let result = read(self);
        self.path.truncate(length);
        result
    }

    /// Adds to the path, and answers how long it was. Not inlined: `within` has as many copies as
    /// callers.
    #[inline(never)]
    fn enter(&mut self, key: &str) -> usize {
        let length = self.path.len();
        if length > 0 && !key.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(key);
        length
    }

    /// Runs `read` with `[index]` added to the path.
    pub fn at<T>(&mut self, index: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        let mut key = String::from("[");
        key.push_str(&index.to_string());
        key.push(']');
        self.within(&key, read)
    }

    /// Adds an issue at the present path.
    pub fn add(&mut self, code: &'static str, value: &Value) -> &mut Issue {
        self.list.push(Issue {
            path: self.path.clone(),
            code,
            received: Received::of(value),
            expected: None,
            position: None,
            hint: None,
        });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Adds an issue whose value must not be shown.
    pub fn add_hidden(&mut self, code: &'static str) -> &mut Issue {
        self.add(code, &Value::Undefined)
    }

    /// Adds `wrong_type`, or what is more exact: `null_value`, `unreadable`.
    pub fn wrong_type(&mut self, value: &Value, expected: &'static str) {
        let code = match value {
            Value::Null => "null_value",
            Value::Other(UNREADABLE) => "unreadable",
            _ => "wrong_type",
        };
        self.add(code, value).expected = Some(expected);
    }

    /// Refuses every key of `entries` that is not in `known`.
    pub fn unknown_keys(&mut self, entries: &[(String, Value)], known: &[&'static str]) {
        for (key, value) in entries {
            if !known.contains(&key.as_str()) {
                self.within(key, |issues| {
                    let issue = issues.add("unknown_key", value);
                    issue.received = Received::Text(shorten(key));
                    issue.hint = nearest(key, known);
                });
            }
        }
    }

    /// The entries of a plain object whose keys are all known; `None`, with an issue, for anything
    /// else. `undefined` is an empty object.
    pub fn object<'v>(
        &mut self,
        value: &'v Value,
        known: &[&'static str],
    ) -> Option<&'v [(String, Value)]> {
        match value {
            Value::Undefined => Some(&[]),
            Value::Map(entries) => {
                self.unknown_keys(entries, known);
                Some(entries)
            }
            other => {
                self.wrong_type(other, "an object");
                None
            }
        }
    }

    /// A whole number between `min` and `max`, both included; `None` where it is absent, or, with
    /// an issue, where it is something else. `expected` names the range.
    pub fn whole(
        &mut self,
        value: &Value,
        min: f64,
        max: f64,
        expected: &'static str,
    ) -> Option<u64> {
        match value {
            Value::Undefined => None,
            Value::Number(n) if n.trunc() != *n => {
                self.add("not_whole", value).expected = Some(expected);
                None
            }
            Value::Number(n) if *n < min || *n > max => {
                self.add("out_of_range", value).expected = Some(expected);
                None
            }
            Value::Number(n) => Some(*n as u64),
            other => {
                self.wrong_type(other, expected);
                None
            }
        }
    }

    /// A string that is not empty; `None` where it is absent, or, with an issue, something else.
    pub fn text<'v>(&mut self, value: &'v Value) -> Option<&'v str> {
        match value {
            Value::Undefined => None,
            Value::String(text) if text.is_empty() => {
                self.add("empty_string", value);
                None
            }
            Value::String(text) => Some(text),
            other => {
                self.wrong_type(other, "a string");
                None
            }
        }
    }

    /// `true` or `false`; `None` where it is absent, or, with an issue, something else.
    pub fn flag(&mut self, value: &Value) -> Option<bool> {
        match value {
            Value::Undefined => None,
            Value::Bool(flag) => Some(*flag),
            other => {
                self.wrong_type(other, "true or false");
                None
            }
        }
    }

    /// One of `names`; `None` where it is absent, or, with an issue, something else.
    pub fn one_of(
        &mut self,
        value: &Value,
        names: &[&'static str],
        expected: &'static str,
    ) -> Option<&'static str> {
        let text = self.text(value)?;
        let found = names.iter().find(|name| **name == text).copied();
        if found.is_none() {
            let issue = self.add("unknown_value", value);
            issue.expected = Some(expected);
            issue.hint = nearest(text, names);
        }
        found
    }

    /// Refuses whatever is present and not of the kind that the shell hands over as `word`.
    pub fn opaque(&mut self, value: &Value, word: &'static str, expected: &'static str) {
        if !value.is_undefined() && *value != Value::Other(word) {
            self.wrong_type(value, expected);
        }
    }
}

/// The first character of `text` that no header can carry, as its index: control characters
/// (a line break would start a header of its own) and what Latin-1 does not have.
pub fn header_fault(text: &str) -> Option<u32> {
    text.chars()
        .position(|c| (c < ' ' && c != '\t') || c == '\x7f' || c > '\u{ff}')
        .map(|at| at as u32)
}

/// The name in `known` that `word` was most likely meant to be: at most a third of it differs.
pub fn nearest(word: &str, known: &[&'static str]) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let mut best = None;
    let mut best_distance = word.len().max(3) / 3 + 1;
    for name in known {
        let distance = edit_distance(word.as_bytes(), name.to_ascii_lowercase().as_bytes());
        if distance < best_distance {
            best_distance = distance;
            best = Some(*name);
        }
    }
    best
}

/// How many letters have to be added, left out, replaced or swapped with their neighbour to make
/// `a` of `b`; words that are too long count as entirely different.
fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    const LONGEST: usize = 40;
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let mut row: [usize; LONGEST + 1] = core::array::from_fn(|i| i);
    let mut above = row;
    for i in 0..a.len() {
        let two_above = core::mem::replace(&mut above, row);
        row[0] = i + 1;
        for j in 0..b.len() {
            let substituted = above[j] + usize::from(a[i] != b[j]);
            row[j + 1] = substituted.min(row[j] + 1).min(above[j + 1] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                row[j + 1] = row[j + 1].min(two_above[j - 1] + 1);
            }
        }
    }
    row[b.len()]
}

/// A received text as an error shows it.
fn shorten(text: &str) -> String {
    text.chars().take(RECEIVED_MAX).collect()
}

/// Long enough to recognise a URL, short enough for a line of a log.
const RECEIVED_MAX: usize = 120;
