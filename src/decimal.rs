//! Whole numbers as text. `ToString` of a number is written with the formatter of `std`, of which the wasm needs
//! nothing else.

use alloc::string::String;

/// `number` in decimal. A number above `i64::MAX`, which no count and no date reaches, is written as `i64::MAX`.
///
/// ```
/// use upstash_workflow_dlq::decimal::decimal;
///
/// assert_eq!(decimal(1_790_000_000_000_u64), "1790000000000");
/// assert_eq!(decimal(-5), "-5");
/// ```
pub fn decimal(number: impl TryInto<i64>) -> String {
    String::from(itoa::Buffer::new().format(number.try_into().unwrap_or(i64::MAX)))
}
