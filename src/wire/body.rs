//! The body and the headers of a response, as the shell holds them, and the values that are read of a body.

use crate::params::date::LATEST_MS;
use crate::time::Timestamp;
use alloc::string::String;

/// A JSON value that stays where it is: in JavaScript, or, in tests, in memory.
pub trait Body: Sized {
    /// The value under `key` of an object; `None` where there is none, or where it is `null`.
    fn get(&self, key: &'static str) -> Option<Self>;
    /// The elements of an array.
    fn length(&self) -> Option<u32>;
    fn at(&self, index: u32) -> Option<Self>;
    fn text(&self) -> Option<String>;
    fn number(&self) -> Option<f64>;
    fn is_object(&self) -> bool;
    /// The JSON that this text holds.
    fn parse(&self) -> Option<Self>;
    /// This value as JSON.
    fn stringify(&self) -> Option<String>;
}

/// The headers of an answer, by name in any case.
pub trait Headers {
    fn get(&self, name: &str) -> Option<String>;
}

/// A point in time, sent as a number of milliseconds; `None` where no run can have been created then.
pub fn timestamp<B: Body>(value: &B) -> Option<Timestamp> {
    value
        .number()
        .filter(|ms| (1.0..=LATEST_MS).contains(ms))
        .map(|ms| Timestamp::from_ms(ms as i64))
}

/// A whole number below 2^32 - 1, the value that [`DELETED_UNSAID`](super::response::DELETED_UNSAID) has.
pub fn whole<B: Body>(value: &B) -> Option<u32> {
    let number = value.number()?;
    (number.trunc() == number && (0.0..4_294_967_295.0).contains(&number)).then_some(number as u32)
}

/// Bytes of a cursor or an id: a longer one leaves no room for the rest of a URL that servers take.
pub const NAME_MAX: usize = 4_000;
