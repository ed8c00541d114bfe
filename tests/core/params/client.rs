//! Options of clients, and the token.

use super::*;

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
    // Or within the code of a byte.
    for (text, clean) in [
        ("x %73ecret-a%", "x [redacted]%"),
        ("x %73ecret-a%6", "x [redacted]%6"),
        ("x %73ecret-a%6 y", "x %73ecret-a%6 y"),
        ("x %73ecret-%6", "x %73ecret-%6"),
    ] {
        assert_eq!(Token::new("secret-and-so-on").redact(text), clean);
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

#[test]
fn a_long_text_is_cut_and_no_part_of_a_token_is_left_at_its_end() {
    let token = Token::new("eyJVc2VySUQiOiI1ZTEy+Nzg5In0=");
    let encoded: String = token.reveal().bytes().map(|byte| format!("%{byte:02x}")).collect();
    for form in [token.reveal(), &encoded] {
        for before in 10_000 - form.len() - 1..10_001 {
            let text = "x".repeat(before) + form + &"y".repeat(1_000_000);
            let clean = token.redact(&text);
            let left = clean.trim_start_matches('x').trim_end_matches('y');
            assert!(["[redacted]", ""].contains(&left), "{before}: {left}");
            assert!(clean.len() <= 10_010, "{} bytes", clean.len());
        }
    }
    // No part of a character, either.
    assert_eq!(token.redact(&"é".repeat(9_999)), "é".repeat(5_000));
    assert_eq!(token.redact(&format!("x{}", "é".repeat(9_999))), format!("x{}", "é".repeat(5_000)));
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
