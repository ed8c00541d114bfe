//! What came from JavaScript, as plain data: read once at the border, so that nothing the caller
//! does to the object afterwards can change what was validated.

/// A value of the caller's.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    /// Milliseconds since the epoch; NaN for an invalid `Date`.
    Date(f64),
    List(Vec<Value>),
    /// A plain object's own enumerable string keys, in the caller's order.
    Map(Vec<(String, Value)>),
    /// Something that is not data; the word is what an error message calls it.
    Other(&'static str),
}

/// What [`Value::Other`] holds for a value that could not be read: a getter that throws, a revoked
/// proxy, a cycle, or more levels than any parameter has.
pub const UNREADABLE: &str = "unreadable";

impl Value {
    /// The value under `key`; `Undefined` where there is none.
    pub fn field(&self, key: &str) -> &Value {
        match self {
            Value::Map(entries) => {
                entries.iter().find(|(name, _)| name == key).map_or(&Value::Undefined, |(_, v)| v)
            }
            _ => &Value::Undefined,
        }
    }

    pub fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined)
    }

    /// The word for this kind of value in an error message.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Undefined => "undefined",
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Date(ms) if ms.is_nan() => "invalid Date",
            Value::Date(_) => "Date",
            Value::List(_) => "array",
            Value::Map(_) => "object",
            Value::Other(word) => word,
        }
    }
}
