//! Durations as the service writes them: `10s`, `5m`, `1d10h30m`.

use super::issue::{Issues, Place};
use crate::text;
use crate::value::Value;
use alloc::string::String;

/// Reads a duration: a text of that form, or whole seconds as a number (as in the official SDK).
/// The result is the text to send.
pub fn read(issues: &mut Issues, place: &Place) -> Option<String> {
    if let Value::Number(_) = place.value {
        let expected = "whole seconds, or a text such as \"10s\"";
        let seconds = issues.whole(place, 0.0, SECONDS_MAX, expected)?;
        let mut text = text::decimal(seconds as i64);
        text.push('s');
        return Some(text);
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

/// Whole seconds stay exact in the text up to here.
const SECONDS_MAX: f64 = 9_007_199_254_740_991.0;
