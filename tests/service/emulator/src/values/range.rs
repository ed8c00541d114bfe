//! Ranges of the numbers that the control API takes. Within them no sum or product of the emulator overflows, and every
//! date can be written as an HTTP date.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// Delays, ages and windows, in milliseconds: up to 31 years, the longest delay of the engine.
pub const SPAN_MS: RangeInclusive<u64> = 0..=1_000_000_000_000;

/// Dates in Unix milliseconds, up to the year 9999.
pub const DATE_MS: RangeInclusive<i64> = 0..=253_402_300_799_999;

/// Entries or runs that one request adds.
pub const COUNT: RangeInclusive<u32> = 0..=10_000_000;

/// Bytes of padding.
pub const BYTES: RangeInclusive<usize> = 0..=1 << 30;

/// Checks that a number is in its range.
///
/// # Errors
/// What `name` takes, and the `value` that it has instead.
pub fn within<T: PartialOrd + Display>(
    name: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    let (low, high) = range.into_inner();
    Err(format!("{name} is a number from {low} to {high}, not {value}"))
}
