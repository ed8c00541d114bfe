//! Values for the caller. They are built as plain data, possibly while the drive is borrowed, and converted to
//! JavaScript values by serde-wasm-bindgen once it is not: the conversion may run code of the caller.

use crate::id::{DlqId, RunId};
use crate::time::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};
use wasm_bindgen::JsValue;

/// A value for the caller.
pub enum Out {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Out>),
    Map(Fields),
    /// A JavaScript value, passed on unchanged.
    Js(JsValue),
}

/// The fields of an object, in order. Absent values have no field.
#[derive(Default)]
pub struct Fields(Vec<(&'static str, Out)>);

impl Fields {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with(mut self, name: &'static str, value: impl Into<Out>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    pub fn maybe(self, name: &'static str, value: Option<impl Into<Out>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Appends the fields of another object.
    pub fn and(mut self, other: Fields) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Converts the object. May run code of the caller: `Object.prototype` may have setters.
    pub fn into_js(self) -> JsValue {
        Out::Map(self).into_js()
    }
}

impl Out {
    /// Converts the value. May run code of the caller: `Object.prototype` may have setters.
    pub fn into_js(self) -> JsValue {
        // Serializing plain data does not fail.
        self.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap_or_default()
    }
}

impl Serialize for Out {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Out::Bool(flag) => serializer.serialize_bool(*flag),
            Out::Number(number) => serializer.serialize_f64(*number),
            Out::Text(text) => serializer.serialize_str(text),
            Out::List(items) => serializer.collect_seq(items),
            Out::Map(Fields(fields)) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Out::Js(value) => serde_wasm_bindgen::preserve::serialize(value, serializer),
        }
    }
}

impl From<bool> for Out {
    fn from(flag: bool) -> Self {
        Out::Bool(flag)
    }
}

impl From<f64> for Out {
    fn from(number: f64) -> Self {
        Out::Number(number)
    }
}

impl From<u32> for Out {
    fn from(number: u32) -> Self {
        Out::Number(f64::from(number))
    }
}

impl From<u64> for Out {
    fn from(number: u64) -> Self {
        Out::Number(number as f64)
    }
}

impl From<Timestamp> for Out {
    fn from(at: Timestamp) -> Self {
        Out::Number(at.ms() as f64)
    }
}

impl From<&str> for Out {
    fn from(text: &str) -> Self {
        Out::Text(String::from(text))
    }
}

impl From<String> for Out {
    fn from(text: String) -> Self {
        Out::Text(text)
    }
}

impl From<DlqId> for Out {
    fn from(id: DlqId) -> Self {
        Out::Text(id.into_string())
    }
}

impl From<RunId> for Out {
    fn from(id: RunId) -> Self {
        Out::Text(id.into_string())
    }
}

impl From<Vec<Out>> for Out {
    fn from(items: Vec<Out>) -> Self {
        Out::List(items)
    }
}

impl From<Fields> for Out {
    fn from(fields: Fields) -> Self {
        Out::Map(fields)
    }
}

impl From<JsValue> for Out {
    fn from(value: JsValue) -> Self {
        Out::Js(value)
    }
}
