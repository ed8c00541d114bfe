//! Everything that is wrong with the caller's input. The core reports codes and data; the sentence
//! that a person reads is made from them in one table of the package (`messages.js`).

use crate::value::{Value, UNREADABLE};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// One fault of the input.
#[derive(Clone, Debug, Default, PartialEq)]
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
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Received {
    /// A secret, or nothing at all.
    #[default]
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

/// A value of the caller's, and the way to it. Made on the stack as the reader descends; its path is
/// spelled out for a fault alone.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub value: &'a Value,
    key: Key<'a>,
    parent: Option<&'a Place<'a>>,
}

#[derive(Clone, Copy)]
enum Key<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub fn root(name: &'a str, value: &'a Value) -> Self {
        Place { value, key: Key::Name(name), parent: None }
    }

    /// The value under `key`; `Undefined` where there is none.
    #[inline(never)]
    pub fn field(&'a self, key: &'a str) -> Place<'a> {
        self.entry(key, self.value.field(key))
    }

    /// The value of an entry of this object.
    pub fn entry(&'a self, key: &'a str, value: &'a Value) -> Place<'a> {
        Place { value, key: Key::Name(key), parent: Some(self) }
    }

    /// An item of this list.
    pub fn item(&'a self, index: usize, value: &'a Value) -> Place<'a> {
        Place { value, key: Key::Index(index), parent: Some(self) }
    }

    pub fn is_undefined(&self) -> bool {
        self.value.is_undefined()
    }

    fn spell(&self, path: &mut String) {
        if let Some(parent) = self.parent {
            parent.spell(path);
        }
        match self.key {
            Key::Name(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&shorten(name));
            }
            Key::Index(index) => {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
            }
        }
    }
}

/// Collects issues: the first hundred, and how many more there were. Input of a few megabytes can hold
/// millions of faults, and an error should not be many times its size.
#[derive(Default)]
pub struct Issues {
    list: Vec<Issue>,
    more: u32,
    /// Takes those that are only counted.
    scratch: Issue,
}

impl Issues {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What was collected; `Err` where there is anything. Its last one is `more_issues` where there were more
    /// than a hundred.
    pub fn into_result<T>(mut self, value: Option<T>) -> Result<T, Vec<Issue>> {
        match value {
            Some(value) if self.list.is_empty() => return Ok(value),
            _ => {}
        }
        if self.more > 0 {
            let received = Received::Number(f64::from(self.more));
            self.list.push(Issue { code: "more_issues", received, ..Issue::default() });
        }
        Err(self.list)
    }

    fn is_full(&self) -> bool {
        self.list.len() >= ISSUES_MAX
    }

    /// Adds an issue.
    pub fn add(&mut self, place: &Place, code: &'static str) -> &mut Issue {
        let issue = self.add_hidden(place, code);
        issue.received = Received::of(place.value);
        issue
    }

    /// Adds an issue whose value must not be shown.
    pub fn add_hidden(&mut self, place: &Place, code: &'static str) -> &mut Issue {
        if self.is_full() {
            self.more = self.more.saturating_add(1);
            self.scratch = Issue::default();
            return &mut self.scratch;
        }
        let mut path = String::new();
        place.spell(&mut path);
        self.list.push(Issue { path, code, ..Issue::default() });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Adds `wrong_type`, or what is more exact: `null_value`, `unreadable`.
    pub fn wrong_type(&mut self, place: &Place, expected: &'static str) {
        let code = match place.value {
            Value::Null => "null_value",
            Value::Other(UNREADABLE) => "unreadable",
            _ => "wrong_type",
        };
        self.add(place, code).expected = Some(expected);
    }

    /// The entries of a plain object, each of whose keys has to be in `known`; `None`, with an
    /// issue, for anything else. `undefined` is an empty object.
    pub fn object<'v>(
        &mut self,
        place: &Place<'v>,
        known: &[&'static str],
    ) -> Option<&'v [(String, Value)]> {
        match place.value {
            Value::Undefined => Some(&[]),
            Value::Map(entries) => {
                for (key, value) in entries {
                    if !known.contains(&key.as_str()) {
                        let full = self.is_full();
                        let issue = self.add_hidden(&place.entry(key, value), "unknown_key");
                        if !full {
                            issue.received = Received::Text(shorten(key));
                            issue.hint = nearest(key, known);
                        }
                    }
                }
                Some(entries)
            }
            _ => {
                self.wrong_type(place, "an object");
                None
            }
        }
    }

    /// A whole number between `min` and `max`, both included; `None` where it is absent, or, with
    /// an issue, where it is something else. `expected` names the range.
    pub fn whole(
        &mut self,
        place: &Place,
        min: f64,
        max: f64,
        expected: &'static str,
    ) -> Option<u64> {
        let number = match place.value {
            Value::Undefined => return None,
            Value::Number(number) => *number,
            _ => {
                self.wrong_type(place, expected);
                return None;
            }
        };
        let code = if number.trunc() != number {
            "not_whole"
        } else if number < min || number > max {
            "out_of_range"
        } else {
            return Some(number as u64);
        };
        self.add(place, code).expected = Some(expected);
        None
    }

    /// The same, of what fits 32 bits.
    pub fn small(
        &mut self,
        place: &Place,
        min: f64,
        max: f64,
        expected: &'static str,
    ) -> Option<u32> {
        self.whole(place, min, max, expected).map(|number| number as u32)
    }

    /// A string that is not empty; `None` where it is absent, or, with an issue, something else.
    pub fn text<'v>(&mut self, place: &Place<'v>) -> Option<&'v str> {
        match place.value {
            Value::Undefined => {}
            Value::String(text) if text.is_empty() => {
                self.add(place, "empty_string");
            }
            Value::String(text) => return Some(text),
            _ => self.wrong_type(place, "a string"),
        }
        None
    }

    /// The same, to keep.
    pub fn string(&mut self, place: &Place) -> Option<String> {
        self.text(place).map(String::from)
    }

    /// `true` or `false`; `None` where it is absent, or, with an issue, something else.
    pub fn flag(&mut self, place: &Place) -> Option<bool> {
        match place.value {
            Value::Undefined => {}
            Value::Bool(flag) => return Some(*flag),
            _ => self.wrong_type(place, "true or false"),
        }
        None
    }

    /// One of `names`, as its index; `None` where it is absent, or, with an issue, something else.
    pub fn one_of(
        &mut self,
        place: &Place,
        names: &[&'static str],
        expected: &'static str,
    ) -> Option<usize> {
        let text = self.text(place)?;
        let found = names.iter().position(|name| *name == text);
        if found.is_none() {
            let issue = self.add(place, "unknown_value");
            issue.expected = Some(expected);
            issue.hint = nearest(text, names);
        }
        found
    }

    /// Refuses whatever is present and not of the kind that the shell hands over as `word`.
    pub fn opaque(&mut self, place: &Place, word: &'static str, expected: &'static str) {
        match place.value {
            Value::Undefined => {}
            Value::Other(found) if *found == word => {}
            _ => self.wrong_type(place, expected),
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
    let mut best = None;
    let mut best_distance = word.len().max(3) / 3 + 1;
    for name in known {
        let distance = edit_distance(word.as_bytes(), name.as_bytes());
        if distance < best_distance {
            best_distance = distance;
            best = Some(*name);
        }
    }
    best
}

/// How many letters, whose case is no matter, have to be added, left out, replaced or swapped with
/// their neighbour to make `a` of `b`; words that are too long count as entirely different.
fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    const LONGEST: usize = 40;
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let same = |i: usize, j: usize| a[i].eq_ignore_ascii_case(&b[j]);
    let mut row: [usize; LONGEST + 1] = core::array::from_fn(|i| i);
    let mut above = row;
    for i in 0..a.len() {
        let two_above = core::mem::replace(&mut above, row);
        row[0] = i + 1;
        for j in 0..b.len() {
            let substituted = above[j] + usize::from(!same(i, j));
            row[j + 1] = substituted.min(row[j] + 1).min(above[j + 1] + 1);
            if i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j) {
                row[j + 1] = row[j + 1].min(two_above[j - 1] + 1);
            }
        }
    }
    row[b.len()]
}

/// A received text as an error shows it.
fn shorten(text: &str) -> String {
    String::from(prefix(text, RECEIVED_MAX))
}

/// The first `count` characters of a text.
pub fn prefix(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Issues that an error lists.
const ISSUES_MAX: usize = 100;
/// Long enough to recognise a URL, short enough for a line of a log.
const RECEIVED_MAX: usize = 120;
