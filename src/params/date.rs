//! Points in time: a `Date`, milliseconds since the epoch, or an ISO 8601 string. The service accepts
//! milliseconds ("int64 ms" in its OpenAPI description).

use super::issue::{Issues, Place, Received};
use crate::time::Timestamp;
use crate::value::Value;

/// Reads a point in time; `None`, with an issue, if the value is not one. 0 is valid. Numbers that are clearly
/// seconds, microseconds or nanoseconds are refused.
pub fn read(issues: &mut Issues, place: &Place) -> Option<Timestamp> {
    let read = match place.value {
        Value::Date(ms) if *ms < 0.0 => {
            issues.add(place, "out_of_range").expected = Some("a Date since 1970");
            return None;
        }
        Value::Date(ms) if is_too_fine(*ms) => return number(issues, *ms, place),
        Value::Date(ms) => (!ms.is_nan()).then_some(Timestamp::from_ms(*ms as i64)),
        Value::Number(ms) if !ms.is_nan() => return number(issues, *ms, place),
        Value::Number(_) => None,
        Value::String(text) => parse_iso(text),
        _ => {
            issues.wrong_type(place, "a Date, milliseconds as a number, or an ISO 8601 string");
            return None;
        }
    };
    if read.is_none() {
        issues.add(place, "bad_date");
    }
    read
}

fn number(issues: &mut Issues, ms: f64, place: &Place) -> Option<Timestamp> {
    if ms.trunc() != ms {
        issues.add(place, "not_whole").expected = Some("whole milliseconds");
    } else if is_too_fine(ms) {
        issues.add(place, "date_too_fine").received = Received::Number(ms);
    } else if !(0.0..=LATEST_MS).contains(&ms) {
        issues.add(place, "out_of_range").expected = Some("milliseconds since 1970");
    } else if SECONDS_BY_MISTAKE.contains(&ms) {
        issues.add(place, "date_in_seconds");
    } else {
        return Some(Timestamp::from_ms(ms as i64));
    }
    None
}

/// Parses an ISO 8601 date, or date and time with a time zone; `None` if it is invalid or before 1970.
///
/// A date alone is midnight UTC, as in JavaScript. A time without a zone is refused, since it would depend on the
/// machine's time zone. Fractions of a second are truncated to milliseconds.
///
/// ```
/// use upstash_workflow_dlq::params::date::parse_iso;
///
/// let noon = parse_iso("2026-11-23T12:00Z");
/// assert_eq!(noon.map(|at| at.ms()), Some(1_795_435_200_000));
/// assert_eq!(parse_iso("2026-11-23T14:00:00.000+02:00"), noon);
/// assert_eq!(parse_iso("2026-11-23T12:00"), None);
/// ```
pub fn parse_iso(text: &str) -> Option<Timestamp> {
    let mut rest = Digits(text.as_bytes());
    let year = rest.take(4)?;
    rest.expect(b'-')?;
    let month = rest.take(2)?;
    rest.expect(b'-')?;
    let day = rest.take(2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let midnight = days_from_epoch(year, month, day) * 86_400_000;
    if rest.0.is_empty() {
        return (midnight >= 0).then_some(Timestamp::from_ms(midnight));
    }
    if rest.expect(b'T').is_none() {
        rest.expect(b' ')?;
    }
    let hour = rest.take(2)?;
    rest.expect(b':')?;
    let minute = rest.take(2)?;
    let mut ms = 0;
    let mut second = 0;
    if rest.expect(b':').is_some() {
        second = rest.take(2)?;
        if rest.expect(b'.').is_some() {
            ms = rest.fraction_ms()?;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut offset = 0;
    if rest.expect(b'Z').is_none() {
        let sign = if rest.expect(b'+').is_some() {
            1
        } else {
            rest.expect(b'-')?;
            -1
        };
        let hours = rest.take(2)?;
        let _ = rest.expect(b':');
        let minutes = rest.take(2)?;
        if hours > 23 || minutes > 59 {
            return None;
        }
        offset = sign * (hours * 60 + minutes);
    }
    let at = midnight + ((hour * 60 + minute - offset) * 60 + second) * 1000 + ms;
    (rest.0.is_empty() && at >= 0).then_some(Timestamp::from_ms(at))
}

/// The unparsed rest of a text.
struct Digits<'t>(&'t [u8]);

impl Digits<'_> {
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.0.first() == Some(&byte)).then(|| self.0 = &self.0[1..])
    }

    /// Exactly `count` digits as a number.
    fn take(&mut self, count: usize) -> Option<i64> {
        let mut number = 0;
        for at in 0..count {
            let digit = self.0.get(at).filter(|b| b.is_ascii_digit())?;
            number = number * 10 + i64::from(digit - b'0');
        }
        self.0 = &self.0[count..];
        Some(number)
    }

    /// One to nine digits of a fraction, truncated to milliseconds.
    fn fraction_ms(&mut self) -> Option<i64> {
        let (mut ms, mut scale, mut count) = (0, 100, 0);
        while let Some(digit) = self.0.first().filter(|b| b.is_ascii_digit()) {
            ms += i64::from(digit - b'0') * scale;
            scale /= 10;
            count += 1;
            self.0 = &self.0[1..];
        }
        (1..=9).contains(&count).then_some(ms)
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March here, so that the leap day is
/// the last day of a year.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The latest point in time of a JavaScript `Date`, in milliseconds since the epoch.
pub const LATEST_MS: f64 = 8.64e15;

/// Whether a number is a point in time from 2001 to 2128 in microseconds or nanoseconds.
pub(super) fn is_too_fine(ms: f64) -> bool {
    (1e15..5e15).contains(&ms) || (1e18..5e18).contains(&ms)
}

/// As milliseconds these are dates of early 1970; as seconds they are the years 2001 to 2286.
const SECONDS_BY_MISTAKE: core::ops::Range<f64> = 1e9..1e10;
