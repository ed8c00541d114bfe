//! Durations in the service's format (`10s`, `5m`, `1d10h30m`), and milliseconds, for which the same format and
//! the unit `ms` are accepted.
//!
//! A parser of our own: the grammar is the service's, and the crates for durations accept others.

use super::issue::{Issues, Place};
use crate::decimal::decimal;
use crate::value::Value;
use alloc::string::String;

/// Reads a duration: a string in the service's format, or whole seconds as a number (as in the official SDK).
/// Returns the text to send; `None` if the value is absent or, with an issue, invalid.
pub fn read(issues: &mut Issues, place: &Place) -> Option<String> {
    if let Value::Number(_) = place.value {
        let expected = "whole seconds, or a text such as \"10s\"";
        let seconds = issues.whole(place, 0.0, SECONDS_MAX, expected)?;
        return Some(decimal(seconds) + "s");
    }
    let text = issues.text(place)?;
    match check(text) {
        Ok(()) => Some(String::from(text)),
        Err(position) => {
            issues.add(place, "bad_duration").position = Some(position);
            None
        }
    }
}

/// Reads milliseconds between `min` and `max`: a whole number, or a string with units such as `"10m"` or
/// `"500ms"`; `None` if the value is absent or, with an issue, invalid. A string without a unit is refused.
/// `expected` describes the range in the issue.
pub fn read_ms(
    issues: &mut Issues,
    place: &Place,
    min: f64,
    max: f64,
    expected: &'static str,
) -> Option<u64> {
    let Value::String(text) = place.value else {
        return issues.whole(place, min, max, expected);
    };
    let code = match milliseconds(text) {
        Ok(ms) if (min..=max).contains(&(ms as f64)) => return Some(ms),
        Ok(_) => "out_of_range",
        Err(_) => "wrong_type",
    };
    issues.add(place, code).expected = Some(expected);
    None
}

/// Checks a duration in the service's format: one or more of `<digits><s|m|h|d>`.
///
/// # Errors
///
/// The position of the fault, in characters from 0.
///
/// ```
/// use upstash_workflow_dlq::params::duration::check;
///
/// assert_eq!(check("1d10h30m"), Ok(()));
/// assert_eq!(check("10 s"), Err(2));
/// ```
pub fn check(text: &str) -> Result<(), u32> {
    let mut digits = 0;
    // The text before a fault is ASCII, so byte and character positions are equal.
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b's' | b'm' | b'h' | b'd' if digits > 0 => digits = 0,
            _ => return Err(at as u32),
        }
    }
    if text.is_empty() || digits > 0 {
        return Err(text.len() as u32);
    }
    Ok(())
}

/// Parses a duration with the units `ms`, `s`, `m`, `h` and `d` to milliseconds, saturating at [`u64::MAX`].
///
/// # Errors
///
/// The position of the fault, in bytes from 0.
///
/// ```
/// use upstash_workflow_dlq::params::duration::milliseconds;
///
/// assert_eq!(milliseconds("1m500ms"), Ok(60_500));
/// assert_eq!(milliseconds("10"), Err(2));
/// ```
pub fn milliseconds(text: &str) -> Result<u64, u32> {
    let mut sum = 0u64;
    let mut rest = text;
    while !rest.is_empty() || text.is_empty() {
        let at = (text.len() - rest.len()) as u32;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = rest.split_at(digits);
        let found = UNITS.iter().find(|(name, _)| unit.starts_with(name));
        let (Some((name, length)), 1..) = (found, digits) else {
            return Err(at + digits as u32);
        };
        let number = number.parse::<u64>().unwrap_or(u64::MAX);
        sum = sum.saturating_add(number.saturating_mul(*length));
        rest = &unit[name.len()..];
    }
    Ok(sum)
}

/// Units in milliseconds; `ms` before `m`, which is its prefix.
const UNITS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
/// JavaScript's `Number.MAX_SAFE_INTEGER`: up to here a number of seconds is exact.
const SECONDS_MAX: f64 = 9_007_199_254_740_991.0;
