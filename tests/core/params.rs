//! Values as they are read: moments, durations, expressions, names that may have been meant.

mod client;

use crate::timestamp;
use proptest::prelude::*;
use upstash_workflow_dlq::params::filter::is_http_url;
use upstash_workflow_dlq::params::issue::header_fault;
use upstash_workflow_dlq::params::spelling::nearest;
use upstash_workflow_dlq::params::{
    date, duration, expression, Auth, ClientOptions, Issues, Place, Received, Token,
};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;

#[test]
fn moments_are_read_as_javascript_does() {
    let table = [
        ("1970-01-01", Some(0)),
        ("1970-01-01T00:00Z", Some(0)),
        ("2026-11-23", Some(1_795_392_000_000)),
        ("2026-11-23T08:00:00Z", Some(1_795_420_800_000)),
        ("2026-11-23 08:00:00Z", Some(1_795_420_800_000)),
        ("2026-11-23T08:00:00.123Z", Some(1_795_420_800_123)),
        ("2026-11-23T08:00:00.1Z", Some(1_795_420_800_100)),
        ("2026-11-23T08:00:00.123456Z", Some(1_795_420_800_123)),
        ("2026-11-23T10:00:00+02:00", Some(1_795_420_800_000)),
        ("2026-11-23T02:30:00-05:30", Some(1_795_420_800_000)),
        ("2026-11-24T07:59:00+23:59", Some(1_795_420_800_000)),
        ("2026-11-24T08:00:00+24:00", None),
        ("2026-11-24T08:00:00+01:60", None),
        ("2024-02-29", Some(1_709_164_800_000)),
        ("2000-02-29", Some(951_782_400_000)),
        ("2023-02-29", None),
        ("1900-02-29", None),
        ("2026-04-31", None),
        ("2026-13-01", None),
        ("2026-00-01", None),
        ("2026-01-00", None),
        ("2026-11-23T24:00:00Z", None),
        ("2026-11-23T08:60:00Z", None),
        ("2026-11-23T08:00:60Z", None),
        ("2026-11-23T08:00:00", None),
        ("2026-11-23T08:00:00.Z", None),
        ("2026-11-23T08Z", None),
        ("2026-11-23T08:00:00Zx", None),
        ("2026-11-23T08:00:00+25:00", None),
        ("2026-11-23T08:00:00+02:60", None),
        ("1969-12-31", None),
        ("2026-1-1", None),
        ("26-11-23", None),
        ("", None),
        ("x2026-11-23", None),
    ];
    for (text, expected) in table {
        assert_eq!(date::parse_iso(text).map(Timestamp::ms), expected, "{text}");
    }
}

#[test]
fn durations() {
    for good in ["0s", "10s", "5m", "1d10h30m", "24h", "007d"] {
        assert_eq!(duration::check(good), Ok(()), "{good}");
    }
    let bad = [
        ("", 0),
        ("10", 2),
        ("s", 0),
        ("10x", 2),
        ("10 s", 2),
        ("1d10", 4),
        ("-1s", 0),
        ("1.5h", 1),
        ("10ms", 3),
        ("١s", 0),
    ];
    for (text, position) in bad {
        assert_eq!(duration::check(text), Err(position), "{text}");
    }
}

#[test]
fn expressions() {
    for good in [
        "1000",
        "retried",
        "(1 + retried) * 1000",
        "pow(2, retried) * 1000",
        "min(60000, exp(retried))",
        "max(1,2)",
        "-5 + retried",
        "1e3",
        "2.5*retried",
        "retried % 3",
        "retried ^ 2",
        "((((1))))",
        "floor(sqrt(abs(round(ceil(retried)))))",
        "\t1 ",
    ] {
        assert_eq!(expression::check(good), Ok(()), "{good}");
    }
    let bad = [
        ("", 0, None),
        ("   ", 3, None),
        ("(1 + retried", 0, None),
        ("1 + (2 * (3)", 4, None),
        ("1)", 1, None),
        ("()", 1, None),
        ("1 +", 3, None),
        ("(1 +) 2", 4, None),
        ("1 2", 2, None),
        ("retried retried", 8, None),
        ("2(3)", 1, None),
        ("retires", 0, Some("retried")),
        ("2 * rund(3)", 4, Some("round")),
        ("something", 0, None),
        ("pow", 3, None),
        ("pow + 1", 4, None),
        ("pow 2", 4, None),
        (",1", 0, None),
        ("min(,1)", 4, None),
        ("1 + ä", 4, None),
        ("1\n+ 2", 1, None),
    ];
    for (text, position, hint) in bad {
        assert_eq!(expression::check(text), Err(expression::Fault { position, hint }), "{text:?}");
    }
}

#[test]
fn what_may_have_been_meant() {
    const KNOWN: &[&str] = &["label", "fromDate", "workflowUrl", "concurrency"];
    let table = [
        ("lable", Some("label")),
        ("labels", Some("label")),
        ("Label", Some("label")),
        ("fromdate", Some("fromDate")),
        ("workflowURL", Some("workflowUrl")),
        ("concurency", Some("concurrency")),
        ("elephant", None),
        ("x", None),
    ];
    for (word, expected) in table {
        assert_eq!(nearest(word, KNOWN), expected, "{word}");
    }
}

#[test]
fn what_no_header_can_carry() {
    let table = [
        ("plain", None),
        ("with space, and \u{e4}\u{ff}", None),
        ("tab\there", None),
        ("line\nbreak", Some(4)),
        ("a\r", Some(1)),
        ("\0", Some(0)),
        ("ab\u{7f}", Some(2)),
        ("€", Some(0)),
        ("ab\u{100}", Some(2)),
    ];
    for (text, expected) in table {
        assert_eq!(header_fault(text), expected, "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_moment_comes_back(ms in 0i64..4_102_444_800_000) {
        let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
        // Counted up from 1970, unlike the code.
        let (mut year, mut left) = (1970, days);
        let leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
        while left >= 365 + i64::from(leap(year)) {
            left -= 365 + i64::from(leap(year));
            year += 1;
        }
        let lengths = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut month = 0;
        while left >= lengths[month] {
            left -= lengths[month];
            month += 1;
        }
        let text = format!(
            "{year:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            month + 1, left + 1, rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000
        );
        prop_assert_eq!(date::parse_iso(&text), Some(timestamp(ms)), "{}", text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,30}") {
        let _ = date::parse_iso(&text);
        let length = text.chars().count() as u32;
        if let Err(position) = duration::check(&text) {
            prop_assert!(position <= length);
        }
        if let Err(fault) = expression::check(&text) {
            prop_assert!(fault.position <= length);
        }
    }
}

proptest! {
    /// Swaps of neighbours count as one, as in `strsim`'s distance of that kind.
    #[test]
    fn what_may_have_been_meant_is_a_third_away_at_most(word in "[ab]{0,9}") {
        const NAMES: &[&str] = &["abba", "b", "aabbab", "abababab"];
        for name in NAMES {
            let near = strsim::osa_distance(&word, name) <= word.len().max(3) / 3;
            let found = nearest(&word, core::slice::from_ref(name));
            prop_assert_eq!(found, near.then_some(*name), "{} {}", word, name);
        }
    }
}

#[test]
fn names_that_are_too_long_are_like_nothing() {
    let long: &'static str = "a".repeat(40).leak();
    let longer: &'static str = "a".repeat(41).leak();
    assert_eq!(nearest(long, &[long]), Some(long));
    assert_eq!(nearest(longer, &[long]), None);
    assert_eq!(nearest(long, &[longer]), None);
}

#[test]
fn urls() {
    for good in [
        "https://a.b",
        "HTTP://a",
        "http://user:secret@a.b:80/c?d#e",
        "https://[::1]:80",
        "https://a?b",
        "https://a#b",
    ] {
        assert!(is_http_url(good), "{good}");
    }
    for bad in [
        "",
        "a.b",
        "ftp://a",
        "https:/a",
        "https://",
        "https:///a",
        "https://?a",
        "https://:80",
        "https://user@",
        "https://a b",
        "https://a\u{7f}",
        "https://a\nb",
        "https://a\\b",
        "https://a<b",
        "https://a>b",
        "https://a\"b",
    ] {
        assert!(!is_http_url(bad), "{bad}");
    }
}

#[test]
fn a_moment_that_is_none_is_refused_and_long_texts_are_shown_in_part() {
    let mut issues = Issues::new();
    let mut read = |value| date::read(&mut issues, &Place::root("date", &value));
    assert_eq!(read(Value::Date(f64::NAN)), None);
    assert_eq!(read(Value::Date(7.0)), Some(timestamp(7)));
    assert_eq!(read(Value::Date(0.0)), Some(Timestamp::EPOCH));
    assert_eq!(read(text(&"x".repeat(500))), None);
    let list = issues.into_result::<()>(None).expect_err("two");
    let shown: Vec<_> = list.iter().map(|issue| (issue.code, &issue.received)).collect();
    assert_eq!(shown[0].0, "bad_date");
    assert_eq!(shown[1], ("bad_date", &Received::Text("x".repeat(120))));
    assert_eq!(shown.len(), 2);
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}
