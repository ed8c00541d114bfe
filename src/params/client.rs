//! The client's own options, and the environment variables that fill in for them.

use super::drive::SAFE;
use super::issue::{nearest, Issues, Place};
use super::request::{read_headers, read_timeout, FUNCTION};
use crate::text::{halves, until};
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// How a request says who asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Auth {
    /// `Authorization: Bearer <token>`.
    Header,
    /// The query parameter `qstash_token`.
    Query,
    /// Not at all: a gateway in between knows the token.
    None,
}

/// A token. It can't be printed: no `Debug`, no `Display`.
#[derive(Clone, PartialEq)]
pub struct Token(String);

impl Token {
    pub fn new(text: &str) -> Self {
        Token(String::from(text))
    }

    /// For the one place that puts it on the wire.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without the token, in whatever way a URL or a server may have written it.
    pub fn redact(&self, text: &str) -> String {
        let mut clean = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let found = self.length_at(rest, false).or_else(|| self.length_at(rest, true));
            let (shown, length) = match found {
                Some(length) => (REDACTED, length),
                None => (&rest[..c.len_utf8()], c.len_utf8()),
            };
            clean.push_str(shown);
            rest = &rest[length..];
        }
        clean
    }

    /// How many bytes of `text`, from its beginning, are the token; with `decode`, where any of its
    /// bytes may be percent-encoded. A text that was cut may end within it.
    fn length_at(&self, text: &str, decode: bool) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut at = 0;
        for (matched, wanted) in self.0.bytes().enumerate() {
            let hex = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
            let encoded = || Some(hex(at + 1)? * 16 + hex(at + 2)? == u32::from(wanted));
            match bytes.get(at) {
                None => return (matched >= PART_MIN).then_some(at),
                Some(b'%') if decode && encoded() == Some(true) => at += 3,
                Some(byte) if *byte == wanted => at += 1,
                _ => return None,
            }
        }
        (at > 0).then_some(at)
    }
}

/// How often a request is tried, and how long is waited in between.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryOptions {
    /// Attempts in all; the first counts.
    pub attempts: u32,
    /// Milliseconds before the second attempt, at most (full jitter); doubles from there.
    pub initial_delay: u32,
    /// Milliseconds that a back-off never exceeds.
    pub max_delay: u32,
    /// The delays that the SDK's `backoff` function names, which then count as they are.
    pub table: Vec<u32>,
}

impl Default for RetryOptions {
    fn default() -> Self {
        RetryOptions { attempts: 5, initial_delay: 200, max_delay: 20_000, table: Vec::new() }
    }
}

/// What a client was made with.
#[derive(Clone)]
pub struct ClientOptions {
    /// Without a slash, `/v2` or `/v2/publish` at its end.
    pub base_url: String,
    /// Empty with [`Auth::None`].
    pub token: Token,
    pub auth: Auth,
    /// Milliseconds an attempt may take.
    pub timeout: u32,
    pub retry: RetryOptions,
    pub headers: Vec<(String, String)>,
}

impl ClientOptions {
    /// Reads the options; `env` fills in what they don't say: `QSTASH_URL` and `QSTASH_TOKEN`, or,
    /// where `QSTASH_REGION` is set, the pair with that prefix.
    pub fn read(issues: &mut Issues, options: &Value, env: &Value) -> Option<Self> {
        let (options, env) = (&Place::root("options", options), &Place::root("env", env));
        issues.object(options, KEYS)?;
        let explicit = |key| !options.field(key).is_undefined();
        let mut prefix = "";
        if !(is_none_auth(options.value) || explicit("baseUrl") && explicit("token")) {
            prefix = region(issues, env).unwrap_or_default();
        }
        let auth = issues.one_of(
            &options.field("auth"),
            &["header", "query", "none"],
            "\"header\", \"query\" or \"none\"",
        );
        let auth = match auth {
            Some(1) => Auth::Query,
            Some(2) => Auth::None,
            _ => Auth::Header,
        };
        let insecure = issues.flag(&options.field("allowInsecure")) == Some(true);
        let variable = String::from(prefix) + "QSTASH_URL";
        let place = &either(options.field("baseUrl"), env.field(&variable));
        let base_url = match place.is_undefined() {
            true => Some(String::from(BASE_URL)),
            false => secret(issues, place)
                .and_then(|text| read_base_url(issues, text, place, auth, insecure)),
        };
        let token = &options.field("token");
        let token = if auth == Auth::None {
            if !token.is_undefined() {
                issues.add_hidden(token, "token_not_used");
            }
            Some(Token::new(""))
        } else {
            let variable = String::from(prefix) + "QSTASH_TOKEN";
            let place = &either(*token, env.field(&variable));
            if place.is_undefined() && issues.is_empty() {
                issues.add_hidden(token, "token_missing");
            }
            match place.is_undefined() {
                true => None,
                false => secret(issues, place).and_then(|text| read_token(issues, text, place)),
            }
        };
        for key in ["fetch", "onRequest"] {
            issues.opaque(&options.field(key), FUNCTION, "a function");
        }
        issues.flag(&options.field("enableTelemetry"));
        let dev_mode = &options.field("devMode");
        if issues.flag(dev_mode) == Some(true) {
            issues.add(dev_mode, "unknown_value").expected =
                Some("false: start the local server yourself and pass its address as baseUrl");
        }
        let timeout = read_timeout(issues, &options.field("timeout"));
        // For the runtime to heed.
        issues.whole(&options.field("maxResponseSize"), 1.0, SAFE, "a whole number from 1");
        let retry = read_retry(issues, &options.field("retry"));
        let headers = read_headers(issues, &options.field("headers"));
        Some(ClientOptions {
            base_url: base_url?,
            token: token?,
            auth,
            timeout: timeout.unwrap_or(TIMEOUT_MS),
            retry,
            headers,
        })
    }
}

/// An option, or else the environment variable that stands for it.
fn either<'a>(option: Place<'a>, variable: Place<'a>) -> Place<'a> {
    // An empty variable is one that is not set.
    if option.is_undefined() && matches!(variable.value, Value::String(text) if !text.is_empty()) {
        variable
    } else {
        option
    }
}

/// A text that an error does not show.
fn secret<'v>(issues: &mut Issues, place: &Place<'v>) -> Option<&'v str> {
    match place.value {
        Value::String(text) => Some(text),
        _ => {
            issues.add_hidden(place, "wrong_type").expected = Some("a string");
            None
        }
    }
}

fn is_none_auth(value: &Value) -> bool {
    matches!(value.field("auth"), Value::String(auth) if auth == "none")
}

fn read_token(issues: &mut Issues, text: &str, place: &Place) -> Option<Token> {
    // A line break from a copied secret, or a `Bearer ` in front, are the usual mistakes.
    let space = text.chars().position(is_blank);
    let (code, position) = if text.is_empty() {
        ("token_missing", None)
    } else if space.is_some() {
        ("token_whitespace", space.map(|at| at as u32))
    } else if let Some(position) = super::issue::header_fault(text) {
        ("header_character", Some(position))
    } else {
        return Some(Token::new(text));
    };
    issues.add_hidden(place, code).position = position;
    None
}

/// White space, and control characters.
fn is_blank(c: char) -> bool {
    matches!(c, '\0'..=' ' | '\u{7f}'..='\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// `text` without the slashes at its end.
fn without_slashes(mut text: &str) -> &str {
    while let Some(rest) = text.strip_suffix("/") {
        text = rest;
    }
    text
}

fn read_base_url(
    issues: &mut Issues,
    text: &str,
    place: &Place,
    auth: Auth,
    insecure: bool,
) -> Option<String> {
    let mut base = without_slashes(text);
    for ending in ["/v2/publish", "/v2"] {
        if let Some(rest) = base.strip_suffix(ending) {
            base = without_slashes(rest);
            break;
        }
    }
    if text.starts_with("/") && !text.starts_with("//") {
        // The URL parser reads a backslash as a slash, and drops tabs and line breaks: `/\\host` and
        // `/\t/host` name another host. Nothing that is written like this is a path.
        if text.contains(|c: char| c == '\\' || c <= ' ') {
            issues.add_hidden(place, "bad_url");
            return None;
        }
        if text.contains(['?', '#']) {
            issues.add_hidden(place, "base_url_query");
            return None;
        }
        if auth == Auth::None {
            return Some(String::from(base));
        }
        issues.add(place, "base_url_relative");
        return None;
    }
    if !super::filter::is_http_url(base) {
        // A relative one without a slash, or a typing mistake; it may hold credentials either way.
        issues.add_hidden(place, "bad_url");
        return None;
    }
    let (scheme, rest) = halves(base, "://")?;
    let (authority, _) = until(rest, b"/?#");
    if halves(authority, "@").is_some() {
        issues.add_hidden(place, "base_url_credentials");
        return None;
    }
    if !until(text, b"?#").1.is_empty() {
        issues.add_hidden(place, "base_url_query");
        return None;
    }
    if scheme.eq_ignore_ascii_case("http") && !insecure && !is_loopback(authority) {
        issues.add(place, "base_url_insecure");
        return None;
    }
    Some(String::from(base))
}

fn is_loopback(authority: &str) -> bool {
    let (host, _) = until(authority, if authority.starts_with("[") { b"]" } else { b":" });
    let numeric = |rest: &str| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host == "[::1"
        // As a destination it is this machine.
        || host == "0.0.0.0"
        || host.strip_prefix("127.").is_some_and(numeric)
}

/// The prefix of the variables of the region that is set; an issue where they aren't a pair.
fn region(issues: &mut Issues, env: &Place) -> Option<&'static str> {
    let place = &env.field("QSTASH_REGION");
    let name = match place.value {
        Value::String(name) if !name.is_empty() => name,
        _ => return None,
    };
    let mut normal = String::new();
    for c in name.chars() {
        normal.push(if c == '-' { '_' } else { c.to_ascii_uppercase() });
    }
    let Some(at) = REGIONS.iter().position(|region| *region == normal) else {
        issues.add(place, "region_unknown").hint = nearest(&normal, REGIONS);
        return None;
    };
    for variable in ["QSTASH_URL", "QSTASH_TOKEN"] {
        let name = String::from(PREFIXES[at]) + variable;
        let place = env.field(&name);
        if !matches!(place.value, Value::String(text) if !text.is_empty()) {
            issues.add_hidden(&place, "region_incomplete");
        }
    }
    Some(PREFIXES[at])
}

fn read_retry(issues: &mut Issues, place: &Place) -> RetryOptions {
    let mut retry = RetryOptions::default();
    match place.value {
        Value::Bool(false) => {
            retry.attempts = 1;
            return retry;
        }
        Value::Undefined | Value::Map(_) => {}
        _ => {
            issues.wrong_type(place, "false, or an object such as { attempts: 5 }");
            return retry;
        }
    }
    issues.object(place, RETRY_KEYS);
    let mut whole = |key, min, max, expected| issues.small(&place.field(key), min, max, expected);
    let attempts = whole("attempts", 1.0, 100.0, "a whole number from 1 to 100");
    // The SDK's name counts the repeats alone.
    let retries = match attempts {
        None => whole("retries", 0.0, 99.0, "a whole number from 0 to 99").map(|n| n + 1),
        attempts => attempts,
    };
    retry.attempts = retries.unwrap_or(retry.attempts);
    let delay = "milliseconds as a whole number from 0 to 3600000";
    if let Some(ms) = whole("initialDelay", 0.0, 3_600_000.0, delay) {
        retry.initial_delay = ms;
    }
    if let Some(ms) = whole("maxDelay", 0.0, 3_600_000.0, delay) {
        retry.max_delay = ms;
    }
    issues.opaque(&place.field("backoff"), FUNCTION, "a function");
    retry
}

const KEYS: &[&str] = &[
    "token",
    "baseUrl",
    "auth",
    "fetch",
    "timeout",
    "maxResponseSize",
    "retry",
    "headers",
    "onRequest",
    "allowInsecure",
    "enableTelemetry",
    "devMode",
];
const RETRY_KEYS: &[&str] = &["attempts", "initialDelay", "maxDelay", "retries", "backoff"];
const REGIONS: &[&str] = &["EU_CENTRAL_1", "US_EAST_1"];
const PREFIXES: &[&str] = &["EU_CENTRAL_1_", "US_EAST_1_"];
const BASE_URL: &str = "https://qstash.upstash.io";
const TIMEOUT_MS: u32 = 60_000;
const REDACTED: &str = "[redacted]";
/// So many bytes of a token at the end of a text are a part of it; fewer are chance.
const PART_MIN: usize = 8;
