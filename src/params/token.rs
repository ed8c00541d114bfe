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
    /// `text`, cut off. So are long fragments of it: what is left where a text was cut in the middle, wrapped or
    /// encoded in another way. A `text` that is longer than any message of use is cut; never inside the token, of which
    /// a part would then be left.
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
        // Each character is compared with all of the token, and the error of a `fetch` may have megabytes.
        while let Some(c) = rest.chars().next().filter(|_| text.len() - rest.len() < TEXT_MAX) {
            let first = rest.as_bytes()[0];
            let mut length = 0;
            for (from, byte) in self.0.bytes().enumerate() {
                // Most characters begin no fragment: a text may be long.
                if byte == first || first == b'%' {
                    for decode in [false, true] {
                        length = length.max(self.length_at(rest, from, decode));
                    }
                }
            }
            if length > 0 {
                clean.push_str(REDACTED);
            } else {
                clean.push(c);
                length = c.len_utf8();
            }
            rest = &rest[length..];
        }
        clean
    }

    /// The length in bytes of the token, or of a fragment of it that begins at its byte `from`, at the start of
    /// `text`; 0 if there is none. With `decode`, any byte may be percent-encoded.
    fn length_at(&self, text: &str, from: usize, decode: bool) -> usize {
        let (bytes, token) = (text.as_bytes(), self.0.as_bytes());
        let (mut at, mut next) = (0, from);
        while let (Some(byte), Some(wanted)) = (bytes.get(at), token.get(next)) {
            let hex = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
            let encoded = || Some(hex(at + 1)? * 16 + hex(at + 2)? == u32::from(*wanted));
            if decode && *byte == b'%' && encoded() == Some(true) {
                at += 3;
            } else if byte == wanted {
                at += 1;
            } else {
                break;
            }
            next += 1;
        }
        // Another character may begin with the same byte.
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        // The text may have been cut inside the code of a byte.
        let is_cut = at + 3 > bytes.len() && matches!(bytes.get(at), None | Some(b'%'));
        let min = match (from, is_cut) {
            (0, true) => PART_MIN,
            _ => FRAGMENT_MIN,
        };
        if next - from >= min || next - from == token.len() {
            at
        } else {
            0
        }
    }
}

const REDACTED: &str = "[redacted]";
/// Bytes of a text after which nothing more is read.
const TEXT_MAX: usize = 10_000;
/// Minimum number of bytes at the end of a text that count as the start of a token; fewer may be a coincidence.
const PART_MIN: usize = 8;
/// Minimum number of bytes of a token that count as a fragment, wherever they are in a text and in the token.
const FRAGMENT_MIN: usize = 12;
