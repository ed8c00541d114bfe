//! The overrides of a resume or restart: seven headers, validated.

use hyper::header::HeaderMap;
use serde_json::{json, Map, Value};

use crate::config::FlowHeaders;
use crate::values::duration::parse_duration;
use crate::values::expression::evaluate;
use crate::values::flow_control::{parse_flow_control, FlowLimits};
use crate::values::{is_http_url, is_resource_name};

/// The flow control of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowControl {
    /// The key that limits are counted by.
    pub key: String,
    /// The header's value.
    pub value: String,
    /// The parsed limits.
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
    /// `Upstash-Flow-Control-Key`.
    pub flow_key: Option<String>,
    /// `Upstash-Flow-Control-Value`, and the parsed limits.
    pub flow_value: Option<(String, FlowLimits)>,
    /// `Upstash-Label`, split.
    pub labels: Option<Vec<String>>,
    /// `Upstash-Failure-Callback`.
    pub failure_callback: Option<String>,
}

impl Overrides {
    /// Parses the headers. `flow_headers`: whether one header of flow control may come alone.
    ///
    /// # Errors
    /// The first header that is wrong, and what it takes.
    pub fn parse(headers: &HeaderMap, flow_headers: FlowHeaders) -> Result<Self, String> {
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
        let (key, value) = (text("Upstash-Flow-Control-Key")?, text("Upstash-Flow-Control-Value")?);
        if flow_headers == FlowHeaders::Both {
            need_both(key.is_some(), value.is_some())?;
        }
        let flow_key = key.map(parse_key).transpose()?;
        let flow_value = value.map(parse_value).transpose()?;
        let labels = match text("Upstash-Label")? {
            None => None,
            Some(value) => Some(parse_labels(&value)?),
        };
        let failure_callback = text("Upstash-Failure-Callback")?;
        if let Some(url) = failure_callback.as_deref().filter(|url| !is_http_url(url)) {
            return Err(format!("Upstash-Failure-Callback: `{url}` is not a URL"));
        }
        Ok(Overrides {
            retries,
            delay_ms,
            retry_delay,
            flow_key,
            flow_value,
            labels,
            failure_callback,
        })
    }

    /// The flow control of a run that had `kept`: each header replaces its part. Without either part there is none.
    pub fn flow(&self, kept: Option<&FlowControl>) -> Option<FlowControl> {
        let key = self.flow_key.as_ref().or(kept.map(|flow| &flow.key))?.clone();
        let (value, limits) = match (&self.flow_value, kept) {
            (Some(value), _) => value.clone(),
            (None, Some(flow)) => (flow.value.clone(), flow.limits),
            (None, None) => return None,
        };
        Some(FlowControl { key, value, limits })
    }

    /// The overrides as the control API shows them; null if there are none.
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
        let value = self.flow_value.as_ref().map(|(text, _)| text);
        put(
            "flowControl",
            match (&self.flow_key, value) {
                (None, None) => None,
                (Some(key), None) => Some(json!({ "key": key })),
                (None, Some(value)) => Some(json!({ "value": value })),
                (Some(key), Some(value)) => Some(json!({"key": key, "value": value})),
            },
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

/// Flow control from its two headers, of which a trigger has both or none.
pub fn parse_flow(
    key: Option<String>,
    value: Option<String>,
) -> Result<Option<FlowControl>, String> {
    need_both(key.is_some(), value.is_some())?;
    let (Some(key), Some(value)) = (key, value) else { return Ok(None) };
    let (key, (value, limits)) = (parse_key(key)?, parse_value(value)?);
    Ok(Some(FlowControl { key, value, limits }))
}

fn need_both(key: bool, value: bool) -> Result<(), String> {
    match (key, value) {
        (true, false) => Err("Upstash-Flow-Control-Value is missing".into()),
        (false, true) => Err("Upstash-Flow-Control-Key is missing".into()),
        _ => Ok(()),
    }
}

fn parse_key(key: String) -> Result<String, String> {
    match is_resource_name(&key) {
        true => Ok(key),
        false => Err(format!("Upstash-Flow-Control-Key: `{key}` is not allowed")),
    }
}

fn parse_value(value: String) -> Result<(String, FlowLimits), String> {
    let limits =
        parse_flow_control(&value).map_err(|why| format!("Upstash-Flow-Control-Value: {why}"))?;
    Ok((value, limits))
}

/// Parses the header of labels.
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
        parse_with(headers, FlowHeaders::Both)
    }

    fn parse_with(headers: &[(&str, &str)], flow: FlowHeaders) -> Result<Overrides, String> {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap())
            })
            .collect();
        Overrides::parse(&headers, flow)
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
        assert_eq!(overrides.flow(None).unwrap().limits.rate, Some(10));
        assert_eq!(overrides.labels, Some(vec!["a".into(), "b".into()]));
        assert_eq!(overrides.to_json()["flowControl"]["key"], "key.1");
        assert_eq!(parse(&[]).unwrap().to_json(), Value::Null);
    }

    #[test]
    fn one_half_of_flow_control_keeps_the_other() {
        let kept = parse_flow(Some("k".into()), Some("rate=1".into())).unwrap();
        let flow = |header: (&str, &str), kept: Option<&FlowControl>| {
            let overrides = parse_with(&[header], FlowHeaders::Each).unwrap();
            overrides.flow(kept).map(|flow| (flow.key, flow.value))
        };
        let (key, value) =
            (("Upstash-Flow-Control-Key", "new"), ("Upstash-Flow-Control-Value", "rate=9"));
        assert_eq!(flow(key, kept.as_ref()), Some(("new".into(), "rate=1".into())));
        assert_eq!(flow(value, kept.as_ref()), Some(("k".into(), "rate=9".into())));
        assert_eq!(flow(key, None), None);
        assert_eq!(flow(value, None), None);
        for half in [key, value] {
            assert!(parse_with(&[half], FlowHeaders::Both).is_err());
        }
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
