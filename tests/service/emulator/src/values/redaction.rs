//! Redacted fields of a message: the header `Upstash-Redact-Fields` of its trigger.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Fields that responses show as `REDACTED:<sha256>`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redaction {
    /// Whether the body is redacted.
    pub body: bool,
    headers: Headers,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Headers {
    #[default]
    None,
    All,
    Named(Vec<String>),
}

impl Redaction {
    /// Body and all headers.
    pub fn everything() -> Self {
        Redaction { body: true, headers: Headers::All }
    }

    /// Parses `body`, `header` and `header[Name]`, separated by commas.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut redaction = Redaction::default();
        for part in text.split(',').map(str::trim) {
            let name = part.strip_prefix("header[").and_then(|rest| rest.strip_suffix(']'));
            match (part, name) {
                ("body", _) => redaction.body = true,
                ("header", _) => redaction.headers = Headers::All,
                (_, Some(name)) if !name.is_empty() => match &mut redaction.headers {
                    Headers::All => {}
                    Headers::Named(names) => names.push(name.into()),
                    Headers::None => redaction.headers = Headers::Named(vec![name.into()]),
                },
                _ => return Err(format!("Upstash-Redact-Fields: `{part}` is not a field")),
            }
        }
        Ok(redaction)
    }

    /// Whether a header is redacted.
    pub fn hides(&self, header: &str) -> bool {
        match &self.headers {
            Headers::None => false,
            Headers::All => true,
            Headers::Named(names) => names.iter().any(|name| name.eq_ignore_ascii_case(header)),
        }
    }
}

/// The text shown instead of a value.
pub fn redacted(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().fold("REDACTED:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        for (text, body, authorization, other) in [
            ("body", true, false, false),
            ("header", false, true, true),
            ("body, header[Authorization]", true, true, false),
            ("header[x],header[AUTHORIZATION]", false, true, false),
            ("header[x],header", false, true, true),
        ] {
            let redaction = Redaction::parse(text).unwrap();
            let hidden = ["authorization", "y"].map(|name| redaction.hides(name));
            assert_eq!((redaction.body, hidden), (body, [authorization, other]), "{text}");
        }
        for bad in ["", "bodies", "header[]", "body,"] {
            assert!(Redaction::parse(bad).is_err(), "{bad}");
        }
    }
}
