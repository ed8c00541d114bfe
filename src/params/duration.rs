//! Durations as the service writes them: `10s`, `5m`, `1d10h30m`; and milliseconds, which may be written so.

use super::issue::{Issues, Place};
use crate::value::Value;
use alloc::string::{String, ToString};

/// Reads a duration: a text of that form, or whole seconds as a number (as in the official SDK).
/// The result is the text to send.
pub fn read(issues: &mut Issues, place: &Place) -> Option<String> {
    if let Value::Number(_) = place.value {
        let expected = "whole seconds, or a text such as \"10s\"";
        let seconds = issues.whole(place, 0.0, SECONDS_MAX, expected)?;
        return Some(seconds.to_string() + "s");
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

/// Reads milliseconds between `min` and `max`: a whole number, or a text with units such as `"10m"` or
/// `"500ms"`. A text without a unit is refused. `expected` names the range.
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

/// Checks one or more of `<digits><s|m|h|d>`; the error is the position of the fault.
pub fn check(text: &str) -> Result<(), u32> {
    let mut digits = 0;
    // What comes before a fault is ASCII, so that its bytes are its characters.
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

/// The length of a duration with units, `ms` among them; one beyond what 64 bits hold is as long as they
/// hold.
///
/// # Errors
///
/// Where `text` is no duration: the position of the fault.
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

/// Units and their milliseconds; `ms` before `m`, with which it begins.
const UNITS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
/// Whole seconds stay exact in the text up to here.
const SECONDS_MAX: f64 = 9_007_199_254_740_991.0;
