//! Which web pages may send requests. The control API takes no token and the token of `--dev` is public: without this
//! check any site that is open in a developer's browser could use the emulator, and make it call hosts of the local
//! network.

use std::net::IpAddr;

use hyper::header::{HeaderMap, HOST, ORIGIN};

/// Names that no site of the internet can have.
const RESERVED: [&str; 3] = ["localhost", "test", "internal"];

/// Whether a page of another site sends the request: by its origin, or under a name of its own that it has pointed
/// at loopback (DNS rebinding), where a browser names no origin.
pub fn is_foreign(headers: &HeaderMap) -> bool {
    let any_is_not = |name, holds: fn(&str) -> bool| {
        headers.get_all(name).iter().any(|value| !value.to_str().is_ok_and(holds))
    };
    any_is_not(ORIGIN, is_near) || any_is_not(HOST, is_no_site)
}

/// Whether an origin is of this machine.
fn is_near(origin: &str) -> bool {
    let Some((_, authority)) = origin.split_once("://") else { return false };
    let host = host_of(authority);
    address_of(host).map_or_else(|| is_reserved(host), |address| address.is_loopback())
}

/// Whether an authority is an address, a name of one label, or a reserved one.
fn is_no_site(authority: &str) -> bool {
    let host = host_of(authority);
    address_of(host).is_some() || !host.contains('.') || is_reserved(host)
}

fn is_reserved(host: &str) -> bool {
    let top = host.rsplit('.').next().unwrap_or_default();
    RESERVED.iter().any(|name| top.eq_ignore_ascii_case(name))
}

/// An authority without its port, an address without its brackets, a name without the dot of the root.
fn host_of(authority: &str) -> &str {
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches('.')
}

fn address_of(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_origins() {
        for (authority, no_site) in [
            ("127.0.0.1:8080", true),
            ("192.168.1.7", true),
            ("[::1]:8080", true),
            ("LOCALHOST:8080", true),
            ("emulator:8080", true),
            ("host.docker.internal:8080", true),
            ("app.test", true),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("test.", true),
            ("evil.example.", false),
        ] {
            assert_eq!(is_no_site(authority), no_site, "{authority}");
        }
        for (origin, near) in [
            ("http://localhost:3000", true),
            ("https://app.localhost", true),
            ("http://127.1.2.3:3000", true),
            ("http://[::1]:3000", true),
            ("http://app.test", true),
            ("http://192.168.1.7:3000", false),
            ("http://router", false),
            ("https://evil.example", false),
            ("http://localhost.evil.example", false),
            ("http://evil.example:127", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(is_near(origin), near, "{origin}");
        }
    }
}
