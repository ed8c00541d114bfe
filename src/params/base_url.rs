//! The address of the service, or of a gateway in front of it.

use super::client::Auth;
use super::filter::is_http_url;
use super::issue::{Issues, Place};
use alloc::string::String;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads the address at `place`, which is `text`: without a slash, `/v2` or `/v2/publish` at its end. https,
/// but for this machine or where `insecure`; relative where no token is sent.
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
    if !is_http_url(base) {
        // A relative one without a slash, or a typing mistake; it may hold credentials either way.
        issues.add_hidden(place, "bad_url");
        return None;
    }
    let (scheme, rest) = base.split_once("://")?;
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

/// Whether a host, with or without a port, is this machine.
fn is_loopback(authority: &str) -> bool {
    if let Some(host) = authority.strip_prefix('[') {
        let host = host.split(']').next().unwrap_or_default();
        return host.parse::<Ipv6Addr>() == Ok(Ipv6Addr::LOCALHOST);
    }
    let host = authority.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let is_local = |ip: IpAddr| ip.is_loopback() || ip == Ipv4Addr::UNSPECIFIED;
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(is_local)
}
