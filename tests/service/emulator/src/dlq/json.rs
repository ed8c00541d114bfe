//! An entry as JSON. Written by hand, not by serde: tests list hundreds of thousands of entries.

use std::borrow::Cow;
use std::fmt::Write;

use base64::prelude::{Engine, BASE64_STANDARD};

use super::entry::{numbered, Entry, HeaderLists};
use super::Key;
use crate::config::{Config, EntryFields, StateField};
use crate::values::redaction::{redacted, Redaction};

/// Appends `text` as a JSON string.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        from = at + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}

fn push_field(out: &mut String, name: &str, text: &str) {
    let _ = write!(out, ",\"{name}\":");
    push_string(out, text);
}

fn push_headers(out: &mut String, name: &str, headers: &HeaderLists) {
    let _ = write!(out, ",\"{name}\":{{");
    for (i, (key, values)) in headers.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_string(out, key);
        out.push(':');
        push_list(out, values);
    }
    out.push('}');
}

fn push_list(out: &mut String, values: &[String]) {
    out.push('[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_string(out, value);
    }
    out.push(']');
}

/// A body: UTF-8 as text, anything else as base64 in a field of another name.
fn push_body(out: &mut String, name: &str, body: &[u8], entry: &Entry) {
    let body = match entry.source {
        Some(_) => Cow::Borrowed(body),
        None => numbered(body, entry.index),
    };
    match std::str::from_utf8(&body) {
        Ok(text) => push_field(out, name, text),
        Err(_) => push_field(out, &format!("{name}Base64"), &BASE64_STANDARD.encode(&body)),
    }
}

/// The id of the entry's message; derived from the dlqId if the entry was seeded.
fn message_id(key: Key, entry: &Entry) -> String {
    match &entry.source {
        Some(failed) => failed.message_id.clone(),
        None => format!("msg_{}x{}", key.ms, key.seq),
    }
}

/// Appends the entry.
pub fn push_entry(out: &mut String, key: Key, entry: &Entry, config: &Config) {
    let all = config.entry_fields == EntryFields::All;
    let shared = &entry.shared;
    let _ = write!(out, "{{\"dlqId\":\"{key}\"");
    if all {
        push_field(out, "messageId", &message_id(key, entry));
    }
    push_field(out, "url", &shared.url);
    push_field(out, "method", &shared.method);
    if shared.redaction.body {
        push_field(out, "body", &redacted(&shared.body));
    } else {
        push_body(out, "body", &shared.body, entry);
    }
    if shared.redaction == Redaction::default() {
        push_headers(out, "header", &shared.header);
    } else {
        let shown = |(name, values): &(String, Vec<String>)| {
            let hide = |value: &String| redacted(value.as_bytes());
            let values = match shared.redaction.hides(name) {
                true => values.iter().map(hide).collect(),
                false => values.clone(),
            };
            (name.clone(), values)
        };
        push_headers(out, "header", &shared.header.iter().map(shown).collect());
    }
    let _ =
        write!(out, ",\"maxRetries\":{},\"createdAt\":{}", shared.max_retries, entry.created_at);
    if all {
        let _ = write!(out, ",\"notBefore\":{}", entry.created_at);
    }
    push_callback(out, entry, config.state_field);
    push_field(out, "callerIP", &shared.caller_ip);
    push_field(out, "workflowRunId", &entry.run_id);
    let _ = write!(out, ",\"workflowCreatedAt\":{}", entry.run_created_at);
    push_field(out, "workflowUrl", &shared.workflow_url);
    if let Some(flow) = &shared.flow {
        push_field(out, "flowControlKey", &flow.key);
    }
    if let Some(flow) = shared.flow.as_ref().filter(|_| all) {
        if let Some(rate) = flow.limits.rate {
            let _ = write!(out, ",\"rate\":{rate}");
        }
        if let Some(parallelism) = flow.limits.parallelism {
            let _ = write!(out, ",\"parallelism\":{parallelism}");
        }
        let _ = write!(out, ",\"period\":{}", flow.limits.period_ms / 1_000);
    }
    let _ = write!(out, ",\"responseStatus\":{}", shared.response_status);
    push_headers(out, "responseHeader", &shared.response_header);
    push_body(out, "responseBody", &shared.response_body, entry);
    if let Some(first) = shared.labels.first() {
        push_field(out, "label", first);
        out.push_str(",\"labels\":");
        push_list(out, &shared.labels);
    }
    out.push('}');
}

fn push_callback(out: &mut String, entry: &Entry, state_field: StateField) {
    if let Some(url) = &entry.shared.failure_callback {
        push_field(out, "failureCallback", url);
    }
    let Some(state) = entry.state else { return };
    if state_field == StateField::Top {
        push_field(out, "failureFunctionState", state.name());
        return;
    }
    let _ = write!(out, ",\"failureCallbackInfo\":{{\"state\":\"{}\"", state.name());
    if let Some(response) = &entry.callback_response {
        let _ = write!(out, ",\"responseStatus\":{}", response.status);
        push_field(out, "responseBody", &String::from_utf8_lossy(&response.body));
        push_headers(out, "responseHeaders", &response.headers);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::entry::{FailureState, Shared};
    use serde_json::Value;
    use std::sync::Arc;

    fn entry(shared: Shared) -> Entry {
        Entry {
            index: 7,
            run_id: "wfr_x".into(),
            run_created_at: 1,
            created_at: 2,
            shared: Arc::new(shared),
            state: Some(FailureState::Fail),
            callback_response: None,
            unresumable: false,
            leaving: false,
            source: None,
        }
    }

    fn shown(entry: &Entry, state_field: StateField) -> Value {
        let mut out = String::new();
        let config = Config { state_field, ..Config::default() };
        push_entry(&mut out, Key { ms: 5, seq: 1 }, entry, &config);
        serde_json::from_str(&out).unwrap()
    }

    #[test]
    fn bodies_and_states() {
        let odd = entry(Shared {
            body: b"{\"n\":{i},\"t\":\"\x01\\\"\"}".to_vec(),
            response_body: vec![0xff, 0xfe],
            labels: vec!["a".into(), "b".into()],
            ..Shared::default()
        });
        let json = shown(&odd, StateField::Info);
        assert_eq!(json["body"], "{\"n\":7,\"t\":\"\u{1}\\\"\"}");
        assert_eq!(json["responseBodyBase64"], "//4=");
        assert!(json.get("responseBody").is_none());
        assert_eq!(json["label"], "a");
        assert_eq!(json["failureCallbackInfo"]["state"], "CALLBACK_FAIL");
        let json = shown(&odd, StateField::Top);
        assert_eq!(json["failureFunctionState"], "CALLBACK_FAIL");
        assert!(json.get("failureCallbackInfo").is_none());
    }

    #[test]
    fn redaction() {
        let json = shown(
            &entry(Shared {
                redaction: Redaction::everything(),
                header: vec![("X".into(), vec!["abc".into()])],
                body: b"abc".to_vec(),
                ..Shared::default()
            }),
            StateField::Info,
        );
        for shown in [&json["body"], &json["header"]["X"][0]] {
            assert_eq!(
                shown,
                "REDACTED:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            );
        }
    }
}
