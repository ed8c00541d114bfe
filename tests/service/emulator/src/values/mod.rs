//! Parsers and generators of values, without state.

pub mod cursor;
pub mod duration;
pub mod expression;
pub mod flow_control;
pub mod query;
pub mod range;
pub mod redaction;
pub mod rng;

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch, by the machine's clock.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}

/// Whether `name` may be a flow-control key or a label.
pub fn is_resource_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Whether a text starts like a URL that deliveries can use.
pub fn is_http_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        !rest.is_empty() && ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for good in ["http://a", "HTTPS://a.b/c?d"] {
            assert!(is_http_url(good), "{good}");
        }
        for bad in ["", "a.b", "ftp://a", "https://", "https:/a"] {
            assert!(!is_http_url(bad), "{bad}");
        }
    }

    #[test]
    fn resource_names() {
        for good in ["a", "A-1_b.c"] {
            assert!(is_resource_name(good), "{good}");
        }
        for bad in ["", "a b", "a/b", "é", "a,b"] {
            assert!(!is_resource_name(bad), "{bad}");
        }
    }
}
