//! JSON in memory, in both directions: bodies for the core to read, and caller's values.

use serde_json::Value as Json;
use std::collections::HashMap;
use upstash_workflow_dlq::value::Value;
use upstash_workflow_dlq::wire::{Body, Headers};

#[derive(Clone)]
pub struct InMemory(pub Json);

impl Body for InMemory {
    fn get(&self, key: &str) -> Option<Self> {
        self.0.get(key).filter(|found| !found.is_null()).cloned().map(InMemory)
    }

    fn length(&self) -> Option<u32> {
        self.0.as_array().map(|list| list.len() as u32)
    }

    fn at(&self, index: u32) -> Option<Self> {
        // As in JavaScript, a string has characters.
        let letter = || Some(Json::from(self.0.as_str()?.chars().nth(index as usize)?.to_string()));
        self.0.get(index as usize).cloned().or_else(letter).map(InMemory)
    }

    fn text(&self) -> Option<String> {
        self.0.as_str().map(String::from)
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn is_object(&self) -> bool {
        self.0.is_object()
    }

    fn parse(&self) -> Option<Self> {
        serde_json::from_str(self.0.as_str()?).ok().map(InMemory)
    }

    fn stringify(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

#[derive(Clone, Default)]
pub struct HeaderMap(pub HashMap<String, String>);

impl Headers for HeaderMap {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(&name.to_ascii_lowercase()).cloned()
    }
}

/// A caller's value. JSON has no `undefined`, no `Date` and no function: the strings
/// `"<undefined>"`, `"<date:ms>"`, `"<function>"` and the like stand for them.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => special(text).unwrap_or_else(|| Value::String(text.clone())),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(map) => {
            Value::Map(map.iter().map(|(key, item)| (key.clone(), value(item))).collect())
        }
    }
}

fn special(text: &str) -> Option<Value> {
    let word = text.strip_prefix('<')?.strip_suffix('>')?;
    Some(match word {
        "undefined" => Value::Undefined,
        "function" => Value::Other("function"),
        "AbortSignal" => Value::Other("AbortSignal"),
        "unreadable" => Value::Other("unreadable"),
        "symbol" => Value::Other("symbol"),
        "NaN" => Value::Number(f64::NAN),
        "Infinity" => Value::Number(f64::INFINITY),
        _ => Value::Date(word.strip_prefix("date:")?.parse().ok()?),
    })
}
