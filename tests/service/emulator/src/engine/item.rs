//! A published message: destination, headers and body, and what the headers request.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::http::Request;
use crate::overrides::{parse_flow, parse_labels, FlowControl};
use crate::values::duration::parse_duration;
use crate::values::now_ms;
use crate::values::query::decode;

/// Header names in lower case, and their values.
pub type Pairs = Vec<(String, String)>;

/// One item of a batch, or a publish.
#[derive(Debug, Clone)]
pub struct Item {
    /// Destination URL.
    pub destination: String,
    /// Headers as sent.
    pub headers: Pairs,
    /// Body as sent.
    pub body: Vec<u8>,
}

#[derive(Deserialize)]
struct BatchItem {
    #[serde(alias = "url")]
    destination: String,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Value,
}

impl Item {
    /// The items of a batch.
    pub fn batch(request: &Request) -> Result<Vec<Item>, String> {
        let items: Vec<BatchItem> =
            serde_json::from_slice(&request.body).map_err(|e| format!("batch: {e}"))?;
        let text = |value: Value| match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let one = |item: BatchItem| Item {
            destination: item.destination,
            headers: item
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), text(value)))
                .collect(),
            // The SDK sends the body of `context.call` unchanged, whether or not it is a string.
            body: text(item.body).into_bytes(),
        };
        Ok(items.into_iter().map(one).collect())
    }

    /// A publish: the destination is the path after `prefix`, with its query.
    pub fn publish(request: &Request, prefix: &str) -> Item {
        let path = request.path.strip_prefix(prefix).unwrap_or_default();
        let path = if path.contains("://") { path.to_owned() } else { decode(path) };
        let own = |pair: &&str| !pair.is_empty() && !pair.starts_with("qstash_token=");
        let query: Vec<&str> = request.raw_query.split('&').filter(own).collect();
        let destination =
            if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        let text = |value: &hyper::header::HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        let headers =
            request.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        Item { destination, headers: headers.collect(), body: request.body.to_vec() }
    }

    /// A header; an empty one counts as absent.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Whether a header is `true`.
    pub fn is(&self, name: &str) -> bool {
        self.header(name) == Some("true")
    }

    /// Headers with this prefix, which is removed.
    pub fn after(&self, prefix: &str) -> Pairs {
        let strip = |(name, value): &(String, String)| {
            Some((name.strip_prefix(prefix)?.to_owned(), value.clone()))
        };
        self.headers.iter().filter_map(strip).collect()
    }

    /// A header that is a whole number.
    pub fn number(&self, name: &str) -> Result<Option<u32>, String> {
        match self.header(name) {
            None => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| format!("{name}: `{text}` is not a whole number")),
        }
    }

    /// Milliseconds before the first delivery.
    pub fn delay_ms(&self) -> Result<f64, String> {
        if let Some(text) = self.header("upstash-delay") {
            let ms = parse_duration(text)
                .ok_or_else(|| format!("Upstash-Delay: `{text}` is not a duration"))?;
            return Ok(ms as f64);
        }
        match self.header("upstash-not-before") {
            None => Ok(0.0),
            Some(text) => {
                let seconds: i64 = text
                    .parse()
                    .map_err(|_| format!("Upstash-Not-Before: `{text}` is not a Unix time"))?;
                Ok(seconds.saturating_mul(1_000).saturating_sub(now_ms()).max(0) as f64)
            }
        }
    }

    /// Flow control; `None` if not requested.
    pub fn flow(&self) -> Result<Option<FlowControl>, String> {
        let text = |name| self.header(name).map(str::to_owned);
        parse_flow(text("upstash-flow-control-key"), text("upstash-flow-control-value"))
    }

    /// Labels.
    pub fn labels(&self) -> Result<Vec<String>, String> {
        self.header("upstash-label").map_or(Ok(Vec::new()), parse_labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::query::Query;

    fn request(path: &str, query: &str, body: &str) -> Request {
        Request {
            method: "POST".into(),
            path: path.into(),
            raw_query: query.into(),
            query: Query::parse(query),
            headers: Default::default(),
            body: body.to_owned().into(),
            peer: String::new(),
        }
    }

    #[test]
    fn destination_of_a_publish() {
        for (path, query, want) in [
            ("/v2/publish/http://a.com/x", "", "http://a.com/x"),
            ("/v2/publish/http://a.com/x", "b=1&qstash_token=t", "http://a.com/x?b=1"),
            ("/v2/publish/http%3A%2F%2Fa.com%2Fx", "", "http://a.com/x"),
        ] {
            assert_eq!(Item::publish(&request(path, query, ""), "/v2/publish/").destination, want);
        }
    }

    #[test]
    fn headers_of_a_batch() {
        let body = r#"[{"destination":"http://a","headers":{"Upstash-Forward-X":"1","Upstash-Delay":"5s","upstash-retries":2},"body":"b"}]"#;
        let items = Item::batch(&request("/v2/batch", "", body)).unwrap();
        assert_eq!(items[0].after("upstash-forward-"), [("x".to_owned(), "1".to_owned())]);
        assert_eq!(items[0].delay_ms(), Ok(5_000.0));
        assert_eq!(items[0].number("upstash-retries"), Ok(Some(2)));
        assert!(Item::batch(&request("/v2/batch", "", "{}")).is_err());
    }
}
