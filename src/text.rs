//! What is done with texts here, byte by byte: std's searches, splits and number parsers are made
//! for any pattern and any type, and would be a tenth of the wasm.

use alloc::string::String;

/// A text's first `count` characters.
pub fn start(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// What is before the first of `stops`, which are ASCII, and what begins there.
pub fn until<'t>(text: &'t str, stops: &[u8]) -> (&'t str, &'t str) {
    text.split_at(text.bytes().position(|byte| stops.contains(&byte)).unwrap_or(text.len()))
}

/// What is before and after the first `separator`.
pub fn halves<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    let at = find(text, separator)?;
    Some((&text[..at], &text[at + separator.len()..]))
}

/// Where `part`, which is not empty, begins.
pub fn find(text: &str, part: &str) -> Option<usize> {
    text.as_bytes().windows(part.len().max(1)).position(|window| window == part.as_bytes())
}

/// A whole number in decimals, with or without a sign.
pub fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix("-").or(text.strip_prefix("+")).unwrap_or(text);
    let mut number = 0i64;
    for byte in digits.bytes() {
        let digit = i64::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(digit)?;
    }
    let signed = if text.starts_with("-") { -number } else { number };
    (!digits.is_empty()).then_some(signed)
}

/// A number in decimals.
pub fn decimal(number: i64) -> String {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut left = number.unsigned_abs();
    while left > 0 || at == digits.len() {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for digit in &digits[at..] {
        text.push(char::from(*digit));
    }
    text
}
