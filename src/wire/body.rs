//! The body and the headers of a response, as traits that the host implements, and the values that are read from
//! a body.

use crate::params::date::LATEST_MS;
use crate::time::Timestamp;
use alloc::string::String;

/// A JSON value that the host holds: a JavaScript value in the wasm, a tree in memory in tests. Only the fields
/// that the core reads are copied.
pub trait Body: Sized {
    /// The value under `key` of an object; `None` if there is none, it is `null`, or this is not an object.
    fn get(&self, key: &'static str) -> Option<Self>;
    /// The number of elements of an array; `None` if this is not an array.
    fn length(&self) -> Option<u32>;
    /// The element at `index` of an array; `None` if there is none or this is not an array.
    fn at(&self, index: u32) -> Option<Self>;
    /// The text of a string; `None` if this is not a string.
    fn text(&self) -> Option<String>;
    /// The value of a number; `None` if this is not a number.
    fn number(&self) -> Option<f64>;
    /// Whether this is an object.
    fn is_object(&self) -> bool;
    /// Parses a string as JSON; `None` if this is not a string or not JSON.
    fn parse(&self) -> Option<Self>;
    /// This value as JSON; `None` if it has no JSON form.
    fn stringify(&self) -> Option<String>;
}

/// The headers of a response.
pub trait Headers {
    /// The value of the header `name`, compared without regard to case; `None` if there is none, or if CORS
    /// hides it.
    fn get(&self, name: &str) -> Option<String>;
}

/// A point in time from a number of milliseconds; `None` if it is not a number, or not between 1970 and
/// [`LATEST_MS`].
pub fn timestamp<B: Body>(value: &B) -> Option<Timestamp> {
    value
        .number()
        .filter(|ms| (1.0..=LATEST_MS).contains(ms))
        .map(|ms| Timestamp::from_ms(ms as i64))
}

/// A whole number from 0 to 2^32 - 2; `None` for anything else. The next number is
/// [`UNKNOWN_COUNT`](super::response::UNKNOWN_COUNT).
pub fn whole<B: Body>(value: &B) -> Option<u32> {
    let number = value.number()?;
    (number.trunc() == number && (0.0..4_294_967_295.0).contains(&number)).then_some(number as u32)
}

/// Maximum length of a cursor or an id, in bytes. A longer one leaves no room for the rest of a URL of
/// [`URL_MAX`](super::call::URL_MAX) bytes.
pub const NAME_MAX: usize = 4_000;
