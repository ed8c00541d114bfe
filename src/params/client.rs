//! The client's own options, and the environment variables that fill in for them.

use super::issue::{nearest, Issues};
use super::request::{read_headers, read_timeout, FUNCTION};
use crate::value::Value;
use alloc::string::{String, ToString};
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
    pub fn read(issues: &mut Issues, value: &Value, env: &Value) -> Option<Self> {
        issues.within("options", |issues| issues.object(value, KEYS).map(|_| ()))?;
        let mut from_env = (String::from("QSTASH_URL"), String::from("QSTASH_TOKEN"));
        let explicit = |key| !value.field(key).is_undefined();
        let told = explicit("baseUrl") && explicit("token");
        if !told && !is_none_auth(value) {
            if let Some(prefix) = issues.within("env", |issues| region(issues, env)) {
                from_env =
                    (prefix.to_string() + "_QSTASH_URL", prefix.to_string() + "_QSTASH_TOKEN");
            }
        }
        let auth = issues.within("options", |issues| {
            issues.within("auth", |issues| {
                issues.one_of(
                    value.field("auth"),
                    &["header", "query", "none"],
                    "\"header\", \"query\" or \"none\"",
                )
            })
        });
        let auth = match auth {
            Some("query") => Auth::Query,
            Some("none") => Auth::None,
            _ => Auth::Header,
        };
        let insecure = issues.within("options", |issues| {
            issues.within("allowInsecure", |issues| issues.flag(value.field("allowInsecure")))
        });
        let base_url =
            either(issues, value, "baseUrl", env, &from_env.0, |issues, text, source| {
                read_base_url(issues, text, source, auth, insecure == Some(true))
            });
        let token = if auth == Auth::None {
            if explicit("token") {
                issues.within("options", |issues| {
                    issues.within("token", |issues| {
                        issues.add_hidden("token_not_used");
                    });
                });
            }
            Some(Token::new(""))
        } else {
            let token = either(issues, value, "token", env, &from_env.1, read_token);
            if token.is_none() && issues.is_empty() {
                issues.within("options", |issues| {
                    issues.within("token", |issues| {
                        issues.add_hidden("token_missing");
                    });
                });
            }
            token.flatten()
        };
        issues.within("options", |issues| {
            for key in ["fetch", "onRequest"] {
                issues
                    .within(key, |issues| issues.opaque(value.field(key), FUNCTION, "a function"));
            }
            issues.within("enableTelemetry", |issues| issues.flag(value.field("enableTelemetry")));
            issues.within("devMode", |issues| {
                let field = value.field("devMode");
                if issues.flag(field) == Some(true) {
                    issues.add("unknown_value", field).expected = Some(
                        "false: start the local server yourself and pass its address as baseUrl",
                    );
                }
            });
            let timeout =
                issues.within("timeout", |issues| read_timeout(issues, value.field("timeout")));
            let retry = issues.within("retry", |issues| read_retry(issues, value.field("retry")));
            let headers =
                issues.within("headers", |issues| read_headers(issues, value.field("headers")));
            Some(ClientOptions {
                base_url: base_url.unwrap_or_else(|| Some(String::from(BASE_URL)))?,
                token: token?,
                auth,
                timeout: timeout.unwrap_or(TIMEOUT_MS),
                retry,
                headers,
            })
        })
    }
}

/// Reads an option, or else the environment variable that stands for it. `Some(None)` is one that
/// was there and refused.
fn either<T>(
    issues: &mut Issues,
    value: &Value,
    key: &str,
    env: &Value,
    variable: &str,
    read: impl FnOnce(&mut Issues, &str, &Value) -> Option<T>,
) -> Option<Option<T>> {
    let (root, key, field) = match value.field(key) {
        // An empty variable is one that is not set.
        Value::Undefined => match env.field(variable) {
            Value::String(text) if !text.is_empty() => ("env", variable, env.field(variable)),
            _ => return None,
        },
        field => ("options", key, field),
    };
    issues.within(root, |issues| {
        issues.within(key, |issues| match field {
            Value::String(text) => Some(read(issues, text, field)),
            _ => {
                issues.add_hidden("wrong_type").expected = Some("a string");
                Some(None)
            }
        })
    })
}

fn is_none_auth(value: &Value) -> bool {
    matches!(value.field("auth"), Value::String(auth) if auth == "none")
}

fn read_token(issues: &mut Issues, text: &str, _: &Value) -> Option<Token> {
    if text.is_empty() {
        issues.add_hidden("token_missing");
        return None;
    }
    // A line break from a copied secret, or a `Bearer ` in front, are the usual mistakes.
    if let Some(position) = text.chars().position(|c| c.is_whitespace() || c.is_control()) {
        issues.add_hidden("token_whitespace").position = Some(position as u32);
        return None;
    }
    if let Some(position) = super::issue::header_fault(text) {
        issues.add_hidden("header_character").position = Some(position);
        return None;
    }
    Some(Token::new(text))
}

fn read_base_url(
    issues: &mut Issues,
    text: &str,
    source: &Value,
    auth: Auth,
    insecure: bool,
) -> Option<String> {
    let mut base = text.trim_end_matches('/');
    for ending in ["/v2/publish", "/v2"] {
        if let Some(rest) = base.strip_suffix(ending) {
            base = rest.trim_end_matches('/');
            break;
        }
    }
    if text.starts_with('/') && !text.starts_with("//") {
        if auth == Auth::None {
            return Some(String::from(base));
        }
        issues.add("base_url_relative", source);
        return None;
    }
    if !super::filter::is_http_url(base) {
        // A relative one without a slash, or a typing mistake; it may hold credentials either way.
        issues.add_hidden("bad_url");
        return None;
    }
    let (scheme, rest) = base.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.contains('@') {
        issues.add_hidden("base_url_credentials");
        return None;
    }
    if text.contains(['?', '#']) {
        issues.add_hidden("base_url_query");
        return None;
    }
    if scheme.eq_ignore_ascii_case("http") && !insecure && !is_loopback(authority) {
        issues.add("base_url_insecure", source);
        return None;
    }
    Some(String::from(base))
}

fn is_loopback(authority: &str) -> bool {
    let host = if authority.starts_with('[') {
        authority.split(']').next().unwrap_or_default()
    } else {
        authority.split(':').next().unwrap_or_default()
    };
    let numeric = |rest: &str| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host == "[::1"
        // As a destination it is this machine.
        || host == "0.0.0.0"
        || host.strip_prefix("127.").is_some_and(numeric)
}

/// The prefix of the variables of the region that is set; an issue where they aren't a pair.
fn region(issues: &mut Issues, env: &Value) -> Option<&'static str> {
    let Value::String(name) = env.field("QSTASH_REGION") else {
        return None;
    };
    if name.is_empty() {
        return None;
    }
    let normal = name.replace('-', "_").to_ascii_uppercase();
    let Some(prefix) = REGIONS.iter().find(|region| **region == normal).copied() else {
        issues.within("QSTASH_REGION", |issues| {
            let issue = issues.add("region_unknown", env.field("QSTASH_REGION"));
            issue.hint = nearest(&normal, REGIONS);
        });
        return None;
    };
    for variable in ["_QSTASH_URL", "_QSTASH_TOKEN"] {
        let name = prefix.to_string() + variable;
        if !matches!(env.field(&name), Value::String(text) if !text.is_empty()) {
            issues.within(&name, |issues| {
                issues.add_hidden("region_incomplete");
            });
        }
    }
    Some(prefix)
}

fn read_retry(issues: &mut Issues, value: &Value) -> RetryOptions {
    let mut retry = RetryOptions::default();
    if *value == Value::Bool(false) {
        retry.attempts = 1;
        return retry;
    }
    if !matches!(value, Value::Undefined | Value::Map(_)) {
        issues.wrong_type(value, "false, or an object such as { attempts: 5 }");
        return retry;
    }
    issues.object(value, RETRY_KEYS);
    let whole = |issues: &mut Issues, key, max, expected| {
        issues.within(key, |issues| {
            issues.whole(value.field(key), f64::from(key == "attempts"), max, expected)
        })
    };
    if let Some(attempts) = whole(issues, "attempts", 100.0, "a whole number from 1 to 100") {
        retry.attempts = attempts as u32;
    } else if let Some(retries) = whole(issues, "retries", 99.0, "a whole number from 0 to 99") {
        retry.attempts = retries as u32 + 1;
    }
    let delay = "milliseconds as a whole number from 0 to 3600000";
    if let Some(ms) = whole(issues, "initialDelay", 3_600_000.0, delay) {
        retry.initial_delay = ms as u32;
    }
    if let Some(ms) = whole(issues, "maxDelay", 3_600_000.0, delay) {
        retry.max_delay = ms as u32;
    }
    issues
        .within("backoff", |issues| issues.opaque(value.field("backoff"), FUNCTION, "a function"));
    retry
}

/// The variables that are read; nothing else of an environment is looked at.
pub const ENV_KEYS: &[&str] = &[
    "QSTASH_URL",
    "QSTASH_TOKEN",
    "QSTASH_REGION",
    "EU_CENTRAL_1_QSTASH_URL",
    "EU_CENTRAL_1_QSTASH_TOKEN",
    "US_EAST_1_QSTASH_URL",
    "US_EAST_1_QSTASH_TOKEN",
];

const KEYS: &[&str] = &[
    "token",
    "baseUrl",
    "auth",
    "fetch",
    "timeout",
    "retry",
    "headers",
    "onRequest",
    "allowInsecure",
    "enableTelemetry",
    "devMode",
];
const RETRY_KEYS: &[&str] = &["attempts", "initialDelay", "maxDelay", "retries", "backoff"];
const REGIONS: &[&str] = &["EU_CENTRAL_1", "US_EAST_1"];
const BASE_URL: &str = "https://qstash.upstash.io";
const TIMEOUT_MS: u32 = 60_000;
const REDACTED: &str = "[redacted]";
/// So many bytes of a token at the end of a text are a part of it; fewer are chance.
const PART_MIN: usize = 8;
