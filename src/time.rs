//! Points in time. Durations are plain numbers of milliseconds.

use core::fmt;
use core::ops::{Add, Sub};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
///
/// Adding milliseconds gives another one; the difference of two is a number of milliseconds.
///
/// ```
/// use upstash_workflow_dlq::time::Timestamp;
///
/// let failed = Timestamp::from_ms(1_790_000_000_000);
/// assert_eq!((failed + 60_000) - failed, 60_000);
/// assert_eq!(failed.to_string(), "1790000000000");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Timestamp = Timestamp(0);
    /// Later than any date of an entry or a run.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// The point in time `ms` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_ms(ms: i64) -> Self {
        Timestamp(ms)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// `ms` milliseconds later, at most [`Timestamp::MAX`].
    pub const fn saturating_add(self, ms: i64) -> Self {
        Timestamp(self.0.saturating_add(ms))
    }
}

impl Add<i64> for Timestamp {
    type Output = Timestamp;

    fn add(self, ms: i64) -> Timestamp {
        Timestamp(self.0 + ms)
    }
}

impl Sub<i64> for Timestamp {
    type Output = Timestamp;

    fn sub(self, ms: i64) -> Timestamp {
        Timestamp(self.0 - ms)
    }
}

impl Sub for Timestamp {
    type Output = i64;

    fn sub(self, earlier: Timestamp) -> i64 {
        self.0 - earlier.0
    }
}

/// Milliseconds, as the service's filters and ids have them.
impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
