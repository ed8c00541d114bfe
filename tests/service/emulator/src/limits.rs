//! Rate limits of the endpoints of the DLQ and the logs: a fixed window for bursts, and a day.

use std::time::{Duration, SystemTime};

use crate::config::{Config, LimitHeaders, LimitNames, ResetForm, RetryAfter};
use crate::http::Response;

const DAY_MS: i64 = 86_400_000;

/// Requests counted in the current window and day.
#[derive(Debug, Default)]
pub struct Limits {
    window: i64,
    in_window: u64,
    day: i64,
    in_day: u64,
}

/// The limits' verdict on one request.
#[derive(Debug)]
pub struct Verdict {
    /// Rate-limit headers of its response.
    pub headers: Vec<(String, String)>,
    /// The response if the request is refused: 429.
    pub refusal: Option<Response>,
}

impl Limits {
    /// Counts a request at `now`, in Unix milliseconds.
    pub fn admit(&mut self, config: &Config, now: i64) -> Verdict {
        let mut verdict = Verdict { headers: Vec::new(), refusal: None };
        if let Some(burst) = config.burst {
            let length = burst.window_ms as i64;
            let window = now / length;
            if window != self.window {
                (self.window, self.in_window) = (window, 0);
            }
            let reset = (window + 1) * length;
            count(
                &mut verdict,
                config,
                "Burst-RateLimit",
                burst.limit,
                &mut self.in_window,
                reset,
                now,
            );
        }
        if let Some(daily) = config.daily {
            let day = now / DAY_MS;
            if day != self.day {
                (self.day, self.in_day) = (day, 0);
            }
            if verdict.refusal.is_none() {
                let reset = (day + 1) * DAY_MS;
                count(&mut verdict, config, "RateLimit", daily.limit, &mut self.in_day, reset, now);
            }
        }
        if let Some(refusal) = verdict.refusal.take() {
            verdict.refusal = Some(match config.limit_headers {
                LimitHeaders::None => refusal,
                _ => verdict
                    .headers
                    .drain(..)
                    .fold(refusal, |response, (name, value)| response.with(&name, value)),
            });
        }
        if config.limit_headers != LimitHeaders::Always {
            verdict.headers.clear();
        }
        verdict
    }
}

fn count(
    verdict: &mut Verdict,
    config: &Config,
    prefix: &str,
    limit: u64,
    used: &mut u64,
    reset: i64,
    now: i64,
) {
    let refused = *used >= limit;
    if !refused {
        *used += 1;
    }
    let wait_seconds = (reset - now).max(0) as u64;
    let wait_seconds = wait_seconds.div_ceil(1_000);
    let shown = match config.reset_form {
        ResetForm::Seconds => ((reset as u64).div_ceil(1_000)).to_string(),
        ResetForm::Ms => reset.to_string(),
        ResetForm::Delta => wait_seconds.to_string(),
        ResetForm::Fraction => format!("{:.3}", (reset - now).max(0) as f64 / 1_000.0),
        ResetForm::Date => http_date(reset),
    };
    let prefix = match config.limit_names {
        LimitNames::Own => prefix,
        LimitNames::X => "X-RateLimit",
    };
    verdict.headers.extend([
        (format!("{prefix}-Limit"), limit.to_string()),
        (format!("{prefix}-Remaining"), (limit - (*used).min(limit)).to_string()),
        (format!("{prefix}-Reset"), shown),
    ]);
    if refused {
        let response = Response::error(429, "rate limit exceeded");
        verdict.refusal = Some(match config.retry_after {
            RetryAfter::None => response,
            RetryAfter::Seconds => response.with("Retry-After", wait_seconds),
            RetryAfter::Date => response.with("Retry-After", http_date(reset)),
        });
    }
}

/// The HTTP date of `ms`, rounded up to a whole second.
fn http_date(ms: i64) -> String {
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_millis(ms as u64 + 999))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn header(response: &Response, name: &str) -> Option<String> {
        response.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn burst_window_and_forms() {
        for (form, want) in [
            ("seconds", "1001"),
            ("ms", "1001000"),
            ("delta", "1"),
            ("fraction", "0.900"),
            ("date", "Thu, 01 Jan 1970 00:16:41 GMT"),
        ] {
            let config = Config::default()
                .patched(json!({"burst": {"limit": 2}, "resetForm": form, "retryAfter": "seconds"}))
                .unwrap();
            let mut limits = Limits::default();
            let now = 1_000_100;
            assert!(limits.admit(&config, now).refusal.is_none());
            let verdict = limits.admit(&config, now);
            assert!(verdict.headers.contains(&("Burst-RateLimit-Remaining".into(), "0".into())));
            let refusal = limits.admit(&config, now).refusal.expect("third is refused");
            assert_eq!(refusal.status, 429);
            assert_eq!(header(&refusal, "Burst-RateLimit-Reset").as_deref(), Some(want));
            assert_eq!(header(&refusal, "Retry-After").as_deref(), Some("1"));
            assert!(limits.admit(&config, 1_001_000).refusal.is_none());
        }
    }

    #[test]
    fn names_of_a_gateway() {
        let config =
            Config::default().patched(json!({"burst": {"limit": 1}, "limitNames": "x"})).unwrap();
        let mut limits = Limits::default();
        let names = |headers: &[(String, String)]| {
            headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            names(&limits.admit(&config, 5).headers),
            ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"]
        );
        let refusal = limits.admit(&config, 5).refusal.expect("the second");
        assert_eq!(header(&refusal, "X-RateLimit-Limit").as_deref(), Some("1"));
    }

    #[test]
    fn daily_without_headers() {
        let config = Config::default()
            .patched(json!({"daily": {"limit": 1}, "limitHeaders": "none", "retryAfter": "date"}))
            .unwrap();
        let mut limits = Limits::default();
        assert!(limits.admit(&config, 5).headers.is_empty());
        let refusal = limits.admit(&config, 5).refusal.expect("second is refused");
        assert_eq!(header(&refusal, "RateLimit-Limit"), None);
        assert_eq!(
            header(&refusal, "Retry-After").as_deref(),
            Some("Fri, 02 Jan 1970 00:00:00 GMT")
        );
        assert!(limits.admit(&config, DAY_MS).refusal.is_none());
    }
}
