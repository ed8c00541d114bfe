//! Values as they are read: moments, durations, expressions, names that may have been meant.

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

#[test]
fn a_token_is_redacted_in_every_form() {
    let token = Token::new("eyJ+/=ab%25");
    for form in
        ["eyJ+/=ab%25", "eyJ%2B%2F%3Dab%2525", "eyJ%2b%2f%3dab%2525", "%65%79J%2b/%3Dab%2525"]
    {
        assert_eq!(token.redact(&format!("x {form} y")), "x [redacted] y");
        assert_eq!(token.redact(&format!("{form}{form}é")), "[redacted][redacted]é");
    }
    // A text that is cut may end within it; a few letters of it are chance.
    for (text, clean) in [
        ("x eyJ+/=ab", "x [redacted]"),
        ("x eyJ%2b%2f%3dab", "x [redacted]"),
        ("x eyJ+/=a", "x eyJ+/=a"),
        ("x eyJ+/=ab y", "x eyJ+/=ab y"),
        ("é%", "é%"),
    ] {
        assert_eq!(token.redact(text), clean);
    }
    assert_eq!(Token::new("").redact("nothing to hide"), "nothing to hide");
    assert_eq!(Token::new("t").reveal(), "t");
}

#[test]
fn a_fragment_of_a_token_is_redacted() {
    let token = Token::new("eyJVc2VySUQiOiI1ZTEy+Nzg5In0=");
    for (text, clean) in [
        // Encoded once more, by the link of a sign-in page, by JSON and by HTML.
        (
            "?next=%3Ft%3DeyJVc2VySUQiOiI1ZTEy%252BNzg5In0%253D",
            "?next=%3Ft%3D[redacted]%252BNzg5In0%253D",
        ),
        (r"x eyJVc2VySUQiOiI1ZTEy+Nzg5In0\u003d", r"x [redacted]\u003d"),
        ("eyJVc2VySUQiOiI1ZTEy+Nzg5In0&#x3D;", "[redacted]&#x3D;"),
        // Cut off in the middle of a text, its start missing, wrapped.
        ("'eyJVc2VySUQiOiI1…' is wrong", "'[redacted]…' is wrong"),
        ("…SUQiOiI1ZTEy+Nzg5In0= is wrong", "…[redacted] is wrong"),
        ("eyJVc2VySUQiOi\nI1ZTEy+Nzg5In0=\n", "[redacted]\n[redacted]\n"),
        ("SUQiOiI1ZTEy%2BNz", "[redacted]"),
        // Fewer characters may be a coincidence.
        ("eyJVc2VySUQ is base64", "eyJVc2VySUQ is base64"),
        ("Nzg5In0=", "Nzg5In0="),
    ] {
        assert_eq!(token.redact(text), clean);
    }
    // The longest one, where a part of the token comes twice; and no part of a character.
    assert_eq!(Token::new("abababababababababXY").redact("_ababababababXY"), "_[redacted]");
    assert_eq!(Token::new("twelve-bytesé").redact("twelve-bytesè"), "[redacted]è");
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

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn map(pairs: &[(&str, Value)]) -> Value {
    Value::Map(pairs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
}

/// The options, or the codes of what is wrong with them.
fn options(given: &[(&str, Value)], env: &[(&str, Value)]) -> Result<ClientOptions, Vec<String>> {
    let mut issues = Issues::new();
    let read = ClientOptions::read(&mut issues, &map(given), &map(env));
    issues.into_result(read).map_err(|issues| {
        issues.iter().map(|issue| format!("{} {}", issue.path, issue.code)).collect()
    })
}

#[test]
fn what_is_said_wins_over_the_environment() {
    let both = [("baseUrl", text("https://a.b")), ("token", text("t"))];
    let region = [("QSTASH_REGION", text("US_EAST_1"))];
    // A region without its pair of variables is nobody's business where neither is needed.
    assert!(options(&both, &region).is_ok());
    assert!(options(&[("auth", text("none")), ("baseUrl", text("https://a.b"))], &region).is_ok());
    assert!(options(&both[..1], &region).is_err());
    assert!(options(&both[1..], &region).is_err());
    let empty = [("QSTASH_URL", text("")), ("QSTASH_TOKEN", text("t"))];
    assert_eq!(options(&[], &empty).expect("good").base_url, "https://qstash.upstash.io");
    let auth = |word: &str| {
        let given = [("auth", text(word)), ("baseUrl", text("https://a.b")), ("token", text("t"))];
        options(if word == "none" { &given[..2] } else { &given }, &[]).map(|options| options.auth)
    };
    assert!(matches!(auth("header"), Ok(Auth::Header)));
    assert!(matches!(auth("query"), Ok(Auth::Query)));
    assert!(matches!(auth("none"), Ok(Auth::None)));
    let retry = |given: Value| {
        let given = [both[0].clone(), both[1].clone(), ("retry", given)];
        let retry = options(&given, &[]).expect("good").retry;
        (retry.attempts, retry.rate_limited_attempts)
    };
    let count = |key: &str, count: f64| retry(map(&[(key, Value::Number(count))]));
    assert_eq!(count("attempts", 7.0), (7, Some(7)));
    assert_eq!((count("retries", 7.0), count("retries", 0.0)), ((8, Some(8)), (1, Some(1))));
    assert_eq!(retry(Value::Bool(false)), (1, Some(1)));
    // 429s are waited out where the caller says nothing of attempts.
    assert_eq!((count("maxDelay", 7.0), retry(Value::Undefined)), ((5, None), (5, None)));
}

#[test]
fn where_requests_go() {
    let flag = Value::Bool;
    for (given, env, url, token, dev) in [
        (vec![("token", text("t"))], vec![], "https://qstash.upstash.io", "t", false),
        (
            vec![("token", text("t")), ("region", text("us-east-1"))],
            vec![("QSTASH_URL", text("https://elsewhere.b"))],
            "https://qstash-us-east-1.upstash.io",
            "t",
            false,
        ),
        (
            vec![("region", text("EU_CENTRAL_1"))],
            vec![("EU_CENTRAL_1_QSTASH_TOKEN", text("eu")), ("QSTASH_TOKEN", text("t"))],
            "https://qstash-eu-central-1.upstash.io",
            "eu",
            false,
        ),
        (
            vec![("region", text("eu-central-1"))],
            vec![("QSTASH_TOKEN", text("t")), ("EU_CENTRAL_1_QSTASH_URL", text("https://a.b"))],
            "https://a.b",
            "t",
            false,
        ),
        // Whatever token and URL are given, and whatever else says.
        (
            vec![("token", text("t")), ("baseUrl", text("https://a.b")), ("devMode", flag(true))],
            vec![("QSTASH_DEV", text("false"))],
            "http://127.0.0.1:8080",
            DEV_TOKEN,
            true,
        ),
        (
            vec![("auth", text("none")), ("baseUrl", text("/gateway"))],
            vec![("QSTASH_DEV", text("1")), ("QSTASH_DEV_PORT", text("9000"))],
            "http://127.0.0.1:9000",
            DEV_TOKEN,
            true,
        ),
        (
            vec![("token", text("t")), ("devMode", flag(false))],
            vec![("QSTASH_DEV", text("true"))],
            "https://qstash.upstash.io",
            "t",
            false,
        ),
    ] {
        let read = options(&given, &env).unwrap_or_else(|issues| panic!("{given:?} {issues:?}"));
        assert_eq!(read.base_url, url, "{given:?} {env:?}");
        assert_eq!((read.token.reveal(), read.dev_mode), (token, dev), "{given:?} {env:?}");
    }
}

/// Public: the same for everyone who runs the local dev server.
const DEV_TOKEN: &str = "eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=";

#[test]
fn milliseconds_may_have_a_unit() {
    for (text, expected) in [
        ("10m", Ok(600_000)),
        ("500ms", Ok(500)),
        ("1d10h30m5s7ms", Ok(124_205_007)),
        ("0s", Ok(0)),
        ("99999999999999999999d", Ok(u64::MAX)),
        ("", Err(0)),
        ("10", Err(2)),
        ("m", Err(0)),
        ("1.5s", Err(1)),
        ("10 m", Err(2)),
        ("5s10", Err(4)),
        ("10M", Err(2)),
        ("-5s", Err(0)),
    ] {
        assert_eq!(duration::milliseconds(text), expected, "{text}");
    }
}

#[test]
fn plain_http_is_for_this_machine() {
    let given = |url: &str| options(&[("baseUrl", text(url)), ("token", text("t"))], &[]);
    for near in [
        "http://localhost:8080",
        "http://LOCALHOST",
        "http://a.localhost",
        "http://127.0.0.1:80",
        "http://0.0.0.0:8080",
        "http://127.8.9.1",
        "http://[::1]:80",
    ] {
        assert!(given(near).is_ok(), "{near}: {:?}", given(near).err());
    }
    for far in
        ["http://a.b", "http://127.a", "http://notlocalhost", "http://128.0.0.1", "http://[::2]"]
    {
        assert!(given(far).is_err(), "{far}");
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
