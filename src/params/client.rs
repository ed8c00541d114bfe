//! The options of a client, and the environment variables that are their defaults.

use super::drive::SAFE;
use super::issue::{Issues, Place};
use super::request::{read_headers, read_timeout, FUNCTION};
use super::spelling::nearest;
use super::token::Token;
use super::{base_url, duration};
use crate::decimal::decimal;
use crate::value::Value;
use alloc::string::String;
use alloc::vec::Vec;

/// How a request authenticates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Auth {
    /// `Authorization: Bearer <token>`.
    Header,
    /// The query parameter `qstash_token`.
    Query,
    /// The client sends no token: a gateway adds it.
    None,
}

/// The number of attempts of a request and the delay between them.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryOptions {
    /// Maximum number of attempts, the first included: 1 to 100, default 5.
    pub attempts: u32,
    /// Number of consecutive 429s that end a drive; set if the caller set the number of attempts. `None`: the
    /// drive waits for the rate limit to reset.
    pub rate_limited_attempts: Option<u32>,
    /// Maximum delay before the second attempt, in milliseconds (full jitter), doubled for each further attempt.
    /// Default 200.
    pub initial_delay: u32,
    /// Maximum delay, in milliseconds. Default 20,000.
    pub max_delay: u32,
    /// Results of the SDK's `backoff` function, in milliseconds, used as they are instead of the delays above.
    /// Empty by default.
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

/// The options of a client.
#[derive(Clone)]
pub struct ClientOptions {
    /// Base URL without a trailing slash, `/v2` or `/v2/publish`. Default `https://qstash.upstash.io`.
    pub base_url: String,
    /// The token; empty with [`Auth::None`].
    pub token: Token,
    /// How requests authenticate. Default [`Auth::Header`].
    pub auth: Auth,
    /// Timeout of an attempt, in milliseconds. Default 60,000.
    pub timeout: u32,
    /// Attempts and delays.
    pub retry: RetryOptions,
    /// Headers added to every request, as names and values.
    pub headers: Vec<(String, String)>,
    /// Send requests to the local dev server; the caller's base URL and token are ignored. Default `false`.
    pub dev_mode: bool,
}

impl ClientOptions {
    /// Reads the options; `None`, with an issue, if there is no valid base URL or token.
    ///
    /// Absent options come from the environment variables in `env`: `QSTASH_URL` and `QSTASH_TOKEN`, or, if
    /// `QSTASH_REGION` is set, the two with the region as prefix; `QSTASH_DEV` turns the dev mode on. The names
    /// are those of the service's SDK.
    ///
    /// ```
    /// use upstash_workflow_dlq::params::{ClientOptions, Issues};
    /// use upstash_workflow_dlq::value::Value;
    ///
    /// let mut issues = Issues::new();
    /// let env = Value::Map(vec![("QSTASH_TOKEN".into(), Value::String("secret".into()))]);
    /// let client = ClientOptions::read(&mut issues, &Value::Undefined, &env).unwrap();
    /// assert_eq!(client.base_url, "https://qstash.upstash.io");
    /// assert_eq!(client.retry.attempts, 5);
    /// assert!(issues.is_empty());
    /// ```
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
        // Only validated here; the body reader applies it.
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

/// The base URL and the token of the account.
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

/// The option `devMode`, or else the variable `QSTASH_DEV`, as in the SDK.
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

/// The base URL of the local dev server, with the port of `QSTASH_DEV_PORT`.
fn read_dev_url(issues: &mut Issues, env: &Place) -> Option<String> {
    let place = &env.field("QSTASH_DEV_PORT");
    let port = match place.value {
        Value::String(text) if !text.is_empty() => {
            text.parse().ok().filter(|port| (1..=65_535).contains(port))
        }
        _ => Some(DEV_PORT),
    };
    if port.is_none() {
        issues.add(place, "unknown_value").expected = Some("a port from 1 to 65535");
    }
    port.map(|port| String::from(DEV_HOST) + &decimal(port))
}

/// An option, or else the environment variable that is its default.
fn either<'a>(option: Place<'a>, variable: Place<'a>) -> Place<'a> {
    // An empty variable counts as not set.
    if option.is_undefined() && matches!(variable.value, Value::String(text) if !text.is_empty()) {
        variable
    } else {
        option
    }
}

/// A string whose value must not appear in an issue.
fn secret<'v>(issues: &mut Issues, place: &Place<'v>) -> Option<&'v str> {
    match place.value {
        Value::String(text) => Some(text),
        _ => {
            issues.add_hidden(place, "wrong_type").expected = Some("a string");
            None
        }
    }
}

/// The index of the region in the options.
fn read_region(issues: &mut Issues, options: &Place) -> Option<usize> {
    let place = &options.field("region");
    let name = issues.text(place)?;
    if !options.field("baseUrl").is_undefined() {
        issues.add(place, "region_not_used");
        return None;
    }
    region_named(issues, place, name)
}

/// The index of the region in `QSTASH_REGION`; adds an issue if one of its two variables is not set.
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

/// The index of the region `us-east-1`, `US_EAST_1`, …
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
    // The SDK's `retries` does not count the first attempt.
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

pub(super) const KEYS: &[&str] = &[
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
pub(super) const RETRY_KEYS: &[&str] =
    &["attempts", "initialDelay", "maxDelay", "retries", "backoff"];
const REGIONS: &[&str] = &["EU_CENTRAL_1", "US_EAST_1"];
const PREFIXES: &[&str] = &["EU_CENTRAL_1_", "US_EAST_1_"];
/// The base URLs of the regions.
const REGION_URLS: &[&str] =
    &["https://qstash-eu-central-1.upstash.io", "https://qstash-us-east-1.upstash.io"];
const BASE_URL: &str = "https://qstash.upstash.io";
/// The local dev server. Its token is public and the same for every installation (source: the SDK's code).
const DEV_HOST: &str = "http://127.0.0.1:";
const DEV_PORT: u64 = 8080;
const DEV_TOKEN: &str = "eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=";
const TIMEOUT_MS: u32 = 60_000;
