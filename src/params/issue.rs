//! Issues with the caller's input. The core reports codes and data; the package turns them into messages in one
//! table (`messages.js`).

use super::spelling::nearest;
use crate::acts::ACTS;
use crate::decimal::decimal;
use crate::value::{Value, UNREADABLE};
use alloc::string::String;
use alloc::vec::Vec;

/// A fault in the input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Issue {
    /// Path of the value, as the caller would write it: `selection.filter.fromDate`.
    pub path: String,
    /// Code of the rule that the value breaks; stable and documented.
    pub code: &'static str,
    /// The value that was found.
    pub received: Received,
    /// What is valid, as the rest of the sentence "must be …".
    pub expected: Option<&'static str>,
    /// Position of the fault in a string, in characters from 0.
    pub position: Option<u32>,
    /// The valid name that is most similar to the one that was found.
    pub hint: Option<&'static str>,
}

/// A value as an error message may show it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Received {
    /// A secret, or no value.
    #[default]
    Hidden,
    /// A boolean.
    Bool(bool),
    /// A number, or a count.
    Number(f64),
    /// A string, cut to 120 characters.
    Text(String),
    /// Not a primitive: the name of its type.
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

/// A value of the caller's and its path. Each level is a link to its parent on the stack; the path becomes a
/// string only for an issue.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The value.
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
    /// The argument `name`, whose value is `value`.
    pub fn root(name: &'a str, value: &'a Value) -> Self {
        Place { value, key: Key::Name(name), parent: None }
    }

    /// The value under `key`; [`Value::Undefined`] if there is none.
    #[inline(never)]
    pub fn field(&'a self, key: &'a str) -> Place<'a> {
        self.entry(key, self.value.field(key))
    }

    /// The property `key` of this object, whose value is `value`.
    pub fn entry(&'a self, key: &'a str, value: &'a Value) -> Place<'a> {
        Place { value, key: Key::Name(key), parent: Some(self) }
    }

    /// The item `index` of this list, whose value is `value`.
    pub fn item(&'a self, index: usize, value: &'a Value) -> Place<'a> {
        Place { value, key: Key::Index(index), parent: Some(self) }
    }

    /// Whether the value is [`Value::Undefined`].
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
                path.push_str(&decimal(index));
                path.push(']');
            }
        }
    }
}

/// Collects issues: the first hundred, and the number of the others. Input of a few megabytes can contain
/// millions of faults, and an error should not be many times as large as the input.
///
/// ```
/// use upstash_workflow_dlq::params::{Issues, Place};
/// use upstash_workflow_dlq::value::Value;
///
/// let mut issues = Issues::new();
/// let value = Value::Map(vec![("limit".into(), Value::Number(0.5))]);
/// let options = Place::root("options", &value);
/// let limit = issues.whole(&options.field("limit"), 1.0, 100.0, "a whole number from 1 to 100");
/// assert_eq!(limit, None);
///
/// let list = issues.into_result(limit).unwrap_err();
/// assert_eq!((list[0].path.as_str(), list[0].code), ("options.limit", "not_whole"));
/// ```
#[derive(Default)]
pub struct Issues {
    list: Vec<Issue>,
    more: u32,
    /// The issue that [`Issues::add`] returns once the list is full.
    scratch: Issue,
}

impl Issues {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether no issue was added.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `value`, if it is valid.
    ///
    /// # Errors
    ///
    /// The issues, if there are any or `value` is `None`. With more than a hundred, the last has the code
    /// `more_issues` and the number of the others.
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

    /// Adds an issue that shows the value at `place`.
    pub fn add(&mut self, place: &Place, code: &'static str) -> &mut Issue {
        let issue = self.add_hidden(place, code);
        issue.received = Received::of(place.value);
        issue
    }

    /// Adds an issue that does not show the value, which may be a secret.
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

    /// Adds the issue `wrong_type` or, for such a value, `null_value` or `unreadable`.
    pub fn wrong_type(&mut self, place: &Place, expected: &'static str) {
        let code = match place.value {
            Value::Null => "null_value",
            Value::Other(UNREADABLE) => "unreadable",
            _ => "wrong_type",
        };
        self.add(place, code).expected = Some(expected);
    }

    /// The properties of a plain object; `None`, with an issue, for anything else. A key that is not in `known`
    /// adds an issue. `undefined` counts as an empty object.
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

    /// A whole number from `min` to `max`, both included; `None` if it is absent or, with an issue, something
    /// else. `expected` describes the range in the issue.
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

    /// [`Issues::whole`] for a range within 32 bits.
    pub fn small(
        &mut self,
        place: &Place,
        min: f64,
        max: f64,
        expected: &'static str,
    ) -> Option<u32> {
        self.whole(place, min, max, expected).map(|number| number as u32)
    }

    /// A string that is not empty; `None` if it is absent or, with an issue, something else.
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

    /// [`Issues::text`] as an owned string.
    pub fn string(&mut self, place: &Place) -> Option<String> {
        self.text(place).map(String::from)
    }

    /// A boolean; `None` if it is absent or, with an issue, something else.
    pub fn flag(&mut self, place: &Place) -> Option<bool> {
        match place.value {
            Value::Undefined => {}
            Value::Bool(flag) => return Some(*flag),
            _ => self.wrong_type(place, "true or false"),
        }
        None
    }

    /// The index in `names` of a string; `None` if it is absent or, with an issue, something else.
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

    /// What `read` makes of an option that only a build that acts takes. A build that only reads has an issue with it,
    /// unless it is absent or `false`.
    pub fn acting<T>(
        &mut self,
        place: &Place,
        read: impl FnOnce(&mut Self, &Place) -> Option<T>,
    ) -> Option<T> {
        if ACTS {
            return read(self, place);
        }
        if !matches!(place.value, Value::Undefined | Value::Bool(false)) {
            self.add_hidden(place, "reading_only");
        }
        None
    }

    /// Adds an issue unless the value is absent or a [`Value::Other`] of the type `word`.
    pub fn opaque(&mut self, place: &Place, word: &'static str, expected: &'static str) {
        match place.value {
            Value::Undefined => {}
            Value::Other(found) if *found == word => {}
            _ => self.wrong_type(place, expected),
        }
    }
}

/// The index of the first character of `text` that is not valid in a header: a control character (a line break
/// would start another header), or one outside Latin-1.
///
/// ```
/// use upstash_workflow_dlq::params::issue::header_fault;
///
/// assert_eq!(header_fault("caf\u{e9}"), None);
/// assert_eq!(header_fault("a\r\nX-Injected: 1"), Some(1));
/// ```
pub fn header_fault(text: &str) -> Option<u32> {
    text.chars()
        .position(|c| (c < ' ' && c != '\t') || c == '\x7f' || c > '\u{ff}')
        .map(|at| at as u32)
}

/// A received string as an error message shows it.
fn shorten(text: &str) -> String {
    String::from(prefix(text, RECEIVED_MAX))
}

/// The first `count` characters of a text.
pub fn prefix(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// Maximum number of issues in an error.
const ISSUES_MAX: usize = 100;
/// In characters: long enough to recognise a URL, short enough for a log line.
const RECEIVED_MAX: usize = 120;
