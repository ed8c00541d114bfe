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

/// No endpoint of a test takes longer.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What is sent.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Where to.
    pub url: String,
    /// HTTP method.
    pub method: String,
    /// A later one of the same name wins.
    pub headers: Pairs,
    /// Whole.
    pub body: Bytes,
}

/// What came back. Status 0: nothing; the body says why.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderLists,
    /// Whole.
    pub body: Vec<u8>,
}

impl Reply {
    /// Whether it is a 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether it says that trying again is of no use.
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

/// Keeps connections open between requests.
#[derive(Debug, Clone)]
pub struct Sender(Client<HttpConnector, Full<Bytes>>);

impl Default for Sender {
    fn default() -> Self {
        Sender(Client::builder(TokioExecutor::new()).build_http())
    }
}

impl Sender {
    /// Sends it and waits for the answer.
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
            // Canonical names, as the service shows them.
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

/// Headers as the queue shows them.
pub fn lists(headers: &Pairs) -> HeaderLists {
    headers.iter().map(|(name, value)| (canonical(name), vec![value.clone()])).collect()
}
