//! What the headers of a 429 say: until when, and whether a second's or a day's allowance is spent.

use super::body::Headers;
use crate::params::date;
use crate::time::Timestamp;
use alloc::string::{String, ToString};

/// Headers that [`RateLimit::read`] reads.
pub const LIMIT_HEADERS: &[&str] = &[
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Burst-RateLimit-Limit",
    "Burst-RateLimit-Remaining",
    "Burst-RateLimit-Reset",
];

/// Which allowance is spent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scope {
    /// `Burst-RateLimit-*`: a window of one second.
    Burst,
    /// `RateLimit-*`: the day's allowance.
    Daily,
}

/// What a 429 says of the allowance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateLimit {
    /// Which one is spent, where the service says so.
    pub scope: Option<Scope>,
    /// The headers of that allowance, as they were sent.
    pub headers: RateHeaders,
    /// By our own clock; `None` where the service names no point in time that lies ahead.
    pub reset_at: Option<Timestamp>,
    /// Requests that a burst window allows.
    pub limit: Option<u32>,
}

/// `…RateLimit-Limit`, `-Remaining` and `-Reset`, as the SDK's errors have them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateHeaders {
    /// Requests that are allowed.
    pub limit: Option<String>,
    /// Requests that are left.
    pub remaining: Option<String>,
    /// When the allowance is whole again, in the service's own form.
    pub reset: Option<String>,
}

impl RateHeaders {
    fn read(headers: &dyn Headers, [limit, remaining, reset]: [&str; 3]) -> Self {
        RateHeaders {
            limit: headers.get(limit),
            remaining: headers.get(remaining),
            reset: headers.get(reset),
        }
    }
}

impl RateLimit {
    /// Reads the headers at `now`. A reset is "a unix timestamp" to the service's documentation:
    /// seconds, milliseconds and a small difference are all understood.
    pub fn read(headers: &dyn Headers, now: Timestamp) -> Self {
        let service_now = service_now(headers, now).unwrap_or(now);
        let number =
            |name| headers.get(name).and_then(|text| text.trim_ascii().parse::<i64>().ok());
        let burst = number("Burst-RateLimit-Reset");
        // What is left of a day's allowance was not what was spent.
        let spent = number("RateLimit-Remaining").is_none_or(|left| left <= 0);
        let daily = number("RateLimit-Reset").filter(|_| spent || burst.is_none());
        let limit = number("Burst-RateLimit-Limit").filter(|limit| *limit > 0);
        // A daily refusal is the longer one; a burst header beside it says nothing of use.
        let (scope, reset) = match (burst, daily) {
            (_, Some(reset)) => (Some(Scope::Daily), Some(until(reset, service_now, 86_400))),
            (Some(reset), None) => {
                // A window of a second that ends much later is a clock that is off.
                let wait = until(reset, service_now, 60);
                (Some(Scope::Burst), Some(if wait > BURST_MAX_MS { WINDOW_MS } else { wait }))
            }
            (None, None) => (limit.map(|_| Scope::Burst), None),
        };
        let retry_after = headers.get("Retry-After").and_then(|text| {
            let text = text.trim_ascii();
            match text.parse::<i64>() {
                Ok(seconds) => Some(seconds.saturating_mul(1000)),
                Err(_) => parse_http_date(text).map(|at| at - service_now),
            }
        });
        let wait = reset.max(retry_after).filter(|wait| *wait > 0);
        let headers = scope.map(|scope| match scope {
            Scope::Burst => RateHeaders::read(headers, BURST_HEADERS),
            Scope::Daily => RateHeaders::read(headers, DAILY_HEADERS),
        });
        RateLimit {
            scope,
            headers: headers.unwrap_or_default(),
            reset_at: wait.map(|wait| now.saturating_add(wait)),
            limit: limit.filter(|_| scope == Some(Scope::Burst)).map(|n| n.min(1_000_000) as u32),
        }
    }
}

/// Milliseconds from `now` to a reset. A difference of more than `longest` seconds can't be meant,
/// so it is milliseconds.
fn until(reset: i64, now: Timestamp, longest: i64) -> i64 {
    match reset {
        MS_EPOCH.. => reset - now.ms(),
        SECONDS_EPOCH.. => reset * 1000 - now.ms(),
        _ if reset > longest => reset,
        _ => reset.saturating_mul(1000),
    }
}

/// The service's clock at `now`, by the `Date` header, which is cut to the second; `None` where it
/// can't be read (a browser shows it only when the service exposes it).
pub fn service_now(headers: &dyn Headers, now: Timestamp) -> Option<Timestamp> {
    let second = parse_http_date(headers.get("Date")?.trim_ascii())?;
    Some(now.clamp(second, second + 999))
}

/// Parses `Mon, 23 Nov 2026 08:49:37 GMT`.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let (_, rest) = text.split_once(' ')?;
    let (day, rest) = rest.split_once(' ')?;
    let (month, rest) = rest.split_once(' ')?;
    let (year, rest) = rest.split_once(' ')?;
    let month = MONTHS.chunks(3).position(|name| name == month.as_bytes())? as i64 + 1;
    let mut iso = String::from(year);
    for number in [month, day.parse().ok()?] {
        iso.push_str(if number < 10 { "-0" } else { "-" });
        iso.push_str(&number.to_string());
    }
    iso.push('T');
    iso.push_str(rest.split(' ').next()?);
    iso.push('Z');
    date::parse_iso(&iso)
}

const BURST_HEADERS: [&str; 3] =
    ["Burst-RateLimit-Limit", "Burst-RateLimit-Remaining", "Burst-RateLimit-Reset"];
const DAILY_HEADERS: [&str; 3] = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
/// The service's burst window.
pub const WINDOW_MS: i64 = 1_000;
/// The longest wait for its end that can be meant.
const BURST_MAX_MS: i64 = 60_000;
/// 2001 in milliseconds, and in seconds: a smaller number is a difference.
const MS_EPOCH: i64 = 1_000_000_000_000;
const SECONDS_EPOCH: i64 = 1_000_000_000;
