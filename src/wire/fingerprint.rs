//! Fingerprints of error messages: what differs from run to run is masked, so that equal failures fall into
//! one group.

use alloc::string::String;

/// `message` with numbers, ids and hexadecimal as `#`, and quoted text as `…`: `row 17 of "jobs"` becomes
/// `row # of "…"`. A fingerprint is its own fingerprint.
pub fn fingerprint(message: &str) -> String {
    let mut masked = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let after_word = masked.chars().next_back().is_some_and(char::is_alphanumeric);
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

/// Letters, digits, and what joins them within an id.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '#')
}

/// The length of the quoted text that `text` begins with, quotes included. An apostrophe follows a letter and
/// opens nothing; that is for the caller to see.
fn quoted(text: &str, quote: char) -> Option<usize> {
    if !matches!(quote, '"' | '\'' | '`') {
        return None;
    }
    let end = text[1..].find([quote, '\n']).map(|at| at + 1)?;
    (text[end..].starts_with(quote) && end > 1).then_some(end + 1)
}

/// Appends a word: as it is up to its first part with a digit, which begins an id or a number.
fn push_word(masked: &mut String, word: &str) {
    let mut plain = 0;
    for part in word.split_inclusive(['-', '_']) {
        if !is_variable(part.trim_end_matches(['-', '_'])) {
            plain += part.len();
            continue;
        }
        masked.push_str(&word[..plain]);
        // The parts of an address, a date or a decimal are one number.
        let joined = masked.strip_suffix(['.', ':']).filter(|before| before.ends_with('#'));
        match joined.map(str::len) {
            Some(length) => masked.truncate(length),
            None => masked.push('#'),
        }
        return;
    }
    masked.push_str(word);
}

/// Whether it is a number, an id or hexadecimal.
fn is_variable(part: &str) -> bool {
    let hex = part.len() >= HEX_MIN && part.bytes().all(|b| b.is_ascii_hexdigit());
    hex || part.bytes().any(|b| b.is_ascii_digit() || b == b'#')
}

/// Letters alone that are hexadecimal rather than a word.
const HEX_MIN: usize = 8;
