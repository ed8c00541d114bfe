//! The client's own options, and the environment variables that fill in for them.

use super::drive::SAFE;
use super::issue::{nearest, Issues, Place};
use super::request::{read_headers, read_timeout, FUNCTION};
use super::token::Token;
use super::{base_url, duration};
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

/// How often a request is tried, and how long is waited in between.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryOptions {
    /// Attempts in all; the first counts.
    pub attempts: u32,
    /// 429s in a row that end a drive, where the caller set the attempts; `None`: they are waited out
    /// as long as the drive allows.
    pub rate_limited_attempts: Option<u32>,
    /// Milliseconds before the second attempt, at most (full jitter); doubles from there.
    pub initial_delay: u32,
    /// Milliseconds that a back-off never exceeds.
    pub max_delay: u32,
    /// The delays that the SDK's `backoff` function names, which then count as they are.
    pub table: Vec<u32>,
}

impl Default for RetryOptions {
    fn default() -> Self {
        RetryOptions {
            attempts: 5,
            rate_limited_attempts: None,
            initial_delay: 200,
            max_delay: 20_000,
            table: Vec::new(),
        }
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
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// Requests go to the local dev server, whatever address and token were given.
    pub dev_mode: bool,
}

impl ClientOptions {
    /// Reads the options; `env` fills in what they don't say: `QSTASH_URL` and `QSTASH_TOKEN`, or, where
    /// `QSTASH_REGION` is set, the pair with that prefix. `QSTASH_DEV` sends all to the local dev server.
    pub fn read(issues: &mut Issues, options: &Value, env: &Value) -> Option<Self> {
        let (options, env) = (&Place::root("options", options), &Place::root("env", env));
        issues.object(options, KEYS)?;
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
        for key in ["fetch", "onRequest"] {
            issues.opaque(&options.field(key), FUNCTION, "a function");
        }
        issues.flag(&options.field("enableTelemetry"));
        let dev_mode = read_dev_mode(issues, options, env);
        let (base_url, token) = if dev_mode {
            (read_dev_url(issues, env), Some(Token::new(DEV_TOKEN)))
        } else {
            read_account(issues, options, env, auth)
        };
        let auth = if dev_mode { Auth::Header } else { auth };
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
            dev_mode,
        })
    }
}

/// The address and the token of the account.
fn read_account(
    issues: &mut Issues,
    options: &Place,
    env: &Place,
    auth: Auth,
) -> (Option<String>, Option<Token>) {
    let insecure = issues.flag(&options.field("allowInsecure")) == Some(true);
    let explicit = |key| !options.field(key).is_undefined();
    let named = read_region(issues, options);
    let region = match named {
        Some(region) => Some(region),
        None if auth == Auth::None || explicit("baseUrl") && explicit("token") => None,
        None => region_of_environment(issues, env),
    };
    let prefix = region.map_or("", |region| PREFIXES[region]);
    let variable = String::from(prefix) + "QSTASH_URL";
    let place = &either(options.field("baseUrl"), env.field(&variable));
    let base_url = match (place.is_undefined(), named) {
        (true, Some(region)) => Some(String::from(REGION_URLS[region])),
        (true, None) => Some(String::from(BASE_URL)),
        (false, _) => secret(issues, place)
            .and_then(|text| base_url::read(issues, place, text, auth, insecure)),
    };
    let token = &options.field("token");
    if auth == Auth::None {
        if !token.is_undefined() {
            issues.add_hidden(token, "token_not_used");
        }
        return (base_url, Some(Token::new("")));
    }
    let variable = String::from(prefix) + "QSTASH_TOKEN";
    let mut place = either(*token, env.field(&variable));
    if place.is_undefined() && named.is_some() {
        place = either(*token, env.field("QSTASH_TOKEN"));
    }
    let place = &place;
    if place.is_undefined() {
        if issues.is_empty() {
            issues.add_hidden(token, "token_missing");
        }
        return (base_url, None);
    }
    let token = secret(issues, place).and_then(|text| Token::read(issues, place, text));
    (base_url, token)
}

/// Whether requests go to the local dev server: said, or else by `QSTASH_DEV`, as in the SDK.
fn read_dev_mode(issues: &mut Issues, options: &Place, env: &Place) -> bool {
    let said = &options.field("devMode");
    if !said.is_undefined() {
        return issues.flag(said) == Some(true);
    }
    let place = &env.field("QSTASH_DEV");
    match place.value {
        Value::String(text) if matches!(text.as_str(), "true" | "1") => true,
        Value::String(text) if matches!(text.as_str(), "" | "false" | "0") => false,
        Value::Undefined => false,
        _ => {
            let expected =
                "\"true\" or \"1\" for the local dev server, \"false\" or \"0\" otherwise";
            issues.add(place, "unknown_value").expected = Some(expected);
            false
        }
    }
}

/// The address of the local dev server, with the port of `QSTASH_DEV_PORT`.
fn read_dev_url(issues: &mut Issues, env: &Place) -> Option<String> {
    let place = &env.field("QSTASH_DEV_PORT");
    let port = match place.value {
        Value::String(text) if !text.is_empty() => {
            text.parse::<u16>().ok().filter(|port| *port > 0)
        }
        _ => Some(DEV_PORT),
    };
    if port.is_none() {
        issues.add(place, "unknown_value").expected = Some("a port from 1 to 65535");
    }
    port.map(|port| String::from(DEV_HOST) + &port.to_string())
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

/// The region that the options name, as its index.
fn read_region(issues: &mut Issues, options: &Place) -> Option<usize> {
    let place = &options.field("region");
    let name = issues.text(place)?;
    if !options.field("baseUrl").is_undefined() {
        issues.add(place, "region_not_used");
        return None;
    }
    region_named(issues, place, name)
}

/// The region that `QSTASH_REGION` names, as its index; an issue where its two variables aren't set.
fn region_of_environment(issues: &mut Issues, env: &Place) -> Option<usize> {
    let place = &env.field("QSTASH_REGION");
    let name = match place.value {
        Value::String(name) if !name.is_empty() => name,
        _ => return None,
    };
    let region = region_named(issues, place, name)?;
    for variable in ["QSTASH_URL", "QSTASH_TOKEN"] {
        let name = String::from(PREFIXES[region]) + variable;
        let place = env.field(&name);
        if !matches!(place.value, Value::String(text) if !text.is_empty()) {
            issues.add_hidden(&place, "region_incomplete");
        }
    }
    Some(region)
}

/// `us-east-1`, `US_EAST_1`, … as the region's index.
fn region_named(issues: &mut Issues, place: &Place, name: &str) -> Option<usize> {
    let normal = name.replace('-', "_").to_ascii_uppercase();
    let region = REGIONS.iter().position(|region| *region == normal);
    if region.is_none() {
        issues.add(place, "region_unknown").hint = nearest(&normal, REGIONS);
    }
    region
}

fn read_retry(issues: &mut Issues, place: &Place) -> RetryOptions {
    let mut retry = RetryOptions::default();
    match place.value {
        Value::Bool(false) => {
            retry.attempts = 1;
            retry.rate_limited_attempts = Some(1);
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
    retry.rate_limited_attempts = retries;
    for (key, delay) in
        [("initialDelay", &mut retry.initial_delay), ("maxDelay", &mut retry.max_delay)]
    {
        let expected = "milliseconds from 0 to 3600000, or a text such as \"200ms\" or \"5s\"";
        let ms = duration::read_ms(issues, &place.field(key), 0.0, 3_600_000.0, expected);
        *delay = ms.map_or(*delay, |ms| ms as u32);
    }
    issues.opaque(&place.field("backoff"), FUNCTION, "a function");
    retry
}

const KEYS: &[&str] = &[
    "token",
    "baseUrl",
    "region",
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
/// The addresses of the regions.
const REGION_URLS: &[&str] =
    &["https://qstash-eu-central-1.upstash.io", "https://qstash-us-east-1.upstash.io"];
const BASE_URL: &str = "https://qstash.upstash.io";
/// The local dev server and its token, which is the same everywhere and public, by the SDK's source.
const DEV_HOST: &str = "http://127.0.0.1:";
const DEV_PORT: u16 = 8080;
const DEV_TOKEN: &str = "eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=";
const TIMEOUT_MS: u32 = 60_000;
