//! What a client and an app must know to talk to the emulator.

use std::fmt::Write;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

use crate::values::rng::Rng;

/// Origin and secrets.
#[derive(Debug)]
pub struct Access {
    /// Origin.
    pub url: String,
    /// Checked on every request of the service.
    pub token: String,
    /// Signs deliveries.
    pub current_signing_key: String,
    /// Would sign them after a rotation.
    pub next_signing_key: String,
}

impl Access {
    /// The public secrets of Upstash's own dev server, which the SDK uses with `QSTASH_DEV=true`.
    pub fn of_dev_server(url: String) -> Self {
        let login = json!({"UserID": "defaultUser", "Password": "defaultPassword"});
        Access {
            url,
            token: BASE64_STANDARD.encode(login.to_string()),
            current_signing_key: "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r".into(),
            next_signing_key: "sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs".into(),
        }
    }

    /// Secrets from a generator.
    pub fn generated(url: String, rng: &mut Rng) -> Self {
        let login = json!({"UserID": rng.id(""), "Password": rng.id("")});
        Access {
            url,
            token: BASE64_STANDARD.encode(login.to_string()),
            current_signing_key: rng.id("sig_"),
            next_signing_key: rng.id("sig_"),
        }
    }

    /// A token of the user's own. The signing keys follow from it, so that an `.env` file stays right.
    pub fn with_token(url: String, token: String) -> Self {
        let hash = Sha256::digest(token.as_bytes());
        let seed = hash.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte));
        Access { token, ..Access::generated(url, &mut Rng::new(seed)) }
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({
            "url": self.url,
            "token": self.token,
            "currentSigningKey": self.current_signing_key,
            "nextSigningKey": self.next_signing_key,
        })
    }

    /// For a `.env` file.
    pub fn to_env(&self) -> String {
        let mut lines = String::new();
        for (name, value) in [
            ("QSTASH_URL", &self.url),
            ("QSTASH_TOKEN", &self.token),
            ("QSTASH_CURRENT_SIGNING_KEY", &self.current_signing_key),
            ("QSTASH_NEXT_SIGNING_KEY", &self.next_signing_key),
        ] {
            let _ = writeln!(lines, "{name}=\"{value}\"");
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets() {
        let url = || "http://127.0.0.1:1".to_owned();
        let dev = Access::of_dev_server(url());
        assert_eq!(
            dev.token,
            "eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0="
        );
        let (one, same) =
            (Access::with_token(url(), "t".into()), Access::with_token(url(), "t".into()));
        assert_eq!(one.to_env(), same.to_env());
        assert_eq!(one.token, "t");
        let other = Access::with_token(url(), "u".into());
        assert_ne!(one.current_signing_key, other.current_signing_key);
        assert_ne!(one.current_signing_key, one.next_signing_key);
        assert!(one.to_env().contains("QSTASH_TOKEN=\"t\"\n"));
    }
}
