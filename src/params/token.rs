//! The token of an account, and its removal from everything that is shown or logged.

use super::issue::{header_fault, Issues, Place};
use alloc::string::String;

/// A token. It implements neither `Debug` nor `Display`, so that it can't be printed.
#[derive(Clone, PartialEq)]
pub struct Token(String);

impl Token {
    /// Makes a token of `text` without validation.
    pub fn new(text: &str) -> Self {
        Token(String::from(text))
    }

    /// Validates the token `text` at `place`; `None`, with an issue that does not show it, if it can't be sent in a
    /// header.
    pub fn read(issues: &mut Issues, place: &Place, text: &str) -> Option<Self> {
        // The usual mistakes: a line break from a copied secret, a `Bearer ` prefix, and quotes from an env file,
        // which a shell would have removed.
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

    /// The text of the token, only for the code that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Replaces the token in `text` by `[redacted]`, whether it is plain, percent-encoded or, at the end of
    /// `text`, cut off.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::Token;
    ///
    /// let token = Token::new("secret==");
    /// assert_eq!(token.redact("?qstash_token=secret%3D%3D&x"), "?qstash_token=[redacted]&x");
    /// ```
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

    /// The length in bytes of the token at the start of `text`; with `decode`, any byte may be percent-encoded.
    /// A text that was cut off may end within the token.
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
/// Minimum number of bytes at the end of a text that count as the start of a token; fewer may be a coincidence.
const PART_MIN: usize = 8;
