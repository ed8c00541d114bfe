//! The rate-limit headers of a 429: which limit was exceeded, and when it resets.

use super::body::Headers;
use crate::decimal::decimal;
use crate::params::date;
use crate::time::Timestamp;
use alloc::string::String;

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

/// The limit that was exceeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scope {
    /// `Burst-RateLimit-*`: a window of one second.
    Burst,
    /// `RateLimit-*`: the daily quota.
    Daily,
}

/// The rate limit in the headers of a 429 or 503.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateLimit {
    /// The limit that was exceeded; `None` if the headers do not say.
    pub scope: Option<Scope>,
    /// The headers of that limit, as they were sent.
    pub headers: RateHeaders,
    /// When it resets, by the local clock; `None` if the headers contain no time in the future.
    pub reset_at: Option<Timestamp>,
    /// Number of requests in a burst window, at most 1,000,000; `None` unless the scope is [`Scope::Burst`].
    pub limit: Option<u32>,
}

/// The headers `…RateLimit-Limit`, `-Remaining` and `-Reset`, which the SDK's errors contain too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateHeaders {
    /// Number of requests in the window.
    pub limit: Option<String>,
    /// Number of remaining requests.
    pub remaining: Option<String>,
    /// When the limit resets, in the service's format.
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
    /// Reads the headers of a response that arrived at `now`. The service documents a reset as "a unix timestamp";
    /// seconds, milliseconds and a time from now are all accepted.
    ///
    /// ```
    /// use upstash_workflow_dlq::time::Timestamp;
    /// use upstash_workflow_dlq::wire::{rate_limit::RateLimit, Headers};
    ///
    /// struct RetryAfter(&'static str);
    ///
    /// impl Headers for RetryAfter {
    ///     fn get(&self, name: &str) -> Option<String> {
    ///         (name == "Retry-After").then(|| self.0.to_string())
    ///     }
    /// }
    ///
    /// let now = Timestamp::from_ms(1_790_000_000_000);
    /// assert_eq!(RateLimit::read(&RetryAfter("7"), now).reset_at, Some(now + 7_000));
    /// ```
    pub fn read(headers: &dyn Headers, now: Timestamp) -> Self {
        let service_now = service_now(headers, now).unwrap_or(now);
        let number =
            |name| headers.get(name).and_then(|text| text.trim_ascii().parse::<i64>().ok());
        let burst = number("Burst-RateLimit-Reset");
        // If daily quota remains, the daily limit did not cause this 429.
        let spent = number("RateLimit-Remaining").is_none_or(|left| left <= 0);
        let daily = number("RateLimit-Reset").filter(|_| spent || burst.is_none());
        let limit = number("Burst-RateLimit-Limit").filter(|limit| *limit > 0);
        // The daily limit has the later reset, so the burst headers add nothing.
        let (scope, reset) = match (burst, daily) {
            (_, Some(reset)) => (Some(Scope::Daily), Some(until(reset, service_now, 86_400))),
            (Some(reset), None) => {
                // A reset of a one-second window that is much later indicates a wrong clock.
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

/// Milliseconds from `now` to a reset. A relative reset greater than `longest` is in milliseconds, since as
/// seconds it would exceed the window.
fn until(reset: i64, now: Timestamp, longest: i64) -> i64 {
    match reset {
        MS_EPOCH.. => reset - now.ms(),
        SECONDS_EPOCH.. => reset * 1000 - now.ms(),
        _ if reset > longest => reset,
        _ => reset.saturating_mul(1000),
    }
}

/// The service's clock at `now`, from the `Date` header, which has a resolution of one second; `None` if there is
/// no valid header (browsers hide it unless the service exposes it by CORS).
pub fn service_now(headers: &dyn Headers, now: Timestamp) -> Option<Timestamp> {
    let second = parse_http_date(headers.get("Date")?.trim_ascii())?;
    Some(now.clamp(second, second + 999))
}

/// Parses an HTTP date in its preferred format (IMF-fixdate, RFC 9110); `None` if it is invalid. The name of the
/// weekday is not validated.
///
/// ```
/// use upstash_workflow_dlq::params::date::parse_iso;
/// use upstash_workflow_dlq::wire::rate_limit::parse_http_date;
///
/// let parsed = parse_http_date("Mon, 23 Nov 2026 08:49:37 GMT");
/// assert_eq!(parsed, parse_iso("2026-11-23T08:49:37Z"));
/// ```
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
        iso.push_str(&decimal(number));
    }
    iso.push('T');
    iso.push_str(rest.split(' ').next()?);
    iso.push('Z');
    date::parse_iso(&iso)
}

const BURST_HEADERS: [&str; 3] =
    ["Burst-RateLimit-Limit", "Burst-RateLimit-Remaining", "Burst-RateLimit-Reset"];
const DAILY_HEADERS: [&str; 3] = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
/// Length of the service's burst window, in milliseconds.
pub const WINDOW_MS: i64 = 1_000;
/// Maximum plausible time until a burst window resets, in milliseconds.
const BURST_MAX_MS: i64 = 60_000;
/// The year 2001 in milliseconds and in seconds; a smaller number is relative to now.
const MS_EPOCH: i64 = 1_000_000_000_000;
const SECONDS_EPOCH: i64 = 1_000_000_000;
