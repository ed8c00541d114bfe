//! What a resume or restart changes for the steps that remain: seven headers, validated.

use hyper::header::HeaderMap;
use serde_json::{json, Map, Value};

use crate::values::duration::parse_duration;
use crate::values::expression::evaluate;
use crate::values::flow_control::{parse_flow_control, FlowLimits};
use crate::values::{is_http_url, is_resource_name};

/// The flow control of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowControl {
    /// What is counted together.
    pub key: String,
    /// The header's text.
    pub value: String,
    /// What the text says.
    pub limits: FlowLimits,
}

/// The overrides of one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// `Upstash-Retries`.
    pub retries: Option<u32>,
    /// `Upstash-Delay`, in milliseconds.
    pub delay_ms: Option<u64>,
    /// `Upstash-Retry-Delay`, as sent.
    pub retry_delay: Option<String>,
    /// `Upstash-Flow-Control-Key` and `-Value`.
    pub flow: Option<FlowControl>,
    /// `Upstash-Label`, split.
    pub labels: Option<Vec<String>>,
    /// `Upstash-Failure-Callback`.
    pub failure_callback: Option<String>,
}

impl Overrides {
    /// Reads the headers, or says which is wrong.
    pub fn parse(headers: &HeaderMap) -> Result<Self, String> {
        let text = |name: &str| -> Result<Option<String>, String> {
            match headers.get(name) {
                None => Ok(None),
                Some(value) => value
                    .to_str()
                    .map(|text| Some(text.to_owned()))
                    .map_err(|_| format!("{name}: not printable ASCII")),
            }
        };
        let retries = match text("Upstash-Retries")? {
            None => None,
            Some(value) => Some(
                value
                    .parse()
                    .map_err(|_| format!("Upstash-Retries: `{value}` is not a whole number"))?,
            ),
        };
        let delay_ms = match text("Upstash-Delay")? {
            None => None,
            Some(value) => Some(
                parse_duration(&value)
                    .ok_or_else(|| format!("Upstash-Delay: `{value}` is not a duration"))?,
            ),
        };
        let retry_delay = text("Upstash-Retry-Delay")?;
        if let Some(expression) = &retry_delay {
            evaluate(expression, 0).map_err(|why| format!("Upstash-Retry-Delay: {why}"))?;
        }
        let flow =
            parse_flow(text("Upstash-Flow-Control-Key")?, text("Upstash-Flow-Control-Value")?)?;
        let labels = match text("Upstash-Label")? {
            None => None,
            Some(value) => Some(parse_labels(&value)?),
        };
        let failure_callback = text("Upstash-Failure-Callback")?;
        if let Some(url) = failure_callback.as_deref().filter(|url| !is_http_url(url)) {
            return Err(format!("Upstash-Failure-Callback: `{url}` is not a URL"));
        }
        Ok(Overrides { retries, delay_ms, retry_delay, flow, labels, failure_callback })
    }

    /// For the control API; null if nothing was overridden.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                map.insert(name.into(), value);
            }
        };
        put("retries", self.retries.map(Value::from));
        put("delayMs", self.delay_ms.map(Value::from));
        put("retryDelay", self.retry_delay.clone().map(Value::from));
        put(
            "flowControl",
            self.flow.as_ref().map(|flow| json!({"key": flow.key, "value": flow.value})),
        );
        put("labels", self.labels.clone().map(Value::from));
        put("failureCallback", self.failure_callback.clone().map(Value::from));
        if map.is_empty() {
            Value::Null
        } else {
            Value::Object(map)
        }
    }
}

/// Flow control from its two headers: both or none.
pub fn parse_flow(
    key: Option<String>,
    value: Option<String>,
) -> Result<Option<FlowControl>, String> {
    match (key, value) {
        (None, None) => Ok(None),
        (Some(key), Some(value)) => {
            if !is_resource_name(&key) {
                return Err(format!("Upstash-Flow-Control-Key: `{key}` is not allowed"));
            }
            let limits = parse_flow_control(&value)
                .map_err(|why| format!("Upstash-Flow-Control-Value: {why}"))?;
            Ok(Some(FlowControl { key, value, limits }))
        }
        (Some(_), None) => Err("Upstash-Flow-Control-Value is missing".into()),
        (None, Some(_)) => Err("Upstash-Flow-Control-Key is missing".into()),
    }
}

/// Labels from their header.
pub fn parse_labels(value: &str) -> Result<Vec<String>, String> {
    let labels: Vec<String> = value.split(',').map(|label| label.trim().to_owned()).collect();
    match labels.iter().find(|label| !is_resource_name(label)) {
        Some(bad) => Err(format!("Upstash-Label: `{bad}` is not allowed")),
        None => Ok(labels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderName, HeaderValue};

    fn parse(headers: &[(&str, &str)]) -> Result<Overrides, String> {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap())
            })
            .collect();
        Overrides::parse(&headers)
    }

    #[test]
    fn all_seven() {
        let overrides = parse(&[
            ("Upstash-Retries", "5"),
            ("Upstash-Delay", "1m30s"),
            ("Upstash-Retry-Delay", "(1 + retried) * 1000"),
            ("Upstash-Flow-Control-Key", "key.1"),
            ("Upstash-Flow-Control-Value", "rate=10, parallelism=2"),
            ("Upstash-Label", "a,b"),
            ("Upstash-Failure-Callback", "https://example.com/failed"),
        ])
        .unwrap();
        assert_eq!(overrides.retries, Some(5));
        assert_eq!(overrides.delay_ms, Some(90_000));
        assert_eq!(overrides.flow.as_ref().unwrap().limits.rate, Some(10));
        assert_eq!(overrides.labels, Some(vec!["a".into(), "b".into()]));
        assert_eq!(overrides.to_json()["flowControl"]["key"], "key.1");
        assert_eq!(parse(&[]).unwrap().to_json(), Value::Null);
    }

    #[test]
    fn refusals_name_the_header() {
        for (name, value) in [
            ("Upstash-Retries", "-1"),
            ("Upstash-Retries", "many"),
            ("Upstash-Delay", "10"),
            ("Upstash-Retry-Delay", "retries * 2"),
            ("Upstash-Flow-Control-Key", "k"),
            ("Upstash-Label", "a b"),
            ("Upstash-Label", "a,,b"),
            ("Upstash-Failure-Callback", "example.com"),
        ] {
            let why = parse(&[(name, value)]).expect_err(value);
            assert!(why.contains(name.trim_end_matches("-Key")), "{why}");
        }
        assert!(parse(&[("Upstash-Flow-Control-Value", "rate=1")]).is_err());
        assert!(parse(&[
            ("Upstash-Flow-Control-Key", "a/b"),
            ("Upstash-Flow-Control-Value", "rate=1")
        ])
        .is_err());
    }
}
