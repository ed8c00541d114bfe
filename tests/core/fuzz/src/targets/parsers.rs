//! Texts: expressions, durations, moments, URLs, addresses, header values, what is redacted, what is
//! encoded. Where a text is taken, a second look at it, by other means, has to agree.

use upstash_workflow_dlq::params::filter::is_http_url;
use upstash_workflow_dlq::params::issue::header_fault;
use upstash_workflow_dlq::params::spelling::nearest;
use upstash_workflow_dlq::params::{
    date, duration, expression, Filter, Issues, Overrides, Place, Token,
};
use upstash_workflow_dlq::time::Timestamp;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::encode_component;
use upstash_workflow_dlq::wire::rate_limit::parse_http_date;

/// `data`: a text, and, behind a NUL, another one.
pub fn check(data: &[u8]) {
    let all = String::from_utf8_lossy(data);
    let (text, other) = all.split_once('\0').unwrap_or((&all, ""));
    expressions(text);
    durations(text);
    moments(text);
    urls(text);
    addresses(text);
    overrides(text);
    encoding(text);
    secrets(text, other);
    let _ = nearest(text, &["retries", "flowControl"]);
}

fn within(text: &str, position: u32) {
    assert!(position as usize <= text.chars().count(), "a fault behind the end: {position}");
}

fn expressions(text: &str) {
    if let Err(fault) = expression::check(text) {
        return within(text, fault.position);
    }
    let mut open = 0i32;
    for c in text.chars() {
        assert!(c.is_ascii() && (c == '\t' || !c.is_control()), "{c:?} in a header");
        open += i32::from(c == '(') - i32::from(c == ')');
        assert!(open >= 0, "closed before it was opened");
    }
    assert_eq!(open, 0);
    assert!(text.chars().any(|c| c.is_ascii_alphanumeric() || c == '.'), "nothing to count with");
}

fn durations(text: &str) {
    if let Err(position) = duration::check(text) {
        return within(text, position);
    }
    let mut rest = text;
    while let Some(end) = rest.find(|c: char| !c.is_ascii_digit()) {
        assert!(end > 0 && matches!(rest.as_bytes()[end], b's' | b'm' | b'h' | b'd'));
        rest = &rest[end + 1..];
    }
    assert!(rest.is_empty() && !text.is_empty());
}

fn moments(text: &str) {
    if let Some(ms) = date::parse_iso(text).map(Timestamp::ms) {
        let again = date::parse_iso(&iso(ms)).map(Timestamp::ms);
        assert!(ms >= 0 && (again == Some(ms) || ms >= YEAR_10000), "{text}: {ms}, {again:?}");
    }
    if let Some(ms) = parse_http_date(text).map(Timestamp::ms) {
        assert!((0..YEAR_10000).contains(&ms), "{text}: {ms}");
    }
}

/// The last day of the last year of four digits may, by its zone, lie in the next.
const YEAR_10000: i64 = 253_402_300_800_000;

/// A moment as ISO 8601, by counting years and months.
fn iso(ms: i64) -> String {
    let (mut days, rest) = (ms / 86_400_000, ms % 86_400_000);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let february = 28 + i64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (seconds, ms) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z", days + 1)
}

fn urls(text: &str) {
    if is_http_url(text) {
        let lower = text.to_ascii_lowercase();
        assert!(lower.starts_with("http://") || lower.starts_with("https://"));
        assert!(!text.chars().any(|c| c.is_whitespace() && c.is_ascii() || c.is_ascii_control()));
    }
}

fn field(key: &str, text: &str) -> Value {
    Value::Map(vec![(key.into(), Value::String(text.into()))])
}

fn addresses(text: &str) {
    let mut issues = Issues::new();
    let given = field("callerIp", text);
    let filter = Filter::read(&mut issues, &Place::root("filter", &given), false);
    if issues.is_empty() {
        let values = &filter.expect("a filter").terms[0].values;
        assert!(values[0].bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')));
    }
}

/// Whatever is taken can stand in a header.
fn overrides(text: &str) {
    let flow = |key: &str| match key {
        "key" => field("key", text),
        _ => Value::Map(vec![
            ("key".into(), Value::String("k".into())),
            (key.into(), Value::String(text.into())),
        ]),
    };
    for (key, value) in [
        ("delay", Value::String(text.into())),
        ("retryDelay", Value::String(text.into())),
        ("label", Value::String(text.into())),
        ("label", Value::List(vec![Value::String(text.into()), Value::String("b".into())])),
        ("failureCallback", Value::String(text.into())),
        ("flowControl", flow("key")),
        ("flowControl", flow("period")),
        ("flowControl", flow("rate")),
    ] {
        let mut issues = Issues::new();
        let given = Value::Map(vec![(key.into(), value)]);
        let overrides = Overrides::read(&mut issues, &Place::root("overrides", &given));
        for (name, value) in &overrides.0 {
            assert_eq!(header_fault(value), None, "{name}: {value:?}");
        }
        assert!(!issues.is_empty() || !overrides.0.is_empty(), "{key}: neither taken nor refused");
    }
}

fn encoding(text: &str) {
    assert_eq!(decode(&encode_component(text)), text);
}

/// The text behind its form in a query, which has no other bytes than that form may have.
pub fn decode(encoded: &str) -> String {
    let mut decoded = Vec::new();
    let mut bytes = encoded.bytes();
    while let Some(byte) = bytes.next() {
        assert!(byte.is_ascii_alphanumeric() || b"*-._+%".contains(&byte), "{encoded}");
        let mut hex = || char::from(bytes.next().expect("two digits")).to_digit(16);
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => (hex().expect("hex") * 16 + hex().expect("hex")) as u8,
            byte => byte,
        });
    }
    String::from_utf8(decoded).expect("a text")
}

/// A secret, which holds no space and nothing of what stands in its place, is gone from whatever
/// held it.
fn secrets(token: &str, around: &str) {
    if token.len() < 8 || token.contains(|c: char| c.is_whitespace() || "[redacted]".contains(c)) {
        return;
    }
    let secret = Token::new(token);
    let upper = encode_component(token);
    let lower = upper.split('%').enumerate().map(|(at, part)| match at {
        0 => part.into(),
        _ => format!("%{}{}", part[..2].to_ascii_lowercase(), &part[2..]),
    });
    let lower: String = lower.collect();
    let every: String = token.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let forms = [token, &upper, &lower, &every];
    for form in forms {
        let clean = secret.redact(&format!("{around}{form} {form}"));
        for form in forms {
            assert!(!clean.contains(form), "{form} is in {clean}");
        }
    }
    let half = token.char_indices().nth(token.chars().count() / 2).map_or(0, |(at, _)| at);
    if half >= 8 {
        let cut = secret.redact(&format!("{around}{}", &token[..half]));
        assert!(!cut.ends_with(&token[..half]), "a part of {token} is in {cut}");
    }
}
