//! The base URL of the service, or of a gateway in front of it.

use super::client::Auth;
use super::filter::{is_http_url, split_scheme};
use super::issue::{Issues, Place};
use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads the base URL `text` at `place` and removes a trailing slash, `/v2` or `/v2/publish`; `None`, with an
/// issue, if it is invalid.
///
/// `http:` is accepted for loopback addresses, and for others if `insecure`. A path alone (`/api/upstash`) is
/// accepted with [`Auth::None`], since it can't receive a token. An invalid URL is not shown in the issue: it may
/// contain credentials.
///
/// ```
/// use upstash_workflow_dlq::params::{base_url, Auth, Issues, Place};
/// use upstash_workflow_dlq::value::Value;
///
/// let mut issues = Issues::new();
/// let value = Value::Undefined;
/// let place = Place::root("baseUrl", &value);
/// let mut read = |text| base_url::read(&mut issues, &place, text, Auth::Header, false);
/// assert_eq!(read("https://qstash.upstash.io/v2/").as_deref(), Some("https://qstash.upstash.io"));
/// assert_eq!(read("http://127.0.0.1:8080").as_deref(), Some("http://127.0.0.1:8080"));
/// assert_eq!(read("http://qstash.upstash.io"), None);
/// ```
pub fn read(
    issues: &mut Issues,
    place: &Place,
    text: &str,
    auth: Auth,
    insecure: bool,
) -> Option<String> {
    let mut base = text.trim_end_matches('/');
    if let Some(rest) = base.strip_suffix("/v2/publish").or(base.strip_suffix("/v2")) {
        base = rest.trim_end_matches('/');
    }
    if text.starts_with('/') && !text.starts_with("//") {
        // The URL parser reads a backslash as a slash and drops tabs and line breaks, so `/\\host` and
        // `/\t/host` name another host.
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
    if !is_http_url(base) {
        // A relative URL without a leading slash, or a typing mistake; either may contain credentials.
        issues.add_hidden(place, "bad_url");
        return None;
    }
    let (scheme, rest) = split_scheme(base)?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.contains('@') {
        issues.add_hidden(place, "base_url_credentials");
        return None;
    }
    if text.contains(['?', '#']) {
        issues.add_hidden(place, "base_url_query");
        return None;
    }
    if scheme.eq_ignore_ascii_case("http") && !insecure && !is_loopback(authority) {
        issues.add(place, "base_url_insecure");
        return None;
    }
    Some(String::from(base))
}

/// Whether a host, with or without a port, is a loopback address.
fn is_loopback(authority: &str) -> bool {
    if let Some(host) = authority.strip_prefix('[') {
        let host = host.split(']').next().unwrap_or_default();
        return host.parse::<IpAddr>() == Ok(IpAddr::V6(Ipv6Addr::LOCALHOST));
    }
    let host = authority.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let is_local = |ip: IpAddr| ip.is_loopback() || ip == Ipv4Addr::UNSPECIFIED;
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(is_local)
}
