//! The token of an account: how it is checked, and how it is kept out of whatever is shown.

use super::issue::{header_fault, Issues, Place};
use alloc::string::String;

/// A token. It can't be printed: no `Debug`, no `Display`.
#[derive(Clone, PartialEq)]
pub struct Token(String);

impl Token {
    /// The token in `text`, unchecked.
    pub fn new(text: &str) -> Self {
        Token(String::from(text))
    }

    /// Reads the token at `place`, which is `text`. An issue never shows it.
    pub fn read(issues: &mut Issues, place: &Place, text: &str) -> Option<Self> {
        // A line break from a copied secret, or a `Bearer ` in front, are the usual mistakes, and quotes
        // that a shell would have removed but an env file keeps.
        let space = text.chars().position(|c| c.is_whitespace() || c.is_control());
        let (code, position) = if text.is_empty() {
            ("token_missing", None)
        } else if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
            ("token_quoted", None)
        } else if space.is_some() {
            ("token_whitespace", space.map(|at| at as u32))
        } else if let Some(position) = header_fault(text) {
            ("header_character", Some(position))
        } else {
            return Some(Token::new(text));
        };
        issues.add_hidden(place, code).position = position;
        None
    }

    /// For the one place that puts it on the wire.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the token, in whatever way a URL or a server may have written it.
    pub fn redact(&self, text: &str) -> String {
        let mut clean = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let found = self.length_at(rest, false).or_else(|| self.length_at(rest, true));
            let (shown, length) = match found {
                Some(length) => (REDACTED, length),
                None => (&rest[..c.len_utf8()], c.len_utf8()),
            };
            clean.push_str(shown);
            rest = &rest[length..];
        }
        clean
    }

    /// How many bytes of `text`, from its beginning, are the token; with `decode`, where any of its bytes may
    /// be percent-encoded. A text that was cut may end within it.
    fn length_at(&self, text: &str, decode: bool) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = 0;
        for (matched, wanted) in self.0.bytes().enumerate() {
            let hex = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
            let encoded = || Some(hex(at + 1)? * 16 + hex(at + 2)? == u32::from(wanted));
            match bytes.get(at) {
                None => return (matched >= PART_MIN).then_some(at),
                Some(b'%') if decode && encoded() == Some(true) => at += 3,
                Some(byte) if *byte == wanted => at += 1,
                _ => return None,
            }
        }
        (at > 0).then_some(at)
    }
}

const REDACTED: &str = "[redacted]";
/// So many bytes of a token at the end of a text are a part of it; fewer are chance.
const PART_MIN: usize = 8;
