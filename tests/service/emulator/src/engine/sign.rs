//! The signature of a delivery: a JWT that names the URL and the hash of the body.

use base64::prelude::{Engine, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Signs a delivery at `now` (Unix milliseconds).
pub fn sign(key: &str, url: &str, body: &[u8], id: &str, now: i64) -> String {
    let seconds = now / 1_000;
    let claims = json!({
        "iss": "Upstash",
        "sub": url,
        "exp": seconds + 300,
        "nbf": 0,
        "iat": seconds,
        "jti": format!("jwt_{id}"),
        "body": BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(body)),
    });
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let signed =
        format!("{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(&claims.to_string()));
    // HMAC accepts keys of any length. If it did not, the empty signature would fail the receiver's check.
    let signature = Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map(|mut mac| {
            mac.update(signed.as_bytes());
            BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        })
        .unwrap_or_default();
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_and_signature() {
        let token = sign("key", "http://a", b"body", "m", 1_700_000_000_123);
        let parts: Vec<&str> = token.split('.').collect();
        let claims = BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["sub"], "http://a");
        assert_eq!(claims["exp"], 1_700_000_300);
        assert_eq!(claims["body"], "Iw2DWNyOiJC0xY3utikS7i8gNXrpKlzIYbmOaP4xrLU");
        let mut mac = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
        mac.update(format!("{}.{}", parts[0], parts[1]).as_bytes());
        let signature = BASE64_URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        assert!(mac.verify_slice(&signature).is_ok());
    }
}
