//! One HTTP request to an endpoint.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{HeaderName, HeaderValue};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::item::Pairs;
use crate::dlq::entry::HeaderLists;

/// Timeout of a delivery; endpoints of tests are faster.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A request to send.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// URL.
    pub url: String,
    /// HTTP method.
    pub method: String,
    /// Headers; the last one of a name counts.
    pub headers: Pairs,
    /// Body.
    pub body: Bytes,
}

/// The reply. Status 0: no response arrived, and the body says why.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderLists,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the endpoint says that a retry is useless.
    pub fn is_hopeless(&self) -> bool {
        self.status == 489 && self.header("upstash-nonretryable-error") == Some("true")
    }

    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, values) = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        values.first().map(String::as_str)
    }

    fn lost(why: impl std::fmt::Display) -> Self {
        Reply {
            body: format!("could not reach the endpoint: {why}").into_bytes(),
            ..Reply::default()
        }
    }
}

/// The HTTP client, with a pool of connections.
#[derive(Debug, Clone)]
pub struct Sender(Client<HttpConnector, Full<Bytes>>);

impl Default for Sender {
    fn default() -> Self {
        Sender(Client::builder(TokioExecutor::new()).build_http())
    }
}

impl Sender {
    /// Sends a request and waits for the reply.
    pub async fn send(&self, outgoing: Outgoing) -> Reply {
        match tokio::time::timeout(TIMEOUT, self.exchange(outgoing)).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(why)) => Reply::lost(why),
            Err(_) => Reply::lost("it took too long"),
        }
    }

    async fn exchange(
        &self,
        outgoing: Outgoing,
    ) -> Result<Reply, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = hyper::Request::builder()
            .method(outgoing.method.as_str())
            .uri(outgoing.url.as_str())
            .body(Full::new(outgoing.body))?;
        for (name, value) in &outgoing.headers {
            request
                .headers_mut()
                .insert(HeaderName::try_from(name)?, HeaderValue::from_str(value)?);
        }
        let (head, body) = self.0.request(request).await?.into_parts();
        let mut headers: HeaderLists = Vec::new();
        for name in head.headers.keys() {
            let values = head.headers.get_all(name).iter();
            let texts = values
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect();
            // Canonical capitals, as the service shows header names.
            headers.push((canonical(name.as_str()), texts));
        }
        Ok(Reply {
            status: head.status.as_u16(),
            headers,
            body: body.collect().await?.to_bytes().to_vec(),
        })
    }
}

/// `content-type` as `Content-Type`.
fn canonical(name: &str) -> String {
    let mut upper = true;
    let letter = |c: char| {
        let shown = if upper { c.to_ascii_uppercase() } else { c };
        upper = c == '-';
        shown
    };
    name.chars().map(letter).collect()
}

/// Headers in the form of entries.
pub fn lists(headers: &Pairs) -> HeaderLists {
    headers.iter().map(|(name, value)| (canonical(name), vec![value.clone()])).collect()
}
