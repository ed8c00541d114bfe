//! Fingerprints of error messages: variable parts are masked, so that failures with the same cause share a group.

use alloc::string::String;

/// `message` with numbers, ids and hexadecimal replaced by `#`, and quoted text by `…`. The function is
/// idempotent: the fingerprint of a fingerprint is itself.
///
/// ```
/// use upstash_workflow_dlq::wire::fingerprint::fingerprint;
///
/// let masked = fingerprint(r#"row 17 of "jobs": timeout after 30.5 s"#);
/// assert_eq!(masked, r##"row # of "…": timeout after # s"##);
/// assert_eq!(fingerprint(&masked), masked);
/// ```
pub fn fingerprint(message: &str) -> String {
    let mut masked = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let after_word = masked.chars().next_back().is_some_and(precedes_apostrophe);
        let length = if is_word(first) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            push_word(&mut masked, &rest[..length]);
            length
        } else if let Some(quoted) = quoted(rest, first).filter(|_| !after_word) {
            masked.push(first);
            masked.push('…');
            masked.push(first);
            quoted
        } else {
            masked.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    masked
}

/// Letters, digits, and the characters that join them within an id.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '#')
}

/// Whether a quote after `c` is an apostrophe: `c` is a letter or a digit. Beyond ASCII whole blocks count as
/// letters, all but those of punctuation and symbols: the tables of `char::is_alphanumeric` would add 2 KB of gzip to
/// the wasm.
fn precedes_apostrophe(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{c0}'..='\u{1fff}' | '\u{3040}'..='\u{fdff}')
}

/// The length of the quoted text at the start of `text`, quotes included. The caller excludes apostrophes, which
/// follow a letter.
fn quoted(text: &str, quote: char) -> Option<usize> {
    if !matches!(quote, '"' | '\'' | '`') {
        return None;
    }
    let end = text[1..].find([quote, '\n']).map(|at| at + 1)?;
    (text[end..].starts_with(quote) && end > 1).then_some(end + 1)
}

/// Appends a word, masked from its first part with a digit, where an id or a number begins.
fn push_word(masked: &mut String, word: &str) {
    let mut plain = 0;
    for part in word.split_inclusive(['-', '_']) {
        if !is_variable(part.trim_end_matches(['-', '_'])) {
            plain += part.len();
            continue;
        }
        masked.push_str(&word[..plain]);
        // The parts of an IP address, a date or a decimal count as one number.
        let joined = masked.strip_suffix(['.', ':']).filter(|before| before.ends_with('#'));
        match joined.map(str::len) {
            Some(length) => masked.truncate(length),
            None => masked.push('#'),
        }
        return;
    }
    masked.push_str(word);
}

/// Whether a part of a word is a number, an id or hexadecimal.
fn is_variable(part: &str) -> bool {
    let hex = part.len() >= HEX_MIN && part.bytes().all(|b| b.is_ascii_hexdigit());
    hex || part.bytes().any(|b| b.is_ascii_digit() || b == b'#')
}

/// Minimum length of letters that count as hexadecimal instead of a word.
const HEX_MIN: usize = 8;
